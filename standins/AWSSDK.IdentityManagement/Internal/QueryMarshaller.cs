using System.Collections;
using System.Globalization;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Util;

namespace Amazon.IdentityManagement.Internal;

/// <summary>
/// Writes any request in the AWS Query protocol: members become parameters, lists <c>Name.member.N</c>, structures
/// <c>Name.Member</c>.
/// </summary>
internal sealed class QueryMarshaller : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public static QueryMarshaller Instance { get; } = new();

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var type = input.GetType();
        var request = new DefaultRequest(input, "Amazon.IdentityManagement") { HttpMethod = "POST" };
        request.Parameters.Add("Action", type.Name[..^"Request".Length]);
        request.Parameters.Add("Version", "2010-05-08");
        AddMembers(request.Parameters, "", input);
        request.ContentStream = AWSSDKUtils.WriteParametersToPooledStream(request);
        return request;
    }

    private static void AddMembers(IDictionary<string, string> parameters, string prefix, object structure)
    {
        foreach (var member in Shape.Of(structure.GetType()))
        {
            Add(parameters, prefix + member.Name, member.GetValue(structure));
        }
    }

    private static void Add(IDictionary<string, string> parameters, string name, object value)
    {
        switch (value)
        {
            case null:
                break;
            case string text:
                parameters.Add(name, text);
                break;
            case ConstantClass constant:
                parameters.Add(name, constant.Value);
                break;
            case bool flag:
                parameters.Add(name, flag ? "true" : "false");
                break;
            case DateTime time:
                parameters.Add(name, time.ToUniversalTime().ToString(AWSSDKUtils.ISO8601DateFormat, CultureInfo.InvariantCulture));
                break;
            case IFormattable number:
                parameters.Add(name, number.ToString(null, CultureInfo.InvariantCulture));
                break;
            case IList { Count: 0 }:
                // An empty list is sent as such, unless every list starts empty and so says nothing.
                if (!AWSConfigs.InitializeCollections)
                {
                    parameters.Add(name, "");
                }

                break;
            case IList list:
                for (var i = 0; i < list.Count; i++)
                {
                    Add(parameters, $"{name}.member.{i + 1}", list[i]);
                }

                break;
            default:
                AddMembers(parameters, name + ".", value);
                break;
        }
    }
}
