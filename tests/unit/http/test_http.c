#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/http/http.h"

static char lines[] = "HTTP/1.1 200 OK\r\n"
		      "Content-Type: application/x-amz-json-1.1\r\n"
		      "X-Amzn-RequestId:  \t6f2c \t\r\n"
		      "x-amzn-requestid: the second\r\n"
		      "Empty:\r\n"
		      "Date:Mon, 23 Nov 2026 14:19:57 GMT\r\n"
		      "\r\n";

static const struct {
	const char *name;
	const char *value; /* NULL: there is none */
} headers[] = {
	{"Content-Type", "application/x-amz-json-1.1"},
	{"content-type", "application/x-amz-json-1.1"},
	{"x-amzn-RequestId", "6f2c"},
	{"Empty", ""},
	{"date", "Mon, 23 Nov 2026 14:19:57 GMT"},
	{"Content", NULL},
	{"Content-Type:", NULL},
	{"Location", NULL},
	{"HTTP/1.1 200 OK", NULL},
};

static void finds_the_first_header_of_a_name_in_any_case(void **)
{
	const struct http_response response = {.headers = lines};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		char value[64] = "unchanged";
		bool is_found = http_response_header(&response, headers[i].name, value,
						     sizeof(value));

		assert_int_equal(is_found, headers[i].value != NULL);
		assert_string_equal(value,
				    headers[i].value ? headers[i].value : "unchanged");
	}
}

static void cuts_a_header_value_that_does_not_fit(void **)
{
	const struct http_response response = {.headers = lines};
	char value[5];

	assert_true(http_response_header(&response, "date", value, sizeof(value)));
	assert_string_equal(value, "Mon,");
}

static void reads_a_last_line_without_its_end(void **)
{
	char unfinished[] = "HTTP/1.1 200 OK\r\nA: b";
	const struct http_response response = {.headers = unfinished};
	char value[8];

	assert_true(http_response_header(&response, "a", value, sizeof(value)));
	assert_string_equal(value, "b");
}

static void has_no_header_without_an_response(void **)
{
	const struct http_response response = {0};
	char value[8];

	assert_false(http_response_header(&response, "a", value, sizeof(value)));
}

static void clears_a_response_and_takes_a_cleared_one(void **)
{
	struct http_response response = {
		.status = 200,
		.body = strdup("secret"),
		.body_len = strlen("secret"),
		.headers = strdup("HTTP/1.1 200 OK\r\n"),
	};

	http_response_fini(&response);
	http_response_fini(&response);
	assert_null(response.body);
	assert_null(response.headers);
	assert_int_equal(response.status, 0);
	assert_int_equal(response.body_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_header_of_a_name_in_any_case),
		cmocka_unit_test(cuts_a_header_value_that_does_not_fit),
		cmocka_unit_test(reads_a_last_line_without_its_end),
		cmocka_unit_test(has_no_header_without_an_response),
		cmocka_unit_test(clears_a_response_and_takes_a_cleared_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
