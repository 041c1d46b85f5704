/*
 * The threads that send commands. Each is a lane: what hangs in one holds up no other.
 */
#ifndef DMSFS_SRC_FETCHER_COMMAND_LANES_H
#define DMSFS_SRC_FETCHER_COMMAND_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/dms/filters.h"
#include "src/dms/page.h"
#include "src/fetcher/client.h"
#include "src/fetcher/command.h"
#include "src/fetcher/connection_query.h"
#include "src/snapshot/snapshot.h"

struct command_lanes;

/* All borrowed for the lifetime. The callbacks are called with no lock held. */
struct command_lanes_options {
	struct client *client;
	const struct dms_filters *filters;
	struct clock clock;
	unsigned test_interval_s;
	/* A reference to the newest snapshot. Any thread. */
	struct snapshot *(*snapshot)(void *data);
	/* Makes the record in @page the newest of its connection. 0 with a reference to
	 * the first snapshot that has it, or -ENOMEM. */
	int (*publish)(void *data, struct page *page, struct snapshot **snapshot);
	/* A command has ended, so that its connection is to be watched. */
	void (*ended)(void *data);
	/* A thread has ended, FETCHER_TESTS_MAX times in all. */
	void (*stopped)(void *data);
	void *data;
};

/* Copies @options. NULL: no memory. */
struct command_lanes *command_lanes_new(const struct command_lanes_options *options);
void command_lanes_free(
	struct command_lanes *lanes); /* takes NULL; after command_lanes_join() */

/* 0 or a negative errno; those threads that were started then end after
 * command_lanes_stop(). */
int command_lanes_start(struct command_lanes *lanes);

/* Lets the threads end, once the client is canceled; what is left ends with -ECANCELED.
 * Any thread. */
void command_lanes_stop(struct command_lanes *lanes);

/* Waits for the threads after command_lanes_stop(). How many there were is told by
 * command_lanes_threads(). */
void command_lanes_join(struct command_lanes *lanes);
size_t command_lanes_threads(const struct command_lanes *lanes);

/* As fetcher_command(). */
void command_lanes_add(struct command_lanes *lanes, enum fetcher_command_kind kind,
		       const struct fetcher_pair *pair,
		       void (*done)(void *data,
				    const struct fetcher_command_result *result),
		       void *data);

/* As those of command_table.h. For the thread that lists. */
void command_lanes_refresh_begins(struct command_lanes *lanes);
void command_lanes_refreshed(struct command_lanes *lanes,
			     const struct snapshot *snapshot, bool is_poll);
size_t command_lanes_watched(struct command_lanes *lanes,
			     const struct snapshot *snapshot, size_t *active);
int command_lanes_gather(struct command_lanes *lanes, struct connection_query *query);

#endif
