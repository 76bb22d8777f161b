using System.Runtime.InteropServices;

namespace Build.Packing;

/// <summary>A system that an archive is made for.</summary>
/// <param name="Id">Its runtime identifier, as .NET has them.</param>
/// <param name="Extension">What the name of a program ends in there.</param>
/// <param name="Magic">What a program of that system begins with.</param>
/// <param name="Machine">The processor, where the program's header says it.</param>
internal sealed record ReleaseSystem(string Id, string Extension, byte[] Magic, Func<byte[], int> Machine, int Expected)
{
    // ELF (System V ABI, e_machine at 18), Mach-O (loader.h, cputype at 4), PE (e_lfanew at 0x3c, then the COFF header's machine at 4).
    public static readonly IReadOnlyList<ReleaseSystem> All =
    [
        new("linux-x64", "", [0x7f, (byte)'E', (byte)'L', (byte)'F'], header => BitConverter.ToUInt16(header, 18), 0x3e),
        new("linux-arm64", "", [0x7f, (byte)'E', (byte)'L', (byte)'F'], header => BitConverter.ToUInt16(header, 18), 0xb7),
        new("osx-arm64", "", [0xcf, 0xfa, 0xed, 0xfe], header => BitConverter.ToInt32(header, 4), 0x0100000c),
        new(
            "win-x64",
            ".exe",
            [(byte)'M', (byte)'Z'],
            header => BitConverter.ToUInt16(header, BitConverter.ToInt32(header, 0x3c) + 4),
            0x8664
        ),
    ];

    /// <summary>The programs of the archive: the host, and the sandbox's aws.</summary>
    public IReadOnlyList<string> Programs => [$"Build{Extension}", $"aws{Extension}"];

    /// <summary>This machine can run what is made for that system.</summary>
    public bool IsHere => RuntimeInformation.RuntimeIdentifier == Id;

    /// <summary>The file is a program for this system's processor.</summary>
    public bool Made(string path)
    {
        var header = new byte[4096];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(header, 64, throwOnEndOfStream: false) >= 64
            && header.AsSpan().StartsWith(Magic)
            && Machine(header) == Expected;
    }
}
