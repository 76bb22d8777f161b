using Federation.Policies;

namespace Federation.Tests.Policies;

public sealed class PolicyDocumentTests
{
    [Fact]
    public void Single_values_and_lists_mean_the_same()
    {
        var single = PolicyDocument.Parse(
            """{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":"""
                + """{"Bool":{"aws:SecureTransport":true}}}}"""
        );
        var lists = PolicyDocument.Parse(
            """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"],"Condition":"""
                + """{"Bool":{"aws:SecureTransport":["true"]}}}]}"""
        );

        Assert.True(single.MeansTheSame(lists));
    }

    public static TheoryData<string, string> Equal =>
        new()
        {
            { """{"Action":["s3:A","s3:B"]}""", """{"Action":["s3:B","s3:A","s3:a"]}""" },
            { """{"Action":"S3:getobject"}""", """{"Action":"s3:GetObject"}""" },
            { """{"Principal":"*"}""", """{"Principal":{"AWS":["*"]}}""" },
            { """{"Principal":{"AWS":"111122223333"}}""", """{"Principal":{"AWS":"arn:aws:iam::111122223333:root"}}""" },
            { """{"Condition":{"StringEquals":{"AWS:SourceVpc":"v"}}}""", """{"Condition":{"StringEquals":{"aws:sourcevpc":["v"]}}}""" },
            { """{"Condition":{"NumericLessThan":{"s3:max-keys":10}}}""", """{"Condition":{"NumericLessThan":{"s3:max-keys":"10.0"}}}""" },
            { """{"Condition":{"Bool":{"aws:SecureTransport":true}}}""", """{"Condition":{"Bool":{"aws:SecureTransport":"True"}}}""" },
            {
                """{"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01"}}}""",
                """{"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}"""
            },
            {
                """{"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}""",
                """{"Condition":{"DateLessThan":{"aws:CurrentTime":1767225600}}}"""
            },
            {
                """{"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.1"}}}""",
                """{"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.1/32"}}}"""
            },
            {
                """{"Condition":{"StringEquals":{"a:b":"x"},"Bool":{"c:d":"true"}}}""",
                """{"Condition":{"Bool":{"c:d":"true"},"StringEquals":{"a:b":"x"}}}"""
            },
        };

    [Theory]
    [MemberData(nameof(Equal))]
    public void These_mean_the_same(string left, string right)
    {
        Assert.True(Statement(left).MeansTheSame(Statement(right)));
        Assert.Equal(PolicyFields.Flatten(Statement(left), "p").Order(Pairs), PolicyFields.Flatten(Statement(right), "p").Order(Pairs));
    }

    public static TheoryData<string, string> Different =>
        new()
        {
            { """{"Resource":"arn:aws:s3:::A"}""", """{"Resource":"arn:aws:s3:::a"}""" },
            { """{"Action":"s3:A"}""", """{"NotAction":"s3:A"}""" },
            { """{"Action":[]}""", """{}""" },
            { """{"Principal":{}}""", """{}""" },
            { """{"Sid":"A"}""", """{"Sid":"B"}""" },
            { """{"Sid":""}""", """{}""" },
            { """{"Principal":{"AWS":"111122223333"}}""", """{"Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}}""" },
            { """{"Principal":{"AWS":"*"}}""", """{"Principal":{"Federated":"*"}}""" },
            { """{"Condition":{"StringEquals":{"a:b":"X"}}}""", """{"Condition":{"StringEquals":{"a:b":"x"}}}""" },
            { """{"Condition":{"StringEquals":{"a:b":"10"}}}""", """{"Condition":{"StringEquals":{"a:b":"10.0"}}}""" },
            { """{"Condition":{"StringEquals":{"a:b":"x"}}}""", """{"Condition":{"StringLike":{"a:b":"x"}}}""" },
            { """{"Condition":{"StringEquals":{"a:b":"x"}}}""", """{"Condition":{"StringEquals":{"a:b":["x","y"]}}}""" },
            { """{"Condition":{"StringEquals":{"a:b[c":"d]"}}}""", """{"Condition":{"StringEquals":{"a:b":"c[d]"}}}""" },
        };

    [Theory]
    [MemberData(nameof(Different))]
    public void These_do_not(string left, string right)
    {
        Assert.False(Statement(left).MeansTheSame(Statement(right)));
        Assert.NotEqual(PolicyFields.Flatten(Statement(left), "p").Order(Pairs), PolicyFields.Flatten(Statement(right), "p").Order(Pairs));
    }

    [Fact]
    public void The_version_counts_and_is_the_old_one_where_it_is_left_out()
    {
        const string statement = """ "Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}""";

        Assert.Equal("2008-10-17", PolicyDocument.Parse("{" + statement).Version);
        Assert.False(PolicyDocument.Parse("{" + statement).MeansTheSame(PolicyDocument.Parse("""{"Version":"2012-10-17",""" + statement)));
    }

    [Fact]
    public void What_is_written_reads_as_it_was()
    {
        var document = PolicyDocument.Parse(Example);

        Assert.Equal(Example.ReplaceLineEndings("\n"), document.ToJson());
        Assert.True(document.MeansTheSame(PolicyDocument.Parse(document.ToMinifiedJson())));
        Assert.True(document.MeansTheSame(PolicyDocument.Parse(document.ToCanonicalJson())));
    }

    [Theory]
    [InlineData("", 1, 1, "not valid JSON")]
    [InlineData("[]", 1, 1, "A policy document is a JSON object, but here is a list")]
    [InlineData("{\n  \"Statment\": []\n}", 2, 15, "\"Statment\" is not an element")]
    [InlineData("{\"Statement\":[]} x", 1, 18, "not valid JSON")]
    [InlineData("{\"Version\":\"2012-10-17\"}", 1, 24, "has no Statement")]
    [InlineData("{\"Statement\":[{\"Effect\":\"allow\"}]}", 1, 25, "Effect is \"allow\"")]
    [InlineData("{\"Statement\":[{\"Action\":\"a:b\"}]}", 1, 30, "The statement has no Effect")]
    [InlineData("{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[1]}]}", 1, 43, "Action is a number: it must be a string")]
    [InlineData("{\"Statement\":[{\"Effect\":\"Allow\",\"Effect\":\"Allow\"}]}", 1, 33, "Effect is given twice")]
    [InlineData("{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"me\"}]}", 1, 45, "can only be \"*\"")]
    [InlineData("{\"Statement\":[{\"Effect\":\"Allow\",\"Condition\":{\"Bool\":{\"a:b\":null}}}]}", 1, 60, "The value of a:b is null")]
    [InlineData(
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Condition\":{\"Bool\":{\"a:b\":true,\"A:B\":true}}}]}",
        1,
        65,
        "A:B is given twice in Bool"
    )]
    [InlineData("{\"Id\":\"\\ud800\",\"Statement\":[]}", 1, 7, "not valid Unicode")]
    public void A_text_that_is_not_a_policy_document_is_refused_at_its_place(string json, int line, int column, string message)
    {
        var e = Assert.Throws<PolicyFormatException>(() => PolicyDocument.Parse(json));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (e.Line, e.Column));
    }

    [Fact]
    public void Fields_read_as_a_person_would_write_them() =>
        Assert.Equal(
            [
                "trustPolicy.Version = 2012-10-17",
                "trustPolicy.FederationMain.Effect = Allow",
                "trustPolicy.FederationMain.Action[sts:assumerolewithwebidentity] = sts:assumerolewithwebidentity",
                "trustPolicy.FederationMain.Principal.Federated[arn:aws:iam::111122223333:oidc-provider/issuer.example/a] = "
                    + "arn:aws:iam::111122223333:oidc-provider/issuer.example/a",
                "trustPolicy.FederationMain.Condition.StringEquals.issuer.example/a:aud[sts.amazonaws.com] = sts.amazonaws.com",
                "trustPolicy.FederationMain.Condition.StringEquals.issuer.example/a:sub[system:serviceaccount:ns:a] = "
                    + "system:serviceaccount:ns:a",
                "trustPolicy.FederationMain.Condition.StringEquals.issuer.example/a:sub[system:serviceaccount:ns:b] = "
                    + "system:serviceaccount:ns:b",
            ],
            PolicyFields.Flatten(PolicyDocument.Parse(Example), "trustPolicy").Select(field => $"{field.Key} = {field.Value}")
        );

    internal const string Example = """
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "FederationMain",
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example/a"
              },
              "Action": "sts:AssumeRoleWithWebIdentity",
              "Condition": {
                "StringEquals": {
                  "issuer.example/a:aud": "sts.amazonaws.com",
                  "issuer.example/a:sub": [
                    "system:serviceaccount:ns:a",
                    "system:serviceaccount:ns:b"
                  ]
                }
              }
            }
          ]
        }
        """;

    private static Comparer<KeyValuePair<string, string>> Pairs { get; } =
        Comparer<KeyValuePair<string, string>>.Create((a, b) => string.CompareOrdinal(a.Key + "\n" + a.Value, b.Key + "\n" + b.Value));

    private static PolicyDocument Statement(string elements) =>
        PolicyDocument.Parse(
            $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow"{{(elements is "{}" ? "" : ",")}}{{elements[1..]}}]}"""
        );
}
