using System.Text.Json;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

public sealed class FieldOwnershipTests
{
    [Fact]
    public void Our_fields_are_told_from_other_managers()
    {
        var ownership = FieldOwnership.Of(
            new V1ObjectMeta
            {
                ManagedFields =
                [
                    Entry(KubernetesCloud.FieldManager, """{"f:metadata":{"f:labels":{"f:ours":{}},"f:annotations":{"f:shared":{}}}}"""),
                    Entry("helm", """{"f:metadata":{"f:annotations":{".":{},"f:theirs":{},"f:shared":{}}}}"""),
                    Entry("kubelet", """{"f:status":{"f:phase":{}}}"""),
                ],
            }
        );
        Assert.True(ownership.IsOurs("labels[ours]"));
        Assert.Equal("helm", ownership.OwnerOf("annotations[theirs]"));
        Assert.Null(ownership.OwnerOf("annotations[shared]"));
        Assert.Null(ownership.OwnerOf("annotations[nobody's]"));
    }

    [Fact]
    public void An_object_without_managed_fields_is_nobodys() => Assert.Null(FieldOwnership.Of(new V1ObjectMeta()).OwnerOf("labels[any]"));

    private static V1ManagedFieldsEntry Entry(string manager, string fields) =>
        new()
        {
            Manager = manager,
            Operation = "Apply",
            FieldsType = "FieldsV1",
            FieldsV1 = JsonDocument.Parse(fields).RootElement,
        };
}
