using System.Text;
using System.Xml.Linq;

namespace Federation.Sandbox.Aws;

/// <summary>
/// One page of a list, by <c>MaxItems</c> and <c>Marker</c>. A marker contains the key of the last item shown, so that pages
/// neither repeat nor skip an item while others are added and removed.
/// </summary>
internal static class Page
{
    private const int DefaultSize = 100;

    /// <param name="items">Sorted by <paramref name="key"/>, in the order of <paramref name="keyOrder"/>.</param>
    public static XElement[] Of<T>(
        QueryParameters parameters,
        IEnumerable<T> items,
        Func<T, string> key,
        IComparer<string> keyOrder,
        params IEnumerable<Func<IReadOnlyList<T>, XElement?>> describe
    )
    {
        var size = parameters.Number("MaxItems", 1, 1000) ?? DefaultSize;
        var after = parameters["Marker"] is { } marker ? Decode(marker) : null;
        var page = items.Where(item => after is null || keyOrder.Compare(key(item), after) > 0).Take(size + 1).ToList();
        var isTruncated = page.Count > size;
        if (isTruncated)
        {
            page.RemoveAt(size);
        }

        return
        [
            .. describe.Select(one => one(page)).OfType<XElement>(),
            new XElement("IsTruncated", isTruncated),
            .. isTruncated ? (XElement[])[new XElement("Marker", Convert.ToBase64String(Encoding.UTF8.GetBytes(key(page[^1]))))] : [],
        ];
    }

    private static string Decode(string marker)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(marker));
        }
        catch (FormatException)
        {
            throw AwsException.Validation("Invalid Marker.");
        }
    }
}
