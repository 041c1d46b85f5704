/*
 * The answer of DescribeConnections, from its bytes to the text of the files.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fs/content/document.h"
#include "src/dms/page_parse.h"
#include "src/dms/page_scan.h"
#include "src/dms/shared_texts.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/listing.h"
#include "tests/fuzz/paragraph.h"

static void check_document(const struct connection *connection)
{
	const char *names[CONNECTION_FIELDS];
	size_t len = document_size(connection);
	char *text = malloc(len + (len == 0));

	FUZZ_CHECK(text);
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		names[f] = connection_field_name((enum connection_field)f);
	FUZZ_CHECK(document_render(connection, text, len) == len);
	paragraph_check(text, len, names, CONNECTION_FIELDS);
	free(text);
}

static void check_page(struct page *page)
{
	struct snapshot *snapshot = listing_of_page(page);
	size_t shown = snapshot_count(snapshot) + snapshot_skipped(snapshot);

	/* Records that repeat are neither. */
	FUZZ_CHECK(shown <= page_count(page));
	FUZZ_CHECK((shown > 0) == (page_count(page) > 0));
	listing_check(snapshot);
	for (size_t i = 0; i < page_count(page); i++)
		check_document(page_at(page, i));
	FUZZ_CHECK(!page_marker(page) || *page_marker(page) != '\0');
	snapshot_unref(snapshot);
}

static void check_error(int err, const struct error *error)
{
	FUZZ_CHECK(err == -EBADMSG && error->kind == ERROR_RESPONSE);
	FUZZ_CHECK(error->text[0] != '\0');
	FUZZ_CHECK(expected_is_clean(error->text, strlen(error->text), ""));
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The fast way reads nothing else than the other one, which reads more. */
static void check_scan(const char *body, size_t len, const struct page *page)
{
	struct shared_texts *shared = shared_texts_new();
	struct page *scanned = NULL;
	const bool is_scanned = page_scan(body, len, len % 2 ? shared : NULL, &scanned);

	shared_texts_unref(shared);
	FUZZ_CHECK(is_scanned == (scanned != NULL));
	if (!is_scanned)
		return;
	FUZZ_CHECK(page && page_count(scanned) == page_count(page));
	FUZZ_CHECK(is_same_text(page_marker(scanned), page_marker(page)));
	for (size_t i = 0; i < page_count(page); i++)
		FUZZ_CHECK(connection_equal(page_at(scanned, i), page_at(page, i)));
	page_unref(scanned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page *page = NULL;
	struct error error = {.kind = ERROR_NONE};
	int err = page_parse((const char *)data, size, &page, &error);

	FUZZ_CHECK((err == 0) == (page != NULL));
	if (page)
		check_page(page);
	else
		check_error(err, &error);
	check_scan((const char *)data, size, page);
	page_unref(page);
	return 0;
}
