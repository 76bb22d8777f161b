using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using YamlDotNet.RepresentationModel;

namespace Federation.Tests.Configuration;

/// <summary>Configuration files for the tests.</summary>
internal static class Documents
{
    /// <summary>Every key, with a valid value.</summary>
    public const string Full = """
        name: acme
        strict: true
        clusters:
          main: { project: acme-prod, location: asia-south1-a, name: main, access: kubeconfig, context: prod }
          test: { project: acme-test, location: europe-west12, name: t, access: google }
        accounts:
          data: { id: "111122223333", region: ap-south-1, assumeRole: "arn:aws:iam::111122223333:role/ci/deployer", profile: data }
          gov: { id: 444455556666, region: us-gov-west-1, thumbprint: chain, trustPolicyLimit: 4096 }
        defaults: { audience: aws.acme.example, tokenLifetime: 30m }
        workloads:
          - name: reader
            cluster: main
            account: data
            namespace: analytics
            serviceAccount: reader.v2
            googleServiceAccount: reader-account
            identity: google
            adopt: true
            existing: [role, provider, namespace, serviceAccount]
            role:
              name: Reader@acme
              path: /teams/data/
              description: Reads exports
              maxSessionDuration: 1h30m
              permissionsBoundary: arn:aws:iam::111122223333:policy/bound
              policies:
                - s3-list-buckets
                - { template: s3-read, buckets: [exports, backups], prefix: daily, depth: 2, all: true }
                - policies/extra.json
                - arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess
            verify: { run: aws s3 ls, image: "registry.example/aws:1", timeout: 90s, keep: always }
          - name: writer
            cluster: test
            account: gov
            namespace: analytics
            serviceAccount: writer
            role: { name: Writer }
        sandbox:
          buckets: [exports, backups]
          images: { "registry.example/aws:1": aws, busybox: shell }
          latency: 1s500ms
          faults: [aws-throttling:3, issuer-slow]
          aws: host
        """;

    /// <summary>Only the required keys.</summary>
    public const string Least = """
        clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
        accounts: { data: { id: "111122223333", region: ap-south-1 } }
        workloads:
          - { name: a, namespace: b, serviceAccount: c, role: { name: d } }
        """;

    public static ConfigurationResult Read(string text) => ConfigurationReader.Read("federation.yaml", Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a configuration and asserts that it is valid.</summary>
    public static FederationConfiguration Valid(string text)
    {
        var result = Read(text);
        Assert.True(
            result.Configuration is not null,
            string.Join('\n', result.Findings.Select(finding => $"{finding.Location}: {finding.Cause}"))
        );
        return result.Configuration;
    }

    /// <summary>The document as an editor sees it: YAML 1.2's core schema, by YamlDotNet's own model.</summary>
    public static JsonNode? ToJson(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return ToJson(stream.Documents[0].RootNode);
    }

    private static JsonNode? ToJson(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value!, ToJson(entry.Value)))
            ),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
            YamlScalarNode { Style: not YamlDotNet.Core.ScalarStyle.Plain } scalar => JsonValue.Create(scalar.Value),
            YamlScalarNode scalar => scalar.Value switch
            {
                null or "" or "~" or "null" => null,
                "true" => JsonValue.Create(true),
                "false" => JsonValue.Create(false),
                var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(
                    number
                ),
                var text => JsonValue.Create(text),
            },
            _ => throw new NotSupportedException(node.GetType().Name),
        };
}
