#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "src/base/shell_words.h"

/* The words are what Python's shlex.split() gives. */
static void splits_as_a_shell_does(void **)
{
	static const struct {
		const char *text;
		const char *words[4];
	} rows[] = {
		{"", {NULL}},
		{" \t\n", {NULL}},
		{"profile x", {"profile", "x"}},
		{"  profile \t x  ", {"profile", "x"}},
		{"profile \"my prof\"", {"profile", "my prof"}},
		{"profile 'my \"prof'", {"profile", "my \"prof"}},
		{"a\"b c\"'d e'f", {"ab cd ef"}},
		{"a\\ b c", {"a b", "c"}},
		{"\"a\\\"b\\\\c\\d\"", {"a\"b\\c\\d"}},
		{"'a\\b'", {"a\\b"}},
		{"'' \"\" x", {"", "", "x"}},
		{"a #b", {"a", "#b"}},
		{"$HOME `id` *", {"$HOME", "`id`", "*"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct shell_words words;
		size_t n = 0;

		assert_int_equal(shell_words_split(rows[i].text, &words), 0);
		for (; rows[i].words[n]; n++) {
			assert_in_range(n + 1, 1, words.count);
			assert_string_equal(words.word[n], rows[i].words[n]);
		}
		assert_int_equal(words.count, n);
		assert_null(words.word[n]);
		shell_words_fini(&words);
	}
}

static void refuses_what_is_not_closed(void **)
{
	static const char *const texts[] = {"'", "a \"b", "a \"b\\\"", "a\\", "\"\\"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct shell_words words;

		assert_int_equal(shell_words_split(texts[i], &words), -EINVAL);
		assert_int_equal(words.count, 0);
		assert_null(words.word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_a_shell_does),
		cmocka_unit_test(refuses_what_is_not_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
