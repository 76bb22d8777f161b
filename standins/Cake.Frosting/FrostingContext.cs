using Cake.Core;

namespace Cake.Frosting;

/// <summary>What every task of a host is handed.</summary>
public interface IFrostingContext : ICakeContext;

/// <summary>The context a host's own one derives from.</summary>
public class FrostingContext(ICakeContext context) : CakeContextAdapter(context), IFrostingContext;
