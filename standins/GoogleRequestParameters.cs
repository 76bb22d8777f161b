using System.Reflection;
using Google.Apis.Discovery;
using Google.Apis.Util;

namespace Google.Apis.Standins;

/// <summary>
/// What a generated request tells Google.Apis about its parameters, read from their attributes instead of written out for each.
/// </summary>
internal static class GoogleRequestParameters
{
    /// <param name="parameters">The request's own table, to be filled.</param>
    /// <param name="request">The type of the request.</param>
    /// <param name="pathPattern">What the one path parameter must match before anything is sent.</param>
    public static void Describe(IDictionary<string, IParameter> parameters, Type request, string pathPattern)
    {
        foreach (var property in request.GetProperties())
        {
            // Called by name: Google.Apis.Util has an extension of the same name.
            if (CustomAttributeExtensions.GetCustomAttribute<RequestParameterAttribute>(property) is not { } attribute)
            {
                continue;
            }

            var isPath = attribute.Type == RequestParameterType.Path;
            parameters.Add(
                attribute.Name,
                new Parameter
                {
                    Name = attribute.Name,
                    IsRequired = isPath,
                    ParameterType = isPath ? "path" : "query",
                    Pattern = isPath ? pathPattern : null,
                }
            );
        }
    }
}
