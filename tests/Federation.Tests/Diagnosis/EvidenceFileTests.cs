using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;
using Federation.Tests.Templates;

namespace Federation.Tests.Diagnosis;

/// <summary>Evidence that was saved is the evidence that is judged later.</summary>
public sealed class EvidenceFileTests
{
    [Fact]
    public void What_is_not_known_of_a_thing_that_was_found_survives_the_file()
    {
        var rendered = Sample.Render();
        var json = new EvidenceFile
        {
            Taken = new DateTimeOffset(2026, 11, 23, 18, 0, 0, TimeSpan.Zero),
            Workloads =
            [
                WorkloadEvidence.FromDocuments(rendered, [rendered]) with
                {
                    Google = new() { Cluster = Reading.Of(new ClusterFacts("id", "RUNNING", WorkloadPool: null, [], CaCertificate: null)) },
                    Kubernetes = new()
                    {
                        Issuer = Reading.Of(new IssuerDocument(Issuer: null)),
                        Pods = Reading.Of<IReadOnlyList<PodEvidence>>([
                            new()
                            {
                                Snapshot = new("reports", "exports", "Running"),
                                ServiceAccount = "reader",
                                Containers = [new("main", "app:1") { Environment = [new("AWS_PROFILE")] }],
                                TokenVolumes = [new("token", Audience: null, "token", TimeSpan.FromHours(1))],
                            },
                        ]),
                    },
                    Aws = new() { Exchange = new(Code: null, Message: null) },
                },
            ],
        }.ToJson();

        var read = EvidenceFile.Parse(json, "evidence.json");

        Assert.Equal(json, read.ToJson());
        Assert.Null(read.Workloads[0].Kubernetes.Pods!.Found![0].TokenVolumes[0].Audience);
        Assert.Null(read.Workloads[0].Kubernetes.ServiceAccount);
    }

    [Fact]
    public void What_an_older_file_does_not_say_is_as_if_it_was_never_set()
    {
        var file = JsonNode.Parse(new EvidenceFile { Taken = Healthy.Now, Workloads = [Healthy.Evidence] }.ToJson())!;
        var workload = file["workloads"]![0]!.AsObject();
        workload.Remove("refused");
        workload["kubernetes"]!["pods"]!["found"]![0]!["snapshot"]!.AsObject().Remove("events");
        workload["workload"]!["role"]!.AsObject().Remove("path");

        var read = EvidenceFile.Parse(file.ToJsonString(), "evidence.json").Workloads[0];

        Assert.Empty(read.Refused);
        Assert.Empty(read.Kubernetes.Pods!.Found![0].Snapshot.Events);
        Assert.Equal("/", read.Workload.Role.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"schema":"federation-evidence/2"}""")]
    [InlineData("""{"schema":"federation-evidence/1","schema":"federation-evidence/1"}""")]
    [InlineData("""{"schema":"federation-evidence/1","taken":"2026-11-23T18:00:00Z","workloads":[null]}""")]
    [InlineData("""{"schema":"federation-evidence/1","taken":"2026-11-23T18:00:00Z","workloads":[{"workload":{"name":"x"}}]}""")]
    public void A_text_that_is_not_evidence_is_refused(string json)
    {
        var finding = Assert.Single(Assert.Throws<FindingException>(() => EvidenceFile.Parse(json, "evidence.json")).Findings);

        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
        Assert.StartsWith("--evidence=evidence.json: ", finding.Cause, StringComparison.Ordinal);
    }
}
