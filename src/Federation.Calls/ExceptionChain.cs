namespace Federation.Calls;

/// <summary>Clients wrap what went wrong in exceptions of their own.</summary>
public static class ExceptionChain
{
    /// <summary>The outermost exception of a type among a fault and what it wraps; null if there is none.</summary>
    public static T? Find<T>(Exception? fault)
        where T : Exception
    {
        while (fault is not null and not T)
        {
            fault = fault.InnerException;
        }

        return (T?)fault;
    }
}
