using Federation.Findings;

namespace Federation.Files;

/// <summary>Reads a file that a user names: a configuration, a template, a policy, a token, evidence, a plan.</summary>
public static class InputFile
{
    /// <summary>In bytes. A federation of 10,000 workloads takes about two million.</summary>
    public const long Largest = 64 * 1024 * 1024;

    /// <summary>Reads a file that an argument names.</summary>
    /// <param name="argument">Its name, without the dashes.</param>
    /// <param name="mayBeEmpty">A length of zero is read as nothing, whatever is there.</param>
    /// <exception cref="FindingException">It cannot be read (FED8013).</exception>
    public static byte[] ReadGiven(string argument, string path, bool mayBeEmpty = false)
    {
        try
        {
            return Read(path, mayBeEmpty: mayBeEmpty);
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"--{argument}={path}: {unread.Message}",
                    Fix = "Give the path of a file that is there and that you may read.",
                },
                unread
            );
        }
    }

    /// <summary>
    /// Reads a regular file whole. A pipe or a device, whose length is zero, is refused without opening it, since that may wait
    /// or go on for ever.
    /// </summary>
    /// <param name="largest">The most bytes to read.</param>
    /// <param name="mayBeEmpty">A length of zero is read as nothing, whatever is there.</param>
    /// <exception cref="IOException">
    /// It is absent, a folder, empty, not a regular file, or too large; the message says so to a person.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, long largest = Largest, bool mayBeEmpty = false)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder.");
        }

        // The length of a link is its own.
        var file = new FileInfo(path) is { LinkTarget: not null } link
            ? link.ResolveLinkTarget(returnFinalTarget: true)
            : new FileInfo(path);
        if (file is not FileInfo { Exists: true, Length: var length })
        {
            throw new FileNotFoundException($"There is no file {path}.");
        }

        if (length == 0)
        {
            return mayBeEmpty ? [] : throw new IOException($"{path} is empty, or is not a regular file (a pipe or a device).");
        }

        if (length > largest)
        {
            throw new IOException($"{path} has {length} bytes; at most {largest} are read.");
        }

        using var content = File.OpenRead(path);
        // It may have grown since.
        var bytes = new byte[Math.Min(content.Length, largest)];
        content.ReadExactly(bytes);
        return bytes;
    }
}
