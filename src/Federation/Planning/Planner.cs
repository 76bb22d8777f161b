using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>
/// Desired + observed → steps. Pure and deterministic: the same states give the same plan, and after a plan was carried out
/// the next one is empty.
/// <code>
/// observed        | ours or may be used  | foreign, must be ours | owned elsewhere (existing)
/// absent          | create               | create                | its "missing" finding
/// the same        | unchanged            | FED8009               | unchanged
/// something else  | update               | FED8009               | unchanged, FED8009 as a warning
/// ours, and no longer desired: delete
/// </code>
/// Adoption turns "foreign" into "may be used". An update that would take away access which still stands is two steps
/// (<see cref="Stage"/>); what is deleted beside what is desired goes in the last stage.
/// </summary>
public static class Planner
{
    /// <param name="desired">Each resource once.</param>
    /// <param name="observed">One observation for each desired resource.</param>
    /// <param name="leftBehind">Resources that carry our mark and are not desired: each is deleted.</param>
    public static Plan Plan(
        IReadOnlyCollection<DesiredResource> desired,
        IEnumerable<Observation> observed,
        params IReadOnlyCollection<Observation> leftBehind
    )
    {
        var observations = observed.ToDictionary(observation => observation.Id);
        var findings = new List<Finding>();
        var steps = new List<Step>(desired.Count + leftBehind.Count);
        var narrowing = new List<Step>();
        var usable = new Dictionary<ResourceId, StepId>(desired.Count);
        foreach (var resource in InOrder(desired, resource => resource.Id, resource => resource.DependsOn))
        {
            var observation = observations[resource.Id];
            findings.AddRange(observation.Findings);
            var (step, narrow) = StepsTo(resource, observation, findings);
            steps.Add(step with { DependsOn = [.. resource.DependsOn.Where(usable.ContainsKey).Select(id => usable[id])] });
            usable.Add(resource.Id, step.Id);
            if (narrow is not null)
            {
                narrowing.Add(narrow);
            }
        }

        // What a resource depended on goes when the resource has let go of it.
        var letGo = steps
            .Concat(narrowing)
            .SelectMany(step => step.Before.DependsOn.Select(id => (id, step.Id)))
            .ToLookup(pair => pair.id, pair => pair.Id);
        return new Plan(
            [
                .. steps,
                .. narrowing,
                .. Deletions(leftBehind, Stage.Narrow)
                    .Select(step => step with { DependsOn = [.. letGo[step.Resource], .. step.DependsOn] }),
            ],
            findings
        );
    }

    /// <summary>The plan that deletes resources, dependents before what they depend on.</summary>
    public static Plan Delete(IReadOnlyCollection<Observation> owned) => new([.. Deletions(owned, Stage.Plain)], []);

    /// <summary>
    /// Decides adoption, here and nowhere else: a resource is taken over if every workload that needs it says so.
    /// </summary>
    /// <param name="adopting">The names of the workloads that say <c>adopt: true</c>.</param>
    public static DesiredResource WithAdoption(DesiredResource resource, IReadOnlySet<string> adopting) =>
        resource with
        {
            Adopt = resource.Workloads.Count > 0 && resource.Workloads.All(adopting.Contains),
        };

    /// <summary>The step that makes the resource usable and, where old access stands beside it then, the one that takes it away.</summary>
    private static (Step Step, Step? Narrow) StepsTo(DesiredResource desired, Observation observed, List<Finding> findings)
    {
        if (desired.Existing || !observed.Ours || desired.MoveFrom(observed) is not { } move)
        {
            return (Compare(desired, observed, findings), null);
        }

        var widen = Compare(move.Both, observed, findings) with { Stage = Stage.Widen };
        return (
            widen,
            new Step
            {
                Resource = desired.Id,
                Stage = Stage.Narrow,
                Action = StepAction.Update,
                Reason = StepReason.Superseded,
                Before = move.Observed,
                After = desired,
                Fields = Fields.Between(move.Both.Fields, desired.Fields),
                DependsOn = [widen.Id],
            }
        );
    }

    private static Step Compare(DesiredResource desired, Observation observed, List<Finding> findings)
    {
        var unchanged = new Step
        {
            Resource = desired.Id,
            Action = StepAction.Unchanged,
            Reason = StepReason.Matches,
            Before = observed,
            After = desired,
        };
        if (observed.Fields is null)
        {
            if (desired.Existing)
            {
                findings.Add(Missing(desired));
                return unchanged with { Reason = StepReason.OwnedElsewhere };
            }

            return unchanged with
            {
                Action = StepAction.Create,
                Reason = StepReason.Absent,
                Fields = Fields.Between(Fields.Empty, desired.Fields.With(observed.Initial)),
            };
        }

        var fields = Fields.Between(observed.Fields, desired.Fields);
        if (desired.Existing)
        {
            if (fields.Count > 0)
            {
                findings.Add(DiffersElsewhere(desired, fields));
            }

            return unchanged with
            {
                Reason = StepReason.OwnedElsewhere,
                Fields = fields,
            };
        }

        if (desired.Foreign == ForeignResource.Refuse && !observed.Ours && !desired.Adopt)
        {
            findings.Add(NotOurs(desired, observed));
            return unchanged with { Reason = StepReason.NotOurs, Fields = fields };
        }

        if (!desired.Adopt)
        {
            findings.AddRange(observed.Conflicts);
        }

        return fields.Count == 0
            ? unchanged
            : unchanged with
            {
                Action = StepAction.Update,
                Reason =
                    desired.Adopt && !observed.Ours && (desired.Foreign == ForeignResource.Refuse || observed.Conflicts.Count > 0)
                        ? StepReason.Adopted
                        : StepReason.Differs,
                Fields = fields,
            };
    }

    private static IEnumerable<Step> Deletions(IReadOnlyCollection<Observation> owned, Stage stage)
    {
        var dependents = owned.SelectMany(one => one.DependsOn.Select(id => (id, one.Id))).ToLookup(pair => pair.id, pair => pair.Id);
        return InOrder(owned, one => one.Id, one => [.. dependents[one.Id]])
            .Select(observed => new Step
            {
                Resource = observed.Id,
                Stage = stage,
                Action = StepAction.Delete,
                Reason = StepReason.NoLongerConfigured,
                Before = observed,
                After = null,
                Fields = Fields.Between(observed.Fields ?? Fields.Empty, Fields.Empty),
                DependsOn = [.. dependents[observed.Id].Order().Select(id => new StepId(id, stage))],
            });
    }

    /// <summary>Dependencies before dependents; otherwise by id.</summary>
    private static List<T> InOrder<T>(
        IReadOnlyCollection<T> items,
        Func<T, ResourceId> idOf,
        Func<T, IEnumerable<ResourceId>> dependenciesOf
    )
    {
        var byId = items.ToDictionary(idOf);
        var ordered = new List<T>(items.Count);
        var seen = new HashSet<ResourceId>();
        foreach (var item in items.OrderBy(idOf))
        {
            Visit(item);
        }

        return ordered;

        void Visit(T item)
        {
            if (!seen.Add(idOf(item)))
            {
                return;
            }

            foreach (var id in dependenciesOf(item).Order())
            {
                if (byId.TryGetValue(id, out var dependency))
                {
                    Visit(dependency);
                }
            }

            ordered.Add(item);
        }
    }

    private static Finding Missing(DesiredResource desired) =>
        new()
        {
            Code = desired.MissingCode,
            Resource = desired.Id.Value,
            Cause = $"{desired.Id} is declared as existing, but it does not exist.",
            Fix = "Create it where it is owned, or remove it from the workload's `existing:` list so that Apply creates it.",
        };

    private static Finding DiffersElsewhere(DesiredResource desired, IReadOnlyList<FieldChange> fields) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Severity = Severity.Warning,
            Resource = desired.Id.Value,
            Cause =
                $"{desired.Id} is owned elsewhere (`existing:`) and differs from what this workload needs in "
                + $"{string.Join(", ", fields.Select(field => field.Path))}.",
            Fix = "Change it where it is owned, to the value expected here.",
            Expected = fields[0].To ?? "(absent)",
            Actual = fields[0].From ?? "(absent)",
        };

    private static Finding NotOurs(DesiredResource desired, Observation observed) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Resource = desired.Id.Value,
            Cause =
                $"{desired.Id} exists and {observed.OtherOwner ?? "does not carry this federation's mark, so it may be somebody else's"}. "
                + "Nothing was changed.",
            Fix =
                $"If this federation should manage it, set `adopt: true` on {EachOf(desired.Workloads)}, or give "
                + "--adopt once; if it is managed elsewhere, list it under `existing:`; otherwise choose another name.",
        };

    private static string EachOf(IReadOnlyList<string> workloads) =>
        workloads.Count == 1 ? $"the workload {workloads[0]}" : $"each of the workloads {string.Join(", ", workloads)}, which share it";
}
