#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "src/base/error.h"

static void returns_the_errno_of_each_kind(void **)
{
	static const struct {
		enum error_kind kind;
		int rc;
	} rows[] = {
		{ERROR_CONFIG, -EINVAL},      {ERROR_CREDENTIALS, -EACCES},
		{ERROR_NETWORK, -ENOTCONN},   {ERROR_TIMEOUT, -ETIMEDOUT},
		{ERROR_TLS, -EPROTO},	      {ERROR_SERVICE, -EREMOTEIO},
		{ERROR_RESPONSE, -EBADMSG},   {ERROR_MEMORY, -ENOMEM},
		{ERROR_CANCELED, -ECANCELED},
	};
	struct error error = {0};

	assert_int_equal(error_result(&error), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(error_set(NULL, rows[i].kind, "x"), rows[i].rc);
		assert_int_equal(error_set(&error, rows[i].kind, "x"), rows[i].rc);
		assert_int_equal(error_result(&error), rows[i].rc);
		assert_int_equal(error.kind, rows[i].kind);
	}
}

static void clears_what_an_earlier_error_left(void **)
{
	struct error error = {
		.http_status = 400, .code = "Old", .request_id = "old-id"};

	error_set(&error, ERROR_NETWORK, "%s", error.code);
	assert_string_equal(error.text, "Old");
	assert_string_equal(error.code, "");
	assert_string_equal(error.request_id, "");
	assert_int_equal(error.http_status, 0);
}

static void escapes_what_could_drive_a_terminal(void **)
{
	static const struct {
		const char *text;
		const char *shown;
	} rows[] = {
		{"plain \\ text", "plain \\ text"},
		{"a\nb\tc\r", "a\\x0Ab\\x09c\\x0D"},
		{"\033[2J\177", "\\x1B[2J\\x7F"},
		{"\xC2\x9B"
		 "1m",
		 "\\xC2\\x9B1m"},
		{"\xE2\x81\xA6-\xE2\x81\xA9", "\\xE2\\x81\\xA6-\\xE2\\x81\\xA9"},
		{"Z\xC3\xBCrich", "Z\xC3\xBCrich"},
		{"\xC3(", "\\xC3("},
	};
	struct error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		error_set(&error, ERROR_SERVICE, "%s", rows[i].text);
		assert_string_equal(error.text, rows[i].shown);
	}
}

static void cuts_a_long_text_between_characters(void **)
{
	char text[2 * sizeof(((struct error *)NULL)->text)];
	struct error error;

	/* Two bytes each: 1023 bytes have room for 511 of them. */
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xBC", 3);
	error_set(&error, ERROR_SERVICE, "%s", text);
	assert_int_equal(strlen(error.text), 1022);
	/* Four bytes each, as \x01: room for 255. */
	memset(text, 1, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&error, ERROR_SERVICE, "%s", text);
	assert_int_equal(strlen(error.text), 1020);
}

static void keeps_everything_else_when_prefixed(void **)
{
	struct error error;

	error_set(&error, ERROR_SERVICE, "Rate exceeded");
	snprintf(error.code, sizeof(error.code), "ThrottlingException");
	error_prefix(&error, "page %d: ", 3);
	assert_string_equal(error.text, "page 3: Rate exceeded");
	assert_string_equal(error.code, "ThrottlingException");
	assert_int_equal(error_result(&error), -EREMOTEIO);
	error_prefix(NULL, "x");
}

static void knows_the_same_failure_whatever_its_text(void **)
{
	const struct error one = {.kind = ERROR_SERVICE,
				  .http_status = 400,
				  .code = "ExpiredTokenException",
				  .request_id = "1",
				  .text = "expired at 12:00:01"};
	struct error other = one;

	snprintf(other.text, sizeof(other.text), "expired at 12:00:02");
	snprintf(other.request_id, sizeof(other.request_id), "2");
	assert_true(error_is_same(&one, &other));
	other.http_status = 403;
	assert_false(error_is_same(&one, &other));
	other = one;
	other.kind = ERROR_CREDENTIALS;
	assert_false(error_is_same(&one, &other));
	other = one;
	other.code[0] = '\0';
	assert_false(error_is_same(&one, &other));
}

static void formats_the_parts_that_there_are(void **)
{
	static const struct {
		struct error error;
		const char *line;
	} rows[] = {
		{{.code = "Code", .text = "text", .request_id = "id"},
		 "Code: text (request id id)"},
		{{.text = "text"}, "text"},
		{{.code = "Code"}, "Code"},
		{{.code = "a\nb", .text = "text"}, "a\\x0Ab: text"},
	};
	char line[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(error_format(&rows[i].error, line, sizeof(line)),
				    rows[i].line);
}

static void stays_within_a_small_buffer(void **)
{
	const struct error error = {.text = "a text", .code = "Code"};
	char line[6] = "12345";

	error_format(&error, line, 5);
	assert_string_equal(line, "Code");
	assert_int_equal(line[5], '\0');
	error_format(&error, line, 1);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_errno_of_each_kind),
		cmocka_unit_test(clears_what_an_earlier_error_left),
		cmocka_unit_test(escapes_what_could_drive_a_terminal),
		cmocka_unit_test(cuts_a_long_text_between_characters),
		cmocka_unit_test(keeps_everything_else_when_prefixed),
		cmocka_unit_test(knows_the_same_failure_whatever_its_text),
		cmocka_unit_test(formats_the_parts_that_there_are),
		cmocka_unit_test(stays_within_a_small_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
