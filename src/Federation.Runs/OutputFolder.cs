using Federation.Findings;

namespace Federation.Runs;

/// <summary>Where a run writes its results.</summary>
internal sealed class OutputFolder(string path)
{
    private const string Report = "report.json";
    private const string Evidence = "evidence.json";
    private const string Plan = "plan.json";

    public string Path => path;

    /// <summary>The folder can be written, and the results in it are this run's.</summary>
    public bool IsClaimed { get; private set; }

    public string ReportPath => System.IO.Path.Combine(path, Report);

    public string PlanPath => System.IO.Path.Combine(path, Plan);

    public string EvidencePath => System.IO.Path.Combine(path, Evidence);

    /// <summary>
    /// Makes sure that the folder can be written, and removes the results of an earlier run: if this one is killed, nothing
    /// there may say how it ended.
    /// </summary>
    /// <param name="read">The files that this run reads, which stay; null: none in this place.</param>
    /// <returns>The reason why it cannot be used (FED8013), or null.</returns>
    public Finding? Claim(params IReadOnlyList<string?> read)
    {
        try
        {
            Directory.CreateDirectory(path);
            var probe = System.IO.Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose))
            { }

            var kept = read.OfType<string>().Select(System.IO.Path.GetFullPath).ToHashSet(StringComparer.Ordinal);
            string[] results = [ReportPath, System.IO.Path.ChangeExtension(ReportPath, ".md"), EvidencePath, PlanPath];
            foreach (var result in results.Where(result => !kept.Contains(System.IO.Path.GetFullPath(result))))
            {
                File.Delete(result);
            }

            IsClaimed = true;
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new Finding
            {
                Code = FindingCodes.ArgumentInvalid,
                Cause = $"--output={path}: nothing can be written there. {refused.Message}",
                Fix = "Give a folder that you may write to. It is created if it is not there.",
            };
        }
    }
}
