#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/dms/marker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "" stands for what only parsing can tell. */
struct row {
	const char *body;
	const char *marker;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *marker = NULL;
		size_t len = marker_find(rows[i].body, strlen(rows[i].body), &marker);

		if (len != strlen(rows[i].marker) ||
		    (len > 0 && memcmp(marker, rows[i].marker, len) != 0))
			fail_msg("%s: \"%.*s\" in place of \"%s\"", rows[i].body,
				 (int)len, len > 0 ? marker : "", rows[i].marker);
	}
}

static void finds_the_marker_at_either_end(void **)
{
	static const struct row rows[] = {
		{"{\"Connections\":[{}],\"Marker\":\"m\"}", "m"},
		{"{\"Marker\":\"m 1\",\"Connections\":[{}]}", "m 1"},
		{"{\"Marker\":\"m\"}", "m"},
		{" \n{ \"Connections\" : [ ] ,\t\"Marker\" : \"m\" } \r\n", "m"},
		{" { \"Marker\" : \"m\" , \"Connections\" : [ ] }", "m"},
		{"{\"Connections\":[{\"A\":\"\\\\\"}],\"Marker\":\"m\"}", "m"},
	};

	assert_rows(rows, COUNT(rows));
}

static void takes_no_text_for_the_marker(void **)
{
	static const struct row rows[] = {
		{"{\"A\":\"\\\"Marker\\\":\\\"x\"}", ""},
		{"{\"A\":\",\\\"Marker\\\":\\\"x\\\"}\"}", ""},
		{"{\"A\":{\"Marker\":\"x\"}}", ""},
		{"[{\"Marker\":\"x\"}]", ""},
		{"{\"NextMarker\":\"x\"}", ""},
		{"{\"A\":\"Marker\"}", ""},
		{"{\"A\":[\"Marker\",\"x\"]}", ""},
	};

	assert_rows(rows, COUNT(rows));
}

static void leaves_to_parsing_what_it_cannot_tell(void **)
{
	static const struct row rows[] = {
		{"", ""},
		{"{", ""},
		{"}", ""},
		{"\"}", ""},
		{"m\"}", ""},
		{"\"m\"}", ""},
		{":\"m\"}", ""},
		{"\"Marker\":\"m\"}", ""},
		{"{\"Marker\"", ""},
		{"{\"Marker\":\"m", ""},
		{"{\"Connections\":[]}", ""},
		{"{\"Connections\":[],\"Marker\":\"\"}", ""},
		{"{\"Connections\":[],\"Marker\":null}", ""},
		{"{\"Connections\":[],\"Marker\":\"a\\/b\"}", ""},
		{"{\"Connections\":[],\"Marker\":\"a\\\"b\"}", ""},
		{"{\"Marker\":\"a\\u0041\",\"Connections\":[]}", ""},
		{"{\"Connections\":[],\"Marker\":\"\xC3\xA9\"}", ""},
		{"{\"Connections\":[],\"Marker\":\"m\",\"Other\":1}", ""},
	};

	assert_rows(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_marker_at_either_end),
		cmocka_unit_test(takes_no_text_for_the_marker),
		cmocka_unit_test(leaves_to_parsing_what_it_cannot_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
