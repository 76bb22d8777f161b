namespace Federation.Tests.Templates;

/// <summary>The validation pod's own script, run by the machine's <c>/bin/sh</c> with an <c>aws</c> and a clock of the test's.</summary>
public sealed class ValidationScriptTests : IDisposable
{
    private const string Identity = """{ "Account": "012345678901", "Arn": "arn:aws:sts::012345678901:assumed-role/exports-reader/exports" }""";

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
        Assert.Contains("AWS gave no identity for arn:aws:iam::012345678901:role/gke/exports-reader within 60 s.", run.Error, StringComparison.Ordinal);
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

    [Fact]
    public void A_check_is_run_once_unless_told_to_wait() => Assert.Equal((7, 0), (Run(refusals: 0, "echo once; exit 7").ExitCode, Time));

    [Fact]
    public void A_check_that_is_denied_is_tried_again_while_policies_may_still_be_on_their_way()
    {
        const string denied = "echo 'An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied' >&2";
        var settled = Run(refusals: 0, $"aws s3 ls; test $(grep -c . \"$CALLS\") -ge 4 || {{ {denied}; exit 254; }}", ("FEDERATION_CHECK_WAIT_SECONDS", "30"));
        Assert.Equal((0, 2), (settled.ExitCode, Time));
        Assert.DoesNotContain("AccessDenied", settled.Output, StringComparison.Ordinal);

        var refused = Run(refusals: 0, $"{denied}; exit 254", ("FEDERATION_CHECK_WAIT_SECONDS", "30"));
        Assert.Equal((254, 30), (refused.ExitCode, Time));
        Assert.Single(refused.Output.Split("(AccessDenied)").Skip(1));
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
        var variables = container["env"]!.AsArray().ToDictionary(variable => (string)variable!["name"]!, variable => (string)variable!["value"]!);
        variables["FEDERATION_CHECK"] = check;
        variables["PATH"] = _folder.Path + ":/usr/bin:/bin";
        variables["HOME"] = _folder.Path;
        variables["CALLS"] = Path.Combine(_folder.Path, "calls");
        foreach (var (name, value) in environment)
            variables[name] = value;

        File.Delete(variables["CALLS"]);
        File.Delete(TerminationLog);
        _folder.Write("time", "0");
        Program("aws", $$"""
            echo "$@" >> "$CALLS"
            [ $(grep -c . "$CALLS") -gt {{refusals}} ] || { echo "An error occurred (AccessDenied)" >&2; exit 254; }
            echo '{{Identity}}'
            """);
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
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
