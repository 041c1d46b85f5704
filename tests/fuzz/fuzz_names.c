/*
 * Names in the tree: of any set of records they differ, can be names of files, and
 * follow from the set alone.
 */
#include <string.h>

#include <openssl/sha.h>

#include "src/dms/connection.h"
#include "src/snapshot/diff.h"
#include "src/snapshot/names.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/listing.h"
#include "tests/fuzz/records.h"

#define HASH_DIGITS 16
#define KEPT_MAX (NAME_MAX_BYTES - 1 - HASH_DIGITS)

/* Of the character or the %XX at @name. */
static size_t piece_length(const char *name)
{
	return *name == '%' ? 3 : expected_unit((const uint8_t *)name, strlen(name));
}

static void check_hash(const char *name, size_t name_len, const char *whole,
		       size_t whole_len)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char digits[HASH_DIGITS + 1];
	const char *cut = name + name_len - HASH_DIGITS - 1;
	size_t kept = (size_t)(cut - name);

	SHA256((const unsigned char *)whole, whole_len, digest);
	for (size_t i = 0; i < HASH_DIGITS / 2; i++)
		snprintf(digits + 2 * i, 3, "%02x", digest[i]);
	FUZZ_CHECK(*cut == '~' && strcmp(cut + 1, digits) == 0);
	/* As much as there is room for, in whole characters and escapes. */
	FUZZ_CHECK(kept <= KEPT_MAX && kept + piece_length(whole + kept) > KEPT_MAX);
	FUZZ_CHECK(memcmp(name, whole, kept) == 0);
}

static void check_escape(const char *text, const struct records_raw *raw)
{
	char *whole = malloc(3 * raw->len + 1);
	char name[NAME_SIZE];
	size_t whole_len, len;

	FUZZ_CHECK(whole);
	whole_len = expected_name(raw->bytes, raw->len, whole);
	len = name_escape(text, name);
	FUZZ_CHECK(len == strlen(name) && len <= NAME_MAX_BYTES);
	if (whole_len <= NAME_MAX_BYTES)
		FUZZ_CHECK(strcmp(name, whole) == 0);
	else
		check_hash(name, len, whole, whole_len);
	FUZZ_CHECK(name_is_verbatim(text) == (strcmp(name, text) == 0));
	free(whole);
}

static const char *wanted(const struct connection *connection, char name[NAME_SIZE])
{
	const char *text = connection->field[CONNECTION_ENDPOINT_IDENTIFIER];

	if (!text)
		text = name_of_arn(connection->field[CONNECTION_ENDPOINT_ARN]);
	FUZZ_CHECK(text);
	name_escape(text, name);
	return name;
}

static const struct connection *find(const struct snapshot *snapshot,
				     const char *instance, const char *endpoint)
{
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		if (!strcmp(entry.instance, instance) &&
		    !strcmp(entry.endpoint, endpoint))
			return entry.connection;
	}
	return NULL;
}

/* Who did not get the name it wants gave way to one that wants it more. */
static void check_holders(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		const struct connection *holder = NULL;
		char name[NAME_SIZE], other[NAME_SIZE];

		wanted(entry.connection, name);
		holder = find(snapshot, entry.instance, name);
		FUZZ_CHECK(holder && strcmp(wanted(holder, other), name) == 0);
		FUZZ_CHECK(holder == entry.connection || strchr(entry.endpoint, '~'));
	}
}

static bool has_text(const struct connection *connection,
		     enum connection_field identifier, enum connection_field arn)
{
	return connection->field[identifier] || name_of_arn(connection->field[arn]);
}

/* The others are left out, as if they had not come. */
static bool is_named(const struct connection *connection)
{
	return has_text(connection, CONNECTION_ENDPOINT_IDENTIFIER,
			CONNECTION_ENDPOINT_ARN) &&
	       has_text(connection, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
			CONNECTION_REPLICATION_INSTANCE_ARN);
}

static bool is_repeated_later(const struct records *records, size_t index)
{
	for (size_t i = index + 1; i < records->count; i++)
		if (is_named(&records->connections[i]) &&
		    connection_compare_identity(&records->connections[index],
						&records->connections[i]) == 0)
			return true;
	return false;
}

/* As many connections as the records name, each with its last record. */
static void check_records(const struct records *records,
			  const struct snapshot *snapshot)
{
	size_t distinct = 0, unnamed = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct connection *connection = &records->connections[i];
		const struct connection *found = NULL;

		unnamed += !is_named(connection);
		if (!is_named(connection) || is_repeated_later(records, i))
			continue;
		distinct++;
		found = snapshot_find_connection(snapshot, connection);
		FUZZ_CHECK(found && connection_equal(found, connection));
	}
	FUZZ_CHECK(snapshot_count(snapshot) == distinct);
	FUZZ_CHECK(snapshot_skipped(snapshot) == unnamed);
}

/* The same from run to run, so that a finding comes again. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

static struct snapshot *shuffle(const struct snapshot *snapshot, unsigned seed)
{
	struct connection connections[RECORDS_MAX];
	size_t count = snapshot_count(snapshot);

	for (size_t i = 0; i < count; i++) {
		size_t j = next_random(&seed) % (i + 1);

		connections[i] = connections[j];
		connections[j] = *snapshot_connection_at(snapshot, i);
	}
	return listing_of_connections(connections, count);
}

static void check_same(struct snapshot *a, struct snapshot *b)
{
	struct diff diff;

	FUZZ_CHECK(snapshot_diff(a, b, &diff) == 0);
	FUZZ_CHECK(diff.different == 0);
	diff_fini(&diff);
}

static bool is_kept(const struct connection *connection)
{
	const char *status = connection->field[CONNECTION_STATUS];

	return status && strcmp(status, "failed") == 0;
}

static bool is_dropped(void *, const struct connection *connection)
{
	return !is_kept(connection);
}

/* Names do not depend on how a set came about: what is left of a listing has those
 * that it would have alone. */
static void check_rest(struct snapshot *snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *rest = NULL, *alone = NULL;
	struct connection connections[RECORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < snapshot_count(snapshot); i++)
		if (is_kept(snapshot_connection_at(snapshot, i)))
			connections[count++] = *snapshot_connection_at(snapshot, i);
	alone = listing_of_connections(connections, count);
	FUZZ_CHECK(builder);
	FUZZ_CHECK(snapshot_builder_add_snapshot(builder, snapshot, is_dropped, NULL) ==
		   0);
	FUZZ_CHECK(snapshot_builder_finish(builder, &rest) == 0);
	listing_check(rest);
	check_same(rest, alone);
	snapshot_unref(rest);
	snapshot_unref(alone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct records records;
	struct snapshot *snapshot = NULL;
	struct snapshot *shuffled = NULL;

	records_read(data, size, &records);
	for (size_t i = 0; i < records.count; i++)
		for (int f = 0; f < CONNECTION_FIELDS; f++)
			if (records.raw[i][f].len > 0)
				check_escape(records.connections[i].field[f],
					     &records.raw[i][f]);
	snapshot = listing_of_connections(records.connections, records.count);
	listing_check(snapshot);
	check_holders(snapshot);
	check_records(&records, snapshot);
	shuffled = shuffle(snapshot, (unsigned)size);
	check_same(snapshot, shuffled);
	check_rest(snapshot);
	snapshot_unref(shuffled);
	snapshot_unref(snapshot);
	records_fini(&records);
	return 0;
}
