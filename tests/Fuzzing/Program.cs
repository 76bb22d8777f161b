using System.Globalization;
using Fuzzing;
using SharpFuzz;

// --seeds FOLDER writes what each parser starts from to a folder of its name; PARSER gives it what comes from afl-fuzz, or
// else from standard input. Instrumented code runs in nothing but the latter.
if (args is ["--seeds", var folder])
{
    foreach (var (name, parser) in Parsers.All)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        foreach (var (index, seed) in parser.Seeds.Index())
        {
            File.WriteAllBytes(Path.Combine(place, index.ToString(CultureInfo.InvariantCulture)), seed);
        }
    }

    return;
}

Fuzzer.Run(input =>
{
    using var content = new MemoryStream();
    input.CopyTo(content);
    Parsers.All[args[0]].Run(content.ToArray());
});
