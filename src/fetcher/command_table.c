#include "src/fetcher/command_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
#include "src/fetcher/refresher.h"

#define NEVER INT64_MIN

/* A pair; it is here as long as a command is sent for it, it is watched, or a test of
 * it would come too soon. */
struct command_entry {
	char *endpoint_arn; /* owned, as the next */
	char *instance_arn;
	unsigned sending;   /* commands on their way */
	int64_t started_ns; /* when it was last tested; NEVER */
	int64_t before_ns;  /* the same without the test that is on its way */
	bool is_testing;    /* that test is under way, as far as is known */
	bool is_answered;   /* the service has said that it is */
	bool is_watched;    /* until it is seen not to be active */
	bool is_fresh;	    /* a command ended since the last refresh began */
	bool is_polled;	    /* active in the newest snapshot, so polls ask for it */
	int64_t watch_until_ns;
};

void command_table_init(struct command_table *table, unsigned test_interval_s)
{
	*table = (struct command_table){.interval_ns = test_interval_s * NS_PER_S};
}

static void free_entry(struct command_entry *entry)
{
	free(entry->endpoint_arn);
	free(entry->instance_arn);
}

void command_table_fini(struct command_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free_entry(&table->entries[i]);
	free(table->entries);
	*table = (struct command_table){.count = 0};
}

static struct connection entry_pair(const struct command_entry *entry)
{
	return (struct connection){
		.field = {[CONNECTION_ENDPOINT_ARN] = entry->endpoint_arn,
			  [CONNECTION_REPLICATION_INSTANCE_ARN] = entry->instance_arn}};
}

static struct command_entry *find_entry(const struct command_table *table,
					const struct connection *pair)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct connection known = entry_pair(&table->entries[i]);

		if (!connection_compare_identity(&known, pair))
			return &table->entries[i];
	}
	return NULL;
}

static struct command_entry *add_entry(struct command_table *table,
				       const struct connection *pair)
{
	struct command_entry *entries = array_grow(table->entries, table->count,
						   sizeof(*entries));
	struct command_entry entry = {.started_ns = NEVER, .before_ns = NEVER};

	if (!entries)
		return NULL;
	table->entries = entries;
	entry.endpoint_arn = strdup(pair->field[CONNECTION_ENDPOINT_ARN]);
	entry.instance_arn = strdup(pair->field[CONNECTION_REPLICATION_INSTANCE_ARN]);
	if (!entry.endpoint_arn || !entry.instance_arn) {
		free_entry(&entry);
		return NULL;
	}
	entries[table->count] = entry;
	return &entries[table->count++];
}

static size_t count_tests(const struct command_table *table, int64_t now_ns)
{
	size_t tests = table->reserved;

	for (size_t i = 0; i < table->count; i++)
		tests += table->entries[i].is_testing &&
			 now_ns - table->entries[i].started_ns < COMMAND_TEST_NS;
	return tests;
}

static int refuse_busy(struct error *error, const char *code)
{
	snprintf(error->code, sizeof(error->code), "%s", code);
	return -EBUSY;
}

static int check_tests(const struct command_table *table, int64_t now_ns,
		       struct error *error)
{
	if (count_tests(table, now_ns) < FETCHER_TESTS_MAX)
		return 0;
	error_set(error, ERROR_CONFIG,
		  "%d tests are under way already, and the mount runs no more at once",
		  FETCHER_TESTS_MAX);
	return refuse_busy(error, FETCHER_CODE_TESTS);
}

static int check_pair(const struct command_table *table,
		      const struct command_entry *entry, int64_t now_ns,
		      struct error *error)
{
	int64_t next_ns;

	if (entry->started_ns == NEVER)
		return 0;
	if (entry->is_testing && entry->is_answered &&
	    now_ns - entry->started_ns < COMMAND_TEST_NS) {
		error_set(error, ERROR_CONFIG,
			  "it is being tested already: the mount started a test %lld s "
			  "ago",
			  (long long)((now_ns - entry->started_ns) / NS_PER_S));
		return -EALREADY;
	}
	next_ns = entry->started_ns + table->interval_ns;
	if (now_ns >= next_ns)
		return 0;
	error_set(error, ERROR_CONFIG,
		  "it was tested %lld s ago; the mount's --test-interval lets it be "
		  "tested again in %lld s",
		  (long long)((now_ns - entry->started_ns) / NS_PER_S),
		  (long long)((next_ns - now_ns + NS_PER_S - 1) / NS_PER_S));
	return refuse_busy(error, FETCHER_CODE_INTERVAL);
}

static int check_test(const struct command_table *table,
		      const struct command_entry *entry, int64_t now_ns,
		      struct error *error)
{
	int r = entry ? check_pair(table, entry, now_ns, error) : 0;

	return r < 0 ? r : check_tests(table, now_ns, error);
}

int command_table_begin(struct command_table *table, enum fetcher_command_kind kind,
			const struct connection *pair, int64_t now_ns,
			struct error *error)
{
	struct command_entry *entry = find_entry(table, pair);
	int r = kind == FETCHER_TEST ? check_test(table, entry, now_ns, error) : 0;

	if (r < 0)
		return r;
	if (!entry)
		entry = add_entry(table, pair);
	if (!entry)
		return error_set(error, ERROR_MEMORY, "no memory for a command");
	entry->sending++;
	if (kind == FETCHER_TEST) {
		entry->before_ns = entry->started_ns;
		entry->started_ns = now_ns;
		entry->is_testing = true;
		entry->is_answered = false;
	}
	return 0;
}

void command_table_end(struct command_table *table, enum fetcher_command_kind kind,
		       const struct connection *pair, enum command_outcome outcome,
		       int64_t now_ns)
{
	struct command_entry *entry = find_entry(table, pair);
	bool is_ours = outcome == COMMAND_DONE || outcome == COMMAND_UNKNOWN;

	if (!entry) /* never: it stays while something is sent */
		return;
	entry->sending--;
	if (kind == FETCHER_TEST) {
		entry->is_testing = is_ours;
		entry->is_answered = outcome == COMMAND_DONE;
		if (!is_ours)
			entry->started_ns = entry->before_ns;
	}
	if (outcome == COMMAND_REFUSED)
		return;
	entry->is_watched = true;
	entry->is_fresh = true;
	entry->is_polled = outcome == COMMAND_DONE;
	entry->watch_until_ns = now_ns + COMMAND_WATCH_NS;
}

int command_table_reserve(struct command_table *table, int64_t now_ns,
			  struct error *error)
{
	int r = check_tests(table, now_ns, error);

	if (r == 0)
		table->reserved++;
	return r;
}

void command_table_release(struct command_table *table)
{
	table->reserved--;
}

void command_table_refresh_begins(struct command_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->entries[i].is_fresh = false;
}

static bool is_testing(const struct connection *connection)
{
	const char *status = connection->field[CONNECTION_STATUS];

	return status && !strcmp(status, "testing");
}

static void see_entry(struct command_entry *entry, const struct snapshot *snapshot,
		      bool is_poll)
{
	const struct connection pair = entry_pair(entry);
	const struct connection *seen = snapshot_find_connection(snapshot, &pair);
	bool was_asked_for = !is_poll || entry->is_polled;

	if (entry->is_fresh || entry->sending > 0)
		return;
	entry->is_polled = seen && refresher_is_active(seen);
	if (!was_asked_for)
		return;
	if (!seen || !is_testing(seen))
		entry->is_testing = false;
	if (!seen || !refresher_is_active(seen))
		entry->is_watched = false;
}

static bool is_needed(const struct command_table *table,
		      const struct command_entry *entry, int64_t now_ns)
{
	return entry->sending > 0 || entry->is_watched || entry->is_testing ||
	       (entry->started_ns != NEVER &&
		now_ns - entry->started_ns < table->interval_ns);
}

void command_table_refreshed(struct command_table *table,
			     const struct snapshot *snapshot, bool is_poll,
			     int64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct command_entry *entry = &table->entries[i];

		see_entry(entry, snapshot, is_poll);
		if (is_needed(table, entry, now_ns))
			table->entries[kept++] = *entry;
		else
			free_entry(entry);
	}
	table->count = kept;
}

static bool is_watched(const struct command_entry *entry, int64_t now_ns)
{
	return entry->is_watched && now_ns < entry->watch_until_ns;
}

size_t command_table_watched(const struct command_table *table,
			     const struct snapshot *snapshot, int64_t now_ns,
			     size_t *active)
{
	size_t watched = 0;

	*active = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct connection pair = entry_pair(&table->entries[i]);
		const struct connection *seen = NULL;

		if (!is_watched(&table->entries[i], now_ns))
			continue;
		watched++;
		seen = snapshot_find_connection(snapshot, &pair);
		*active += seen && refresher_is_active(seen);
	}
	return watched;
}

int command_table_gather(const struct command_table *table,
			 struct connection_query *query)
{
	int r = 0;

	for (size_t i = 0; i < table->count && r == 0; i++) {
		const struct connection pair = entry_pair(&table->entries[i]);

		if (table->entries[i].is_watched)
			r = connection_query_add(query, &pair);
	}
	return r;
}
