using System.Net;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Federation.Sandbox.Tests.Hosting;

namespace Federation.Sandbox.Tests.Aws;

/// <summary>The sandbox's IAM as the IAM client meets it.</summary>
public sealed class IamTests : IAsyncLifetime
{
    private const string Trust =
        """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"}"""
        + ""","Action":"sts:AssumeRole"}]}""";
    private const string Permissions =
        """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}""";
    private const string Issuer = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private const string ProviderArn = "arn:aws:iam::111122223333:oidc-provider/" + Issuer;
    private const string Thumbprint = "08745487e891c19e3078c1f2a07e452950ef36f6";

    private TestSandbox _sandbox = null!;
    private AmazonIdentityManagementServiceClient _iam = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await TestSandbox.StartAsync();
        _iam = _sandbox.Iam();
    }

    public async ValueTask DisposeAsync()
    {
        _iam.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_role_is_returned_as_it_was_created_with_its_document_url_encoded()
    {
        var created = (
            await _iam.CreateRoleAsync(
                new CreateRoleRequest
                {
                    RoleName = "reader",
                    Path = "/team/",
                    AssumeRolePolicyDocument = Trust,
                    Description = "Reads",
                    MaxSessionDuration = 7200,
                    PermissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                    Tags = [new Tag { Key = "owner", Value = "data" }],
                }
            )
        ).Role;

        var role = (await _iam.GetRoleAsync(new GetRoleRequest { RoleName = "READER" })).Role;
        Assert.Equal("arn:aws:iam::111122223333:role/team/reader", role.Arn);
        Assert.Matches("^AROA[A-Z2-7]{17}$", role.RoleId);
        Assert.Equal(created.RoleId, role.RoleId);
        Assert.Equal(Uri.EscapeDataString(Trust), role.AssumeRolePolicyDocument);
        Assert.Equal(("Reads", 7200), (role.Description, role.MaxSessionDuration));
        Assert.Equal("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", role.PermissionsBoundary.PermissionsBoundaryArn);
        Assert.Equal("data", Assert.Single(role.Tags, tag => tag.Key == "owner").Value);
    }

    [Fact]
    public async Task Role_names_are_unique_ignoring_case()
    {
        await CreateRoleAsync("reader");

        var refusal = await RefusalAsync("EntityAlreadyExists", () => CreateRoleAsync("Reader"));

        Assert.Equal("Role with name Reader already exists.", refusal.Message);
        Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
        Assert.NotEmpty(refusal.RequestId);
    }

    [Fact]
    public async Task A_missing_resource_is_NoSuchEntity()
    {
        var role = await RefusalAsync("NoSuchEntity", () => _iam.GetRoleAsync(new GetRoleRequest { RoleName = "none" }));
        var provider = await RefusalAsync(
            "NoSuchEntity",
            () => _iam.GetOpenIDConnectProviderAsync(new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn })
        );
        var deleted = await RefusalAsync(
            "NoSuchEntity",
            () => _iam.DeleteOpenIDConnectProviderAsync(new DeleteOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn })
        );
        await CreateRoleAsync("reader");
        var attached = await RefusalAsync(
            "NoSuchEntity",
            () =>
                _iam.AttachRolePolicyAsync(
                    new AttachRolePolicyRequest { RoleName = "reader", PolicyArn = "arn:aws:iam::aws:policy/NoSuchPolicy" }
                )
        );

        Assert.Equal("The role with name none cannot be found.", role.Message);
        Assert.Equal(HttpStatusCode.NotFound, role.StatusCode);
        Assert.Equal($"OpenIDConnect Provider not found for arn {ProviderArn}", provider.Message);
        Assert.Equal($"OpenId connect Provider {ProviderArn} cannot be found.", deleted.Message);
        Assert.Equal("Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable.", attached.Message);
    }

    [Fact]
    public async Task A_role_with_policies_cannot_be_deleted_until_they_are_gone()
    {
        await CreateRoleAsync("reader");
        await _iam.PutRolePolicyAsync(
            new PutRolePolicyRequest
            {
                RoleName = "reader",
                PolicyName = "s3",
                PolicyDocument = Permissions,
            }
        );
        await _iam.AttachRolePolicyAsync(
            new AttachRolePolicyRequest { RoleName = "reader", PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
        );

        Task Delete() => _iam.DeleteRoleAsync(new DeleteRoleRequest { RoleName = "reader" });
        Assert.Equal("Cannot delete entity, must detach all policies first.", (await RefusalAsync("DeleteConflict", Delete)).Message);
        await _iam.DetachRolePolicyAsync(
            new DetachRolePolicyRequest { RoleName = "reader", PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
        );
        Assert.Equal("Cannot delete entity, must delete policies first.", (await RefusalAsync("DeleteConflict", Delete)).Message);
        await _iam.DeleteRolePolicyAsync(new DeleteRolePolicyRequest { RoleName = "reader", PolicyName = "s3" });
        await Delete();

        await RefusalAsync("NoSuchEntity", Delete);
    }

    [Fact]
    public async Task Documents_are_held_to_the_grammar_and_to_the_quotas_white_space_not_counted()
    {
        await CreateRoleAsync("reader");
        Task PutAsync(string name, string document) =>
            _iam.PutRolePolicyAsync(
                new PutRolePolicyRequest
                {
                    RoleName = "reader",
                    PolicyName = name,
                    PolicyDocument = document,
                }
            );

        Assert.Equal(
            "Syntax errors in policy.",
            (await RefusalAsync("MalformedPolicyDocument", () => PutAsync("bad", """{"x":1}"""))).Message
        );
        Assert.Equal(
            "Policy statement must contain resources.",
            (
                await RefusalAsync(
                    "MalformedPolicyDocument",
                    () => PutAsync("bad", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}""")
                )
            ).Message
        );
        Assert.Equal(
            "Has prohibited field Resource",
            (
                await RefusalAsync(
                    "MalformedPolicyDocument",
                    () =>
                        _iam.UpdateAssumeRolePolicyAsync(
                            new UpdateAssumeRolePolicyRequest
                            {
                                RoleName = "reader",
                                PolicyDocument = Trust.Replace("\"Action\"", "\"Resource\":\"*\",\"Action\"", StringComparison.Ordinal),
                            }
                        )
                )
            ).Message
        );

        await PutAsync("spaces", Permissions + new string(' ', 20_000));
        await PutAsync("large", Sized(10_240 - Permissions.Length));
        var full = await RefusalAsync("LimitExceeded", () => PutAsync("more", Permissions));
        Assert.Equal("Maximum policy size of 10240 bytes exceeded for role reader", full.Message);

        var trust = Trust.Replace(
            "sts:AssumeRole\"",
            "sts:AssumeRole\",\"Sid\":\"" + new string('a', 2000) + "\"",
            StringComparison.Ordinal
        );
        var long_ = await RefusalAsync(
            "LimitExceeded",
            () => _iam.UpdateAssumeRolePolicyAsync(new UpdateAssumeRolePolicyRequest { RoleName = "reader", PolicyDocument = trust })
        );
        Assert.Equal("Cannot exceed quota for ACLSizePerRole: 2048", long_.Message);
    }

    [Fact]
    public async Task A_value_outside_of_the_model_is_a_validation_error()
    {
        var name = await RefusalAsync("ValidationError", () => CreateRoleAsync("no spaces"));
        var duration = await RefusalAsync(
            "ValidationError",
            () =>
                _iam.CreateRoleAsync(
                    new CreateRoleRequest
                    {
                        RoleName = "reader",
                        AssumeRolePolicyDocument = Trust,
                        MaxSessionDuration = 60,
                    }
                )
        );

        Assert.Equal(
            @"1 validation error detected: Value 'no spaces' at 'roleName' failed to satisfy constraint: Member must "
                + @"satisfy regular expression pattern: [\w+=,.@-]+",
            name.Message
        );
        Assert.Equal(
            "1 validation error detected: Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have "
                + "value greater than or equal to 3600",
            duration.Message
        );
    }

    [Fact]
    public async Task Lists_come_in_pages_that_neither_repeat_nor_skip()
    {
        foreach (var number in Enumerable.Range(0, 7))
        {
            await CreateRoleAsync($"role-{number}");
        }

        var names = new List<string>();
        string? marker = null;
        do
        {
            var page = await _iam.ListRolesAsync(new ListRolesRequest { MaxItems = 3, Marker = marker });
            names.AddRange(page.Roles.Select(role => role.RoleName));
            marker = page.Marker;
            await _iam.DeleteRoleAsync(new DeleteRoleRequest { RoleName = names[^1] });
        } while (marker is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(number => $"role-{number}"), names);
    }

    [Fact]
    public async Task Account_details_hold_roles_with_their_documents_tags_and_boundary()
    {
        await CreateRoleAsync("reader");
        await _iam.PutRolePolicyAsync(
            new PutRolePolicyRequest
            {
                RoleName = "reader",
                PolicyName = "s3",
                PolicyDocument = Permissions,
            }
        );
        await _iam.AttachRolePolicyAsync(
            new AttachRolePolicyRequest { RoleName = "reader", PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
        );
        await _iam.TagRoleAsync(new TagRoleRequest { RoleName = "reader", Tags = [new Tag { Key = "a", Value = "b" }] });

        var details = await _iam.GetAccountAuthorizationDetailsAsync(new GetAccountAuthorizationDetailsRequest { Filter = ["Role"] });

        var role = Assert.Single(details.RoleDetailList);
        Assert.Equal(Uri.EscapeDataString(Permissions), Assert.Single(role.RolePolicyList).PolicyDocument);
        Assert.Equal("AmazonS3ReadOnlyAccess", Assert.Single(role.AttachedManagedPolicies).PolicyName);
        Assert.Equal("b", Assert.Single(role.Tags).Value);
        Assert.Equal(Uri.EscapeDataString(Trust), role.AssumeRolePolicyDocument);
        Assert.True(details.Policies is null or []);
    }

    [Fact]
    public async Task Managed_policies_of_AWS_have_documents()
    {
        var policy = (
            await _iam.GetPolicyAsync(new GetPolicyRequest { PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" })
        ).Policy;
        var version = (
            await _iam.GetPolicyVersionAsync(new GetPolicyVersionRequest { PolicyArn = policy.Arn, VersionId = policy.DefaultVersionId })
        ).PolicyVersion;

        Assert.Contains("s3:Get*", Uri.UnescapeDataString(version.Document), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_keeps_its_url_without_scheme_and_its_client_ids_once_each()
    {
        var created = await CreateProviderAsync("https://" + Issuer, "sts.amazonaws.com", "sts.amazonaws.com", "other");
        Assert.Equal(ProviderArn, created.OpenIDConnectProviderArn);

        await _iam.AddClientIDToOpenIDConnectProviderAsync(
            new AddClientIDToOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn, ClientID = "other" }
        );
        await _iam.RemoveClientIDFromOpenIDConnectProviderAsync(
            new RemoveClientIDFromOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn, ClientID = "never there" }
        );

        var provider = await _iam.GetOpenIDConnectProviderAsync(
            new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn }
        );
        Assert.Equal(Issuer, provider.Url);
        Assert.Equal(["sts.amazonaws.com", "other"], provider.ClientIDList);
        Assert.Equal([Thumbprint], provider.ThumbprintList);
        Assert.Equal(
            [ProviderArn],
            (await _iam.ListOpenIDConnectProvidersAsync(new ListOpenIDConnectProvidersRequest())).OpenIDConnectProviderList.Select(entry =>
                entry.Arn
            )
        );
        var again = await RefusalAsync("EntityAlreadyExists", () => CreateProviderAsync("https://" + Issuer));
        Assert.Equal($"Provider with url https://{Issuer} already exists.", again.Message);
    }

    [Fact]
    public async Task A_slash_or_another_case_is_another_provider_and_a_port_is_refused()
    {
        await CreateProviderAsync("https://issuer.example/path");
        await CreateProviderAsync("https://issuer.example/path/");
        await CreateProviderAsync("https://issuer.example/Path");
        await RefusalAsync("EntityAlreadyExists", () => CreateProviderAsync("https://issuer.example:443/path"));

        foreach (
            var url in (string[])["https://issuer.example/path?q=1", "https://issuer.example/path#f", "https://issuer.example:8443/path"]
        )
        {
            Assert.Equal("Unknown", (await RefusalAsync("InvalidInput", () => CreateProviderAsync(url))).Message);
        }

        await RefusalAsync("ValidationError", () => CreateProviderAsync("http://issuer.example"));
    }

    [Fact]
    public async Task Without_a_thumbprint_IAM_looks_at_the_issuers_own_chain()
    {
        var request = new CreateOpenIDConnectProviderRequest { Url = "https://" + Issuer, ClientIDList = ["sts.amazonaws.com"] };
        await _iam.CreateOpenIDConnectProviderAsync(request);

        var provider = await _iam.GetOpenIDConnectProviderAsync(
            new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn }
        );
        Assert.Matches("^[0-9a-f]{40}$", Assert.Single(provider.ThumbprintList));

        request.Url = "https://nowhere.example";
        var unreachable = await RefusalAsync("OpenIdIdpCommunicationError", () => _iam.CreateOpenIDConnectProviderAsync(request));
        Assert.Contains("nowhere.example", unreachable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thumbprints_and_client_ids_have_their_limits()
    {
        await CreateProviderAsync("https://" + Issuer, [.. Enumerable.Range(0, 100).Select(number => $"client-{number}")]);
        var sixth = await RefusalAsync(
            "InvalidInput",
            () =>
                _iam.UpdateOpenIDConnectProviderThumbprintAsync(
                    new UpdateOpenIDConnectProviderThumbprintRequest
                    {
                        OpenIDConnectProviderArn = ProviderArn,
                        ThumbprintList = [.. Enumerable.Repeat(Thumbprint, 6)],
                    }
                )
        );
        var hundredAndFirst = await RefusalAsync(
            "LimitExceeded",
            () =>
                _iam.AddClientIDToOpenIDConnectProviderAsync(
                    new AddClientIDToOpenIDConnectProviderRequest { OpenIDConnectProviderArn = ProviderArn, ClientID = "one more" }
                )
        );

        Assert.Equal("Thumbprint list must contain fewer than 5 entries.", sixth.Message);
        Assert.Equal("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", hundredAndFirst.Message);
    }

    [Fact]
    public async Task An_issuers_url_has_255_characters_at_most_and_a_provider_five_thumbprints()
    {
        const string Start = "https://issuer.example/";
        await CreateProviderAsync(Start + new string('a', 255 - Start.Length));

        var longer = await RefusalAsync("ValidationError", () => CreateProviderAsync(Start + new string('a', 256 - Start.Length)));
        var sixth = await RefusalAsync(
            "InvalidInput",
            () =>
                _iam.CreateOpenIDConnectProviderAsync(
                    new CreateOpenIDConnectProviderRequest { Url = Start, ThumbprintList = [.. Enumerable.Repeat(Thumbprint, 6)] }
                )
        );

        Assert.EndsWith(
            "at 'url' failed to satisfy constraint: Member must have length less than or equal to 255",
            longer.Message,
            StringComparison.Ordinal
        );
        Assert.Equal("Thumbprint list must contain fewer than 5 entries.", sixth.Message);
    }

    [Fact]
    public async Task Tags_are_replaced_by_key_removed_by_key_and_at_most_fifty()
    {
        await CreateRoleAsync("reader");
        Task TagAsync(params Tag[] tags) => _iam.TagRoleAsync(new TagRoleRequest { RoleName = "reader", Tags = [.. tags] });

        await TagAsync(new Tag { Key = "a", Value = "1" }, new Tag { Key = "b", Value = "2" });
        await TagAsync(new Tag { Key = "A", Value = "3" });
        await _iam.UntagRoleAsync(new UntagRoleRequest { RoleName = "reader", TagKeys = ["b"] });
        Assert.Equal(
            ["A=3"],
            (await _iam.ListRoleTagsAsync(new ListRoleTagsRequest { RoleName = "reader" })).Tags.Select(tag => $"{tag.Key}={tag.Value}")
        );

        await RefusalAsync("InvalidInput", () => TagAsync(new Tag { Key = "x", Value = "1" }, new Tag { Key = "X", Value = "2" }));
        await RefusalAsync(
            "LimitExceeded",
            () => TagAsync([.. Enumerable.Range(0, 50).Select(number => new Tag { Key = $"k{number}", Value = "" })])
        );
    }

    [Fact]
    public async Task Reads_and_writes_are_counted_apart_and_named()
    {
        await _iam.ListRolesAsync(new ListRolesRequest());
        Assert.Equal((1, 0), (_sandbox.Clouds.Calls.Reads("aws"), _sandbox.Clouds.Calls.Writes("aws")));

        await CreateRoleAsync("reader");
        Assert.Equal(
            new CloudCallShape("iam:CreateRole", "arn:aws:iam::111122223333:role/reader", true),
            CloudCallShape.Of(_sandbox.Clouds.Calls.Calls[^1])
        );
    }

    private sealed record CloudCallShape(string Operation, string Resource, bool IsWrite)
    {
        public static CloudCallShape Of(Federation.Sandbox.Hosting.CloudCall call) => new(call.Operation, call.Resource, call.IsWrite);
    }

    private static string Sized(int size)
    {
        const string Head = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::""";
        const string Tail = "\"}]}";
        return Head + new string('a', size - Head.Length - Tail.Length) + Tail;
    }

    private Task<CreateRoleResponse> CreateRoleAsync(string name) =>
        _iam.CreateRoleAsync(new CreateRoleRequest { RoleName = name, AssumeRolePolicyDocument = Trust });

    private Task<CreateOpenIDConnectProviderResponse> CreateProviderAsync(string url, params List<string> clientIds) =>
        _iam.CreateOpenIDConnectProviderAsync(
            new CreateOpenIDConnectProviderRequest
            {
                Url = url,
                ClientIDList = clientIds,
                ThumbprintList = [Thumbprint],
            }
        );

    private static async Task<AmazonIdentityManagementServiceException> RefusalAsync(string code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAnyAsync<AmazonIdentityManagementServiceException>(call);
        Assert.Equal(code, refusal.ErrorCode);
        return refusal;
    }
}
