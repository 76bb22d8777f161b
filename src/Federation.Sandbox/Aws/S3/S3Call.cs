using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws.S3;

/// <summary>A call to S3 that is signed and, where its operation needs a single permission, allowed.</summary>
internal sealed record S3Call(
    HttpContext Context,
    AwsRequest Request,
    SignedRequest Signed,
    S3Target Target,
    S3Bucket? Bucket,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Conditions
)
{
    public HttpResponse Response => Context.Response;

    public AwsAccount Account => Signed.Principal.Account;

    public Task WriteAsync(XElement document) =>
        AwsXml.WriteAsync(Context, StatusCodes.Status200OK, document, AwsXml.S3, "application/xml");

    /// <summary>A number in the query, or null.</summary>
    public int? Number(string name, int min, int max)
    {
        if (Request.Parameter(name) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new AwsException("InvalidArgument", $"Provided {name} not an integer or within integer range");
    }

    /// <summary>The last entry of the page before this one; null on the first.</summary>
    public string? ContinuedAfter()
    {
        try
        {
            return Request.Parameter("continuation-token") is { } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : null;
        }
        catch (FormatException)
        {
            throw new AwsException("InvalidArgument", "The continuation token provided is incorrect");
        }
    }

    public static string ContinuationToken(string last) => Convert.ToBase64String(Encoding.UTF8.GetBytes(last));

    /// <summary>The body's root element, without the namespace that the client gave it; null if there is no body.</summary>
    /// <exception cref="AwsException">The body is not XML.</exception>
    public XElement? Document()
    {
        if (Signed.Body.Length == 0)
        {
            return null;
        }

        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(Signed.Body),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit }
            );
            var root = XElement.Load(reader);
            foreach (var element in root.DescendantsAndSelf())
            {
                element.Name = element.Name.LocalName;
            }

            return root;
        }
        catch (XmlException)
        {
            throw MalformedXml;
        }
    }

    public static AwsException MalformedXml =>
        new("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
}
