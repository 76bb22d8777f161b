using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Google;

/// <summary>
/// IAM's service accounts and their policies (IAM API v1, <c>projects.serviceAccounts</c>). As in IAM, members of a policy
/// must exist, versions and conditions follow its rules, and etags are compared as the bytes they encode.
/// </summary>
internal sealed partial class ServiceAccounts
{
    private readonly Lock _gate = new();
    private readonly IReadOnlySet<string> _projects;
    private readonly SortedDictionary<string, Account> _byEmail = new(StringComparer.Ordinal);
    private readonly Past<SortedDictionary<string, Account>> _past;

    public ServiceAccounts(IReadOnlySet<string> projects, Weather weather, TimeProvider time)
    {
        _projects = projects;
        _past = new Past<SortedDictionary<string, Account>>("google", Copy, weather, time);
    }

    public JsonObject Create(string project, JsonObject body)
    {
        DemandProject(project, "iam.serviceAccounts.create");
        var id = body["accountId"]?.ToString() ?? "";
        if (!AccountId().IsMatch(id))
        {
            throw GoogleException.InvalidArgument(
                $"Account ID '{id}' is invalid: it must be 6 to 30 characters long and match [a-z]([-a-z0-9]*[a-z0-9])."
            );
        }

        var email = $"{id}@{project}.iam.gserviceaccount.com";
        lock (_gate)
        {
            if (_byEmail.ContainsKey(email))
            {
                throw new GoogleException(
                    HttpStatusCode.Conflict,
                    "ALREADY_EXISTS",
                    $"Service account {id} already exists within project projects/{project}.",
                    new JsonObject
                    {
                        ["@type"] = "type.googleapis.com/google.rpc.ResourceInfo",
                        ["resourceName"] = $"projects/{project}/serviceAccounts/{email}",
                    }
                );
            }

            var account = new Account(project, email, "1" + RandomNumberGenerator.GetString("0123456789", 20));
            account.Describe(body["serviceAccount"] as JsonObject, displayName: true, description: true);
            Read("serviceAccounts.create");
            _byEmail.Add(email, account);
            _past.Changed();
            return account.ToJson();
        }
    }

    public JsonObject Get(string project, string name)
    {
        lock (_gate)
        {
            return Find(project, name, Read("serviceAccounts.get")).ToJson();
        }
    }

    public JsonObject List(string project, int? pageSize, string? pageToken)
    {
        DemandProject(project, "iam.serviceAccounts.list");
        var size = Math.Clamp(pageSize is null or 0 ? 20 : pageSize.Value, 1, 100);
        lock (_gate)
        {
            var accounts = Read("serviceAccounts.list")
                .Values.Where(account =>
                    string.Equals(account.Project, project, StringComparison.Ordinal)
                    && string.CompareOrdinal(account.Email, pageToken ?? "") > 0
                )
                .Take(size + 1)
                .ToList();
            var answer = new JsonObject();
            if (accounts.Count > 0)
            {
                answer["accounts"] = new JsonArray([.. accounts.Take(size).Select(account => account.ToJson())]);
            }

            if (accounts.Count > size)
            {
                answer["nextPageToken"] = accounts[size - 1].Email;
            }

            return answer;
        }
    }

    public JsonObject Patch(string project, string name, JsonObject body)
    {
        var mask = body["updateMask"]?.ToString().Split(',', StringSplitOptions.TrimEntries) ?? ["displayName", "description"];
        bool Masked(string camel, string snake) =>
            mask.Contains(camel, StringComparer.Ordinal) || mask.Contains(snake, StringComparer.Ordinal);
        lock (_gate)
        {
            Read("serviceAccounts.patch");
            var account = Find(project, name, _byEmail);
            var fields = body["serviceAccount"] as JsonObject;
            if (fields?["etag"]?.ToString() is { Length: > 0 } etag && !SameBytes(etag, account.ETag))
            {
                throw GoogleException.Aborted(
                    "The service account was changed since it was read. Please retry the whole read-modify-write."
                );
            }

            account.Describe(fields, Masked("displayName", "display_name"), Masked("description", "description"));
            _past.Changed();
            return account.ToJson();
        }
    }

    public JsonObject Delete(string project, string name)
    {
        lock (_gate)
        {
            Read("serviceAccounts.delete");
            _byEmail.Remove(Find(project, name, _byEmail).Email);
            _past.Changed();
            return [];
        }
    }

    public JsonObject GetPolicy(string project, string name, int? requestedVersion)
    {
        if (requestedVersion is not (null or 0 or 1 or 3))
        {
            throw GoogleException.InvalidArgument($"Requested policy version {requestedVersion} is not valid: it must be 0, 1 or 3.");
        }

        lock (_gate)
        {
            return Find(project, name, Read("serviceAccounts.getIamPolicy")).Policy(showsConditions: requestedVersion is 3);
        }
    }

    public JsonObject SetPolicy(string project, string name, JsonObject body)
    {
        var policy = body["policy"] as JsonObject ?? throw GoogleException.InvalidArgument("Policy is required.");
        var version =
            policy["version"] is not JsonValue given ? 0
            : given.TryGetValue<int>(out var number) ? number
            : -1;
        if (version is not (0 or 1 or 3))
        {
            throw GoogleException.InvalidArgument($"Policy version {version} is not valid: it must be 0, 1 or 3.");
        }

        var bindings = (policy["bindings"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        lock (_gate)
        {
            Read("serviceAccounts.setIamPolicy");
            var account = Find(project, name, _byEmail);
            if (policy["etag"]?.ToString() is { Length: > 0 } etag)
            {
                if (!SameBytes(etag, account.PolicyETag))
                {
                    throw GoogleException.Aborted(
                        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
                    );
                }

                if (version != 3 && account.HasConditions)
                {
                    throw GoogleException.InvalidArgument("The policy holds conditions: it can be changed as version 3 only.");
                }
            }

            foreach (var binding in bindings)
            {
                Check(binding, version);
            }

            account.SetPolicy(bindings, version);
            _past.Changed();
            return account.Policy(showsConditions: true);
        }
    }

    /// <summary>See <see cref="SandboxClouds.Contents"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents()
    {
        SortedDictionary<string, Account> accounts;
        lock (_gate)
        {
            accounts = Copy();
        }

        foreach (var account in accounts.Values)
        {
            var (lasting, policy) = (account.ToJson(), account.Policy(showsConditions: true));
            policy.Remove("etag");
            lasting.Remove("etag");
            lasting.Remove("uniqueId");
            lasting.Remove("oauth2ClientId");
            lasting["policy"] = policy;
            yield return KeyValuePair.Create(
                $"google/{account.Project}/service-account/{account.Email.Split('@')[0]}",
                lasting.ToJsonString(Json.Indented)
            );
        }
    }

    private void Check(JsonObject binding, int version)
    {
        var role = binding["role"]?.ToString() ?? "";
        if (!RoleName().IsMatch(role))
        {
            throw GoogleException.InvalidArgument($"Role {role} is not supported for this resource.");
        }

        if (binding["condition"] is JsonObject && version != 3)
        {
            throw GoogleException.InvalidArgument("A policy with conditions must be of version 3.");
        }

        foreach (var member in (binding["members"] as JsonArray ?? []).Select(member => member?.ToString() ?? ""))
        {
            if (WorkloadMember().Match(member) is { Success: true } workload)
            {
                var pool = workload.Groups["pool"].Value;
                if (!_projects.Contains(workload.Groups["project"].Value))
                {
                    throw GoogleException.InvalidArgument(
                        $"Identity Pool does not exist ({pool}). Please check that you specified a valid resource name as returned in "
                            + "the `name` attribute in the configuration API."
                    );
                }
            }
            else if (member.StartsWith("serviceAccount:", StringComparison.Ordinal))
            {
                var email = member["serviceAccount:".Length..];
                if (
                    _projects.Any(project => email.EndsWith($"@{project}.iam.gserviceaccount.com", StringComparison.Ordinal))
                    && !_byEmail.ContainsKey(email)
                )
                {
                    throw GoogleException.InvalidArgument($"Service account {email} does not exist.");
                }
            }
            else if (!PlainMember().IsMatch(member))
            {
                throw GoogleException.InvalidArgument(
                    $"The member {member} is of an unknown type. Please set a valid type prefix for the member."
                );
            }
        }
    }

    private void DemandProject(string project, string permission)
    {
        if (!_projects.Contains(project))
        {
            throw GoogleException.PermissionDenied(permission);
        }
    }

    /// <param name="project"><c>-</c>: any project.</param>
    /// <param name="name">The account's address or its unique id.</param>
    private static Account Find(string project, string name, SortedDictionary<string, Account> accounts) =>
        accounts.Values.FirstOrDefault(account =>
            (project is "-" || string.Equals(account.Project, project, StringComparison.Ordinal))
            && (
                string.Equals(account.Email, name, StringComparison.Ordinal)
                || string.Equals(account.UniqueId, name, StringComparison.Ordinal)
            )
        )
        ?? throw GoogleException.NotFound(
            project is "-" ? "Unknown service account" : $"Unknown service account: projects/{project}/serviceAccounts/{name}"
        );

    /// <summary>The accounts that an operation reads.</summary>
    private SortedDictionary<string, Account> Read(string operation) => _past.ReadBy(operation) ?? _byEmail;

    private SortedDictionary<string, Account> Copy()
    {
        var copy = new SortedDictionary<string, Account>(StringComparer.Ordinal);
        foreach (var (email, account) in _byEmail)
        {
            copy.Add(email, account.Copy());
        }

        return copy;
    }

    /// <summary>Compares etags in either alphabet: gcloud returns in URL-safe base64 what it got in the standard one.</summary>
    private static bool SameBytes(string one, string other)
    {
        static string Standard(string text) => text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        return string.Equals(Standard(one), Standard(other), StringComparison.Ordinal);
    }

    private static string NewETag() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(8));

    private sealed class Account(string project, string email, string uniqueId)
    {
        private string? _displayName;
        private string? _description;
        private List<JsonObject> _bindings = [];
        private int _policyVersion;

        public string Project => project;

        public string Email => email;

        public string UniqueId => uniqueId;

        public string ETag { get; private set; } = NewETag();

        public string PolicyETag { get; private set; } = "ACAB"; // IAM's etag for a policy that was never set

        public bool HasConditions => _bindings.Any(binding => binding["condition"] is not null);

        /// <summary>What is described or set later does not reach the copy.</summary>
        public Account Copy() => (Account)MemberwiseClone();

        public void Describe(JsonObject? fields, bool displayName, bool description)
        {
            _displayName = displayName ? fields?["displayName"]?.ToString() : _displayName;
            _description = description ? fields?["description"]?.ToString() : _description;
            ETag = NewETag();
        }

        public void SetPolicy(IEnumerable<JsonObject> bindings, int version)
        {
            // IAM drops bindings without members.
            _bindings =
            [
                .. bindings
                    .Where(binding => binding["members"] is JsonArray { Count: > 0 })
                    .Select(binding => (JsonObject)binding.DeepClone()),
            ];
            _policyVersion = version;
            PolicyETag = NewETag();
        }

        public JsonObject Policy(bool showsConditions)
        {
            var policy = new JsonObject { ["version"] = showsConditions && _policyVersion > 0 ? _policyVersion : 1, ["etag"] = PolicyETag };
            if (_bindings.Count > 0)
            {
                policy["bindings"] = new JsonArray([
                    .. _bindings.Select(binding => showsConditions ? binding.DeepClone() : WithoutCondition(binding)),
                ]);
            }

            return policy;
        }

        public JsonObject ToJson()
        {
            var json = new JsonObject
            {
                ["name"] = $"projects/{project}/serviceAccounts/{email}",
                ["projectId"] = project,
                ["uniqueId"] = uniqueId,
                ["email"] = email,
                ["etag"] = ETag,
                ["oauth2ClientId"] = uniqueId,
            };
            if (!string.IsNullOrEmpty(_displayName))
            {
                json["displayName"] = _displayName;
            }

            if (!string.IsNullOrEmpty(_description))
            {
                json["description"] = _description;
            }

            return json;
        }

        /// <summary>
        /// A binding for clients that did not ask for version 3: a conditional one has a marked role name instead of its condition
        /// ("Policy versions", IAM documentation).
        /// </summary>
        private static JsonObject WithoutCondition(JsonObject binding)
        {
            var copy = (JsonObject)binding.DeepClone();
            if (copy["condition"] is { } condition)
            {
                copy.Remove("condition");
                var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(condition.ToJsonString())));
                copy["role"] = $"{copy["role"]}_withcond_{digest[..20]}";
            }

            return copy;
        }
    }

    [GeneratedRegex(@"^(?=.{6,30}\z)[a-z]([-a-z0-9]*[a-z0-9])\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AccountId();

    [GeneratedRegex(
        @"^(roles|(projects|organizations)/[^/]+/roles)/[A-Za-z0-9_.]+\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex RoleName();

    [GeneratedRegex(
        @"^serviceAccount:(?<pool>(?<project>[^\[\]/]+)\.svc\.id\.goog)\[[^/\[\]]+/[^/\[\]]+\]\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex WorkloadMember();

    [GeneratedRegex(
        @"^(allUsers|allAuthenticatedUsers|(user|group|domain|deleted|principal|principalSet):.+)\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PlainMember();
}
