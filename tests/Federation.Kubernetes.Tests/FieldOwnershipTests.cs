using System.Text.Json;
using Federation.Resources;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

public sealed class FieldOwnershipTests
{
    private static readonly Mark Ours = new("acme", []);

    [Fact]
    public void Our_fields_are_distinguished_from_those_of_other_managers()
    {
        var ownership = FieldOwnership.Of(
            new V1ObjectMeta
            {
                ManagedFields =
                [
                    Entry("gke-to-aws-federation/acme", """{"f:metadata":{"f:labels":{"f:ours":{}},"f:annotations":{"f:shared":{}}}}"""),
                    Entry("helm", """{"f:metadata":{"f:annotations":{".":{},"f:theirs":{},"f:shared":{}}}}"""),
                    Entry("gke-to-aws-federation/acme-eu", """{"f:metadata":{"f:labels":{"f:eu":{}}}}"""),
                    Entry("kubelet", """{"f:status":{"f:phase":{}}}"""),
                ],
            },
            Ours
        );
        Assert.True(ownership.IsOurs("labels[ours]"));
        Assert.Equal("gke-to-aws-federation/acme-eu", ownership.OwnerOf("labels[eu]"));
        Assert.Equal("helm", ownership.OwnerOf("annotations[theirs]"));
        Assert.Null(ownership.OwnerOf("annotations[shared]"));
        Assert.Null(ownership.OwnerOf("annotations[nobody's]"));
    }

    [Fact]
    public void An_object_without_managed_fields_has_no_owner() =>
        Assert.Null(FieldOwnership.Of(new V1ObjectMeta(), Ours).OwnerOf("labels[any]"));

    [Theory]
    [InlineData("acme", true)]
    [InlineData("acme-eu", false)]
    public void What_the_manager_of_former_versions_owns_is_ours_where_our_mark_is(string federation, bool isOurs)
    {
        var ownership = FieldOwnership.Of(
            new V1ObjectMeta
            {
                Labels = new Dictionary<string, string>(new Mark(federation, []).Labels, StringComparer.Ordinal),
                ManagedFields = [Entry("gke-to-aws-federation", """{"f:metadata":{"f:labels":{"f:federation/name":{}}}}""")],
            },
            Ours
        );
        Assert.Equal(isOurs, ownership.HasFormerManager);
        Assert.Equal(isOurs, ownership.IsOurs("labels[federation/name]"));
        Assert.Equal(isOurs ? [] : ["gke-to-aws-federation"], ownership.OtherManagers);
    }

    private static V1ManagedFieldsEntry Entry(string manager, string fields) =>
        new()
        {
            Manager = manager,
            Operation = "Apply",
            FieldsType = "FieldsV1",
            FieldsV1 = JsonDocument.Parse(fields).RootElement,
        };
}
