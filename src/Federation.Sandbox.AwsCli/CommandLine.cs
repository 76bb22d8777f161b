namespace Federation.Sandbox.AwsCli;

/// <summary>The command line is not a valid command: exit code 252.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Credentials or configuration are missing or wrong: exit code 253.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);

/// <summary><c>aws SERVICE OPERATION [OPERAND] [--option VALUE]...</c></summary>
internal sealed class CommandLine
{
    private static readonly string[] s_global = ["--output", "--query", "--region", "--endpoint-url"];

    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    private CommandLine(IReadOnlyList<string> words) => Words = words;

    public IReadOnlyList<string> Words { get; }

    public string Output => Option("--output") ?? Variable("AWS_DEFAULT_OUTPUT") ?? "json";

    public string Region => Option("--region") ?? Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION") ?? "us-east-1";

    /// <summary>Null: the service's own endpoint.</summary>
    public string? EndpointUrl(string service) =>
        Option("--endpoint-url") ?? Variable("AWS_ENDPOINT_URL_" + service) ?? Variable("AWS_ENDPOINT_URL");

    /// <exception cref="UsageException">An option has no value.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var words = new List<string>();
        var line = new CommandLine(words);
        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                words.Add(argument);
            }
            else if (argument.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
            {
                line._options[argument[..equals]] = argument[(equals + 1)..];
            }
            else if (argument is "--no-cli-pager" or "--no-paginate" or "--version")
            {
                line._options[argument] = "";
            }
            else
            {
                line._options[argument] =
                    ++index < arguments.Count ? arguments[index] : throw new UsageException($"argument {argument}: expected one argument");
            }
        }

        return line;
    }

    public string? Option(string name) => _options.GetValueOrDefault(name);

    /// <summary>Refuses words and options that the command does not know, instead of ignoring them.</summary>
    /// <param name="words">The number of words that the command takes, its own name included.</param>
    public void Allow(int words, params string[] options)
    {
        var unknown = Words.Where((_, index) => index >= words).ToList();
        unknown.AddRange(
            _options.Keys.Where(name =>
                !options.Contains(name) && !s_global.Contains(name) && name is not ("--no-cli-pager" or "--no-paginate")
            )
        );
        if (unknown.Count > 0)
        {
            throw new UsageException($"Unknown options: {string.Join(", ", unknown)}");
        }

        if (Output is not ("json" or "text"))
        {
            throw new UsageException($"argument --output: Found invalid choice '{Output}': the bundled aws writes json and text");
        }
    }

    /// <summary>An option's value; with <c>file://</c>, the content of the file.</summary>
    public string? TextOption(string name)
    {
        if (Option(name) is not { } value || !value.StartsWith("file://", StringComparison.Ordinal))
        {
            return Option(name);
        }

        try
        {
            return File.ReadAllText(value["file://".Length..]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Error parsing parameter '{name}': Unable to load paramfile {value}: {exception.Message}");
        }
    }

    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
