/*
 * Known results: the examples that AWS documents for IAM, and for DMS what
 * Debian's python3-botocore (1.29.27) signs: SigV4Auth(Credentials(KEY_ID, SECRET,
 * token), "dms", "eu-central-1").add_auth(AWSRequest("POST", url, data=body,
 * headers={Content-Type, X-Amz-Target})) with the clock set to TIME_S, and its
 * canonical_request().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/aws/sigv4.h"
#include "src/base/digits.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TIME_S 1795443597
#define TIME "20261123T141957Z"
#define TOKEN "IQoJb3JpZ2luX2VjEXAMPLE//token=="

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
static const struct sigv4_scope iam_scope = {"us-east-1", "iam", "20150830T123600Z"};
static const struct http_header iam_headers[] = {
	{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
	{"host", "iam.amazonaws.com"},
	{"x-amz-date", "20150830T123600Z"},
};
static const struct sigv4_request iam_request = {
	.method = "GET",
	.path = "/",
	.query = "Action=ListUsers&Version=2010-05-08",
	.headers = iam_headers,
	.header_count = 3,
};

static const struct sigv4_scope dms_scope = {"eu-central-1", "dms", TIME};
static const struct http_header plain_headers[] = {
	{"content-type", "application/x-amz-json-1.1"},
	{"host", "dms.eu-central-1.amazonaws.com"},
	{"x-amz-date", TIME},
	{"x-amz-target", "AmazonDMSv20160101.DescribeConnections"},
};
static const struct http_header token_headers[] = {
	{"content-type", "application/x-amz-json-1.1"},
	{"host", "dms.eu-central-1.amazonaws.com"},
	{"x-amz-date", TIME},
	{"x-amz-security-token", TOKEN},
	{"x-amz-target", "AmazonDMSv20160101.DescribeConnections"},
};
static const struct http_header custom_headers[] = {
	{"content-type", "application/x-amz-json-1.1"},
	{"host", "localhost:8080"},
	{"x-amz-date", TIME},
	{"x-amz-security-token", "T"},
	{"x-amz-target", "AmazonDMSv20160101.DescribeConnections"},
};

static void formats_times_in_utc(void **)
{
	char time[SIGV4_TIME_SIZE];

	sigv4_format_time(TIME_S, time);
	assert_string_equal(time, TIME);
	sigv4_format_time(0, time);
	assert_string_equal(time, "19700101T000000Z");
}

static void survives_a_time_that_no_calendar_has(void **)
{
	char time[SIGV4_TIME_SIZE];

	sigv4_format_time(INT64_MAX, time);
	assert_int_equal(strlen(time), SIGV4_TIME_SIZE - 1);
}

static void hashes_an_empty_body(void **)
{
	char hex[SIGV4_HEX_SIZE];

	assert_int_equal(sigv4_hash_hex(NULL, 0, hex), 0);
	assert_string_equal(
		hex,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void derives_the_documented_signing_key(void **)
{
	unsigned char key[SIGV4_HASH_BYTES];
	char hex[SIGV4_HEX_SIZE];

	assert_int_equal(sigv4_signing_key(&iam_scope, SECRET, key), 0);
	hex_encode(key, sizeof(key), hex);
	assert_string_equal(
		hex,
		"c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

static void signs_the_documented_example(void **state)
{
	char *canonical = NULL, *string = NULL, *authorization = NULL;

	assert_int_equal(sigv4_canonical_request(&iam_request, &canonical), 0);
	assert_int_equal(sigv4_string_to_sign(&iam_scope, canonical, &string), 0);
	assert_string_equal(
		string,
		"AWS4-HMAC-SHA256\n20150830T123600Z\n"
		"20150830/us-east-1/iam/aws4_request\n"
		"f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
	assert_int_equal(sigv4_authorization(*state, &iam_request, &iam_scope, KEY_ID,
					     SECRET, &authorization),
			 0);
	assert_string_equal(
		authorization,
		"AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date, "
		"Signature="
		"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
	free(canonical);
	free(string);
	free(authorization);
}

#define DMS_CREDENTIAL      \
	"AWS4-HMAC-SHA256 " \
	"Credential=AKIDEXAMPLE/20261123/eu-central-1/dms/aws4_request, "

static void signs_as_botocore_does(void **state)
{
	static const struct {
		const char *path, *query, *body;
		const struct http_header *headers;
		size_t header_count;
		const char *authorization;
	} rows[] = {
		{"/", "", "{}", plain_headers, 4,
		 DMS_CREDENTIAL
		 "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
		 "c9f66c4d6ca2f2d31043b4c50658275d357515332b10f8fdd7a6ff7a25b50a06"},
		{"", "", "{\"MaxRecords\":100,\"Marker\":\"a+b/c==\"}", token_headers,
		 5,
		 DMS_CREDENTIAL
		 "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
		 "x-amz-target, Signature="
		 "9147887c20b2d1b666bfdc1a57a2e7e8653371568714d2af8a64f3f9f09cf818"},
		{"/base%20path/./x//y/../z~%C3%A9/", "a=1&b=2", "", custom_headers, 5,
		 DMS_CREDENTIAL
		 "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
		 "x-amz-target, Signature="
		 "4bf603bcf16d98a7112fde73b3079e301539904047523b3e583596f5bef3f96c"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct sigv4_request request = {
			.method = "POST",
			.path = rows[i].path,
			.query = rows[i].query,
			.headers = rows[i].headers,
			.header_count = rows[i].header_count,
			.body = rows[i].body,
			.body_len = strlen(rows[i].body),
		};
		char *authorization = NULL;

		assert_int_equal(sigv4_authorization(*state, &request, &dms_scope,
						     KEY_ID, SECRET, &authorization),
				 0);
		assert_string_equal(authorization, rows[i].authorization);
		free(authorization);
	}
}

/* The second and third line of a canonical request. */
static void assert_path_and_query(const char *path, const char *query,
				  const char *expected)
{
	const struct sigv4_request request = {
		.method = "GET", .path = path, .query = query};
	char *canonical = NULL;
	char *end = NULL;

	assert_int_equal(sigv4_canonical_request(&request, &canonical), 0);
	/* No headers: an empty list, its end, and an empty list of names. */
	end = strstr(canonical, "\n\n\n");
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(canonical + strlen("GET\n"), expected);
	free(canonical);
}

static void makes_paths_canonical_as_botocore_does(void **)
{
	/* SigV4Auth._normalize_url_path() of the same botocore. */
	static const char *const rows[][2] = {
		{"/", "/"},
		{"", "/"},
		{"/a/b/../../", "/"},
		{"/a/..", "/"},
		{"//a///b/", "/a/b/"},
		{"/./", "/"},
		{"/%2F/*", "/%252F/%2A"},
		{"/a/../../b", "/b"},
		{"/..", "/"},
		{"/a/./.", "/a"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "%s\nq=1", rows[i][1]);
		assert_path_and_query(rows[i][0], "q=1", expected);
	}
}

static void signs_a_parameter_without_a_value_as_an_empty_one(void **)
{
	assert_path_and_query("/", "a&b=&c=d", "/\na=&b=&c=d");
}

/* With what @of kept from earlier ones. */
static void assert_signs_as_new(struct sigv4 *of, const struct sigv4_scope *scope,
				const char *secret)
{
	struct sigv4 *fresh = NULL;
	char *kept = NULL;
	char *expected = NULL;

	assert_int_equal(sigv4_new(&fresh), 0);
	assert_int_equal(
		sigv4_authorization(of, &iam_request, scope, KEY_ID, secret, &kept), 0);
	assert_int_equal(sigv4_authorization(fresh, &iam_request, scope, KEY_ID, secret,
					     &expected),
			 0);
	assert_string_equal(kept, expected);
	free(kept);
	free(expected);
	sigv4_free(fresh);
}

static void takes_another_key_for_another_day_place_or_secret(void **state)
{
	static const struct {
		struct sigv4_scope scope;
		const char *secret;
	} rows[] = {
		{{"us-east-1", "iam", "20150830T123600Z"}, SECRET},
		{{"us-east-1", "iam", "20150830T235959Z"}, SECRET},
		{{"us-east-1", "iam", "20150831T000000Z"}, SECRET},
		{{"us-east-2", "iam", "20150831T000000Z"}, SECRET},
		{{"us-east-2", "dms", "20150831T000000Z"}, SECRET},
		{{"us-east-2", "dms", "20150831T000000Z"}, SECRET "x"},
		{{"us-east-2", "dms", "20150831T000000Z"}, ""},
		{{"us-east-1", "iam", "20150830T123600Z"}, SECRET},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_signs_as_new(*state, &rows[i].scope, rows[i].secret);
}

/* What does not fit into a block is hashed first, as RFC 2104 has it. */
static void signs_by_a_secret_longer_than_a_block(void **)
{
	static const char secret[] = "0123456789012345678901234567890123456789"
				     "0123456789012345678901234567890123456789";
	unsigned char key[SIGV4_HASH_BYTES];
	char hex[SIGV4_HEX_SIZE];

	assert_int_equal(sigv4_signing_key(&iam_scope, secret, key), 0);
	hex_encode(key, sizeof(key), hex);
	assert_string_equal(
		hex,
		"dbd50b4c58095231170fa28ec9a694b5a2638601dda772b3b490d509f54324d2");
}

static void folds_blanks_in_header_values(void **)
{
	static const struct http_header headers[] = {
		{"host", "  a  "}, {"x-amz-b", "c \t  d"}, {"x-amz-e", ""}};
	const struct sigv4_request request = {.method = "GET",
					      .path = "/",
					      .query = "",
					      .headers = headers,
					      .header_count = 3};
	char *canonical = NULL;

	assert_int_equal(sigv4_canonical_request(&request, &canonical), 0);
	assert_string_equal(
		canonical,
		"GET\n/\n\nhost:a\nx-amz-b:c d\nx-amz-e:\n\nhost;x-amz-b;x-amz-e\n"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	free(canonical);
}

static int set_up(void **state)
{
	struct sigv4 *sigv4 = NULL;
	int err = sigv4_new(&sigv4);

	*state = sigv4;
	return err;
}

static int tear_down(void **state)
{
	sigv4_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_times_in_utc),
		cmocka_unit_test(survives_a_time_that_no_calendar_has),
		cmocka_unit_test(hashes_an_empty_body),
		cmocka_unit_test(derives_the_documented_signing_key),
		cmocka_unit_test(signs_the_documented_example),
		cmocka_unit_test(signs_as_botocore_does),
		cmocka_unit_test(makes_paths_canonical_as_botocore_does),
		cmocka_unit_test(signs_a_parameter_without_a_value_as_an_empty_one),
		cmocka_unit_test(takes_another_key_for_another_day_place_or_secret),
		cmocka_unit_test(signs_by_a_secret_longer_than_a_block),
		cmocka_unit_test(folds_blanks_in_header_values),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
