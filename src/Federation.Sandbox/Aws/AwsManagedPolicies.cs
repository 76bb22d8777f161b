namespace Federation.Sandbox.Aws;

/// <summary>
/// Policies that AWS manages, as the AWS Managed Policy Reference Guide has them. Their ARN is
/// <c>arn:PARTITION:iam::aws:policy/NAME</c>.
/// </summary>
internal static class AwsManagedPolicies
{
    private static readonly Dictionary<string, string> Documents = new(StringComparer.Ordinal)
    {
        ["AdministratorAccess"] = Allow("\"*\""),
        ["AmazonS3FullAccess"] = Allow("""["s3:*","s3-object-lambda:*"]"""),
        ["AmazonS3ReadOnlyAccess"] = Allow("""["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"]"""),
        ["AmazonSQSReadOnlyAccess"] = Allow(
            """["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues","sqs:ListQueues","sqs:"""
                + """ListMessageMoveTasks","sqs:ListQueueTags"]"""
        ),
        ["AmazonSQSFullAccess"] = Allow("""["sqs:*"]"""),
        ["AWSDenyAll"] = """{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}""",
        ["PowerUserAccess"] =
            """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}"""
            + """,{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:"""
            + """ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:"""
            + """DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]}""",
    };

    public static IamPolicy? Find(string arn)
    {
        var parts = arn.Split(':');
        return
            parts.Length == 6
            && parts is ["arn", _, "iam", "", "aws", var resource]
            && resource.StartsWith("policy/", StringComparison.Ordinal)
            && Documents.TryGetValue(resource["policy/".Length..], out var document)
            ? Policy(arn, resource["policy/".Length..], document)
            : null;
    }

    public static IEnumerable<IamPolicy> All(string partition) =>
        Documents.Select(entry => Policy($"arn:{partition}:iam::aws:policy/{entry.Key}", entry.Key, entry.Value));

    // Like other policies' ids these start with ANPA; AWS's are constants, so these are too.
    private static IamPolicy Policy(string arn, string name, string document) =>
        new(
            arn,
            name,
            "/",
            "ANPA" + name.ToUpperInvariant().PadRight(17, 'A')[..17],
            document,
            new DateTimeOffset(2015, 2, 6, 18, 39, 46, TimeSpan.Zero)
        );

    private static string Allow(string actions) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":{{actions}},"Resource":"*"}]}""";
}
