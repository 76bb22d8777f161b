using Federation.Findings;

namespace Federation.Tests.Findings;

/// <summary>What several calls at once found wrong is told of all of them.</summary>
public sealed class FindingExceptionTests
{
    [Fact]
    public async Task The_findings_of_all_that_failed_are_told_each_once_and_in_order()
    {
        var last = new TaskCompletionSource<int>();
        Task<int>[] tasks = [last.Task, Failed("b"), Task.FromResult(1), Failed("a"), Failed("b")];
        var waiting = FindingException.WhenAllAsync(tasks);
        Assert.False(waiting.IsCompleted);
        last.SetException(new FindingException(Found("c")));

        var failed = await Assert.ThrowsAsync<FindingException>(() => waiting);

        Assert.Equal(["c", "b", "a"], failed.Findings.Select(finding => finding.Cause));
    }

    [Fact]
    public async Task What_succeeds_is_returned_in_the_order_of_the_tasks()
    {
        var results = await FindingException.WhenAllAsync([Task.FromResult(2), Task.FromResult(1)]);

        Assert.Equal([2, 1], results);
    }

    [Fact]
    public async Task A_failure_of_another_kind_is_thrown_as_it_is() =>
        await Assert.ThrowsAsync<IOException>(() =>
            FindingException.WhenAllAsync([Task.FromException<int>(new IOException()), Failed("a")])
        );

    private static Task<int> Failed(string cause) => Task.FromException<int>(new FindingException(Found(cause)));

    private static Finding Found(string cause) =>
        new()
        {
            Code = FindingCodes.AwsPermissionDenied,
            Cause = cause,
            Fix = "f",
        };
}
