using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Build.Agents;

namespace EndToEnd.Tests.Steps;

/// <summary>
/// Every file that names the step's inputs and outputs says what <see cref="StepContract"/> says. UPDATE_GOLDEN=1 writes
/// them.
/// </summary>
public sealed class StepFilesTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public void The_action_has_the_inputs_and_hands_each_to_the_host()
    {
        Hold(
            "action.yml",
            "inputs",
            [
                "inputs:",
                .. StepContract.Inputs.SelectMany(input =>
                    (string[])[$"  {input.Name}:", $"    description: {Quoted(Described(input))}", $"    default: {Quoted(input.Default)}"]
                ),
            ]
        );
        Hold("action.yml", "environment", [.. StepContract.Inputs.Select(input => $"{input.Environment}: ${{{{ inputs.{input.Name} }}}}")]);
        Hold("action.yml", "arguments", [.. StepContract.Inputs.Select(Argument)]);
    }

    [Fact]
    public void The_action_has_the_outputs() =>
        Hold(
            "action.yml",
            "outputs",
            [
                "outputs:",
                .. StepContract.Outputs.SelectMany(output =>
                    (string[])
                        [
                            $"  {output.Name}:",
                            $"    description: {Quoted(output.Description)}",
                            $"    value: ${{{{ steps.federation.outputs.{output.Name} }}}}",
                        ]
                ),
            ]
        );

    [Fact]
    public void The_Azure_task_has_the_inputs_and_the_outputs()
    {
        const string Path = "src/azure-pipelines-task/task/task.json";
        var task = JsonNode.Parse(Checkout.Read(Path))!.AsObject();
        var login = task["inputs"]!
            .AsArray()
            .Where(input => (string?)input!["groupName"] == "login")
            .Select(input => input!.DeepClone())
            .ToArray();
        task["inputs"] = new JsonArray([.. StepContract.Inputs.Select(TaskInput), .. login]);
        task["outputVariables"] = new JsonArray([
            .. StepContract.Outputs.Select(output => new JsonObject { ["name"] = output.Variable, ["description"] = output.Description }),
        ]);
        // The agent then lets nothing in the task's log set any other variable.
        task["restrictions"] = new JsonObject
        {
            ["settableVariables"] = new JsonObject
            {
                ["allowed"] = new JsonArray([.. StepContract.Outputs.Select(output => (JsonNode)output.Variable)]),
            },
        };
        Checkout.Hold(Path, task.ToJsonString(Indented) + "\n");
    }

    [Fact]
    public void The_steps_template_has_the_inputs_and_hands_each_to_the_host()
    {
        const string Path = "src/azure-pipelines-task/azure-pipelines/federate.yml";
        Hold(
            Path,
            "parameters",
            [
                .. StepContract.Inputs.SelectMany(input =>
                    (string[])
                        [
                            $"- name: {input.Variable}",
                            $"  displayName: {Quoted(input.Description)}",
                            $"  type: {(input.IsSwitch ? "boolean" : "string")}",
                            $"  default: {(input.IsSwitch ? input.Default : Quoted(input.Default))}",
                            .. input is { IsSwitch: false, Allowed: { } allowed }
                                ? (string[])[$"  values: [{string.Join(", ", allowed)}]"]
                                : [],
                        ]
                ),
            ]
        );
        Hold(Path, "environment", [.. StepContract.Inputs.Select(input => $"{input.Environment}: ${{{{ parameters.{input.Variable} }}}}")]);
        Hold(Path, "arguments", [.. StepContract.Inputs.Select(Argument)]);
    }

    [Theory]
    [InlineData("docs/github-action.md", false)]
    [InlineData("docs/azure-pipelines.md", true)]
    public void The_documentation_has_the_inputs_and_the_outputs(string page, bool azure)
    {
        Hold(
            page,
            "inputs",
            [
                "| input | default | meaning |",
                "|---|---|---|",
                .. StepContract.Inputs.Select(input =>
                    $"| `{(azure ? input.Variable : input.Name)}` | {(input.Default.Length == 0 ? "" : $"`{input.Default}`")} | "
                    + $"{Described(input, "`")} |"
                ),
            ]
        );
        Hold(
            page,
            "outputs",
            [
                "| output | value |",
                "|---|---|",
                .. StepContract.Outputs.Select(output => $"| `{(azure ? output.Variable : output.Name)}` | {output.Description} |"),
            ]
        );
    }

    [Fact]
    public void The_documentation_shows_the_pipeline_that_the_extension_brings() =>
        Hold(
            "docs/azure-pipelines.md",
            "example",
            ["```yaml", .. Checkout.Read("src/azure-pipelines-task/azure-pipelines/example.yml").TrimEnd().Split('\n'), "```"]
        );

    [Fact]
    public void Every_input_is_an_argument_of_the_host_and_every_target_there_is()
    {
        using var host = new HostRun();
        var help = host.Run("--help").Output;
        Assert.All(StepContract.Inputs, input => Assert.Matches($@"(?m)^  --{input.Name}\b", help));
        Assert.All(
            StepContract.Inputs.Single(input => input.Name == "target").Allowed!,
            target => Assert.Matches($@"(?m)^  {target}\b", help)
        );
    }

    private static JsonObject TaskInput(StepInput input)
    {
        var json = new JsonObject
        {
            ["name"] = input.Variable,
            ["type"] =
                input.IsSwitch ? "boolean"
                : input.Allowed is null ? "string"
                : "pickList",
            ["label"] = input.Name,
            ["defaultValue"] = input.Default,
            ["required"] = input.Default.Length > 0 && !input.IsSwitch,
            ["helpMarkDown"] = input.Description,
        };
        if (input is { IsSwitch: false, Allowed: { } allowed })
        {
            json["options"] = new JsonObject(allowed.Select(value => KeyValuePair.Create(value, (JsonNode?)value)));
        }

        return json;
    }

    /// <summary>What there is by default may be taken away by nobody: an empty value is handed on, and the host refuses it.</summary>
    private static string Argument(StepInput input) =>
        input.Default.Length > 0
            ? $"\"--{input.Name}=${input.Environment}\""
            : $"${{{input.Environment}:+\"--{input.Name}=${input.Environment}\"}}";

    private static string Described(StepInput input) => Described(input, "");

    private static string Described(StepInput input, string quote) =>
        input.Allowed is null
            ? input.Description
            : $"{input.Description} {string.Join(", ", input.Allowed.SkipLast(1).Select(value => quote + value + quote))} or "
                + $"{quote}{input.Allowed[^1]}{quote}.";

    private static string Quoted(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Holds the lines between a section's two marks, indented as the marks are.</summary>
    /// <summary>Holds the part of a file between the marks of a section to what it should be; <c>UPDATE_GOLDEN=1</c> writes it.</summary>
    internal static void Hold(string path, string section, string[] lines)
    {
        var text = Checkout.Read(path);
        var marks = new Regex(
            $@"(?<=^(?<indent> *)(?:# <{section}>|<!-- <{section}> -->)\n)(?:.*\n)*?(?=^ *(?:# </{section}>|<!-- </{section}> -->)$)",
            RegexOptions.Multiline | RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(5)
        );
        var match = marks.Match(text);
        Assert.True(match.Success, $"{path} has no section {section}.");
        var indent = match.Groups["indent"].Value;
        Checkout.Hold(
            path,
            text[..match.Index] + string.Concat(lines.Select(line => $"{indent}{line}\n")) + text[(match.Index + match.Length)..]
        );
    }
}
