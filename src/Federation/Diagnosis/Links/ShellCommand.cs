namespace Federation.Diagnosis.Links;

/// <summary>A command that can be pasted into a POSIX shell: words with special characters are quoted.</summary>
internal static class ShellCommand
{
    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Word));

    private static string Word(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '=' or ',' or '@' or '+')
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
