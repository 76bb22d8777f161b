using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;

namespace Federation.Tests.Templates;

/// <summary>Runs the validation pod's script with the machine's <c>/bin/sh</c>, and with an <c>aws</c> and a clock of the test.</summary>
public sealed class ValidationScriptTests : IDisposable
{
    private const string Identity =
        """{ "Account": "012345678901", "Arn": "arn:aws:sts::012345678901:assumed-role/exports-reader/exports" }""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_identity_is_the_termination_message_and_the_check_decides()
    {
        var run = Run(refusals: 0, "echo checked; exit 3");
        Assert.Equal(3, run.ExitCode);
        Assert.Equal($"{Identity}\nchecked\n", run.Output);
        Assert.Equal(Identity + "\n", File.ReadAllText(TerminationLog));
    }

    [Fact]
    public void A_check_that_passes_ends_with_zero() => Assert.Equal(0, Run(refusals: 0, "true").ExitCode);

    [Fact]
    public void A_refused_identity_is_asked_for_again_until_it_is_given()
    {
        var run = Run(refusals: 5, "true");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(5, run.Error.Split("AccessDenied").Length - 1);
    }

    [Fact]
    public void An_identity_that_is_never_given_ends_with_ten_and_without_a_termination_message_after_its_time()
    {
        var run = Run(refusals: 1000, "echo never");
        Assert.Equal(10, run.ExitCode);
        Assert.DoesNotContain("never", run.Output, StringComparison.Ordinal);
        Assert.Contains("AccessDenied", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "AWS gave no identity for arn:aws:iam::012345678901:role/gke/exports-reader within 60 s.",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(TerminationLog));
        Assert.InRange(Time, 60, 65);
    }

    [Fact]
    public void Without_any_wait_the_identity_is_asked_for_once()
    {
        var run = Run(refusals: 1, "true", ("FEDERATION_IDENTITY_WAIT_SECONDS", "0"));
        Assert.Equal(10, run.ExitCode);
        Assert.Single(File.ReadAllLines(Path.Combine(_folder.Path, "calls")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("12")]
    public void A_refused_pod_shows_header_and_claims_of_its_token_and_never_the_token(string padding)
    {
        var claims = $$"""{"aud":["sts.amazonaws.com"],"sub":"system:serviceaccount:reports:mirror","x":"a\nb\"ü?>{{padding}}"}""";
        var header = Base64Url.EncodeToString("""{"alg":"RS256","kid":"k1"}"""u8);
        var token = $"{header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.c2lnbmF0dXJl";

        var run = Run(refusals: 1000, "true", ("AWS_WEB_IDENTITY_TOKEN_FILE", _folder.Write("token", token)));

        var shown = PodLog.TokenOf(
            new PodEvidence
            {
                Snapshot = new PodSnapshot("reports", "exports-verify-r1", "Failed"),
                ServiceAccount = "mirror",
                Containers = [],
                Log = run.Output.Split('\n'),
            }
        )!;
        Assert.Equal(("RS256", "k1"), (shown.Algorithm, shown.KeyId));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(claims), shown.Claims));
        Assert.DoesNotContain("c2lnbmF0dXJl", run.Output + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Split('.')[1], run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_that_is_given_its_identity_shows_no_token() =>
        Assert.DoesNotContain(
            "token",
            Run(refusals: 2, "true", ("AWS_WEB_IDENTITY_TOKEN_FILE", _folder.Write("token", "e30.e30.e30"))).Output,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("", "is empty.")]
    [InlineData("ya29.a0AfH6SMBx", "holds no JSON Web Token that can be read here.")]
    [InlineData("opaque", "holds no JSON Web Token that can be read here.")]
    [InlineData("e30", "holds no JSON Web Token that can be read here.")]
    public void A_token_file_without_a_token_is_reported_and_not_shown(string content, string why)
    {
        var file = _folder.Write("token", content);
        Assert.Equal($"The token file {file} {why}\n", Run(refusals: 1000, "true", ("AWS_WEB_IDENTITY_TOKEN_FILE", file)).Output);
    }

    [Fact]
    public void A_missing_token_file_is_reported() =>
        Assert.Equal(
            "There is no token file /no/such/token.\n",
            Run(refusals: 1000, "true", ("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token")).Output
        );

    [Fact]
    public void A_token_file_that_may_not_be_read_is_shown_with_its_owner_and_mode()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "A privileged user may read every file.");
        var file = _folder.Write("token", "e30.e30.e30");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.None);
        }

        var output = Run(refusals: 1000, "true", ("AWS_WEB_IDENTITY_TOKEN_FILE", file)).Output;
        Assert.StartsWith($"The token file {file} may not be read by user ", output, StringComparison.Ordinal);
        Assert.Contains("----------", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_runs_once_by_default() => Assert.Equal((7, 0), (Run(refusals: 0, "echo once; exit 7").ExitCode, Time));

    [Fact]
    public void A_check_that_is_denied_is_tried_again_while_policies_may_still_be_on_their_way()
    {
        const string denied = "echo 'An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied' >&2";
        var settled = Run(
            refusals: 0,
            $"aws s3 ls; test $(grep -c . \"$CALLS\") -ge 4 || {{ {denied}; exit 254; }}",
            ("FEDERATION_CHECK_WAIT_SECONDS", "30")
        );
        Assert.Equal((0, 4), (settled.ExitCode, Time));

        var refused = Run(refusals: 0, $"{denied}; exit 254", ("FEDERATION_CHECK_WAIT_SECONDS", "30"));
        Assert.Equal((254, 30), (refused.ExitCode, Time));
        Assert.Contains("(AccessDenied)", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_fails_by_itself_is_not_waited_for()
    {
        var run = Run(refusals: 0, "echo broken; exit 7", ("FEDERATION_CHECK_WAIT_SECONDS", "30"));
        Assert.Equal((7, 0), (run.ExitCode, Time));
        Assert.Contains("broken", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_the_check_reaches_the_script_around_it()
    {
        var run = Run(refusals: 0, "printf '%s|' '\"' \\' '}' ')' \"$FEDERATION_CHECK_WAIT_SECONDS\"\nexit 4 # \"; exit 0");
        Assert.Equal(4, run.ExitCode);
        Assert.EndsWith("\"|'|}|)|0|", run.Output, StringComparison.Ordinal);
    }

    private string TerminationLog => Path.Combine(_folder.Path, "termination-log");

    private int Time => int.Parse(File.ReadAllText(Path.Combine(_folder.Path, "time")));

    private Command Run(int refusals, string check, params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh.");
        var container = Sample.Render().ValidationPod["spec"]!["containers"]![0]!;
        var variables = container["env"]!
            .AsArray()
            .ToDictionary(variable => (string)variable!["name"]!, variable => (string)variable!["value"]!);
        variables["FEDERATION_CHECK"] = check;
        variables["PATH"] = _folder.Path + ":/usr/bin:/bin";
        variables["HOME"] = _folder.Path;
        variables["CALLS"] = Path.Combine(_folder.Path, "calls");
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }

        File.Delete(variables["CALLS"]);
        File.Delete(TerminationLog);
        _folder.Write("time", "0");
        Program(
            "aws",
            $$"""
            echo "$@" >> "$CALLS"
            [ $(grep -c . "$CALLS") -gt {{refusals}} ] || { echo "An error occurred (AccessDenied)" >&2; exit 254; }
            echo '{{Identity}}'
            """
        );
        Program("date", $"cat '{_folder.Path}/time'");
        Program("sleep", $"echo $(( $(cat '{_folder.Path}/time') + $1 )) > '{_folder.Path}/time'");

        var script = (string)Assert.Single(container["args"]!.AsArray())!;
        Assert.Contains("/dev/termination-log", script, StringComparison.Ordinal);
        return Command.Run("/bin/sh", ["-c", script.Replace("/dev/termination-log", TerminationLog, StringComparison.Ordinal)], variables);
    }

    private void Program(string name, string body)
    {
        var file = _folder.Write(name, "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
