using Federation.Diagnosis.Evidence;

namespace Federation.Tests.Diagnosis;

/// <summary>What is removed from a log before it becomes evidence, and what is kept.</summary>
public sealed class SecretsTests
{
    [Theory]
    [InlineData("token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl!", "token (not shown)!")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0", "(not shown)")]
    [InlineData("AWS_SECRET_ACCESS_KEY=wJalr/XUt+nFEMI", "AWS_SECRET_ACCESS_KEY=(not shown)")]
    [InlineData("aws_session_token = IQoJb3JpZ2lu", "aws_session_token = (not shown)")]
    [InlineData("""{"SecretAccessKey": "abc", "Expiration": "2026"}""", """{"SecretAccessKey": "(not shown)", "Expiration": "2026"}""")]
    [InlineData("""{\"SessionToken\":\"abc\",\"x\":1}""", """{\"SessionToken\":\"(not shown)\",\"x\":1}""")]
    [InlineData(
        """{"private_key":"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}""",
        """{"private_key":"-----BEGIN PRIVATE KEY-----(not shown)\n"}"""
    )]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----(not shown)")]
    [InlineData("http://me:hunter2@proxy:3128/", "http://me:(not shown)@proxy:3128/")]
    [InlineData("Authorization: Bearer ya29.a0AfH6SMBx1234567890", "Authorization: (not shown)")]
    [InlineData("sent Bearer ya29.a0AfH6SMBx1234567890", "sent Bearer (not shown)")]
    [InlineData("<SecretAccessKey>abc</SecretAccessKey>", "<SecretAccessKey>(not shown)</SecretAccessKey>")]
    [InlineData("password: hunter2", "password: (not shown)")]
    public void What_would_let_a_reader_in_is_removed(string text, string stripped) => Assert.Equal(stripped, Secrets.Strip(text));

    [Theory]
    [InlineData("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience")]
    [InlineData("The security token included in the request is invalid.")]
    [InlineData("https://sts.ap-south-1.amazonaws.com:443/?Action=AssumeRoleWithWebIdentity")]
    [InlineData("arn:aws:iam::111122223333:role/gke-to-aws-test")]
    [InlineData("/var/run/secrets/tokens/token: No such file or directory")]
    [InlineData("password:\nAccessDenied")]
    [InlineData("WWW-Authenticate: Bearer realm=x")]
    [InlineData("AKIAIOSFODNN7EXAMPLE is not authorized to perform: s3:ListAllMyBuckets")]
    public void What_a_diagnosis_reads_is_left(string text) => Assert.Equal(text, Secrets.Strip(text));
}
