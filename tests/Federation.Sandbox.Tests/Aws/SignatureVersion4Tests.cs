using System.Globalization;
using System.Net;
using System.Text;
using Federation.Sandbox.Aws;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Aws;

/// <summary>Requests and signatures are the worked examples of AWS's own documentation.</summary>
public class SignatureVersion4Tests
{
    private const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string ExampleKey = "AKIAIOSFODNN7EXAMPLE";
    private static readonly AwsAccount Account = new("111122223333", "us-east-1", "aws");
    private static readonly AwsPrincipal Principal = new AwsPrincipal.Administrator(Account, "AIDAEXAMPLE");

    [Fact]
    public void An_S3_request_signed_in_its_header_is_accepted()
    {
        var signed = Verifier().Verify(GetObject("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));

        Assert.Equal(Principal, signed?.Principal);
        Assert.Equal("s3", signed?.Service);
        Assert.Equal("us-east-1", signed?.Region);
    }

    [Fact]
    public void Query_parameters_are_part_of_what_is_signed()
    {
        var request = S3(
            "GET",
            "/",
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
        request = request with { Query = [KeyValuePair.Create("max-keys", "2"), KeyValuePair.Create("prefix", "J")] };

        Assert.NotNull(Verifier().Verify(request));
        Assert.Equal(
            "SignatureDoesNotMatch",
            Refusal(request with { Query = [KeyValuePair.Create("max-keys", "3"), KeyValuePair.Create("prefix", "J")] }).Code
        );
    }

    [Fact]
    public void A_presigned_query_is_accepted_until_it_expires()
    {
        AwsRequest Presigned() =>
            new()
            {
                Method = "GET",
                RawPath = "/test.txt",
                Query =
                [
                    KeyValuePair.Create("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                    KeyValuePair.Create("X-Amz-Credential", ExampleKey + "/20130524/us-east-1/s3/aws4_request"),
                    KeyValuePair.Create("X-Amz-Date", "20130524T000000Z"),
                    KeyValuePair.Create("X-Amz-Expires", "86400"),
                    KeyValuePair.Create("X-Amz-SignedHeaders", "host"),
                    KeyValuePair.Create("X-Amz-Signature", "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
                ],
                Headers = new HeaderDictionary { ["Host"] = "examplebucket.s3.amazonaws.com" },
                Body = [],
            };

        Assert.NotNull(Verifier("20130524T235959Z").Verify(Presigned()));
        var expired = Assert.Throws<AwsException>(() => Verifier("20130525T000001Z").Verify(Presigned()));
        Assert.Equal("AccessDenied", expired.Code);
        Assert.Equal("Request has expired", expired.Message);
    }

    [Fact]
    public void A_body_in_signed_chunks_is_put_together_and_each_signature_checked()
    {
        var chunked = Chunked("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");

        var signed = Verifier().Verify(chunked);

        Assert.Equal(66_560, signed?.Body.Length);
        Assert.All(signed!.Body, letter => Assert.Equal((byte)'a', letter));
        Assert.Equal("SignatureDoesNotMatch", Refusal(Chunked("bd80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")).Code);
    }

    [Fact]
    public void A_query_protocol_request_is_accepted_and_its_body_always_hashed()
    {
        var request = new AwsRequest
        {
            Method = "GET",
            RawPath = "/",
            Query = [KeyValuePair.Create("Action", "ListUsers"), KeyValuePair.Create("Version", "2010-05-08")],
            Headers = new HeaderDictionary
            {
                ["Host"] = "iam.amazonaws.com",
                ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
                ["X-Amz-Date"] = "20150830T123600Z",
                ["Authorization"] =
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                    + "SignedHeaders=content-type;host;x-amz-date, "
                    + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            },
            Body = [],
        };

        Assert.Equal("iam", Verifier("20150830T123600Z").Verify(request)?.Service);
        Assert.Equal("SignatureDoesNotMatch", Refusal(request with { Body = "x"u8.ToArray() }, "20150830T123600Z").Code);
    }

    [Theory]
    [InlineData("20130524T001501Z")]
    [InlineData("20130523T234459Z")]
    public void A_clock_more_than_fifteen_minutes_off_is_refused(string now)
    {
        var refusal = Refusal(GetObject("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), now);

        Assert.Equal("RequestTimeTooSkewed", refusal.Code);
        Assert.Equal(HttpStatusCode.Forbidden, refusal.Status);
    }

    [Fact]
    public void A_body_that_is_not_the_one_declared_is_refused()
    {
        var request = GetObject("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") with { Body = "x"u8.ToArray() };

        Assert.Equal("XAmzContentSHA256Mismatch", Refusal(request).Code);
    }

    [Fact]
    public void An_unknown_key_and_a_missing_session_token_are_refused_and_no_signature_is_none()
    {
        var request = GetObject("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        var keys = new AccessKeys();
        keys.Add(new AccessKey(ExampleKey, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Principal) { SessionToken = "token" });

        Assert.Equal(
            "InvalidAccessKeyId",
            Assert.Throws<AwsException>(() => new SignatureVersion4(new AccessKeys(), Clock("20130524T000000Z")).Verify(request)).Code
        );
        Assert.Equal(
            "InvalidToken",
            Assert.Throws<AwsException>(() => new SignatureVersion4(keys, Clock("20130524T000000Z")).Verify(request)).Code
        );
        request.Headers.Remove("Authorization");
        Assert.Null(Verifier().Verify(request));
    }

    private static AwsRequest GetObject(string signature)
    {
        var request = S3("GET", "/test.txt", "host;range;x-amz-content-sha256;x-amz-date", signature);
        request.Headers.Range = "bytes=0-9";
        return request;
    }

    private static AwsRequest Chunked(string firstSignature)
    {
        var request = S3(
            "PUT",
            "/examplebucket/chunkObject.txt",
            "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
        );
        request.Headers.Host = "s3.amazonaws.com";
        request.Headers.ContentEncoding = "aws-chunked";
        request.Headers.ContentLength = 66_824;
        request.Headers["x-amz-content-sha256"] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
        request.Headers["x-amz-decoded-content-length"] = "66560";
        request.Headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
        var body =
            $"10000;chunk-signature={firstSignature}\r\n{new string('a', 65_536)}\r\n"
            + $"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n{new string('a', 1024)}\r\n"
            + "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
        return request with { Body = Encoding.ASCII.GetBytes(body) };
    }

    private static AwsRequest S3(string method, string path, string signedHeaders, string signature) =>
        new()
        {
            Method = method,
            RawPath = path,
            Query = [],
            Headers = new HeaderDictionary
            {
                ["Host"] = "examplebucket.s3.amazonaws.com",
                ["x-amz-content-sha256"] = EmptyHash,
                ["x-amz-date"] = "20130524T000000Z",
                ["Authorization"] =
                    "AWS4-HMAC-SHA256 "
                    + $"Credential={ExampleKey}/20130524/us-east-1/s3/aws4_request,SignedHeaders={signedHeaders},Signature={signature}",
            },
            Body = [],
        };

    private static AwsException Refusal(AwsRequest request, string now = "20130524T000000Z") =>
        Assert.Throws<AwsException>(() => Verifier(now).Verify(request));

    private static SignatureVersion4 Verifier(string now = "20130524T000000Z")
    {
        var keys = new AccessKeys();
        keys.Add(new AccessKey(ExampleKey, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Principal));
        keys.Add(new AccessKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Principal));
        return new SignatureVersion4(keys, Clock(now));
    }

    private static FakeTimeProvider Clock(string now) =>
        new(DateTimeOffset.ParseExact(now, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
}
