/*
 * What was commanded: which pairs may be tested, and which are to be looked at. Pure
 * bookkeeping on times since boot (CLOCK_BOOTTIME); not locked.
 */
#ifndef DMSFS_SRC_FETCHER_COMMAND_TABLE_H
#define DMSFS_SRC_FETCHER_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/error.h"
#include "src/fetcher/command.h"
#include "src/fetcher/connection_query.h"
#include "src/snapshot/snapshot.h"

/* For so long from its command a pair is looked at often. */
#define COMMAND_WATCH_NS (60 * NS_PER_S)
/* A test that is not seen to end is under way for so long. */
#define COMMAND_TEST_NS (3600 * NS_PER_S)

enum command_outcome {
	COMMAND_DONE,	 /* the newest snapshot has the record in the response */
	COMMAND_FOREIGN, /* somebody else's test runs, and the newest snapshot has it */
	COMMAND_UNKNOWN, /* there was no response, and nobody knows */
	COMMAND_REFUSED, /* nothing was done */
};

struct command_entry;

/* To command_table_init(). */
struct command_table {
	int64_t interval_ns;
	struct command_entry *entries; /* owned */
	size_t count;
	size_t reserved; /* tests of pairs that are not known yet */
};

void command_table_init(struct command_table *table, unsigned test_interval_s);
void command_table_fini(struct command_table *table);

/*
 * Before a command is sent for the pair of both ARNs of @pair: 0, for
 * command_table_end(); -EALREADY when a test of the pair that was answered is under
 * way; -EBUSY when a limit is reached; -ENOMEM; with @error. A pair that is being sent
 * for already is the caller's care.
 */
int command_table_begin(struct command_table *table, enum fetcher_command_kind kind,
			const struct connection *pair, int64_t now_ns,
			struct error *error);

/* After a command_table_begin() that was 0. */
void command_table_end(struct command_table *table, enum fetcher_command_kind kind,
		       const struct connection *pair, enum command_outcome outcome,
		       int64_t now_ns);

/* For a test whose pair has to be asked for first, and which counts meanwhile. Results
 * as above. */
int command_table_reserve(struct command_table *table, int64_t now_ns,
			  struct error *error);
void command_table_release(struct command_table *table);

/* A refresh begins: what ends from now on, this refresh may not have seen. */
void command_table_refresh_begins(struct command_table *table);

/* One that succeeded made @snapshot the newest. @is_poll: it asked for the connections
 * alone that were active before. */
void command_table_refreshed(struct command_table *table,
			     const struct snapshot *snapshot, bool is_poll,
			     int64_t now_ns);

/*
 * How many pairs are to be looked at often, and how many of them are active in
 * @snapshot (refresher_is_active()).
 */
size_t command_table_watched(const struct command_table *table,
			     const struct snapshot *snapshot, int64_t now_ns,
			     size_t *active);

/* Adds to @query these pairs, and those that were watched for long already, which cost
 * nothing beside them. Their ARNs are borrowed until the next
 * command_table_refreshed(). 0 or -ENOMEM. */
int command_table_gather(const struct command_table *table,
			 struct connection_query *query);

#endif
