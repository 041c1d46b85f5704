#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/digits.h"

static void reads_the_forms_that_services_write(void **)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-23T14:19:57Z", 1795443597},
		{"2026-11-23t14:19:57z", 1795443597},
		{"2026-11-23 14:19:57", 1795443597},
		{"2026-11-23T14:19:57.123456Z", 1795443597},
		{"2026-11-23T15:19:57+01:00", 1795443597},
		{"2026-11-23T08:49:57-0530", 1795443597},
		{"2026-11-23T14:19:57.5+00:00", 1795443597},
		{"2026-11-23T14:19:57UTC", 1795443597},
		{"2026-11-23 14:19:57 UTC", 1795443597},
		{"2026-11-23T14:19:57.25GMT", 1795443597},
		{"2026-11-23T15:19:57 +0100", 1795443597},
		{"2026-11-23T15:19:57+01", 1795443597},
		{"2026-11-23T14:19Z", 1795443540},
		{"2026-11-23 14:19 UTC", 1795443540},
		{"20261123T141957Z", 1795443597},
		{"Mon, 23 Nov 2026 14:19:57 GMT", 1795443597},
		{"Mon, 23 Nov 2026 15:19:57 +0100", 1795443597},
		{"23 Nov 2026 14:19:57 UTC", 1795443597},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = -1;

		assert_true(timestamp_parse(rows[i].text, &seconds));
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void refuses_everything_else(void **)
{
	static const char *const texts[] = {
		"",
		"soon",
		"1795443597",
		"2026-11-23",
		"2026-13-23T14:19:57Z",
		"2026-11-23T25:19:57Z",
		" 2026-11-23T14:19:57Z",
		"2026-11-23T14:19:57ZZ",
		"2026-11-23T14:19:57.Z",
		"2026-11-23T14:19:57+1:00",
		"2026-11-23T14:19:57+24:00",
		"2026-11-23T14:19:57PST",
		"2026-11-23T14:19:57 UTC+1",
		"2026-11-23T14:19:57+",
		"2026-11-23T14:19:57+01:",
		"2026-11-23T14:1Z",
		"2026-11-23T14Z",
		"2026-11-23T14:19:5Z",
		"20261123T1419Z",
		"Mon, 23 Nov 2026",
		"Mon, 23 Foo 2026 14:19:57 GMT",
		"Mon, 2026-11-23T14:19:57ZZ",
		"23-Nov-26 14:19:57 GMT",
		"+026-11-23T14:19:57Z",
		"2026-1-23T14:19:57Z0",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int64_t seconds;

		if (timestamp_parse(texts[i], &seconds))
			fail_msg("'%s' was read as %lld", texts[i], (long long)seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_forms_that_services_write),
		cmocka_unit_test(refuses_everything_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
