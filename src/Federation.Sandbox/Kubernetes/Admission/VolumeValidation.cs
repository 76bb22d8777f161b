using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>
/// Validates a pod's volume, with the field paths and texts of the API server's <c>validation.go</c>, which leaves an index or
/// a part out of some field paths.
/// </summary>
internal static class VolumeValidation
{
    private const int LargestMode = 0b111_111_111;

    public static IEnumerable<FieldError> Validate(JsonObject volume, string path) =>
        [
            .. HostPath(volume["hostPath"], path + ".hostPath"),
            .. Items(volume["secret"], "secretName", path + ".secret"),
            .. Fields(volume["downwardAPI"], path + ".downwardAPI"),
            .. Items(volume["configMap"], "name", path + ".configMap"),
            .. Projected(volume["projected"], path + ".projected"),
        ];

    private static IEnumerable<FieldError> HostPath(JsonNode? source, string path) =>
        source is null ? []
        : source.Text("path").Length == 0 ? [FieldError.Required(path + ".path")]
        : Invalid(path + ".path", source.Text("path"), PathRules.NoBacksteps);

    private static IEnumerable<FieldError> Items(JsonNode? source, string name, string path) =>
        source is null
            ? []
            : RequiredText(source, name, path)
                .Concat(Mode(source, "defaultMode", path))
                .Concat(
                    source
                        .Items("items")
                        .SelectMany(
                            (item, index) =>
                                RequiredText(item, "key", $"{path}.items[{index}]")
                                    .Concat(FilePath(item, $"{path}.items[{index}].path"))
                                    .Concat(Mode(item, "mode", $"{path}.items[{index}]"))
                        )
                );

    private static IEnumerable<FieldError> Fields(JsonNode? source, string path) =>
        Mode(source, "defaultMode", path)
            .Concat(source.Items("items").SelectMany(item => FilePath(item, path + ".path").Concat(Mode(item, "mode", path))));

    private static IEnumerable<FieldError> Projected(JsonNode? projected, string path) =>
        Mode(projected, "defaultMode", path)
            .Concat(
                projected
                    .Items("sources")
                    .SelectMany(
                        (source, index) =>
                            Items(source["secret"], "name", $"{path}.sources[{index}].secret")
                                .Concat(Items(source["configMap"], "name", $"{path}.sources[{index}].configMap"))
                                .Concat(Fields(source["downwardAPI"], $"{path}.sources[{index}].downwardAPI"))
                                .Concat(Token(source["serviceAccountToken"], $"{path}.sources[{index}].serviceAccountToken", path))
                    )
            );

    private static IEnumerable<FieldError> Token(JsonNode? token, string path, string projected)
    {
        if (token is null)
        {
            return [];
        }

        var wrong = token.Number("expirationSeconds") switch
        {
            < 600 => "may not specify a duration less than 10 minutes",
            > 1L << 32 => "may not specify a duration larger than 2^32 seconds",
            _ => null,
        };
        IEnumerable<FieldError> lifetime = wrong is null
            ? []
            : [FieldError.Invalid(path + ".expirationSeconds", $"{token.Number("expirationSeconds")}", wrong)];
        return lifetime.Concat(FilePath(token, projected + ".path"));
    }

    private static IEnumerable<FieldError> FilePath(JsonNode file, string path) =>
        file.Text("path") is { Length: > 0 } value ? Invalid(path, value, PathRules.VolumeFile) : [FieldError.Required(path)];

    private static IEnumerable<FieldError> RequiredText(JsonNode source, string field, string path) =>
        source.Text(field).Length > 0 ? [] : [FieldError.Required($"{path}.{field}")];

    private static IEnumerable<FieldError> Mode(JsonNode? source, string field, string path) =>
        source.Number(field) is { } mode and (< 0 or > LargestMode)
            ?
            [
                FieldError.Invalid(
                    $"{path}.{field}",
                    mode.ToString(CultureInfo.InvariantCulture),
                    "must be a number between 0 and 0777 (octal), both inclusive"
                ),
            ]
            : [];

    private static IEnumerable<FieldError> Invalid(string path, string value, Func<string, IEnumerable<string>> rule) =>
        rule(value).Select(wrong => FieldError.Invalid(path, FieldError.Quote(value), wrong));
}
