using System.Security.Cryptography;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>The five characters the server appends to generated names: no vowels, so that they spell nothing.</summary>
internal static class RandomNames
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Suffix() => RandomNumberGenerator.GetString(Alphabet, 5);
}
