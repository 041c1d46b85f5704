#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/strings.h"

#define KEYS_MAX 500
#define FEW_KEYS 60

static void assert_sorted(const struct string_key *keys, size_t count)
{
	bool is_seen[KEYS_MAX] = {false};

	for (size_t i = 0; i < count; i++) {
		const int order = i > 0 ? strcmp(keys[i - 1].text, keys[i].text) : -1;

		assert_true(order <= 0);
		assert_int_equal(keys[i].is_repeat, order == 0);
		assert_false(is_seen[keys[i].index]);
		is_seen[keys[i].index] = true;
	}
}

static void fill_key(struct string_key *key, size_t index, const char *text)
{
	*key = (struct string_key){
		.text = text, .index = (uint32_t)index, .is_repeat = index % 2};
}

static void sorts_by_bytes_and_marks_repeats(void **)
{
	static const char *const texts[] = {
		"arn:b",	"arn:",		 "arn:12345678", "arn:1234567",
		"arn:b",	"arn:123456789", "arn:\xFF",	 "arn:\x01",
		"arn:12345678", "arn:a\x80",	 "arn:a\x7F",	 "arn:12345678x",
	};
	const size_t count = sizeof(texts) / sizeof(texts[0]);
	struct string_key keys[KEYS_MAX];

	for (size_t i = 0; i < count; i++)
		fill_key(&keys[i], i, texts[i]);
	string_sort(keys, count);
	assert_sorted(keys, count);
	/* And once more, of what is in order. */
	string_sort(keys, count);
	assert_sorted(keys, count);
	assert_string_equal(keys[0].text, "arn:");
	assert_string_equal(keys[count - 1].text, "arn:\xFF");
	string_sort(keys, 0);
}

/* Of few letters, so that they have long starts in common, and often all. */
static void sorts_whatever_they_have_in_common(void **)
{
	static char texts[FEW_KEYS][40];

	srandom(3);
	for (int round = 0; round < 3000; round++) {
		const size_t count = (size_t)random() % FEW_KEYS;
		const size_t common = (size_t)random() % 20;
		struct string_key keys[FEW_KEYS];

		for (size_t i = 0; i < count; i++) {
			const size_t len = common + (size_t)random() % 18;

			memset(texts[i], 'p', common);
			for (size_t at = common; at < len; at++)
				texts[i][at] = random() % 8 ? 'a' : '\xC3';
			texts[i][len] = '\0';
			fill_key(&keys[i], i, texts[i]);
		}
		string_sort(keys, count);
		assert_sorted(keys, count);
	}
}

/* So that the first bytes that differ tell only a few of them apart. */
static void sorts_texts_that_begin_with_one_another(void **)
{
	struct string_key keys[KEYS_MAX];
	char text[KEYS_MAX + 1];

	memset(text, 'a', KEYS_MAX);
	text[KEYS_MAX] = '\0';
	for (size_t i = 0; i < KEYS_MAX; i++)
		fill_key(&keys[i], i, text + i * 7 % (KEYS_MAX - 1));
	string_sort(keys, KEYS_MAX);
	assert_sorted(keys, KEYS_MAX);
	for (size_t i = 0; i < KEYS_MAX; i++)
		fill_key(&keys[i], i, text + (i == 3));
	string_sort(keys, KEYS_MAX);
	assert_sorted(keys, KEYS_MAX);
	assert_int_equal(keys[0].index, 3);
}

static void ends_a_run_where_another_text_begins(void **)
{
	struct string_key keys[5];
	static const char *const texts[] = {"a", "b", "b", "b", "c"};

	for (size_t i = 0; i < 5; i++)
		fill_key(&keys[i], i, texts[i]);
	string_sort(keys, 5);
	assert_int_equal(string_run_end(keys, 5, 0), 1);
	assert_int_equal(string_run_end(keys, 5, 1), 4);
	assert_int_equal(string_run_end(keys, 5, 4), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_by_bytes_and_marks_repeats),
		cmocka_unit_test(sorts_whatever_they_have_in_common),
		cmocka_unit_test(sorts_texts_that_begin_with_one_another),
		cmocka_unit_test(ends_a_run_where_another_text_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
