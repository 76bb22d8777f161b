using System.Security.Cryptography;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>The five random characters at the end of generated names, without vowels so that they form no words.</summary>
internal static class RandomNames
{
    public const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Suffix() => RandomNumberGenerator.GetString(Alphabet, 5);
}
