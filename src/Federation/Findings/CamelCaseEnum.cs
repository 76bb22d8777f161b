using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Findings;

/// <summary>Enumerations as report.json and plan.json write them: <c>verified</c>, <c>unchanged</c>, <c>error</c>.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;
