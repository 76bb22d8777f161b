namespace EndToEnd.Tests;

/// <summary>The host reads and sets the process's environment, so its runs follow one another.</summary>
[CollectionDefinition(nameof(Host), DisableParallelization = true)]
public sealed class Host;
