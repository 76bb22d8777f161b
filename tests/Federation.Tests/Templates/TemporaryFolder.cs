namespace Federation.Tests.Templates;

/// <summary>A folder for one test, deleted at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("federation-");

    public string Path => _folder.FullName;

    public string Write(string path, string content)
    {
        var file = System.IO.Path.Combine(Path, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
