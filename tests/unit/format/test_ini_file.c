#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "src/format/ini_file.h"

static struct ini_file *parse(const char *text)
{
	struct ini_file *file = NULL;
	struct error error = {0};
	int rc = ini_file_parse(text, strlen(text), "FILE", &file, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(rc, 0);
	return file;
}

/* Expected values are what botocore.configloader.load_config() gives. */
static void reads_values_as_botocore_does(void **)
{
	static const struct {
		const char *text, *section, *key, *child, *value;
	} rows[] = {
		{"[a]\nk=v", "a", "k", NULL, "v"},
		{"[a]\r\nk = v \r\n", "a", "k", NULL, "v"},
		{"[a]\rk=v\r", "a", "k", NULL, "v"},
		{"\xEF\xBB\xBF[a]\nk=v", "a", "k", NULL, "v"},
		{"[a]\nk: v", "a", "k", NULL, "v"},
		{"[a]\nk = v = w", "a", "k", NULL, "v = w"},
		{"[a]\nKey=v", "a", "key", NULL, "v"},
		{"[a]\nk=", "a", "k", NULL, ""},
		{"# c\n; c\n[a] ; c\n  # c\nk=v", "a", "k", NULL, "v"},
		{"[a]\nk=v # no comment ; either", "a", "k", NULL,
		 "v # no comment ; either"},
		{"[a]\n  k=v\n  l=w", "a", "l", NULL, "w"},
		{"[a]\nk=v\n  w\n\n  x\n\nl=y", "a", "k", NULL, "v\nw\n\nx"},
		{"[a]\nk=v\n  # c\n  w", "a", "k", NULL, "v\nw"},
		{"[a]\nk =\n  x = 1\n  Y=2 = 3\n", "a", "k", "Y", "2 = 3"},
		{"[a]\nk =\n  x = 1\n  x = 2", "a", "k", "x", "2"},
		{"[a]\nk =\n  x = 1", "a", "k", NULL, NULL},
		{"[a]\nk =\n\n    x = 1\n  y = 2", "a", "k", "y", "2"},
		{"[a]\nk=v\n  [b]\n", "a", "k", NULL, "v\n[b]"},
		{"[a b] [c]\nk=v", "a b] [c", "k", NULL, "v"},
		{"[ a ]\nk=v", "a", "k", NULL, NULL},
		{"[ a ]\nk=v", " a ", "k", NULL, "v"},
		{"[DEFAULT]\nk=v\n[a]\n", "a", "k", NULL, "v"},
		{"[DEFAULT]\nk=v\n[a]\nk=w\n", "a", "k", NULL, "w"},
		{"[DEFAULT]\nk=v\n", "a", "k", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ini_file *file = parse(rows[i].text);
		const char *value = ini_file_get(file, rows[i].section, rows[i].key,
						 rows[i].child);

		if ((value != NULL) != (rows[i].value != NULL) ||
		    (value && strcmp(value, rows[i].value) != 0))
			fail_msg("'%s': '%s', not '%s'", rows[i].text, value,
				 rows[i].value);
		ini_file_free(file);
	}
}

static void keeps_names_and_values_of_any_length(void **)
{
	char text[10000], first[2001], second[2001], token[3001];
	struct ini_file *file = NULL;

	memset(first, 'p', 2000);
	memcpy(second, first, 2000);
	first[1999] = '1';
	second[1999] = '2';
	first[2000] = second[2000] = '\0';
	memset(token, 't', 3000);
	token[3000] = '\0';
	snprintf(text, sizeof(text), "[%s]\nk=1\n[%s]\nk=2\n%s = %s", first, second,
		 first, token);
	file = parse(text);
	assert_string_equal(ini_file_get(file, first, "k", NULL), "1");
	assert_string_equal(ini_file_get(file, second, "k", NULL), "2");
	assert_string_equal(ini_file_get(file, second, first, NULL), token);
	ini_file_free(file);
}

static void lists_sections_in_their_order(void **)
{
	struct ini_file *file = parse("[b]\n[DEFAULT]\n[a]\nk=v\n[DEFAULT]\n");

	assert_string_equal(ini_file_section(file, 0), "b");
	assert_string_equal(ini_file_section(file, 1), "a");
	assert_null(ini_file_section(file, 2));
	ini_file_free(file);
}

static void takes_an_empty_file(void **)
{
	struct ini_file *file = parse("");

	assert_null(ini_file_section(file, 0));
	assert_null(ini_file_get(file, "a", "k", NULL));
	ini_file_free(file);
}

static void names_file_and_line_of_what_is_malformed(void **)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"k=v", "FILE, line 1: the first key has no [SECTION] before it"},
		{"[a]\n\nsecret", "FILE, line 3: expected [SECTION] or KEY = VALUE"},
		{"[a]\n= secret", "FILE, line 2: no key in front of the value"},
		{"[a\nk=v", "FILE, line 1: the first key has no [SECTION]"},
		{"[]", "FILE, line 1: the first key has no [SECTION]"},
		{"[a]\nk=1\nK=secret",
		 "FILE, line 3: key k was already given in line 2"},
		{"[a]\nk=1\n[b]\n[a]",
		 "FILE, line 4: section a was already given in line 1"},
		{"[a]\nk =\n  x = 1\n  secret",
		 "FILE, line 2: an indented line below this key is not KEY = VALUE"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ini_file *file = NULL;
		struct error error = {0};
		int rc = ini_file_parse(rows[i].text, strlen(rows[i].text), "FILE",
					&file, &error);

		assert_int_equal(rc, -EINVAL);
		assert_null(file);
		if (strncmp(error.text, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("'%s', not '%s'", error.text, rows[i].message);
		assert_null(strstr(error.text, "secret"));
	}
}

static void refuses_text_with_a_nul(void **)
{
	static const char utf_16[] = "[\0a\0]\0";
	struct ini_file *file = NULL;
	struct error error = {0};

	assert_int_equal(ini_file_parse(utf_16, sizeof(utf_16), "FILE", &file, &error),
			 -EINVAL);
	assert_string_equal(error.text,
			    "FILE contains a NUL byte; it must be text in UTF-8");
}

static void is_quick_with_a_value_of_many_lines(void **)
{
	static const char head[] = "[a]\nk=v";
	size_t len = INI_FILE_MAX_BYTES;
	struct ini_file *file = NULL;
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, '\n', len);
	memcpy(text, head, strlen(head));
	text[len - 2] = ' ';
	text[len - 1] = 'w';
	text[len] = '\0';
	file = parse(text);
	assert_int_equal(strlen(ini_file_get(file, "a", "k", NULL)), len - 7);
	ini_file_free(file);
	free(text);
}

static void tells_a_missing_file_from_an_unreadable_one(void **)
{
	struct ini_file *file = NULL;
	struct error error = {0};

	assert_int_equal(ini_file_read("/nonexistent/config", &file, &error), -ENOENT);
	assert_int_equal(error.kind, ERROR_NONE);
	assert_int_equal(ini_file_read("/", &file, &error), -EACCES);
	assert_string_equal(error.text,
			    "cannot read /: it is a directory; put a regular "
			    "file in its place");
	assert_null(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values_as_botocore_does),
		cmocka_unit_test(keeps_names_and_values_of_any_length),
		cmocka_unit_test(lists_sections_in_their_order),
		cmocka_unit_test(takes_an_empty_file),
		cmocka_unit_test(names_file_and_line_of_what_is_malformed),
		cmocka_unit_test(refuses_text_with_a_nul),
		cmocka_unit_test(is_quick_with_a_value_of_many_lines),
		cmocka_unit_test(tells_a_missing_file_from_an_unreadable_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
