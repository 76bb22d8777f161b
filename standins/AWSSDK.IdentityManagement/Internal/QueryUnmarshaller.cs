using System.Collections;
using System.Globalization;
using System.Net;
using System.Xml;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;

namespace Amazon.IdentityManagement.Internal;

/// <summary>
/// Reads any response of the AWS Query protocol, <c>ActionResponse/ActionResult</c> and <c>ResponseMetadata</c>, and its
/// errors.
/// </summary>
internal sealed class QueryUnmarshaller<TResponse> : XmlResponseUnmarshaller
    where TResponse : AmazonWebServiceResponse, new()
{
    public static QueryUnmarshaller<TResponse> Instance { get; } = new();

    public override AmazonWebServiceResponse Unmarshall(XmlUnmarshallerContext context)
    {
        var response = new TResponse();
        var root = QueryXml.Load(context.Stream);
        if (QueryXml.Child(root, typeof(TResponse).Name[..^"Response".Length] + "Result") is { } result)
        {
            QueryXml.Fill(response, result);
        }

        if (QueryXml.Child(QueryXml.Child(root, "ResponseMetadata"), "RequestId") is { } id)
        {
            response.ResponseMetadata = new ResponseMetadata { RequestId = id.Value };
        }

        return response;
    }

    public override AmazonServiceException UnmarshallException(
        XmlUnmarshallerContext context,
        Exception innerException,
        HttpStatusCode statusCode
    )
    {
        var error = XmlErrorResponseUnmarshaller.GetInstance().Unmarshall(context);
        return new AmazonIdentityManagementServiceException(
            error.Message,
            innerException,
            error.Type,
            error.Code,
            error.RequestId,
            statusCode
        );
    }
}

/// <summary>The XML of the Query protocol. Elements are matched by local name: the namespace only repeats the API version.</summary>
internal static class QueryXml
{
    public static XElement Load(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        if (copy.Length == 0)
        {
            return null;
        }

        copy.Position = 0;
        using var reader = XmlReader.Create(copy, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return XElement.Load(reader);
    }

    public static XElement Child(XElement parent, string name) =>
        parent?.Elements().FirstOrDefault(element => string.Equals(element.Name.LocalName, name, StringComparison.Ordinal));

    public static void Fill(object structure, XElement element)
    {
        foreach (var member in Shape.Of(structure.GetType()))
        {
            // An empty list or map is as absent: in the package its first entry makes it, unless AWSConfigs.InitializeCollections does.
            if (Child(element, member.Name) is { } child && (child.HasElements || !IsCollection(member.PropertyType)))
            {
                member.SetValue(structure, Read(child, member.PropertyType));
            }
        }
    }

    private static bool IsCollection(Type type) => type.IsAssignableTo(typeof(IEnumerable)) && type != typeof(string);

    private static object Read(XElement element, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(string))
        {
            return element.Value;
        }

        if (type == typeof(bool))
        {
            return bool.Parse(element.Value);
        }

        if (type == typeof(int))
        {
            return int.Parse(element.Value, CultureInfo.InvariantCulture);
        }

        if (type == typeof(DateTime))
        {
            return DateTime.Parse(
                element.Value,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal
            );
        }

        if (type.IsSubclassOf(typeof(ConstantClass)))
        {
            return Activator.CreateInstance(type, element.Value);
        }

        var value = Activator.CreateInstance(type);
        switch (value)
        {
            case IDictionary map:
                foreach (var entry in element.Elements())
                {
                    map.Add(Child(entry, "key").Value, Read(Child(entry, "value"), type.GenericTypeArguments[1]));
                }

                break;
            case IList list:
                foreach (var item in element.Elements())
                {
                    list.Add(Read(item, type.GenericTypeArguments[0]));
                }

                break;
            default:
                Fill(value, element);
                break;
        }

        return value;
    }
}
