/*
 * Services that quote in a refusal the request that they refused.
 */
#include "tests/unit/credentials/token_files.h"

#define ROLE "arn:aws:iam::123456789012:role/reader"
#define SSO_SHA1 "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define LOGIN_SHA256 "4b0ba8f99f075c0633e122fd73346ce203a3faf18ea0310eb2d29df1bab2e255"
#define PEM                                                                   \
	"-----BEGIN EC PRIVATE KEY-----\\n"                                   \
	"MHcCAQEEIFvodHOcv+eupIA8Xhuf0k7yOEzPB2aVLhezxQH8ES9aoAoGCCqGSM49\\n" \
	"AwEHoUQDQgAEYdJKJBctbsJLJ1ps2N/Tdey7MTHl1V0WtM30bkZyQfNjqPSlhG1w\\n" \
	"Vyo7nvSjSE4knXVY2dpzmJrqvHuPnn6Wtg==\\n"                             \
	"-----END EC PRIVATE KEY-----\\n"

/* In each secret of a set-up; some with what JSON and forms escape. */
#define SECRET "hidden/+=secret"

#define SSO_TOKEN(expires)                                                     \
	"{\"accessToken\":\"" SECRET "-access\",\"expiresAt\":\"" expires      \
	"\",\"clientId\":\"c\",\"clientSecret\":\"" SECRET "-client\","        \
	"\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\",\"refreshToken\":" \
	"\"" SECRET "-refresh\"}"

static const struct set_up {
	const char *name;
	const char *config;
	const char *folder; /* of a cache, or NULL */
	const char *file;
	const char *cached;
	/* Of the call that is refused. */
	const char *secrets[3];
} set_ups[] = {
	{.name = "AssumeRole",
	 .config = "[profile base]\naws_access_key_id = base-id\n"
		   "aws_secret_access_key = " SECRET "-key\n"
		   "aws_session_token = " SECRET "-session\n"
		   "[profile p]\nrole_arn = " ROLE "\nsource_profile = base\n",
	 .secrets = {SECRET "-key", SECRET "-session"}},
	{.name = "AssumeRoleWithWebIdentity",
	 .config = "[profile p]\nrole_arn = " ROLE "\nweb_identity_token_file = %s\n",
	 .folder = "sso",
	 .file = SSO_SHA1,
	 .cached = SECRET "-web\n",
	 .secrets = {SECRET "-web"}},
	{.name = "GetRoleCredentials",
	 .config = "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"
		   "sso_role_name = r\n[sso-session corp]\nsso_region = us-west-2\n"
		   "sso_start_url = https://corp.awsapps.com/start\n",
	 .folder = "sso",
	 .file = SSO_SHA1,
	 .cached = SSO_TOKEN("2026-11-23T20:00:00Z"),
	 .secrets = {SECRET "-access"}},
	{.name = "the token of OIDC",
	 .config = "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"
		   "sso_role_name = r\n[sso-session corp]\nsso_region = us-west-2\n"
		   "sso_start_url = https://corp.awsapps.com/start\n",
	 .folder = "sso",
	 .file = SSO_SHA1,
	 .cached = SSO_TOKEN("2026-11-23T14:00:00Z"),
	 .secrets = {SECRET "-refresh", SECRET "-client"}},
	{.name = "the token of sign-in",
	 .config = "[profile p]\nlogin_session = arn:aws:sts::012345678910:"
		   "assumed-role/Admin/admin\n",
	 .folder = "login",
	 .file = LOGIN_SHA256,
	 .cached = "{\"accessToken\":{\"accessKeyId\":\"i\",\"secretAccessKey\":\"s\","
		   "\"sessionToken\":\"t\",\"expiresAt\":\"2026-11-23T14:00:00Z\"},"
		   "\"tokenType\":\"aws_sigv4\",\"refreshToken\":\"" SECRET
		   "-refresh\",\"clientId\":\"c\",\"dpopKey\":\"" PEM "\"}",
	 .secrets = {SECRET "-refresh"}},
};

/* With each secret in the place of %s. 500, so that no service hides its text behind
 * an advice to log in. */
static const struct fake_response refusals[] = {
	{500,
	 "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>"
	 "<Message>The request signature we calculated does not match.\n\nThe "
	 "Canonical String for this request should have been\n'POST\n/\n\n"
	 "x-amz-security-token:%s\n'</Message></Error><RequestId>r</RequestId>"
	 "</ErrorResponse>",
	 NULL},
	{500,
	 "{\"__type\":\"X\",\"message\":\"It does not match the canonical request: "
	 "%s\"}",
	 NULL},
	{500, "{\"message\":\"%s is no good\"}", NULL},
	{500, "{\"error\":\"%s\",\"error_description\":\"%s%s\"}", NULL},
	{500, "%s: no JSON", NULL},
	{500, "<p>%s</p>", NULL},
	{500, "{}", "x-amzn-ErrorType: %s\r\nx-amzn-RequestId: %s\r\n"},
	{302, "", "Location: https://elsewhere/%s\r\n"},
	{403, "{\"message\":\"%s\"}", NULL},
};

static void put_secret(const char *format, const char *secret, char out[2048])
{
	size_t used = 0;

	for (; format && *format; format++) {
		if (format[0] == '%' && format[1] == 's') {
			used += (size_t)snprintf(out + used, 2048 - used, "%s", secret);
			format++;
		} else {
			out[used++] = *format;
		}
	}
	out[used] = '\0';
}

static void prepare(struct chain *chain, const struct set_up *set_up)
{
	char path[192] = "";
	char config[2048];

	if (set_up->folder) {
		token_file_make(chain, set_up->folder, set_up->file, path);
		aws_setup_write(path, set_up->cached);
	}
	put_secret(set_up->config, path, config);
	aws_setup_write(chain->setup->config, config);
}

static void tells_no_secret_that_a_refusal_quotes(void **state)
{
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(set_ups); i++) {
		prepare(chain, &set_ups[i]);
		for (size_t j = 0; j < CHAIN_COUNT(refusals); j++) {
			for (size_t k = 0; set_ups[i].secrets[k]; k++) {
				char body[2048], headers[2048], shown[2048];
				const struct fake_response response = {
					refusals[j].status, body, headers};

				put_secret(refusals[j].body, set_ups[i].secrets[k],
					   body);
				put_secret(refusals[j].headers, set_ups[i].secrets[k],
					   headers);
				chain_script(chain, &response, 1);
				chain_refuses(chain, "p", "p");
				assert_int_equal(chain->service.asked, 1);
				chain_hides(chain, "hidden");
				error_format(&chain->error, shown, sizeof(shown));
				if (strstr(shown, "hidden"))
					fail_msg("%s, %zu: %s", set_ups[i].name, j,
						 shown);
			}
		}
		if (set_ups[i].folder)
			token_file_remove(chain, set_ups[i].folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(tells_no_secret_that_a_refusal_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
