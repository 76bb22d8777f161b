using Amazon.Runtime;

namespace Federation.Aws.Tests;

/// <summary>
/// What the SDK throws when it has nothing to sign a call with, and the sentence that is made of it. The SDK keeps the
/// first source that it finds for as long as the process lives, so its exceptions are built here as it builds them.
/// </summary>
public sealed class CredentialChainTests
{
    [Fact]
    public void Every_place_that_was_searched_is_named() =>
        Holds(
            new AmazonClientException(
                string.Join(
                    '\n',
                    "Failed to resolve AWS credentials. The credential providers used to search for credentials returned the following "
                        + "errors:",
                    "",
                    "Exception 1 of 4: The environment variables AWS_ACCESS_KEY_ID/AWS_SECRET_ACCESS_KEY/AWS_SESSION_TOKEN were not set "
                        + "with AWS credentials.",
                    "Exception 2 of 4: The webIdentityTokenFile must be an absolute path. (Parameter 'webIdentityTokenFile')",
                    "Exception 3 of 4: Unable to find the \"ci\" profile.",
                    "Exception 4 of 4: Failed to connect to EC2 instance metadata to retrieve credentials: Unable to retrieve credentials."
                )
            ),
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, AWS_WEB_IDENTITY_TOKEN_FILE is not set to an absolute path, "
                + "there is no profile ci, and this machine has no instance metadata that gives any"
        );

    [Fact]
    public void What_a_source_says_beyond_being_absent_is_kept() =>
        Holds(
            new AmazonClientException(
                "Exception 1 of 2: The SSO session of the profile ci\nhas expired. Exception 2 of 2: Unable to find the \"ci\" profile."
            ),
            "The SSO session of the profile ci has expired, and there is no profile ci"
        );

    [Fact]
    public void A_token_file_that_cannot_be_read_is_named() =>
        Holds(
            new InvalidOperationException(
                "A token could not be loaded from the WebIdentityTokenFile.",
                new FileNotFoundException("Could not find file '/no/token'.")
            ),
            "A token could not be loaded from the WebIdentityTokenFile: Could not find file '/no/token'"
        );

    [Fact]
    public void A_container_that_hands_out_no_credentials_is_quoted() =>
        Holds(
            new AmazonServiceException("Unable to retrieve credentials. Message = \"Connection refused\"."),
            "Unable to retrieve credentials. Message = \"Connection refused\""
        );

    [Fact]
    public void An_unreadable_answer_is_not_quoted_because_it_may_hold_credentials() =>
        Holds(
            new AmazonClientException(
                "Error calling AssumeRole for role deployer",
                new AmazonUnmarshallingException("id", "Credentials", "<SecretAccessKey>secret", innerException: null)
            ),
            "Error calling AssumeRole for role deployer: the answer of their source cannot be read"
        );

    private static void Holds(Exception fault, string reason) =>
        Assert.Equal(reason, CredentialChain.Reason(fault, TimeSpan.FromSeconds(40)));
}
