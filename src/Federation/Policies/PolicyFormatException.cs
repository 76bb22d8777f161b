namespace Federation.Policies;

/// <summary>A text is not a policy document. The message is for a person and names what was found where.</summary>
public sealed class PolicyFormatException : FormatException
{
    public PolicyFormatException(string message, int line, int column, Exception? innerException = null)
        : base($"{message} (line {line}, column {column})", innerException)
    {
        Line = line;
        Column = column;
    }

    /// <summary>Counted from one.</summary>
    public int Line { get; }

    /// <summary>Counted from one, in characters.</summary>
    public int Column { get; }
}
