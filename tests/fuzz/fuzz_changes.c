/*
 * .dmsfs/changes: the difference of two listings, one line a change, whole also where
 * older lines precede it or go.
 */
#include <string.h>

#include "fs/content/journal.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/listing.h"
#include "tests/fuzz/records.h"

#define FIELDS 5

/* Returns how many lines there are to be. */
static size_t append(struct journal *changes, const struct diff *diff)
{
	size_t count = 0;

	for (size_t i = 0; i < diff->count; i++) {
		if (!(diff->changes[i].kinds & DIFF_CONTENT))
			continue;
		FUZZ_CHECK(journal_append_change(changes, INT64_C(1790000000),
						 &diff->changes[i]) == 0);
		count++;
	}
	return count;
}

/* TIME, INSTANCE/ENDPOINT, two statuses and a text: none empty, no other tab. */
static void check_line(const char *line, size_t len)
{
	const char *end = line + len;
	size_t fields = 0;

	FUZZ_CHECK(expected_is_clean(line, len, "\t"));
	while (line <= end) {
		const char *tab = memchr(line, '\t', (size_t)(end - line));
		const char *field_end = tab ? tab : end;

		FUZZ_CHECK(field_end > line);
		FUZZ_CHECK(fields != 1 ||
			   memchr(line, '/', (size_t)(field_end - line)));
		fields++;
		line = field_end + 1;
	}
	FUZZ_CHECK(fields == FIELDS);
}

static size_t check_lines(const struct journal *changes)
{
	const char *at = changes->len > 0 ? changes->text : "";
	const char *end = at + changes->len;
	size_t count = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		FUZZ_CHECK(newline);
		check_line(at, (size_t)(newline - at));
		at = newline + 1;
		count++;
	}
	return count;
}

/* Behind older lines they are as they were, and so when those have gone. */
static void check_join(const struct journal *newer)
{
	static char line[] = "2026-09-21T14:13:20Z\tA/B\tfailed\t-\t-\n";
	const size_t line_len = sizeof(line) - 1;
	const struct journal older = {.text = line, .len = line_len};
	struct journal all = {.text = NULL};

	FUZZ_CHECK(journal_join(&all, &older) == 0);
	FUZZ_CHECK(journal_join(&all, newer) == 0);
	FUZZ_CHECK(all.len == line_len + newer->len);
	FUZZ_CHECK(memcmp(all.text, line, line_len) == 0);
	journal_drop(&all, 0, line_len);
	FUZZ_CHECK(all.len == newer->len);
	FUZZ_CHECK(newer->len == 0 || memcmp(all.text, newer->text, newer->len) == 0);
	journal_fini(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct records records;
	struct snapshot *before = NULL;
	struct snapshot *after = NULL;
	struct journal changes = {.text = NULL};
	struct diff diff;
	size_t count = 0;

	records_read(data, size, &records);
	before = listing_of_connections(records.connections, records.count / 2);
	after = listing_of_connections(records.connections + records.count / 2,
				       records.count - records.count / 2);
	FUZZ_CHECK(snapshot_diff(before, after, &diff) == 0);
	count = append(&changes, &diff);
	FUZZ_CHECK(check_lines(&changes) == count);
	check_join(&changes);
	diff_fini(&diff);
	journal_fini(&changes);
	snapshot_unref(before);
	snapshot_unref(after);
	records_fini(&records);
	return 0;
}
