using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws;

/// <summary>Answers in AWS's XML shapes.</summary>
internal static class AwsXml
{
    public const string Iam = "https://iam.amazonaws.com/doc/2010-05-08/";
    public const string Sts = "https://sts.amazonaws.com/doc/2011-06-15/";
    public const string S3 = "http://s3.amazonaws.com/doc/2006-03-01/";

    /// <summary>
    /// Control characters in keys and refused values are written as character references, as S3 does, although XML 1.0 forbids
    /// them.
    /// </summary>
    private static readonly XmlWriterSettings Settings = new()
    {
        Async = true,
        CheckCharacters = false,
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        NewLineHandling = NewLineHandling.Entitize,
    };

    /// <summary>A query-protocol answer. With a null result there is no <c>…Result</c> element.</summary>
    public static XElement Response(string action, IEnumerable<XElement>? result, string requestId) =>
        new(
            action + "Response",
            result is null ? null : new XElement(action + "Result", result),
            new XElement("ResponseMetadata", new XElement("RequestId", requestId))
        );

    public static XElement Error(AwsException error, string requestId) =>
        new(
            "ErrorResponse",
            new XElement(
                "Error",
                new XElement("Type", (int)error.Status < 500 ? "Sender" : "Receiver"),
                new XElement("Code", error.Code),
                new XElement("Message", error.Message)
            ),
            new XElement("RequestId", requestId)
        );

    public static XElement S3Error(AwsException error, string requestId) =>
        new(
            "Error",
            new XElement("Code", error.Code),
            new XElement("Message", error.Message),
            new XElement("RequestId", requestId),
            new XElement("HostId", "sandbox")
        );

    /// <param name="xmlNamespace">Of every element; null for S3's errors, which have none.</param>
    public static async Task WriteAsync(
        HttpContext context,
        int status,
        XElement document,
        string? xmlNamespace,
        string contentType = "text/xml"
    )
    {
        if (xmlNamespace is not null)
        {
            foreach (var element in document.DescendantsAndSelf())
            {
                element.Name = XNamespace.Get(xmlNamespace) + element.Name.LocalName;
            }
        }

        using var text = new MemoryStream();
        await using (var writer = XmlWriter.Create(text, Settings))
        {
            document.WriteTo(writer);
        }

        var bytes = text.ToArray();
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
