#include <errno.h>

#include "src/aws/retry_send.h"
#include "tests/unit/fake_service.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SLEEPS_MAX 4

/* What the attempts come to, one after the other, and what was done about it. */
struct script {
	struct retry_client client;
	const struct result {
		struct error error; /* of no kind: it succeeds */
		const char *headers;
	} * results;
	size_t result_count;
	size_t attempts;
	int64_t now_s[SLEEPS_MAX + 1];
	int64_t slept_ns[SLEEPS_MAX];
	size_t sleeps;
	int sleep_result;
	struct error error;
};

static int note_sleep(void *data, int64_t ns)
{
	struct script *script = data;

	assert_in_range(script->sleeps, 0, SLEEPS_MAX - 1);
	script->slept_ns[script->sleeps++] = ns;
	return script->sleep_result;
}

static double half(void *)
{
	return 0.5;
}

static int attempt(void *data, int64_t now_s, struct http_response *response,
		   struct error *error)
{
	struct script *script = data;
	const struct result *result = &script->results[script->attempts];

	if (script->attempts >= script->result_count)
		fail_msg("attempt %zu", script->attempts + 1);
	assert_null(response->body);
	assert_null(response->headers);
	assert_int_equal(error->kind, ERROR_NONE);
	script->now_s[script->attempts++] = now_s;
	if (result->headers) {
		response->body = strdup("secret");
		response->body_len = strlen(response->body);
		response->headers = strdup(result->headers);
	}
	*error = result->error;
	return error_result(&result->error);
}

static int run(struct script *script, const struct result *results, size_t count)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	const struct clock clock = {.data = script,
				    .realtime_ns = fake_time_ns,
				    .boottime_ns = fake_time_ns,
				    .sleep = note_sleep};
	const struct retry_request request = {script, attempt};

	if (!script->client.retry.random)
		retry_client_init(&script->client, &settings, &clock);
	script->client.retry.random = half;
	script->results = results;
	script->result_count = count;
	script->attempts = 0;
	script->sleeps = 0;
	script->error = (struct error){0};
	return retry_send(&script->client, &request, &script->error);
}

#define THROTTLED                                                               \
	{                                                                       \
		.kind = ERROR_SERVICE, .http_status = 400, .code = "Throttling" \
	}
#define NO_NETWORK                                          \
	{                                                   \
		.kind = ERROR_NETWORK, .text = "no network" \
	}
#define SKEWED                                                                   \
	{                                                                        \
		.kind = ERROR_SERVICE, .http_status = 403,                       \
		.code = "InvalidSignatureException", .text = "Signature expired" \
	}

static void leaves_the_error_alone_when_it_succeeds(void **)
{
	static const struct result results[] = {{NO_NETWORK, NULL},
						{THROTTLED, "HTTP/1.1 400 X\r\n\r\n"},
						{{0}, "HTTP/1.1 200 X\r\n\r\n"}};
	struct script script = {0};

	assert_int_equal(run(&script, results, 3), 0);
	assert_int_equal(script.attempts, 3);
	assert_int_equal(script.error.kind, ERROR_NONE);
	assert_string_equal(script.error.text, "");
	assert_int_equal(script.slept_ns[0], 25 * NS_PER_MS);
	assert_int_equal(script.slept_ns[1], 1000 * NS_PER_MS);
	assert_int_equal(script.client.retry.tokens, 486);
}

static void reports_the_last_error(void **)
{
	static const struct result results[] = {{THROTTLED, "HTTP/1.1 400 X\r\n\r\n"},
						{THROTTLED, "HTTP/1.1 400 X\r\n\r\n"},
						{NO_NETWORK, NULL}};
	struct script script = {0};

	assert_int_equal(run(&script, results, 3), -ENOTCONN);
	assert_string_equal(script.error.text, "no network");
	assert_int_equal(script.sleeps, 2);
}

static void makes_one_attempt_where_another_would_not_help(void **)
{
	static const struct result results[] = {
		{{.kind = ERROR_SERVICE, .http_status = 400, .code = "AccessDenied"},
		 "HTTP/1.1 400 X\r\n\r\n"}};
	struct script script = {0};

	assert_int_equal(run(&script, results, 1), -EREMOTEIO);
	assert_int_equal(script.sleeps, 0);
	assert_int_equal(script.client.retry.tokens, 500);
}

static void waits_as_the_service_wishes(void **)
{
	static const struct {
		const char *headers;
		int64_t wait_ms;
	} rows[] = {
		{"HTTP/1.1 400 X\r\nx-amz-retry-after: 2000\r\n\r\n", 2000},
		{"HTTP/1.1 400 X\r\nX-Amz-Retry-After:  501 \r\n\r\n", 501},
		{"HTTP/1.1 400 X\r\nx-amz-retry-after: 60000\r\n\r\n", 5500},
		{"HTTP/1.1 400 X\r\n"
		 "x-amz-retry-after: 99999999999999999999999\r\n\r\n",
		 5500},
		{"HTTP/1.1 400 X\r\nx-amz-retry-after: -2000\r\n\r\n", 500},
		{"HTTP/1.1 400 X\r\nx-amz-retry-after: 2e3\r\n\r\n", 500},
		{"HTTP/1.1 400 X\r\nx-amz-retry-after:\r\n\r\n", 500},
		{"HTTP/1.1 400 X\r\nRetry-After: 9\r\n\r\n", 500},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct result results[] = {{THROTTLED, rows[i].headers},
						 {{0}, NULL}};
		struct script script = {0};

		assert_int_equal(run(&script, results, 2), 0);
		if (script.slept_ns[0] != rows[i].wait_ms * NS_PER_MS)
			fail_msg("%s: %lld", rows[i].headers,
				 (long long)script.slept_ns[0]);
	}
}

static void ends_when_a_wait_is_ended(void **)
{
	static const struct result results[] = {{NO_NETWORK, NULL}};
	struct script script = {.sleep_result = -ECANCELED};

	assert_int_equal(run(&script, results, 1), -ECANCELED);
	assert_int_equal(script.error.kind, ERROR_CANCELED);
}

/* The one for the clock is beside those that are counted. */
static void corrects_the_clock_and_keeps_it_so(void **)
{
	static const struct result results[] = {
		{SKEWED,
		 "HTTP/1.1 403 X\r\nDate: Mon, 23 Nov 2026 17:19:57 GMT\r\n\r\n"},
		{NO_NETWORK, NULL},
		{NO_NETWORK, NULL},
		{{0}, "HTTP/1.1 200 X\r\nDate: Mon, 23 Nov 2026 17:20:07 GMT\r\n\r\n"}};
	static const struct result later[] = {{{0}, NULL}};
	struct script script = {0};

	assert_int_equal(run(&script, results, 4), 0);
	assert_int_equal(script.sleeps, 2);
	assert_int_equal(script.now_s[0], FAKE_TIME_S);
	assert_int_equal(script.now_s[1], FAKE_TIME_S + 10800);
	assert_int_equal(script.now_s[3], FAKE_TIME_S + 10800);
	assert_int_equal(run(&script, later, 1), 0);
	assert_int_equal(script.now_s[0], FAKE_TIME_S + 10810);
}

static void corrects_the_clock_once(void **)
{
	static const struct result results[] = {
		{SKEWED,
		 "HTTP/1.1 403 X\r\nDate: Mon, 23 Nov 2026 17:19:57 GMT\r\n\r\n"},
		{SKEWED,
		 "HTTP/1.1 403 X\r\nDate: Mon, 23 Nov 2026 19:19:57 GMT\r\n\r\n"}};
	struct script script = {0};

	assert_int_equal(run(&script, results, 2), -EREMOTEIO);
	assert_string_equal(script.error.text, "Signature expired");
	assert_int_equal(script.sleeps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_the_error_alone_when_it_succeeds),
		cmocka_unit_test(reports_the_last_error),
		cmocka_unit_test(makes_one_attempt_where_another_would_not_help),
		cmocka_unit_test(waits_as_the_service_wishes),
		cmocka_unit_test(ends_when_a_wait_is_ended),
		cmocka_unit_test(corrects_the_clock_and_keeps_it_so),
		cmocka_unit_test(corrects_the_clock_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
