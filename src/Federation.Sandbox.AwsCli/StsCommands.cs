using System.Globalization;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace Federation.Sandbox.AwsCli;

internal static class StsCommands
{
    private static readonly string[] s_required = ["--role-arn", "--role-session-name", "--web-identity-token"];

    public static async Task GetCallerIdentityAsync(CommandLine line)
    {
        line.Allow(words: 2);
        using var client = Client(line, await Credentials.ResolveAsync(line));
        var identity = await Service.CallAsync("GetCallerIdentity", () => client.GetCallerIdentityAsync(new GetCallerIdentityRequest()));
        Output.Write(
            line,
            new JsonObject
            {
                ["UserId"] = identity.UserId,
                ["Account"] = identity.Account,
                ["Arn"] = identity.Arn,
            }
        );
    }

    public static async Task AssumeRoleWithWebIdentityAsync(CommandLine line)
    {
        line.Allow(words: 2, "--role-arn", "--role-session-name", "--web-identity-token", "--duration-seconds");
        string[] missing = [.. s_required.Where(name => line.Option(name) is null)];
        if (missing.Length > 0)
        {
            throw new UsageException($"the following arguments are required: {string.Join(", ", missing)}");
        }

        var request = new AssumeRoleWithWebIdentityRequest
        {
            RoleArn = line.Option("--role-arn"),
            RoleSessionName = line.Option("--role-session-name"),
            WebIdentityToken = line.TextOption("--web-identity-token"),
        };
        if (line.Option("--duration-seconds") is { } duration)
        {
            request.DurationSeconds = int.TryParse(duration, CultureInfo.InvariantCulture, out var seconds)
                ? seconds
                : throw new UsageException($"argument --duration-seconds: invalid int value: '{duration}'");
        }

        using var client = Client(line, new AnonymousAWSCredentials());
        var response = await Service.CallAsync("AssumeRoleWithWebIdentity", () => client.AssumeRoleWithWebIdentityAsync(request));
        Output.Write(
            line,
            new JsonObject
            {
                ["Credentials"] = new JsonObject
                {
                    ["AccessKeyId"] = response.Credentials.AccessKeyId,
                    ["SecretAccessKey"] = response.Credentials.SecretAccessKey,
                    ["SessionToken"] = response.Credentials.SessionToken,
                    ["Expiration"] = Output.Time(response.Credentials.Expiration),
                },
                ["SubjectFromWebIdentityToken"] = response.SubjectFromWebIdentityToken,
                ["AssumedRoleUser"] = new JsonObject
                {
                    ["AssumedRoleId"] = response.AssumedRoleUser.AssumedRoleId,
                    ["Arn"] = response.AssumedRoleUser.Arn,
                },
                ["Provider"] = response.Provider,
                ["Audience"] = response.Audience,
            }
        );
    }

    private static AmazonSecurityTokenServiceClient Client(CommandLine line, AWSCredentials credentials)
    {
        var config = new AmazonSecurityTokenServiceConfig();
        Service.Configure(config, line, "STS");
        return new AmazonSecurityTokenServiceClient(credentials, config);
    }
}
