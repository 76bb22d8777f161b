using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>
/// What would be done, in an order in which it can be done, and what stands against it. With an error among the
/// findings nothing may be written.
/// </summary>
public sealed record Plan(IReadOnlyList<Change> Changes, IReadOnlyList<Finding> Findings)
{
    /// <summary>Something would be written.</summary>
    public bool HasChanges => Changes.Any(change => change.Action != ChangeAction.Unchanged);

    public int Count(ChangeAction action) => Changes.Count(change => change.Action == action);
}

/// <summary>
/// Desired + observed → changes. Pure and deterministic: the same states give the same plan, and a plan made after
/// its own changes were applied is empty.
/// <code>
/// observed        | ours or may be used  | foreign, must be ours | owned elsewhere (existing)
/// absent          | create               | create                | its "missing" finding
/// the same        | unchanged            | FED8009               | unchanged
/// something else  | update               | FED8009               | unchanged, FED8009 as a warning
/// </code>
/// Adoption turns "foreign" into "may be used".
/// </summary>
public static class Planner
{
    /// <param name="desired">Each resource once.</param>
    /// <param name="observed">One observation for each desired resource.</param>
    public static Plan Plan(IReadOnlyCollection<DesiredResource> desired, IEnumerable<Observation> observed)
    {
        var observations = observed.ToDictionary(observation => observation.Id);
        var findings = new List<Finding>();
        var changes = new List<Change>(desired.Count);
        foreach (var resource in InOrder(desired))
        {
            var observation = observations[resource.Id];
            findings.AddRange(observation.Findings);
            changes.Add(Compare(resource, observation, findings));
        }

        return new Plan(changes, findings);
    }

    private static Change Compare(DesiredResource desired, Observation observed, List<Finding> findings)
    {
        if (observed.Fields is null)
        {
            if (desired.Existing)
            {
                findings.Add(Missing(desired));
                return new Change(desired, observed, ChangeAction.Unchanged, []);
            }

            return new Change(desired, observed, ChangeAction.Create, Fields.Between(Fields.Empty, desired.Fields.With(observed.Initial)));
        }

        var fields = Fields.Between(observed.Fields, desired.Fields);
        if (desired.Existing)
        {
            if (fields.Count > 0)
            {
                findings.Add(DiffersElsewhere(desired, fields));
            }

            return new Change(desired, observed, ChangeAction.Unchanged, fields);
        }

        if (desired.Foreign == ForeignResource.Refuse && !observed.Ours && !desired.Adopt)
        {
            findings.Add(NotOurs(desired));
            return new Change(desired, observed, ChangeAction.Unchanged, fields);
        }

        return new Change(desired, observed, fields.Count == 0 ? ChangeAction.Unchanged : ChangeAction.Update, fields);
    }

    /// <summary>Dependencies before dependents; otherwise by id.</summary>
    private static List<DesiredResource> InOrder(IReadOnlyCollection<DesiredResource> desired)
    {
        var byId = desired.ToDictionary(resource => resource.Id);
        var ordered = new List<DesiredResource>(desired.Count);
        var seen = new HashSet<ResourceId>();
        foreach (var resource in desired.OrderBy(resource => resource.Id))
        {
            Visit(resource);
        }

        return ordered;

        void Visit(DesiredResource resource)
        {
            if (!seen.Add(resource.Id))
            {
                return;
            }

            foreach (var id in resource.DependsOn.Order())
            {
                if (byId.TryGetValue(id, out var dependency))
                {
                    Visit(dependency);
                }
            }

            ordered.Add(resource);
        }
    }

    private static Finding Missing(DesiredResource desired) =>
        new()
        {
            Code = desired.MissingCode,
            Resource = desired.Id.Value,
            Cause = $"{desired.Id} is declared as existing, and it is not there.",
            Fix = "Create it where it is owned, or take it out of the workload's `existing:` list so that Apply makes it.",
        };

    private static Finding DiffersElsewhere(DesiredResource desired, IReadOnlyList<FieldChange> fields) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Severity = Severity.Warning,
            Resource = desired.Id.Value,
            Cause =
                $"{desired.Id} is owned elsewhere (`existing:`) and differs from what this workload needs in {string.Join(", ", fields.Select(field => field.Path))}.",
            Fix = "Change it where it is owned, to the value expected here.",
            Expected = fields[0].To ?? "(absent)",
            Actual = fields[0].From ?? "(absent)",
        };

    private static Finding NotOurs(DesiredResource desired) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Resource = desired.Id.Value,
            Cause = $"{desired.Id} exists and does not carry this federation's mark, so it may be somebody else's. Nothing was changed.",
            Fix =
                $"If it is to be managed here, set `adopt: true` on the workload {string.Join(", ", desired.Workloads)}; if it is managed elsewhere, list it under `existing:`; otherwise choose another name.",
        };
}
