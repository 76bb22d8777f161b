using System.Reflection;
using Amazon.Runtime;
using Federation.Sandbox.AwsCli;

try
{
    var line = CommandLine.Parse(args);
    if (line.Option("--version") is not null)
    {
        var version = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3);
        Console.Out.WriteLine($"aws-cli/2 (bundled with the federation sandbox {version}) .NET/{Environment.Version}");
        return 0;
    }

    switch (line.Words)
    {
        case ["sts", "get-caller-identity", ..]:
            await StsCommands.GetCallerIdentityAsync(line);
            return 0;
        case ["sts", "assume-role-with-web-identity", ..]:
            await StsCommands.AssumeRoleWithWebIdentityAsync(line);
            return 0;
        case ["s3", "ls", ..]:
            return await S3Commands.ListAsync(line);
        default:
            throw new UsageException(
                $"Found invalid choice '{string.Join(' ', line.Words)}': the bundled aws knows sts get-caller-identity, "
                    + "sts assume-role-with-web-identity and s3 ls"
            );
    }
}
catch (UsageException exception)
{
    await Console.Error.WriteLineAsync(
        $"\nusage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\n\naws: [ERROR]: {exception.Message}"
    );
    return 252;
}
catch (ConfigurationException exception)
{
    await Console.Error.WriteLineAsync($"\n{exception.Message}");
    return 253;
}
catch (ServiceException exception)
{
    await Console.Error.WriteLineAsync($"\n{exception.Message}");
    return 254;
}
catch (Exception exception)
    when (exception is AmazonClientException or AmazonServiceException or HttpRequestException or TaskCanceledException)
{
    var endpoint = CommandLine.Variable("AWS_ENDPOINT_URL") is { } url ? $": \"{url}\"" : "";
    await Console.Error.WriteLineAsync($"\nCould not connect to the endpoint URL{endpoint}: {exception.GetBaseException().Message}");
    return 255;
}
