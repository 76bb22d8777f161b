using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Templates;

/// <summary>Renders workloads. Pure except for reading policy files.</summary>
/// <param name="configuration">Read with the <see cref="TemplateSet.Policies"/> of these templates, so it names no others.</param>
/// <param name="readPolicyFile">
/// Reads the user's policy document at a path. Throws an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>
/// if it cannot be read.
/// </param>
public sealed class Renderer(FederationConfiguration configuration, TemplateSet templates, Func<string, byte[]> readPolicyFile)
{
    private const string ComponentFolder = "component/";

    private readonly ConcurrentDictionary<string, Lazy<PolicyFile>> _policyFiles = new(StringComparer.Ordinal);

    /// <summary>Renders also <c>preflight-role.yaml</c>: the Kubernetes Role for requesting tokens of the service account.</summary>
    public bool Preflight { get; init; }

    /// <summary>A policy document of the user, parsed once for all workloads that name it, or why it cannot be used.</summary>
    private sealed record PolicyFile(Template? Template, IReadOnlyList<Finding> Findings, string? Unreadable);

    /// <summary>Renders one workload. May be called from several threads at once.</summary>
    /// <exception cref="FindingException">
    /// Every error of this workload: FED1006, FED1007, FED1102, FED1103, FED1101 under <c>strict</c>.
    /// </exception>
    public RenderedWorkload Render(Workload workload)
    {
        if (workload.Identity != IdentityKind.Cluster)
        {
            throw new FindingException(
                At(
                    workload.Location,
                    FindingCodes.ConfigurationInvalid,
                    $"There are no templates for identity: google yet, which the workload {workload.Name} asks for.",
                    "Write identity: cluster; AWS then trusts the pod's own token."
                )
            );
        }

        var findings = new List<Finding>();
        var scope = new PlaceholderScope(configuration, workload);
        var files = new List<RenderedFile>();
        var labels = new Mark(configuration.Name, [workload.Name]).Labels;

        var @namespace = Document(RenderedWorkload.NamespaceFile);
        var serviceAccount = Document(RenderedWorkload.ServiceAccountFile);
        var pod = Document(RenderedWorkload.ValidationPodFile);
        var trust = Document(RenderedWorkload.TrustPolicyFile, document => TrustSid.Sign(document, configuration.Name, workload));
        Document(RenderedWorkload.KustomizationFile);
        foreach (var (path, _) in templates.Under(ComponentFolder))
        {
            Document(path);
        }

        if (Preflight)
        {
            Expect(RenderedWorkload.PreflightRoleFile, Document(RenderedWorkload.PreflightRoleFile), "Role", workload.Namespace, null);
        }

        var permissions = Permissions(workload, scope, files, findings);

        Expect(RenderedWorkload.NamespaceFile, @namespace, "Namespace", null, workload.Namespace);
        Expect(RenderedWorkload.ServiceAccountFile, serviceAccount, "ServiceAccount", workload.Namespace, workload.ServiceAccount);
        Expect(RenderedWorkload.ValidationPodFile, pod, "Pod", workload.Namespace, null);
        if (trust is not null)
        {
            PolicyChecks.AddTrust(findings, configuration.Name, workload, templates[RenderedWorkload.TrustPolicyFile], trust);
        }

        if (
            findings.Exists(finding => finding.Severity == Severity.Error)
            || @namespace is null
            || serviceAccount is null
            || pod is null
            || trust is null
        )
        {
            throw new FindingException(findings);
        }

        files.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return new RenderedWorkload
        {
            Workload = workload,
            Namespace = @namespace,
            ServiceAccount = serviceAccount,
            ValidationPod = pod,
            TrustPolicy = trust,
            PermissionsPolicies = permissions,
            Files = files,
            Findings = findings,
        };

        JsonObject? Document(string path, Action<JsonObject>? complete = null)
        {
            var template = templates[path];
            var document = TemplateFiller.Fill(template, scope, parameters: null, findings);
            if (document is not null)
            {
                complete?.Invoke(document);
                files.Add(File(path, template.Format, document));
            }

            return document;
        }

        void Expect(string path, JsonObject? document, string kind, string? inNamespace, string? name)
        {
            if (document is null)
            {
                return;
            }

            Compare("kind", document["kind"], kind);
            if (inNamespace is not null)
            {
                Compare("metadata.namespace", document["metadata"]?["namespace"], inNamespace);
            }

            if (name is not null)
            {
                Compare("metadata.name", document["metadata"]?["name"], name);
            }

            foreach (var (key, value) in labels)
            {
                Compare($"metadata.labels.{key}", document["metadata"]?["labels"]?[key], value);
            }

            void Compare(string field, JsonNode? actual, string expected)
            {
                var text = actual?.ToString();
                if (!string.Equals(text, expected, StringComparison.Ordinal))
                {
                    findings.Add(
                        templates[path]
                            .Invalid(
                                templates[path].Root.Span.Start,
                                $"The template {templates[path].File} gives the {field} {(text is null ? "no value" : $"'{text}'")} "
                                    + $"for the workload {workload.Name}; it has to be '{expected}'.",
                                $"Write {field} as the built-in template does."
                            ) with
                        {
                            Expected = expected,
                            Actual = text,
                        }
                    );
                }
            }
        }
    }

    /// <summary>
    /// Renders many workloads in parallel and keeps none: each that has no errors is passed to <paramref name="use"/>, on several
    /// threads at once. A <see cref="FindingException"/> of <paramref name="use"/> becomes findings, too.
    /// </summary>
    /// <returns>The findings of all workloads, in the order of the workloads, each once.</returns>
    public IReadOnlyList<Finding> RenderAll(
        IReadOnlyList<Workload> workloads,
        Action<RenderedWorkload> use,
        CancellationToken cancellationToken = default
    )
    {
        var sharing = Enumerable
            .Range(0, workloads.Count)
            .GroupBy(i => (workloads[i].Account.Id, workloads[i].Role.Name.ToUpperInvariant()))
            .Where(role => role.Skip(1).Any())
            .Select(role => role.ToArray())
            .ToList();
        var shared = sharing.SelectMany(role => role).ToHashSet();

        var findings = new IReadOnlyList<Finding>[workloads.Count];
        var trust = new JsonObject?[workloads.Count];
        Parallel.For(
            0,
            workloads.Count,
            new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
            i =>
            {
                try
                {
                    var rendered = Render(workloads[i]);
                    findings[i] = rendered.Findings;
                    if (shared.Contains(i))
                    {
                        trust[i] = rendered.TrustPolicy;
                    }

                    use(rendered);
                }
                catch (FindingException exception)
                {
                    findings[i] = exception.Findings;
                }
            }
        );

        var ofRoles = new List<Finding>();
        foreach (var role in sharing)
        {
            PolicyChecks.AddSharedTrust(ofRoles, [.. role.Select(i => workloads[i])], role.Select(i => trust[i]).OfType<JsonObject>());
        }

        return [.. findings.SelectMany(found => found).Concat(ofRoles).Distinct()];
    }

    private Dictionary<string, JsonObject> Permissions(
        Workload workload,
        PlaceholderScope scope,
        List<RenderedFile> files,
        List<Finding> findings
    )
    {
        // Ignoring case, since some file systems do.
        var documents = new Dictionary<string, JsonObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var policy in workload.Role.Policies)
        {
            var (name, template, parameters) = policy switch
            {
                PolicyReference.Template reference => (reference.Name, templates.Policy(reference.Name), reference.Parameters),
                PolicyReference.File reference => (reference.Name, PolicyDocument(reference, findings), null),
                _ => (null, null, null),
            };
            if (name is null || template is null || TemplateFiller.Fill(template, scope, parameters, findings) is not { } document)
            {
                continue;
            }

            PolicyChecks.AddPermissions(findings, workload, template, name, document, configuration.Strict);
            if (documents.TryAdd(name, document))
            {
                files.Add(File($"permissions/{name}.json", TemplateFormat.Json, document));
            }
            else
            {
                findings.Add(
                    At(
                        policy.Location,
                        FindingCodes.ConfigurationInvalid,
                        $"The role {workload.Role.Name} has two policies called {name}.",
                        "Give the template once, with all its parameters, or another name to a file."
                    )
                );
            }
        }

        return documents;
    }

    private Template? PolicyDocument(PolicyReference.File reference, List<Finding> findings)
    {
        var file = _policyFiles
            .GetOrAdd(
                reference.Path,
                path => new Lazy<PolicyFile>(() =>
                {
                    var faults = new List<Finding>();
                    try
                    {
                        return new PolicyFile(
                            TemplateReader.Read(path, readPolicyFile(path), policy: true, takesParameters: false, faults),
                            faults,
                            null
                        );
                    }
                    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                    {
                        return new PolicyFile(null, faults, exception.Message);
                    }
                })
            )
            .Value;

        if (file.Unreadable is { } reason)
        {
            findings.Add(
                At(
                    reference.Location,
                    FindingCodes.TemplateInvalid,
                    $"The policy file {reference.Path} cannot be read: {reason}",
                    "Correct the path; it is looked up from the configuration's folder."
                )
            );
        }

        findings.AddRange(file.Findings);
        return file.Template;
    }

    private static RenderedFile File(string path, TemplateFormat format, JsonObject document) =>
        new(path, format == TemplateFormat.Json ? CanonicalJson.Write(document) : CanonicalYaml.Write(document));

    private static Finding At(SourceLocation location, string code, string cause, string fix) =>
        new()
        {
            Code = code,
            Cause = cause,
            Fix = fix,
            Location = location,
        };
}
