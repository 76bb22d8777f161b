using Build.Agents;
using CsCheck;

namespace EndToEnd.Tests.Agents;

public sealed class CommandGuardTests
{
    [Theory]
    [InlineData("::error::no")]
    [InlineData("  \t::add-mask::no")]
    [InlineData("\u001b[31m::error::no")]
    [InlineData("text ##[set-output name=a;]no")]
    [InlineData("text ##vso[task.complete result=Succeeded;]no")]
    [InlineData("text ##VSO[task.setvariable variable=PATH]no")]
    [InlineData("one\r::error::no")]
    [InlineData("one\n::error::no\n")]
    [InlineData("#\u200b#vso[task.complete]no")]
    [InlineData("#\u00ad#[error]no")]
    [InlineData("####[error]no")]
    public void What_is_written_is_never_a_command(string text)
    {
        var written = Guarded(text);
        Assert.Empty(AgentLog.GitHub(written));
        Assert.Empty(AgentLog.Azure(written));
        Assert.Contains("no", written, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_is_a_command_in_whatever_pieces_it_comes()
    {
        var pieces = Gen.OneOf(
            Gen.OneOf<string>(
                "::",
                ":",
                "##[",
                "##",
                "#",
                "vso[",
                "[",
                "]",
                "\r",
                "\n",
                "\r\n",
                " ",
                "\u200b",
                "\u001b[1m",
                "error",
                "::error::",
                "##vso[task.complete]"
            ),
            Gen.String
        );
        pieces
            .Array[0, 40]
            .Sample(text =>
            {
                var written = Guarded([.. text, "\n"]);
                return AgentLog.GitHub(written).Count == 0 && AgentLog.Azure(written).Count == 0;
            });
    }

    [Fact]
    public void Ordinary_lines_are_written_as_they_are()
    {
        const string Text =
            "aws::iam ## heading [x] 100% `tick` | pipe\n\u001b[32mgreen\u001b[0m arn:aws:iam::111122223333:role/x\n\n  indented\n";
        Assert.Equal(Text.ReplaceLineEndings(), Guarded(Text));
    }

    private static string Guarded(params string[] pieces)
    {
        using var log = new StringWriter();
        using var guard = new CommandGuard(log);
        foreach (var piece in pieces)
        {
            guard.Write(piece);
        }

        guard.EndLine();
        return log.ToString();
    }
}
