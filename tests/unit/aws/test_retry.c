#include <errno.h>

#include "src/aws/retry.h"
#include "src/base/clock.h"
#include "tests/unit/aws_setup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS NS_PER_MS

static double fixed(void *data)
{
	return *(double *)data;
}

static void start(struct retry *retry, enum retry_mode mode, unsigned max_attempts,
		  double *random)
{
	const struct retry_settings settings = {mode, max_attempts};

	retry_init(retry, &settings);
	retry->random = fixed;
	retry->random_data = random;
}

static void knows_what_passes_and_what_stays(void **)
{
	static const struct {
		struct error error;
		enum retry_class class;
	} rows[] = {
		{{.kind = ERROR_NETWORK}, RETRY_TRANSIENT},
		{{.kind = ERROR_TIMEOUT}, RETRY_TRANSIENT},
		{{.kind = ERROR_TLS}, RETRY_NEVER},
		{{.kind = ERROR_CANCELED}, RETRY_NEVER},
		{{.kind = ERROR_CONFIG}, RETRY_NEVER},
		{{.kind = ERROR_CREDENTIALS}, RETRY_NEVER},
		{{.kind = ERROR_MEMORY}, RETRY_NEVER},
		{{.kind = ERROR_RESPONSE, .http_status = 200}, RETRY_NEVER},
		{{.kind = ERROR_SERVICE, .http_status = 400}, RETRY_NEVER},
		{{.kind = ERROR_SERVICE, .http_status = 403, .code = "AccessDenied"},
		 RETRY_NEVER},
		{{.kind = ERROR_SERVICE, .http_status = 501}, RETRY_NEVER},
		{{.kind = ERROR_SERVICE, .http_status = 500}, RETRY_TRANSIENT},
		{{.kind = ERROR_SERVICE, .http_status = 502}, RETRY_TRANSIENT},
		{{.kind = ERROR_SERVICE, .http_status = 503}, RETRY_TRANSIENT},
		{{.kind = ERROR_SERVICE, .http_status = 504}, RETRY_TRANSIENT},
		{{.kind = ERROR_SERVICE, .http_status = 429}, RETRY_THROTTLED},
		{{.kind = ERROR_SERVICE, .http_status = 503, .code = "SlowDown"},
		 RETRY_THROTTLED},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (retry_classify(&rows[i].error) != rows[i].class)
			fail_msg("row %zu: %d", i, (int)retry_classify(&rows[i].error));
}

/* botocore's retries/standard.py; PriorRequestNotComplete is in both of its lists,
 * and its quota asks the throttling one first. */
static void knows_the_codes_of_the_standard_mode(void **)
{
	static const struct {
		const char *code;
		enum retry_class class;
	} rows[] = {
		{"RequestTimeout", RETRY_TRANSIENT},
		{"RequestTimeoutException", RETRY_TRANSIENT},
		{"IDPCommunicationError", RETRY_TRANSIENT},
		{"PriorRequestNotComplete", RETRY_THROTTLED},
		{"Throttling", RETRY_THROTTLED},
		{"ThrottlingException", RETRY_THROTTLED},
		{"ThrottledException", RETRY_THROTTLED},
		{"RequestThrottledException", RETRY_THROTTLED},
		{"TooManyRequestsException", RETRY_THROTTLED},
		{"ProvisionedThroughputExceededException", RETRY_THROTTLED},
		{"TransactionInProgressException", RETRY_THROTTLED},
		{"RequestLimitExceeded", RETRY_THROTTLED},
		{"BandwidthLimitExceeded", RETRY_THROTTLED},
		{"LimitExceededException", RETRY_THROTTLED},
		{"RequestThrottled", RETRY_THROTTLED},
		{"SlowDown", RETRY_THROTTLED},
		{"EC2ThrottledException", RETRY_THROTTLED},
		{"ResourceNotFoundFault", RETRY_NEVER},
		{"throttling", RETRY_NEVER},
		{"", RETRY_NEVER},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error error = {.kind = ERROR_SERVICE, .http_status = 400};

		snprintf(error.code, sizeof(error.code), "%s", rows[i].code);
		if (retry_classify(&error) != rows[i].class)
			fail_msg("%s: %d", rows[i].code, (int)retry_classify(&error));
	}
}

/* The waits before each further attempt at one request, with full tokens. */
static void assert_waits(enum retry_mode mode, enum retry_class class, double random,
			 const int64_t *waits_ns, size_t count)
{
	struct retry retry;
	struct retry_call call = {0};

	start(&retry, mode, RETRY_ATTEMPTS_MAX, &random);
	for (size_t i = 0; i < count; i++) {
		int64_t wait_ns = -1;

		assert_true(retry_next(&retry, &call, class, RETRY_NO_HINT, &wait_ns));
		if (wait_ns != waits_ns[i])
			fail_msg("wait %zu: %lld, not %lld", i + 1, (long long)wait_ns,
				 (long long)waits_ns[i]);
	}
}

static void waits_twice_as_long_each_time_up_to_20_s(void **)
{
	static const int64_t transient[] = {
		50 * MS,   100 * MS,  200 * MS,	  400 * MS,   800 * MS,	 1600 * MS,
		3200 * MS, 6400 * MS, 12800 * MS, 20000 * MS, 20000 * MS};
	static const int64_t throttled[] = {1000 * MS,	2000 * MS,  4000 * MS,
					    8000 * MS,	16000 * MS, 20000 * MS,
					    20000 * MS, 20000 * MS};
	static const int64_t half[] = {25 * MS, 50 * MS, 100 * MS};
	static const int64_t none[] = {0, 0, 0};

	assert_waits(RETRY_STANDARD, RETRY_TRANSIENT, 1, transient, COUNT(transient));
	assert_waits(RETRY_STANDARD, RETRY_THROTTLED, 1, throttled, COUNT(throttled));
	assert_waits(RETRY_ADAPTIVE, RETRY_THROTTLED, 1, throttled, COUNT(throttled));
	assert_waits(RETRY_STANDARD, RETRY_TRANSIENT, 0.5, half, COUNT(half));
	assert_waits(RETRY_STANDARD, RETRY_TRANSIENT, 0, none, COUNT(none));
	assert_waits(RETRY_LEGACY, RETRY_TRANSIENT, 1, throttled, COUNT(throttled));
}

static void draws_random_numbers_from_0_to_1(void **)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	struct retry retry;
	double lowest = 1;
	double highest = 0;

	retry_init(&retry, &settings);
	for (int i = 0; i < 1000; i++) {
		double random = retry.random(retry.random_data);

		lowest = random < lowest ? random : lowest;
		highest = random > highest ? random : highest;
	}
	assert_true(lowest >= 0 && lowest < 0.1);
	assert_true(highest < 1 && highest > 0.9);
}

static void heeds_the_services_wish_within_5_s(void **)
{
	static const struct {
		int64_t hint_ms;
		int64_t wait_ms;
	} rows[] = {
		{RETRY_NO_HINT, 500}, {0, 500},	     {499, 500},
		{501, 501},	      {5499, 5499},  {5500, 5500},
		{5501, 5500},	      {60000, 5500}, {INT64_MAX, 5500},
	};
	double random = 0.5;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct retry_call call = {0};
		struct retry retry;
		int64_t wait_ns = -1;

		start(&retry, RETRY_STANDARD, 3, &random);
		assert_true(retry_next(&retry, &call, RETRY_THROTTLED, rows[i].hint_ms,
				       &wait_ns));
		assert_int_equal(wait_ns, rows[i].wait_ms * MS);
		call = (struct retry_call){0};
		start(&retry, RETRY_LEGACY, 3, &random);
		assert_true(retry_next(&retry, &call, RETRY_THROTTLED, rows[i].hint_ms,
				       &wait_ns));
		assert_int_equal(wait_ns, 500 * MS);
	}
}

static unsigned count_attempts(struct retry *retry, enum retry_class class)
{
	struct retry_call call = {0};
	int64_t wait_ns;
	unsigned attempts = 1;

	while (retry_next(retry, &call, class, RETRY_NO_HINT, &wait_ns))
		attempts++;
	return attempts;
}

static void makes_as_many_attempts_as_are_set(void **)
{
	double random = 0;
	struct retry retry;

	start(&retry, RETRY_STANDARD, 3, &random);
	assert_int_equal(count_attempts(&retry, RETRY_TRANSIENT), 3);
	assert_int_equal(count_attempts(&retry, RETRY_NEVER), 1);
	start(&retry, RETRY_STANDARD, 1, &random);
	assert_int_equal(count_attempts(&retry, RETRY_THROTTLED), 1);
	assert_int_equal(retry.tokens, 500);
	start(&retry, RETRY_LEGACY, 5, &random);
	assert_int_equal(count_attempts(&retry, RETRY_THROTTLED), 5);
	assert_int_equal(retry.tokens, 500);
}

static void drains_the_quota_with_each_further_attempt(void **)
{
	double random = 0;
	struct retry retry;

	start(&retry, RETRY_STANDARD, 3, &random);
	for (unsigned request = 1; request <= 17; request++) {
		assert_int_equal(count_attempts(&retry, RETRY_TRANSIENT), 3);
		assert_int_equal(retry.tokens, 500 - request * 28);
	}
	/* 24 are left: one at 14, and for what is throttled two at 5. */
	assert_int_equal(count_attempts(&retry, RETRY_TRANSIENT), 2);
	assert_int_equal(retry.tokens, 10);
	assert_int_equal(count_attempts(&retry, RETRY_TRANSIENT), 1);
	assert_int_equal(count_attempts(&retry, RETRY_THROTTLED), 3);
	assert_int_equal(retry.tokens, 0);
	assert_int_equal(count_attempts(&retry, RETRY_THROTTLED), 1);
}

static void refills_the_quota_by_what_success_cost(void **)
{
	double random = 0;
	struct retry retry;
	struct retry_call call = {0};
	int64_t wait_ns;

	start(&retry, RETRY_STANDARD, 3, &random);
	retry_succeeded(&retry, &call);
	assert_int_equal(retry.tokens, 500);
	assert_true(
		retry_next(&retry, &call, RETRY_TRANSIENT, RETRY_NO_HINT, &wait_ns));
	assert_true(
		retry_next(&retry, &call, RETRY_THROTTLED, RETRY_NO_HINT, &wait_ns));
	assert_int_equal(retry.tokens, 481);
	retry_succeeded(&retry, &call);
	assert_int_equal(retry.tokens, 486);
	for (unsigned i = 1; i <= 14; i++) {
		retry_succeeded(&retry, &(struct retry_call){0});
		assert_int_equal(retry.tokens, 486 + i);
	}
	retry_succeeded(&retry, &(struct retry_call){0});
	assert_int_equal(retry.tokens, 500);
	retry.tokens = 499;
	retry_succeeded(&retry, &call);
	assert_int_equal(retry.tokens, 500);
}

static void assert_settings(struct aws_setup *setup, enum retry_mode mode,
			    unsigned max_attempts)
{
	struct retry_settings settings = {0};
	int rc = retry_settings_read(setup->profile, &settings, &setup->error);

	assert_string_equal(setup->error.text, "");
	assert_int_equal(rc, 0);
	assert_int_equal(settings.mode, mode);
	assert_int_equal(settings.max_attempts, max_attempts);
}

static void reads_the_mode_and_the_attempts(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\nretry_mode = legacy\n");
	aws_setup_require(setup, NULL, NULL);
	assert_settings(setup, RETRY_LEGACY, 5);
	aws_setup_env(setup, "AWS_RETRY_MODE", "Standard");
	assert_settings(setup, RETRY_STANDARD, 3);
	aws_setup_env(setup, "AWS_RETRY_MODE", "adaptive");
	assert_settings(setup, RETRY_ADAPTIVE, 3);
	aws_setup_write(setup->config, "[default]\nmax_attempts = 7\n");
	aws_setup_env(setup, "AWS_RETRY_MODE", NULL);
	aws_setup_require(setup, NULL, NULL);
	assert_settings(setup, RETRY_STANDARD, 7);
	aws_setup_env(setup, "AWS_MAX_ATTEMPTS", "1");
	assert_settings(setup, RETRY_STANDARD, 1);
}

static void assert_refused(struct aws_setup *setup, const char *text)
{
	struct retry_settings settings;

	assert_int_equal(retry_settings_read(setup->profile, &settings, &setup->error),
			 -EINVAL);
	assert_contains(setup->error.text, text);
}

static void names_the_source_of_a_bad_setting(void **state)
{
	static const char *const bad[] = {
		"0", "-1", "+3", "3.0", "3 ", "three", "1001", "99999999999999999999"};
	struct aws_setup *setup = *state;
	char text[96];

	aws_setup_write(setup->config,
			"[default]\nretry_mode = eager\nmax_attempts = many\n");
	aws_setup_require(setup, NULL, NULL);
	assert_refused(setup, "'eager' (retry_mode of profile default in ");
	aws_setup_env(setup, "AWS_RETRY_MODE", "eternal");
	assert_refused(setup,
		       "'eternal' (AWS_RETRY_MODE) is not a retry mode; it must be "
		       "standard, adaptive or legacy");
	aws_setup_env(setup, "AWS_RETRY_MODE", "standard");
	assert_refused(setup, "'many' (max_attempts of profile default in ");
	for (size_t i = 0; i < COUNT(bad); i++) {
		aws_setup_env(setup, "AWS_MAX_ATTEMPTS", bad[i]);
		snprintf(text, sizeof(text),
			 "'%s' (AWS_MAX_ATTEMPTS) is not a number of attempts; it must "
			 "be "
			 "1 to 1000",
			 bad[i]);
		assert_refused(setup, text);
	}
}

static void tells_the_longest_that_all_waits_may_take(void **)
{
	static const struct {
		unsigned attempts;
		int64_t seconds;
	} rows[] = {
		{1, 0}, {3, 1 + 2 + 2 * 5}, {8, 1 + 2 + 4 + 8 + 16 + 20 + 20 + 7 * 5}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(retry_longest_waits_ns(&(struct retry_settings){
					 RETRY_STANDARD, rows[i].attempts}),
				 rows[i].seconds * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_passes_and_what_stays),
		cmocka_unit_test(knows_the_codes_of_the_standard_mode),
		cmocka_unit_test(waits_twice_as_long_each_time_up_to_20_s),
		cmocka_unit_test(draws_random_numbers_from_0_to_1),
		cmocka_unit_test(heeds_the_services_wish_within_5_s),
		cmocka_unit_test(makes_as_many_attempts_as_are_set),
		cmocka_unit_test(drains_the_quota_with_each_further_attempt),
		cmocka_unit_test(refills_the_quota_by_what_success_cost),
		AWS_SETUP_TEST(reads_the_mode_and_the_attempts),
		AWS_SETUP_TEST(names_the_source_of_a_bad_setting),
		cmocka_unit_test(tells_the_longest_that_all_waits_may_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
