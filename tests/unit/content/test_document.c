#include "fs/content/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX 4096

static void render(const struct connection *connection, char text[TEXT_MAX])
{
	size_t len = document_render(connection, text, TEXT_MAX - 1);

	assert_true(len < TEXT_MAX);
	text[len] = '\0';
}

static void shows_the_fields_in_their_order(void **)
{
	static const char message[] =
		"Test Endpoint failed: Application-Status: 1020912\n"
		"second line of the message\n"
		"\n"
		"a line after an empty one\n\n";
	const struct connection connection = {
		.field = {"failed", "oracle-src", "arn:aws:dms:us-east-1:1:endpoint:ZW",
			  "orders-prod", "arn:aws:dms:us-east-1:1:rep:6U", message}};
	char text[TEXT_MAX];

	render(&connection, text);
	assert_string_equal(text,
			    "Status: failed\n"
			    "EndpointIdentifier: oracle-src\n"
			    "EndpointArn: arn:aws:dms:us-east-1:1:endpoint:ZW\n"
			    "ReplicationInstanceIdentifier: orders-prod\n"
			    "ReplicationInstanceArn: arn:aws:dms:us-east-1:1:rep:6U\n"
			    "LastFailureMessage: Test Endpoint failed: "
			    "Application-Status: 1020912\n"
			    " second line of the message\n"
			    " .\n"
			    " a line after an empty one\n");
}

static void leaves_out_what_is_absent_or_empty(void **)
{
	const struct connection connection = {
		.field = {NULL, "e", "", "\n\r\n\n", NULL, NULL}};
	const struct connection nothing = {.field = {NULL}};
	char text[TEXT_MAX];

	render(&connection, text);
	assert_string_equal(text, "EndpointIdentifier: e\n");
	assert_int_equal(document_size(&nothing), 0);
}

static void writes_a_value_safely(void **)
{
	static const struct {
		const char *value;
		const char *text;
	} cases[] = {
		{"plain", "V: plain\n"},
		{"caf\xC3\xA9 \xF0\x9F\x98\x80", "V: caf\xC3\xA9 \xF0\x9F\x98\x80\n"},
		/* ends of line */
		{"a\r\nb\r\n", "V: a\n b\n"},
		{"a\n\n\nb", "V: a\n .\n .\n b\n"},
		{"a\r", "V: a\\x0D\n"},
		{"a\rb", "V: a\\x0Db\n"},
		{"a\r\r\nb\r\r\n", "V: a\\x0D\n b\\x0D\n"},
		{"a\n\r", "V: a\n \\x0D\n"},
		/* blanks */
		{"a\tb\t", "V: a\tb\t\n"},
		{"  a  ", "V:   a  \n"},
		{" ", "V:  \n"},
		{"a\n  b", "V: a\n   b\n"},
		{"a\n \t\nb", "V: a\n .\n b\n"},
		{"a\n ", "V: a\n .\n"},
		{"\na", "V:\n a\n"},
		{"\r\n\na", "V:\n .\n a\n"},
		/* dots */
		{".", "V: .\n"},
		{"a\n.\nb", "V: a\n \\x2E\n b\n"},
		{"a\n..\n .\n.b", "V: a\n ..\n  .\n .b\n"},
		/* forgeries */
		{"a\nStatus: successful", "V: a\n Status: successful\n"},
		{"a\n\nStatus: successful", "V: a\n .\n Status: successful\n"},
		{"a\x0BStatus: x\x0C", "V: a\\x0BStatus: x\\x0C\n"},
		/* control characters, one of each kind */
		{"\x1B[31m", "V: \\x1B[31m\n"},
		{"\x7F", "V: \\x7F\n"},
		{"\xC2\x9B"
		 "2J",
		 "V: \\xC2\\x9B2J\n"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{"\xE2\x80\xAE"
		 "cod.exe",
		 "V: \\xE2\\x80\\xAEcod.exe\n"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{"\xE2\x81\xA6", "V: \\xE2\\x81\\xA6\n"},
		/* not UTF-8, and the internal pairs */
		{"caf\xE9!", "V: caf\\xE9!\n"},
		{"\xED\xA0\x80", "V: \\xED\\xA0\\x80\n"},
		{"\xC3\nb", "V: \\xC3\n b\n"},
		{"a\xFF\x01"
		 "b",
		 "V: a\\x00b\n"},
		{"\xFF\xFF", "V: \\xFF\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TEXT_MAX] = "";
		struct document_sink sink = {.out = text, .size = sizeof(text) - 1};

		document_field(&sink, "V", cases[i].value);
		assert_int_equal(sink.len, strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
}

/* Every field is written by the one rule. */
static void lets_no_field_forge_another(void **)
{
	size_t i;

	for (i = 0; i < CONNECTION_FIELDS; i++) {
		struct connection connection = {.field = {NULL}};
		char text[TEXT_MAX];
		char expected[TEXT_MAX];

		connection.field[i] = "x\nStatus: successful\x1B";
		render(&connection, text);
		snprintf(expected, sizeof(expected),
			 "%s: x\n Status: successful\\x1B\n",
			 connection_field_name((enum connection_field)i));
		assert_string_equal(text, expected);
	}
}

static void reads_nothing_at_the_end_and_beyond(void **)
{
	const struct connection connection = {.field = {"failed"}};
	char out[4] = "abc";

	assert_int_equal(document_size(&connection), 15);
	assert_int_equal(document_read(&connection, out, sizeof(out), 15), 0);
	assert_int_equal(document_read(&connection, out, sizeof(out), 1 << 30), 0);
	assert_int_equal(document_read(&connection, out, sizeof(out), -1), 0);
	assert_int_equal(document_read(&connection, out, 0, 3), 0);
	assert_string_equal(out, "abc");
	assert_int_equal(document_read(&connection, out, sizeof(out), 13), 2);
	assert_memory_equal(out, "d\n", 2);
}

/*
 * Values of hostile pieces, put together as the rule says what each of them must
 * come out as: a list of lines, the way a reader of deb822 sees them.
 */
struct value {
	char raw[512];
	char lines[64][256];
	size_t line_count; /* 0: the field is left out */
};

static void append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	assert_true(strlen(more) < size - len);
	memcpy(text + len, more, strlen(more) + 1);
}

static void begin_line(struct value *value, const char *end_of_line)
{
	append(value->raw, sizeof(value->raw), end_of_line);
	value->lines[value->line_count++][0] = '\0';
}

static void make_value(struct value *value)
{
	static const struct {
		const char *raw;
		const char *shown;
	} pieces[] = {
		{"a", "a"},
		{".", "."},
		{" ", " "},
		{"\t", "\t"},
		{":", ":"},
		{"\\", "\\"},
		{"#", "#"},
		{"Status: failed", "Status: failed"},
		{"\xC3\xA9", "\xC3\xA9"},
		{"\xE2\x82\xAC", "\xE2\x82\xAC"},
		{"\x1B", "\\x1B"},
		{"\x7F", "\\x7F"},
		{"\xC2\x85", "\\xC2\\x85"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{"\xE2\x80\xAA", "\\xE2\\x80\\xAA"},
		{"\xFE", "\\xFE"},
		{"\xF0\x90z", "\\xF0\\x90z"},
		{"\xFF\x01", "\\x00"},
		{"\rz", "\\x0Dz"},
	};
	size_t i, count = (size_t)random() % 24;

	value->raw[0] = '\0';
	value->line_count = 0;
	begin_line(value, "");
	for (i = 0; i < count; i++) {
		size_t piece = (size_t)random() %
			       (2 * sizeof(pieces) / sizeof(pieces[0]));

		if (piece < sizeof(pieces) / sizeof(pieces[0])) {
			append(value->raw, sizeof(value->raw), pieces[piece].raw);
			append(value->lines[value->line_count - 1],
			       sizeof(value->lines[0]), pieces[piece].shown);
		} else {
			begin_line(value, random() % 2 ? "\n" : "\r\n");
		}
	}
	while (value->line_count > 0 && value->lines[value->line_count - 1][0] == '\0')
		value->line_count--;
}

/* What a reader gets for line @index: blank lines are empty, a lone dot is not. */
static const char *expected_line(const struct value *value, size_t index)
{
	const char *line = value->lines[index];

	if (index == 0)
		return line + strspn(line, " \t"); /* readers strip it */
	if (line[strspn(line, " \t")] == '\0')
		return "";
	return strcmp(line, ".") == 0 ? "\\x2E" : line;
}

/* Reads one field as deb822 has it and compares; returns where the next begins. */
static char *check_field(char *text, const char *name, const struct value *value)
{
	size_t i;

	for (i = 0; i < value->line_count; i++) {
		char *end = strchr(text, '\n');

		assert_non_null(end);
		*end = '\0';
		if (i == 0) {
			assert_memory_equal(text, name, strlen(name));
			text += strlen(name);
			assert_int_equal(*text++, ':');
			text += strspn(text, " \t");
		} else {
			assert_int_equal(*text++, ' ');
			if (strcmp(text, ".") == 0)
				text++;
			else
				assert_true(text[strspn(text, " \t")] != '\0');
		}
		assert_string_equal(text, expected_line(value, i));
		text = end + 1;
	}
	return text;
}

static void a_reader_gets_back_any_value(void **)
{
	static struct value values[CONNECTION_FIELDS];
	int round;

	srandom(6);
	for (round = 0; round < 5000; round++) {
		struct connection connection;
		static char text[8 * TEXT_MAX];
		char *at = text;
		size_t i, len;

		for (i = 0; i < CONNECTION_FIELDS; i++) {
			make_value(&values[i]);
			connection.field[i] = values[i].raw;
		}
		len = document_render(&connection, text, sizeof(text) - 1);
		assert_true(len < sizeof(text));
		text[len] = '\0';
		assert_int_equal(strlen(text), len);
		for (i = 0; i < CONNECTION_FIELDS; i++)
			at = check_field(
				at, connection_field_name((enum connection_field)i),
				&values[i]);
		assert_string_equal(at, "");
	}
}

/* Each slice has a buffer of its very size, so that a sanitizer sees more. */
static void a_slice_is_the_part_of_the_whole(void **)
{
	static struct value value;
	int round;

	srandom(7);
	for (round = 0; round < 3000; round++) {
		struct connection connection = {.field = {"failed", "e"}};
		char whole[TEXT_MAX];
		size_t offset, size, expected, len;
		char *slice = NULL;

		make_value(&value);
		connection.field[CONNECTION_LAST_FAILURE_MESSAGE] = value.raw;
		len = document_render(&connection, whole, sizeof(whole));
		assert_int_equal(document_size(&connection), len);
		offset = (size_t)random() % (len + 10);
		size = (size_t)random() % (len + 10);
		slice = malloc(size + 1);
		assert_non_null(slice);
		slice[size] = '!';
		expected = offset >= len ? 0 : len - offset;
		if (expected > size)
			expected = size;
		assert_int_equal(document_read(&connection, slice, size, (off_t)offset),
				 expected);
		assert_memory_equal(slice, whole + (offset < len ? offset : 0),
				    expected);
		assert_int_equal(slice[size], '!');
		assert_int_equal(document_render(&connection, slice, size), len);
		assert_int_equal(slice[size], '!');
		free(slice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_the_fields_in_their_order),
		cmocka_unit_test(leaves_out_what_is_absent_or_empty),
		cmocka_unit_test(writes_a_value_safely),
		cmocka_unit_test(lets_no_field_forge_another),
		cmocka_unit_test(reads_nothing_at_the_end_and_beyond),
		cmocka_unit_test(a_reader_gets_back_any_value),
		cmocka_unit_test(a_slice_is_the_part_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
