namespace Federation.Files;

/// <summary>What is at a path. A link is a link, whatever it points to.</summary>
internal enum EntryKind
{
    Nothing,
    File,
    Folder,

    /// <summary>A symbolic link, or a junction of Windows.</summary>
    Link,
}

internal static class EntryKinds
{
    public static EntryKind At(string path)
    {
        var entry = new FileInfo(path);
        var attributes = entry.Attributes;
        return (int)attributes == -1 ? EntryKind.Nothing
            // Windows has other reparse points, such as files of OneDrive: those have no target.
            : attributes.HasFlag(FileAttributes.ReparsePoint) && entry.LinkTarget is not null ? EntryKind.Link
            : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder
            : EntryKind.File;
    }

    /// <summary>What a message calls the entry: "a folder", "a link to /data".</summary>
    public static string Describe(string path) =>
        At(path) switch
        {
            EntryKind.Link => $"a link to {new FileInfo(path).LinkTarget}",
            EntryKind.Folder => "a folder",
            EntryKind.File => "a file",
            _ => "nothing",
        };
}
