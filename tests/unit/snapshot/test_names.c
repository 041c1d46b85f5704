#include "src/snapshot/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX 512

/* @count times @c, then @end; returns @text. */
static const char *run_of(char *text, char c, size_t count, const char *end)
{
	assert_true(count + strlen(end) < TEXT_MAX);
	memset(text, c, count);
	memcpy(text + count, end, strlen(end) + 1);
	return text;
}

static void escapes_what_a_name_must_not_hold(void **)
{
	static const struct {
		const char *text;
		const char *name;
	} cases[] = {
		{"oracle-src", "oracle-src"},
		{"Mixed Case: kept", "Mixed Case: kept"},
		{"a/b", "a%2Fb"},
		{"50%", "50%25"},
		{"%2F", "%252F"},
		{".", "%2E"},
		{"..", "%2E."},
		{".dmsfs", "%2Edmsfs"},
		{"a.b.", "a.b."},
		{"a\nb\tc", "a%0Ab%09c"},
		{"\x7F", "%7F"},
		{"caf\xC3\xA9", "caf\xC3\xA9"},
		{"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
		{"\xC2\x85", "%C2%85"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): under test */
		{"x\xE2\x80\xAEy", "x%E2%80%AEy"},
		{"\xC3(", "%C3("},
		{"\xFF\x01", "%00"},
		{"\xFF\xFF", "%FF"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[NAME_SIZE];

		assert_int_equal(name_escape(cases[i].text, name),
				 strlen(cases[i].name));
		assert_string_equal(name, cases[i].name);
	}
}

static void keeps_a_name_of_255_bytes_whole(void **)
{
	char text[TEXT_MAX];
	char name[NAME_SIZE];

	assert_int_equal(name_escape(run_of(text, 'a', 255, ""), name), 255);
	assert_string_equal(name, text);
	assert_int_equal(name_escape(run_of(text, 'a', 252, "/"), name), 255);
	assert_string_equal(name + 250, "aa%2F");
}

/* What is hashed is the whole name as escaped; these come from sha256sum. */
static void cuts_a_longer_name_and_marks_it_with_its_hash(void **)
{
	static const struct {
		size_t count;	 /* of 'a' at the start of the text */
		const char *end; /* its rest */
		size_t kept;	 /* of 'a' at the start of the name */
		const char *mark;
	} cases[] = {
		{256, "", 238, "~02d7160d77e18c64"},
		/* never within a character */
		{237,
		 "\xC3\xA9"
		 "aaaaaaaaaaaaaaaaaaaa",
		 237, "~badc06e63207436f"},
		{236,
		 "\xF0\x9F\x98\x80"
		 "aaaaaaaaaaaaaaaaaaaa",
		 236, "~51ccc3e8f84fb3fa"},
		/* never within a %XX, but between two */
		{236, "/aaaaaaaaaaaaaaaaaaaa", 236, "~21f200c849c835dc"},
		{235,
		 "\xC2\x85"
		 "aaaaaaaaaaaaaaaaaaaa",
		 235, "%C2~aa2545a5af6a73da"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TEXT_MAX];
		char name[NAME_SIZE];
		size_t len = name_escape(
			run_of(text, 'a', cases[i].count, cases[i].end), name);

		assert_int_equal(len, cases[i].kept + strlen(cases[i].mark));
		assert_int_equal(strspn(name, "a"), cases[i].kept);
		assert_string_equal(name + cases[i].kept, cases[i].mark);
	}
}

static void joins_names_without_escaping_them_again(void **)
{
	char name[NAME_SIZE];

	assert_int_equal(name_join("a%2Fb", ':', "%2Ec", name), 10);
	assert_string_equal(name, "a%2Fb:%2Ec");
}

static void cuts_a_joined_name_by_the_same_rule(void **)
{
	char first[TEXT_MAX];
	char second[TEXT_MAX];
	char name[NAME_SIZE];

	run_of(first, 'b', 200, "");
	run_of(second, 'c', 100, "");
	assert_int_equal(name_join(first, ':', second, name), 255);
	assert_memory_equal(name + 199, "b:ccc", 5);
	assert_string_equal(name + 237, "c~e6c8cc51e3b9c20a");

	run_of(first, 'b', 236, "");
	run_of(second, '%', 1, "2Fcccccccccccccccccccc");
	assert_int_equal(name_join(first, ':', second, name), 254);
	assert_string_equal(name + 235, "b:~4d344092dd2fea73");
}

static void knows_whether_a_text_is_its_own_name(void **)
{
	static const char alphabet[] = "ab./%~\n\xC2\x85\xC3\xA9\xFF\x01";
	int round;

	srandom(2);
	for (round = 0; round < 20000; round++) {
		size_t i, len = (size_t)random() % (round % 2 ? 5 : 270) + 1;
		char text[512];
		char name[NAME_SIZE];

		for (i = 0; i < len; i++)
			text[i] = len < 6 ? alphabet[(size_t)random() %
						     (sizeof(alphabet) - 1)]
					  : 'a';
		text[len] = '\0';
		name_escape(text, name);
		if (name_is_verbatim(text) != (strcmp(text, name) == 0))
			fail_msg("name of %zu bytes \"%s\"", len, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_what_a_name_must_not_hold),
		cmocka_unit_test(keeps_a_name_of_255_bytes_whole),
		cmocka_unit_test(cuts_a_longer_name_and_marks_it_with_its_hash),
		cmocka_unit_test(joins_names_without_escaping_them_again),
		cmocka_unit_test(cuts_a_joined_name_by_the_same_rule),
		cmocka_unit_test(knows_whether_a_text_is_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
