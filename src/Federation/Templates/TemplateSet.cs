using System.Collections.Frozen;
using System.IO.Enumeration;
using System.Reflection;
using Federation.Files;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>The templates of a run: the built-in ones, and those that override or add to them. Each is parsed once.</summary>
public sealed class TemplateSet
{
    private const string PoliciesFolder = "policies/";
    private const string BuiltInPrefix = "templates/";

    private readonly FrozenDictionary<string, Template> _templates;

    private TemplateSet(FrozenDictionary<string, Template> templates) => _templates = templates;

    /// <summary>The policy templates that <c>role.policies</c> may name: by name, in order, with the parameters that each takes.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Policies =>
        field ??= new SortedDictionary<string, IReadOnlyList<string>>(
            _templates
                .Where(template => IsPolicyTemplate(template.Key))
                .ToDictionary(
                    template => template.Key[PoliciesFolder.Length..^".json".Length],
                    template => template.Value.Parameters,
                    StringComparer.Ordinal
                ),
            StringComparer.Ordinal
        );

    /// <summary>Reads the built-in templates and those that override them.</summary>
    /// <param name="overrideDirectory">
    /// Its files override the built-in ones of the same path; other JSON files under <c>policies/</c> are added. Null: only the
    /// built-in ones.
    /// </param>
    /// <exception cref="FindingException">
    /// FED1006 for each error in a template, with line and column; FED8013 if the folder does not exist.
    /// </exception>
    public static TemplateSet Load(string? overrideDirectory)
    {
        var findings = new List<Finding>();
        var sources = BuiltIn();
        if (overrideDirectory is not null)
        {
            Override(sources, overrideDirectory, findings);
        }

        var templates = new Dictionary<string, Template>(StringComparer.Ordinal);
        foreach (var (path, (file, content)) in sources)
        {
            if (
                TemplateReader.Read(file, content, policy: IsPolicy(path), takesParameters: TakesParameters(path), findings) is { } template
            )
            {
                templates.Add(path, template);
            }
        }

        return findings.Count > 0
            ? throw new FindingException(findings)
            : new TemplateSet(templates.ToFrozenDictionary(StringComparer.Ordinal));
    }

    internal Template this[string path] => _templates[path];

    internal Template Policy(string name) => _templates[$"{PoliciesFolder}{name}.json"];

    /// <summary>The templates of a folder (which ends with a slash), in order of their paths.</summary>
    internal IEnumerable<KeyValuePair<string, Template>> Under(string folder) =>
        _templates
            .Where(template => template.Key.StartsWith(folder, StringComparison.Ordinal))
            .OrderBy(template => template.Key, StringComparer.Ordinal);

    private static SortedDictionary<string, (string File, byte[] Content)> BuiltIn()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var sources = new SortedDictionary<string, (string, byte[])>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(BuiltInPrefix, StringComparison.Ordinal)))
        {
            using var stream =
                assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The assembly has no {name}.");
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            sources.Add(name[BuiltInPrefix.Length..], (name, content));
        }

        return sources;
    }

    private static void Override(SortedDictionary<string, (string File, byte[] Content)> sources, string directory, List<Finding> findings)
    {
        if (!Directory.Exists(directory))
        {
            findings.Add(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"The folder of templates '{directory}' does not exist.",
                    Fix = "Give --templates the folder whose files should override the built-in templates, or leave it out.",
                    Actual = directory,
                }
            );
            return;
        }

        var builtIn = sources.Keys.ToList();
        foreach (var file in FilesBelow(directory).Order(StringComparer.Ordinal))
        {
            var path = Path.GetRelativePath(directory, file).Replace(Path.DirectorySeparatorChar, '/');
            if (sources.ContainsKey(path) || IsPolicyTemplate(path))
            {
                try
                {
                    sources[path] = (file.Replace(Path.DirectorySeparatorChar, '/'), InputFile.Read(file));
                }
                catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
                {
                    findings.Add(
                        TemplateReader.Invalid(
                            file,
                            "",
                            0,
                            $"The template cannot be read: {unread.Message}",
                            "Write a file there, or remove it to use the built-in template."
                        )
                    );
                }
            }
            else if (NearMiss.Find(path, builtIn) is { } meant)
            {
                findings.Add(
                    TemplateReader.Invalid(
                        file,
                        "",
                        0,
                        $"No template is called {path}: the file would never be used.",
                        $"Did you mean {meant}? Rename the file."
                    )
                );
            }
        }
    }

    /// <summary>
    /// Links to files count, since a mounted ConfigMap consists of them. Links to folders are not followed: they may lead round
    /// in a circle, or all over the machine.
    /// </summary>
    private static FileSystemEnumerable<string> FilesBelow(string directory) =>
        new(
            directory,
            (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }
        )
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => EntryKinds.At(entry.ToFullPath()) == EntryKind.Folder,
        };

    private static bool IsPolicyTemplate(string path) =>
        path.StartsWith(PoliciesFolder, StringComparison.Ordinal) && path.EndsWith(".json", StringComparison.Ordinal);

    private static bool TakesParameters(string path) =>
        IsPolicyTemplate(path) || path.StartsWith(RunnerPermissions.Aws, StringComparison.Ordinal);

    private static bool IsPolicy(string path) =>
        TakesParameters(path) || string.Equals(path, RenderedWorkload.TrustPolicyFile, StringComparison.Ordinal);
}
