#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/aws/clock_skew.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REMOTE_S INT64_C(1795443597)
#define REMOTE "Mon, 23 Nov 2026 14:19:57 GMT"

static int64_t read_time(void *data)
{
	return *(int64_t *)data * NS_PER_S + 1;
}

static int note_sleep(void *data, int64_t ns)
{
	*(int64_t *)data = ns;
	return -7;
}

static void note_wait(void *data, int64_t until_ns, int wake)
{
	*(int64_t *)data = until_ns + wake;
}

static void start(struct clock_skew *skew, int64_t *local_s)
{
	const struct clock clock = {
		.data = local_s,
		.realtime_ns = read_time,
		.boottime_ns = read_time,
		.sleep = note_sleep,
		.wait = note_wait,
	};

	clock_skew_init(skew, &clock);
}

static bool correct(struct clock_skew *skew, const char *date, const char *code)
{
	struct error error = {.kind = ERROR_SERVICE, .http_status = 403};
	struct http_response response = {0};
	char headers[128];

	snprintf(error.code, sizeof(error.code), "%s", code);
	snprintf(headers, sizeof(headers), "HTTP/1.1 403 X\r\nDATE: %s\r\n\r\n", date);
	response.headers = headers;
	return clock_skew_correct(skew, &response, &error);
}

/* When the local clock is @off_s ahead of REMOTE. */
static void follow(struct clock_skew *skew, int64_t off_s, const char *date)
{
	struct http_response response = {0};
	char headers[128];

	snprintf(headers, sizeof(headers), "HTTP/1.1 200 X\r\ndate: %s\r\n\r\n", date);
	response.headers = headers;
	*(int64_t *)skew->clock.data = REMOTE_S + off_s;
	clock_skew_follow(skew, &response);
}

static void corrects_what_is_off_by_more_than_4_minutes(void **)
{
	static const struct {
		int64_t off_s;
		bool is_corrected;
	} rows[] = {
		{0, false},	{240, false},	   {-240, false},     {241, true},
		{-241, true},	{600, true},	   {-600, true},      {10800, true},
		{-10800, true}, {-REMOTE_S, true}, {315360000, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t local_s = REMOTE_S + rows[i].off_s;
		struct clock_skew skew;

		start(&skew, &local_s);
		assert_int_equal(clock_skew_now_s(&skew), local_s);
		if (correct(&skew, REMOTE, "RequestTimeTooSkewed") !=
		    rows[i].is_corrected)
			fail_msg("off by %lld s", (long long)rows[i].off_s);
		assert_int_equal(clock_skew_now_s(&skew),
				 rows[i].is_corrected ? REMOTE_S : local_s);
		/* Known now: it is no reason for another attempt. */
		assert_false(correct(&skew, REMOTE, "RequestTimeTooSkewed"));
	}
}

static void corrects_for_the_codes_that_may_mean_the_time(void **)
{
	static const struct {
		const char *code;
		bool is_corrected;
	} rows[] = {
		{"RequestTimeTooSkewed", true},
		{"RequestExpired", true},
		{"RequestInTheFuture", true},
		{"InvalidSignatureException", true},
		{"SignatureDoesNotMatch", true},
		{"InvalidSignature", true},
		{"AccessDeniedException", false},
		{"ExpiredTokenException", false},
		{"", false},
	};
	int64_t local_s = REMOTE_S + 3600;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct clock_skew skew;

		start(&skew, &local_s);
		if (correct(&skew, REMOTE, rows[i].code) != rows[i].is_corrected)
			fail_msg("'%s'", rows[i].code);
	}
}

static void takes_only_a_date_for_a_date(void **)
{
	static const char *const dates[] = {
		"",	    "soon",
		"0",	    "Thu, 01 Jan 1970 00:00:00 GMT",
		"99999999", "Mon, 23 Nov 9999 14:19:57 GMT",
	};
	int64_t local_s = REMOTE_S + 3600;
	struct error error = {.kind = ERROR_SERVICE, .code = "RequestExpired"};
	struct http_response response = {0};
	struct clock_skew skew;

	start(&skew, &local_s);
	for (size_t i = 0; i < COUNT(dates); i++)
		if (correct(&skew, dates[i], "RequestExpired"))
			fail_msg("'%s' was taken", dates[i]);
	assert_false(clock_skew_correct(&skew, &response, &error));
	assert_int_equal(skew.offset_s, 0);
}

static void follows_a_clock_that_is_set_right(void **)
{
	int64_t local_s = REMOTE_S + 600;
	struct clock_skew skew;

	start(&skew, &local_s);
	follow(&skew, 600, REMOTE);
	assert_int_equal(skew.offset_s, 0);
	assert_true(correct(&skew, REMOTE, "RequestExpired"));
	assert_int_equal(skew.offset_s, -600);
	follow(&skew, 615, REMOTE);
	assert_int_equal(skew.offset_s, -615);
	follow(&skew, 615, "nonsense");
	assert_int_equal(skew.offset_s, -615);
	follow(&skew, 2, REMOTE);
	assert_int_equal(skew.offset_s, 0);
}

static void drops_a_correction_that_became_wrong(void **)
{
	int64_t local_s = REMOTE_S + 600;
	struct clock_skew skew;

	start(&skew, &local_s);
	assert_true(correct(&skew, REMOTE, "RequestExpired"));
	local_s = REMOTE_S;
	assert_true(correct(&skew, REMOTE, "RequestExpired"));
	assert_int_equal(clock_skew_now_s(&skew), REMOTE_S);
	assert_int_equal(skew.offset_s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corrects_what_is_off_by_more_than_4_minutes),
		cmocka_unit_test(corrects_for_the_codes_that_may_mean_the_time),
		cmocka_unit_test(takes_only_a_date_for_a_date),
		cmocka_unit_test(follows_a_clock_that_is_set_right),
		cmocka_unit_test(drops_a_correction_that_became_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
