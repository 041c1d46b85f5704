/*
 * The session of "aws login", and the proof that renews it.
 */
#include "tests/unit/credentials/token_files.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cjson/cJSON.h>

#include "src/credentials/dpop.h"

#define SESSION "arn:aws:sts::012345678910:assumed-role/Admin/admin"
#define SESSION_SHA256 \
	"4b0ba8f99f075c0633e122fd73346ce203a3faf18ea0310eb2d29df1bab2e255"

/* Made for this test, and of no other use. */
static const char pem[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIFvodHOcv+eupIA8Xhuf0k7yOEzPB2aVLhezxQH8ES9aoAoGCCqGSM49\n"
	"AwEHoUQDQgAEYdJKJBctbsJLJ1ps2N/Tdey7MTHl1V0WtM30bkZyQfNjqPSlhG1w\n"
	"Vyo7nvSjSE4knXVY2dpzmJrqvHuPnn6Wtg==\n"
	"-----END EC PRIVATE KEY-----\n";

#define CONFIG "[profile p]\nlogin_session = " SESSION "\nregion = us-east-2\n"

#define ANSWER                                                                 \
	{                                                                      \
		200,                                                           \
			"{\"accessToken\":{\"accessKeyId\":\"NEW-ID\","        \
			"\"secretAccessKey\":\"hidden-new\",\"sessionToken\":" \
			"\"hidden-new-token\"},\"tokenType\":\"aws_sigv4\","   \
			"\"expiresIn\":900,\"refreshToken\":\"hidden-next\"}", \
			NULL                                                   \
	}

static const char *cache_path(struct chain *chain)
{
	static char path[192];

	token_file_make(chain, "login", SESSION_SHA256, path);
	return path;
}

/* @region: where the login was made, or NULL where that is not written down. */
static void write_cache_of(struct chain *chain, const char *expires_at, const char *key,
			   const char *region)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *access = cJSON_AddObjectToObject(root, "accessToken");
	char *text = NULL;

	cJSON_AddStringToObject(access, "accessKeyId", "OLD-ID");
	cJSON_AddStringToObject(access, "secretAccessKey", "hidden-old");
	cJSON_AddStringToObject(access, "sessionToken", "hidden-old-token");
	cJSON_AddStringToObject(access, "accountId", "012345678910");
	cJSON_AddStringToObject(access, "expiresAt", expires_at);
	cJSON_AddStringToObject(root, "tokenType", "aws_sigv4");
	cJSON_AddStringToObject(root, "refreshToken", "hidden-refresh");
	cJSON_AddStringToObject(root, "clientId", "arn:aws:signin:::devtools/same");
	cJSON_AddStringToObject(root, "dpopKey", key);
	if (region)
		cJSON_AddStringToObject(root, "signInRegion", region);
	text = cJSON_Print(root);
	assert_non_null(text);
	aws_setup_write(cache_path(chain), text);
	cJSON_free(text);
	cJSON_Delete(root);
}

static void write_cache(struct chain *chain, const char *expires_at, const char *key)
{
	write_cache_of(chain, expires_at, key, NULL);
}

static size_t decode(const char *from, size_t len, unsigned char *out, size_t size)
{
	char text[1024];
	size_t padded = (len + 3) / 4 * 4;

	assert_true(padded < sizeof(text) && padded / 4 * 3 <= size);
	memset(text, '=', padded);
	for (size_t i = 0; i < len; i++)
		text[i] = from[i] == '-' ? '+' : from[i] == '_' ? '/' : from[i];
	assert_true(EVP_DecodeBlock(out, (unsigned char *)text, (int)padded) >= 0);
	return len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
}

/* Whether the last part signs the first two by the key above. */
static bool is_signed(const char *proof, const char *last)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char pair[72], *der = NULL;
	int der_len;
	bool is_good;

	assert_int_equal(decode(last + 1, strlen(last + 1), pair, sizeof(pair)), 64);
	ECDSA_SIG_set0(signature, BN_bin2bn(pair, 32, NULL),
		       BN_bin2bn(pair + 32, 32, NULL));
	der_len = i2d_ECDSA_SIG(signature, &der);
	EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key);
	is_good = EVP_DigestVerify(context, der, (size_t)der_len,
				   (const unsigned char *)proof,
				   (size_t)(last - proof)) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return is_good;
}

static cJSON *parse_part(const char *part, size_t len)
{
	unsigned char text[1024];
	size_t decoded = decode(part, len, text, sizeof(text));
	cJSON *root = cJSON_ParseWithLength((char *)text, decoded);

	assert_non_null(root);
	return root;
}

static const char *member(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void assert_proof(const char *proof, const char *url)
{
	const char *dot = strchr(proof, '.');
	const char *last = strrchr(proof, '.');
	cJSON *header = parse_part(proof, (size_t)(dot - proof));
	cJSON *claims = parse_part(dot + 1, (size_t)(last - dot - 1));
	const cJSON *jwk = cJSON_GetObjectItemCaseSensitive(header, "jwk");

	assert_string_equal(member(header, "typ"), "dpop+jwt");
	assert_string_equal(member(header, "alg"), "ES256");
	assert_string_equal(member(jwk, "kty"), "EC");
	assert_string_equal(member(jwk, "crv"), "P-256");
	assert_int_equal(strlen(member(jwk, "x")), 43);
	assert_int_equal(strlen(member(jwk, "y")), 43);
	assert_null(cJSON_GetObjectItemCaseSensitive(jwk, "d"));
	assert_string_equal(member(claims, "htm"), "POST");
	assert_string_equal(member(claims, "htu"), url);
	assert_int_equal(strlen(member(claims, "jti")), 36);
	assert_true(cJSON_GetObjectItemCaseSensitive(claims, "iat")->valuedouble ==
		    (double)FAKE_TIME_S);
	assert_true(is_signed(proof, last));
	cJSON_Delete(header);
	cJSON_Delete(claims);
}

static void takes_what_another_tool_has_renewed(void **state)
{
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG);
	/* 5 minutes and a second. */
	write_cache(chain, "2026-11-23T14:24:58Z", pem);
	chain_start(chain, "p");
	chain_require(chain, "OLD-ID");
	assert_string_equal(chain->found.secret_access_key, "hidden-old");
	assert_string_equal(chain->found.session_token, "hidden-old-token");
	assert_string_equal(chain->found.source, "login (profile p)");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 301);
	assert_int_equal(chain->service.asked, 0);
	chain_hides(chain, "hidden");
}

static void renews_by_a_proof_of_the_key_and_writes_it_back(void **state)
{
	static const struct fake_response responses[] = {ANSWER};
	struct chain *chain = *state;
	char text[4096];

	aws_setup_write(chain->setup->config, CONFIG);
	aws_setup_env(chain->setup, "AWS_REGION", NULL);
	write_cache(chain, "2026-11-23T14:24:57Z", pem);
	chain_script(chain, responses, 1);
	chain_start(chain, "p");
	chain_require(chain, "NEW-ID");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 900);
	assert_string_equal(chain->service.requests[0].method, "POST");
	assert_string_equal(chain->service.requests[0].url,
			    "https://us-east-2.signin.aws.amazon.com/v1/token");
	assert_string_equal(fake_service_header(&chain->service, 0, "content-type"),
			    "application/json");
	assert_string_equal(
		chain->service.requests[0].body,
		"{\"clientId\":\"arn:aws:signin:::devtools/same\",\"grantType\":"
		"\"refresh_token\",\"refreshToken\":\"hidden-refresh\"}");
	assert_proof(fake_service_header(&chain->service, 0, "DPoP"),
		     "https://us-east-2.signin.aws.amazon.com/v1/token");
	token_file_read(cache_path(chain), text, sizeof(text));
	assert_contains(text, "\"NEW-ID\"");
	assert_contains(text, "\"hidden-next\"");
	assert_contains(text, "\"012345678910\"");
	assert_contains(text, "\"2026-11-23T14:34:57Z\"");
	assert_contains(text, "BEGIN EC PRIVATE KEY");
	assert_null(strstr(text, "hidden-old"));
	assert_int_equal(token_file_mode(cache_path(chain)), 0600);
	chain_hides(chain, "hidden");
}

/* The chain's own Region is eu-west-1, by the environment. */
static void renews_where_the_login_was_made(void **state)
{
	static const struct fake_response responses[] = {ANSWER};
	static const struct {
		const char *region; /* of the login */
		const char *url;
	} rows[] = {
		{"us-east-2", "https://us-east-2.signin.aws.amazon.com/v1/token"},
		{"cn-north-1", "https://cn-north-1.signin.amazonaws.cn/v1/token"},
		{"", "https://eu-west-1.signin.aws.amazon.com/v1/token"},
		{NULL, "https://eu-west-1.signin.aws.amazon.com/v1/token"},
	};
	struct chain *chain = *state;
	char text[4096];

	aws_setup_write(chain->setup->config, CONFIG);
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		write_cache_of(chain, "2026-11-23T14:24:57Z", pem, rows[i].region);
		chain_script(chain, responses, 1);
		chain_start(chain, "p");
		chain_require(chain, "NEW-ID");
		assert_string_equal(chain->service.requests[0].url, rows[i].url);
		assert_proof(fake_service_header(&chain->service, 0, "DPoP"),
			     rows[i].url);
		token_file_read(cache_path(chain), text, sizeof(text));
		if (rows[i].region)
			assert_contains(text, "\"signInRegion\"");
	}
	write_cache_of(chain, "2026-11-23T14:24:57Z", pem, "no/region");
	chain_refuses(chain, "p", "login (profile p): 'no/region' is not a region");
}

static void renews_by_the_token_that_could_not_be_written(void **state)
{
	static const struct fake_response responses[] = {ANSWER, ANSWER, ANSWER};
	static const char *const tokens[] = {"hidden-refresh", "hidden-next",
					     "hidden-next"};
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG);
	write_cache(chain, "2026-11-23T14:24:57Z", pem);
	chain_script(chain, responses, CHAIN_COUNT(responses));
	chain_start(chain, "p");
	for (size_t i = 0; i < CHAIN_COUNT(tokens); i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "\"refreshToken\":\"%s\"",
			 tokens[i]);
		token_files_allow_writing(false);
		chain_require(chain, "NEW-ID");
		token_files_allow_writing(true);
		assert_int_equal(chain->service.asked, i + 1);
		assert_contains(chain->service.requests[i].body, expected);
		chain->now_s += 900;
	}
	assert_contains(chain->warned,
			"login (profile p): cannot write the renewed login: ");
	assert_contains(chain->warned, "run: aws login --profile p\n");
	assert_null(strstr(strstr(chain->warned, "cannot write") + 1, "cannot write"));
	chain_hides(chain, "hidden");
	write_cache(chain, "2026-11-23T15:30:00Z", pem);
	chain_require(chain, "OLD-ID");
}

static void finds_the_cache_where_the_variable_says(void **state)
{
	struct chain *chain = *state;
	char folder[128];

	aws_setup_write(chain->setup->config, CONFIG);
	write_cache(chain, "2026-11-23T15:00:00Z", pem);
	snprintf(folder, sizeof(folder), "%s/elsewhere", chain->setup->home);
	aws_setup_env(chain->setup, "AWS_LOGIN_CACHE_DIRECTORY", folder);
	chain_refuses(chain, "p", "nobody is logged in");
	aws_setup_env(chain->setup, "AWS_LOGIN_CACHE_DIRECTORY", "~/.aws/login/cache");
	chain_start(chain, "p");
	chain_require(chain, "OLD-ID");
}

static void tells_to_log_in_where_only_that_helps(void **state)
{
	static const struct {
		struct fake_response response;
		const char *message;
	} rows[] = {
		{{400, "{\"error\":\"TOKEN_EXPIRED\",\"message\":\"m\"}", NULL},
		 "its login has expired or is no longer accepted: m; run: aws "
		 "login --profile p"},
		{{401,
		  "{\"error\":\"access_denied\",\"error_description\":\"Wrong "
		  "Region for this session\"}",
		  NULL},
		 "no longer accepted: Wrong Region for this session"},
		{{400, "", NULL}, "no longer accepted: HTTP status 400, and the"},
		{{403, "{\"error\":\"USER_CREDENTIALS_CHANGED\",\"message\":\"m\"}",
		  NULL},
		 "run: aws login --profile p"},
		{{403,
		  "{\"error\":\"INSUFFICIENT_PERMISSIONS\",\"message\":\"not "
		  "allowed\"}",
		  NULL},
		 "login (profile p): not allowed"},
		{{500, "", NULL}, "HTTP status 500, and the response is empty"},
		{{200, "{\"expiresIn\":900}", NULL}, "the response lacks "},
		{{200, "<html>", NULL}, "the response is not JSON"},
		{{0, "host not found", NULL}, "login (profile p): host not found"},
	};
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG);
	chain_refuses(chain, "p",
		      "login (profile p): nobody is logged in; run: aws "
		      "login --profile p");
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		write_cache(chain, "2026-11-23T14:00:00Z", pem);
		chain_script(chain, &rows[i].response, 1);
		chain_refuses(chain, "p", rows[i].message);
		chain_hides(chain, "hidden");
	}
}

static void refuses_a_cache_that_is_no_use(void **state)
{
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG);
	aws_setup_write(cache_path(chain), "{\"refreshToken\":\"hidden\"}");
	chain_refuses(chain, "p", "its cached login has no dpopKey; run: aws login");
	write_cache(chain, "2026-11-23T14:00:00Z", "hidden, and no key");
	chain_refuses(chain, "p", "dpopKey is not a private key of the curve P-256");
	aws_setup_write(cache_path(chain), "hidden");
	chain_refuses(chain, "p", "the text is not JSON; run: aws login");
	chain_hides(chain, "hidden");
	assert_int_equal(chain->service.asked, 0);
}

/* The key above in another form, for free(): encrypted, or one of another curve. */
static char *write_key(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	char password[] = "hidden-password";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	char *copy = NULL;
	long len;

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, password,
						       sizeof(password) - 1, NULL,
						       NULL),
			 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	return copy;
}

static void refuses_key(char *key)
{
	struct error error = {0};
	char *proof = NULL;

	assert_int_equal(dpop_proof(key, "https://x/", FAKE_TIME_S, &proof, &error),
			 -EACCES);
	assert_null(proof);
	assert_contains(error.text, "not a private key of the curve P-256");
	free(key);
}

static void asks_nobody_for_the_password_of_a_key(void **)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	refuses_key(write_key(key, EVP_aes_256_cbc()));
	EVP_PKEY_free(key);
	BIO_free(bio);
}

static void takes_no_key_of_another_curve(void **)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp384r1),
			 1);
	assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
	refuses_key(write_key(key, NULL));
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(context);
}

static int clean(void **state)
{
	token_file_remove(*state, "login");
	return chain_remove(state);
}

#define LOGIN_TEST(function) \
	cmocka_unit_test_setup_teardown(function, chain_make, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOGIN_TEST(takes_what_another_tool_has_renewed),
		LOGIN_TEST(renews_by_a_proof_of_the_key_and_writes_it_back),
		LOGIN_TEST(renews_where_the_login_was_made),
		LOGIN_TEST(renews_by_the_token_that_could_not_be_written),
		LOGIN_TEST(finds_the_cache_where_the_variable_says),
		LOGIN_TEST(tells_to_log_in_where_only_that_helps),
		LOGIN_TEST(refuses_a_cache_that_is_no_use),
		cmocka_unit_test(asks_nobody_for_the_password_of_a_key),
		cmocka_unit_test(takes_no_key_of_another_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
