#include <errno.h>
#include <time.h>

#include "src/aws/call.h"
#include "tests/unit/fake_service.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SLEEPS_MAX 4

/* What the attempts come to, one after the other, and what was done about it. */
struct script {
	struct call_client client;
	const struct result {
		const char *no_response; /* or NULL */
		struct fake_response response;
	} * results;
	size_t result_count;
	size_t attempts;
	int64_t now_s[SLEEPS_MAX + 1];
	int64_t slept_ns[SLEEPS_MAX];
	size_t sleeps;
	int sleep_result;
	bool is_once;		   /* the call */
	int64_t deadline_ns;	   /* the same */
	unsigned total_timeout_ms; /* of the last attempt */
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

static int64_t read_signed_time_s(const struct http_request *request)
{
	struct tm time = {0};

	for (size_t i = 0; i < request->header_count; i++)
		if (!strcmp(request->headers[i].name, "x-amz-date"))
			strptime(request->headers[i].value, "%Y%m%dT%H%M%SZ", &time);
	return timegm(&time);
}

static int send_result(void *data, const struct http_request *request,
		       struct http_response *response, struct error *error)
{
	struct script *script = data;
	const struct result *result = &script->results[script->attempts];

	if (script->attempts >= script->result_count)
		fail_msg("attempt %zu", script->attempts + 1);
	assert_null(response->body);
	assert_null(response->headers);
	assert_int_equal(error->kind, ERROR_NONE);
	script->now_s[script->attempts++] = read_signed_time_s(request);
	assert_int_equal(request->is_once, script->is_once);
	script->total_timeout_ms = request->total_timeout_ms;
	if (result->no_response) {
		error_set(error, ERROR_NETWORK, "%s", result->no_response);
		error->is_unsent = !strcmp(result->no_response, "refused");
		return error_result(error);
	}
	return fake_service_response(&result->response, response, error);
}

static int take_nothing(void *, struct http_response *response, struct error *error)
{
	assert_string_equal(response->body, "");
	assert_int_equal(error->kind, ERROR_NONE);
	return 0;
}

static int run(struct script *script, const struct result *results, size_t count)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	const struct clock clock = {.data = script,
				    .realtime_ns = fake_time_ns,
				    .boottime_ns = fake_time_ns,
				    .sleep = note_sleep};
	const struct http_transport transport = {script, send_result};
	const struct endpoint endpoint = {
		.url = "https://h", .host = "h", .region = "r", .path = "/"};
	char id[] = "id", secret[] = "secret";
	const struct credentials signer = {.access_key_id = id,
					   .secret_access_key = secret};
	const struct call call = {.transport = &transport,
				  .client = &script->client,
				  .endpoint = &endpoint,
				  .operation = "Describe",
				  .service = "s",
				  .signer = &signer,
				  .method = "GET",
				  .deadline_ns = script->deadline_ns,
				  .is_once = script->is_once,
				  .read = take_nothing};

	if (!script->client.retry.random)
		assert_int_equal(call_client_init(&script->client, &settings, &clock),
				 0);
	script->client.retry.random = half;
	script->results = results;
	script->result_count = count;
	script->attempts = 0;
	script->sleeps = 0;
	script->error = (struct error){0};
	return call_send(&call, &script->error);
}

#define NO_NETWORK            \
	{                     \
		"no network", \
		{             \
			0     \
		}             \
	}
#define ANSWER(status, body, headers)         \
	{                                     \
		NULL,                         \
		{                             \
			status, body, headers \
		}                             \
	}
#define THROTTLED(headers) ANSWER(400, "{\"__type\":\"Throttling\"}", headers)
#define SKEWED(date)                                                                \
	ANSWER(403,                                                                 \
	       "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature " \
	       "expired\"}",                                                        \
	       "Date: " date "\r\n")
#define FINE ANSWER(200, "", NULL)

static void leaves_the_error_alone_when_it_succeeds(void **)
{
	static const struct result results[] = {NO_NETWORK, THROTTLED(NULL), FINE};
	struct script script = {0};

	assert_int_equal(run(&script, results, 3), 0);
	assert_int_equal(script.attempts, 3);
	assert_int_equal(script.error.kind, ERROR_NONE);
	assert_string_equal(script.error.text, "");
	assert_int_equal(script.slept_ns[0], 25 * NS_PER_MS);
	assert_int_equal(script.slept_ns[1], 1000 * NS_PER_MS);
	assert_int_equal(script.client.retry.tokens, 486);
	call_client_fini(&script.client);
}

static void reports_the_last_error(void **)
{
	static const struct result results[] = {THROTTLED(NULL), THROTTLED(NULL),
						NO_NETWORK};
	struct script script = {0};

	assert_int_equal(run(&script, results, 3), -ENOTCONN);
	assert_string_equal(script.error.text, "no network");
	assert_int_equal(script.sleeps, 2);
	call_client_fini(&script.client);
}

static void counts_each_attempt_by_what_came_of_it(void **)
{
	static const struct result results[] = {
		NO_NETWORK,
		THROTTLED(NULL),
		FINE,
		ANSWER(503, "", NULL),
		THROTTLED(NULL),
		ANSWER(400, "{\"__type\":\"AccessDenied\"}", NULL)};
	static const struct {
		const char *code;
		uint64_t count;
	} expected[] = {{"none", 1},
			{"Throttling", 2},
			{"ok", 1},
			{"503", 1},
			{"AccessDenied", 1}};
	struct call_counts counts = {.throttled = 0};
	struct script script = {0};
	struct tally_entry *entries = NULL;
	size_t count = 0;

	tally_init(&counts.requests);
	assert_int_equal(run(&script, &results[2], 1), 0);
	script.client.counts = &counts;
	assert_int_equal(run(&script, results, 3), 0);
	assert_int_equal(run(&script, &results[3], 3), -EREMOTEIO);
	entries = tally_copy(&counts.requests, &count);
	assert_int_equal(count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(entries[i].first, "Describe");
		assert_string_equal(entries[i].second, expected[i].code);
		assert_int_equal(entries[i].count, expected[i].count);
	}
	assert_int_equal(counts.throttled, 2);
	free(entries);
	tally_fini(&counts.requests);
	call_client_fini(&script.client);
}

static void makes_one_attempt_where_another_would_not_help(void **)
{
	static const struct result results[] = {
		ANSWER(400, "{\"__type\":\"AccessDenied\"}", NULL)};
	struct script script = {0};

	assert_int_equal(run(&script, results, 1), -EREMOTEIO);
	assert_int_equal(script.sleeps, 0);
	assert_int_equal(script.client.retry.tokens, 500);
	call_client_fini(&script.client);
}

static void waits_as_the_service_wishes(void **)
{
	static const struct {
		const char *headers;
		int64_t wait_ms;
	} rows[] = {
		{"x-amz-retry-after: 2000\r\n", 2000},
		{"X-Amz-Retry-After:  501 \r\n", 501},
		{"x-amz-retry-after: 60000\r\n", 5500},
		{"x-amz-retry-after: 99999999999999999999999\r\n", 5500},
		{"x-amz-retry-after: -2000\r\n", 500},
		{"x-amz-retry-after: 2e3\r\n", 500},
		{"x-amz-retry-after:\r\n", 500},
		{"Retry-After: 2\r\n", 2000},
		{"retry-after: 0\r\n", 500},
		{"Retry-After: 120\r\n", 5500},
		{"Retry-After: 99999999999999999999999\r\n", 5500},
		{"Retry-After: 1.5\r\n", 500},
		{"Retry-After: Mon, 23 Nov 2026 14:20:00 GMT\r\n", 500},
		{"Retry-After: 4\r\nx-amz-retry-after: 700\r\n", 700},
		{"x-amz-retry-after: soon\r\nRetry-After: 3\r\n", 3000},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct result results[] = {THROTTLED(rows[i].headers), FINE};
		struct script script = {0};

		assert_int_equal(run(&script, results, 2), 0);
		if (script.slept_ns[0] != rows[i].wait_ms * NS_PER_MS)
			fail_msg("%s: %lld", rows[i].headers,
				 (long long)script.slept_ns[0]);
		call_client_fini(&script.client);
	}
}

static void ends_when_a_wait_is_ended(void **)
{
	static const struct result results[] = {NO_NETWORK};
	struct script script = {.sleep_result = -ECANCELED};

	assert_int_equal(run(&script, results, 1), -ECANCELED);
	assert_int_equal(script.error.kind, ERROR_CANCELED);
	call_client_fini(&script.client);
}

/* The one for the clock is beside those that are counted. */
static void corrects_the_clock_and_keeps_it_so(void **)
{
	static const struct result results[] = {
		SKEWED("Mon, 23 Nov 2026 17:19:57 GMT"), NO_NETWORK, NO_NETWORK,
		ANSWER(200, "", "Date: Mon, 23 Nov 2026 17:20:07 GMT\r\n")};
	static const struct result later[] = {FINE};
	struct script script = {0};

	assert_int_equal(run(&script, results, 4), 0);
	assert_int_equal(script.sleeps, 2);
	assert_int_equal(script.now_s[0], FAKE_TIME_S);
	assert_int_equal(script.now_s[1], FAKE_TIME_S + 10800);
	assert_int_equal(script.now_s[3], FAKE_TIME_S + 10800);
	assert_int_equal(run(&script, later, 1), 0);
	assert_int_equal(script.now_s[0], FAKE_TIME_S + 10810);
	call_client_fini(&script.client);
}

static void corrects_the_clock_once(void **)
{
	static const struct result results[] = {
		SKEWED("Mon, 23 Nov 2026 17:19:57 GMT"),
		SKEWED("Mon, 23 Nov 2026 19:19:57 GMT")};
	struct script script = {0};

	assert_int_equal(run(&script, results, 2), -EREMOTEIO);
	assert_string_equal(script.error.text, "Signature expired");
	assert_int_equal(script.sleeps, 0);
	call_client_fini(&script.client);
}

static void repeats_what_does_something_only_where_nothing_was_done(void **)
{
	const struct result again[] = {{"refused", {0}}, THROTTLED(NULL), FINE};
	const struct result skewed[] = {SKEWED("Mon, 23 Nov 2026 17:19:57 GMT"), FINE};
	const struct result not_again[] = {
		NO_NETWORK, ANSWER(500, "", NULL), ANSWER(503, "<html>", NULL),
		ANSWER(400, "{\"__type\":\"RequestTimeout\"}", NULL)};
	struct script script = {.is_once = true};

	assert_int_equal(run(&script, again, COUNT(again)), 0);
	assert_int_equal(run(&script, skewed, COUNT(skewed)), 0);
	for (size_t i = 0; i < COUNT(not_again); i++) {
		assert_true(run(&script, &not_again[i], 1) < 0);
		assert_int_equal(script.sleeps, 0);
	}
	call_client_fini(&script.client);
}

static void keeps_within_its_deadline(void **)
{
	static const struct result results[] = {NO_NETWORK, NO_NETWORK, NO_NETWORK};
	struct script script = {.deadline_ns = fake_time_ns(NULL) + 3000 * NS_PER_MS};

	assert_int_equal(run(&script, results, 3), -ENOTCONN);
	assert_int_equal(script.total_timeout_ms, 3000);
	/* The first wait would be 25 ms. */
	script.deadline_ns = fake_time_ns(NULL) + 20 * NS_PER_MS;
	assert_int_equal(run(&script, results, 1), -ENOTCONN);
	script.deadline_ns = fake_time_ns(NULL);
	assert_int_equal(run(&script, results, 0), -ETIMEDOUT);
	assert_true(script.error.is_unsent);
	script.deadline_ns = fake_time_ns(NULL) + 3600 * NS_PER_S;
	assert_int_equal(run(&script, results, 3), -ENOTCONN);
	assert_int_equal(script.total_timeout_ms, 0);
	call_client_fini(&script.client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_the_error_alone_when_it_succeeds),
		cmocka_unit_test(reports_the_last_error),
		cmocka_unit_test(counts_each_attempt_by_what_came_of_it),
		cmocka_unit_test(makes_one_attempt_where_another_would_not_help),
		cmocka_unit_test(waits_as_the_service_wishes),
		cmocka_unit_test(ends_when_a_wait_is_ended),
		cmocka_unit_test(corrects_the_clock_and_keeps_it_so),
		cmocka_unit_test(corrects_the_clock_once),
		cmocka_unit_test(
			repeats_what_does_something_only_where_nothing_was_done),
		cmocka_unit_test(keeps_within_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
