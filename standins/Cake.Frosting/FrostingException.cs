namespace Cake.Frosting;

/// <summary>The host is put together wrongly.</summary>
public sealed class FrostingException(string message) : Exception(message);
