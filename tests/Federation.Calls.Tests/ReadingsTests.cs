namespace Federation.Calls.Tests;

/// <summary>What a run read is kept until it is written.</summary>
public sealed class ReadingsTests
{
    private int _reads;

    [Fact]
    public async Task What_was_found_is_read_once()
    {
        var readings = new Readings<string, string>((key, _) => ReadAsync(key), StringComparer.OrdinalIgnoreCase);

        Assert.Equal("a 1", await GetAsync(readings, "a"));
        Assert.Equal("a 1", await GetAsync(readings, "A"));
        Assert.Equal("a 1", readings.Known("a"));
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_reading()
    {
        var answer = new TaskCompletionSource<string?>();
        var readings = new Readings<string, string>(
            (_, _) =>
            {
                _reads++;
                return answer.Task;
            }
        );

        var (first, second) = (GetAsync(readings, "a"), GetAsync(readings, "a"));
        answer.SetResult("found");

        Assert.Equal(["found", "found"], await Task.WhenAll(first, second));
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task What_was_absent_or_could_not_be_read_is_read_again()
    {
        var readings = new Readings<string, string>(
            (_, _) =>
                ++_reads switch
                {
                    1 => Task.FromResult<string?>(null),
                    2 => Task.FromException<string?>(new InvalidOperationException()),
                    _ => Task.FromResult<string?>("found"),
                }
        );

        Assert.Null(await GetAsync(readings, "a"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => GetAsync(readings, "a"));
        Assert.Null(readings.Known("a"));
        Assert.Equal("found", await GetAsync(readings, "a"));
    }

    [Fact]
    public async Task What_was_written_is_known_by_the_answer_or_read_again()
    {
        var readings = new Readings<string, string>((key, _) => ReadAsync(key));
        await GetAsync(readings, "a");

        readings.Set("a", "written");
        Assert.Equal("written", await GetAsync(readings, "a"));
        readings.Forget("a");
        Assert.Equal("a 2", await GetAsync(readings, "a"));
    }

    [Fact]
    public async Task What_is_written_where_answers_lag_behind_is_read_each_time_and_nothing_else_is()
    {
        var readings = new Readings<string, string>((key, _) => ReadAsync(key));
        await GetAsync(readings, "a");
        await GetAsync(readings, "b");

        readings.ReadEachTime("a");
        readings.Set("a", "of a listing");

        Assert.Equal("a 3", await GetAsync(readings, "a"));
        Assert.Equal("a 4", await GetAsync(readings, "a"));
        Assert.Equal("b 2", await GetAsync(readings, "b"));
    }

    private static Task<string?> GetAsync(Readings<string, string> readings, string key) =>
        readings.GetAsync(key, TestContext.Current.CancellationToken);

    private Task<string?> ReadAsync(string key) => Task.FromResult<string?>($"{key} {++_reads}");
}
