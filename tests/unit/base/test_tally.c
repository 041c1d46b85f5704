#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/tally.h"

static void assert_entry(const struct tally_entry *entry, const char *first,
			 const char *second, uint64_t count)
{
	assert_string_equal(entry->first, first);
	assert_string_equal(entry->second, second);
	assert_int_equal(entry->count, count);
}

static void counts_each_pair_apart(void **)
{
	struct tally tally;
	struct tally_entry *entries = NULL;
	size_t count = 1;

	tally_init(&tally);
	assert_null(tally_copy(&tally, &count));
	assert_int_equal(count, 0);
	tally_add(&tally, "Describe", "ok");
	tally_add(&tally, "Test", "ok");
	tally_add(&tally, "Describe", "none");
	tally_add(&tally, "Describe", "ok");
	entries = tally_copy(&tally, &count);
	assert_int_equal(count, 3);
	assert_entry(&entries[0], "Describe", "ok", 2);
	assert_entry(&entries[1], "Test", "ok", 1);
	assert_entry(&entries[2], "Describe", "none", 1);
	free(entries);
	tally_fini(&tally);
}

static void takes_no_more_than_so_many_pairs(void **)
{
	struct tally tally;
	struct tally_entry *entries = NULL;
	size_t count = 0;
	char name[2 * TALLY_NAME_SIZE];

	tally_init(&tally);
	for (size_t i = 0; i < 2 * TALLY_PAIRS_MAX; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		tally_add(&tally, name, name);
	}
	tally_add(&tally, "0", "0");
	entries = tally_copy(&tally, &count);
	assert_int_equal(count, TALLY_PAIRS_MAX);
	assert_entry(&entries[0], "0", "0", 2);
	assert_entry(&entries[count - 1], TALLY_OTHER, TALLY_OTHER,
		     TALLY_PAIRS_MAX + 1);
	free(entries);
	tally_fini(&tally);
}

static void cuts_names(void **)
{
	struct tally tally;
	struct tally_entry *entries = NULL;
	size_t count = 0;
	char name[2 * TALLY_NAME_SIZE];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tally_init(&tally);
	tally_add(&tally, name, "");
	tally_add(&tally, name, "");
	entries = tally_copy(&tally, &count);
	name[TALLY_NAME_SIZE - 1] = '\0';
	assert_int_equal(count, 1);
	assert_entry(&entries[0], name, "", 2);
	free(entries);
	tally_fini(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_each_pair_apart),
		cmocka_unit_test(takes_no_more_than_so_many_pairs),
		cmocka_unit_test(cuts_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
