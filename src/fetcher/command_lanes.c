#include "src/fetcher/command_lanes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/thread.h"
#include "src/dms/connection_command.h"
#include "src/fetcher/command_pair.h"
#include "src/fetcher/command_table.h"

/* What a command counts for in the table. */
enum admission {
	ADMISSION_NONE,
	ADMISSION_RESERVED, /* command_table_reserve() */
	ADMISSION_BEGUN,    /* command_table_begin() */
};

struct command {
	struct command *next; /* guarded by the lock of struct command_lanes */
	enum fetcher_command_kind kind;
	struct command_pair pair;
	enum admission admission; /* guarded by that lock */
	bool is_taken;		  /* the same; a lane has it */
	struct command *joined;	  /* the same; it gets what comes of this one */
	int64_t deadline_ns;
	void (*done)(void *data, const struct fetcher_command_result *result);
	void *data;
};

/* One thread. */
struct lane {
	struct command_lanes *lanes;
	size_t number;
	pthread_t thread;
};

struct command_lanes {
	struct command_lanes_options options;	/* set once */
	struct lane threads[FETCHER_TESTS_MAX]; /* for who starts and stops */
	size_t thread_count;			/* the same */
	pthread_mutex_t lock;			/* guards: below */
	pthread_cond_t wake;   /* there is a command, or no more to come */
	struct command *first; /* in the order in which they came */
	bool is_stopping;
	struct command_table table;
};

/* A command's end, as it comes about. */
struct end {
	struct fetcher_command_result result;
	struct snapshot *snapshot; /* a reference, or NULL */
	enum command_outcome outcome;
};

static int64_t now_ns(const struct command_lanes *lanes)
{
	return lanes->options.clock.boottime_ns(lanes->options.clock.data);
}

struct command_lanes *command_lanes_new(const struct command_lanes_options *options)
{
	struct command_lanes *lanes = calloc(1, sizeof(*lanes));

	if (!lanes)
		return NULL;
	lanes->options = *options;
	pthread_mutex_init(&lanes->lock, NULL);
	pthread_cond_init(&lanes->wake, NULL);
	command_table_init(&lanes->table, options->test_interval_s);
	return lanes;
}

void command_lanes_free(struct command_lanes *lanes)
{
	if (!lanes)
		return;
	command_table_fini(&lanes->table);
	pthread_cond_destroy(&lanes->wake);
	pthread_mutex_destroy(&lanes->lock);
	free(lanes);
}

static void free_command(struct command *command)
{
	if (!command)
		return;
	command_pair_fini(&command->pair);
	free(command);
}

static int fail_for_memory(struct error *error)
{
	error_set(error, ERROR_MEMORY, "no memory for a command");
	return -EIO;
}

/* A test of the same pair that is being sent or about to be. */
static struct command *find_same_locked(const struct command_lanes *lanes,
					const struct command *command)
{
	const struct connection pair = command_pair_texts(&command->pair);

	if (command->kind != FETCHER_TEST)
		return NULL;
	for (struct command *other = lanes->first; other; other = other->next) {
		struct connection another;

		/* Until then its lane may be finding the ARNs. */
		if (other->kind != FETCHER_TEST || other->admission != ADMISSION_BEGUN)
			continue;
		another = command_pair_texts(&other->pair);
		if (!connection_compare_identity(&another, &pair))
			return other;
	}
	return NULL;
}

/*
 * Of a pair that is known: 0 and a place in the table, or that of the same test in
 * *@same; else a result with @error.
 */
static int admit_locked(struct command_lanes *lanes, struct command *command,
			struct command **same, struct error *error)
{
	const struct connection pair = command_pair_texts(&command->pair);
	int r = 0;

	*same = find_same_locked(lanes, command);
	if (*same)
		return 0;
	r = command_table_begin(&lanes->table, command->kind, &pair, now_ns(lanes),
				error);
	if (r == 0)
		command->admission = ADMISSION_BEGUN;
	return r == -ENOMEM ? -EIO : r;
}

/* Of one that is new. */
static int accept_locked(struct command_lanes *lanes, struct command *command,
			 struct command **same, struct error *error)
{
	int r = 0;

	*same = NULL;
	if (lanes->is_stopping) {
		error_set(error, ERROR_CANCELED, "dmsfs is stopping");
		return -ECANCELED;
	}
	if (command_pair_is_known(&command->pair))
		return admit_locked(lanes, command, same, error);
	if (command->kind != FETCHER_TEST)
		return 0;
	r = command_table_reserve(&lanes->table, now_ns(lanes), error);
	if (r == 0)
		command->admission = ADMISSION_RESERVED;
	return r;
}

static void append_locked(struct command **first, struct command *command)
{
	while (*first)
		first = &(*first)->next;
	*first = command;
}

static void remove_locked(struct command **first, const struct command *command)
{
	while (*first != command)
		first = &(*first)->next;
	*first = command->next;
}

/* Gives @end to who waits for @command, and frees it. */
static void announce_end(struct command *command, struct end *end)
{
	const struct connection pair = command_pair_texts(&command->pair);

	if (end->snapshot &&
	    snapshot_find_entry(end->snapshot, &pair, &end->result.entry))
		end->result.snapshot = end->snapshot;
	command->done(command->data, &end->result);
	free_command(command);
}

/* What those get who wanted the same. */
static void announce_joined(struct command *joined, struct end *end)
{
	while (joined) {
		struct command *next = joined->next;

		if (end->result.r == 0) {
			error_set(&end->result.error, ERROR_CONFIG,
				  "it is being tested already: the mount has just "
				  "started a test");
			end->result.r = -EALREADY;
		}
		announce_end(joined, end);
		joined = next;
	}
}

static void end_admission_locked(struct command_lanes *lanes, struct command *command,
				 enum command_outcome outcome)
{
	const struct connection pair = command_pair_texts(&command->pair);

	if (command->admission == ADMISSION_RESERVED)
		command_table_release(&lanes->table);
	else if (command->admission == ADMISSION_BEGUN)
		command_table_end(&lanes->table, command->kind, &pair, outcome,
				  now_ns(lanes));
	command->admission = ADMISSION_NONE;
}

/* A command that a lane has leaves the list, and all who wait are told. */
static void end_command(struct command_lanes *lanes, struct command *command,
			struct end *end)
{
	struct command *joined;

	pthread_mutex_lock(&lanes->lock);
	remove_locked(&lanes->first, command);
	end_admission_locked(lanes, command, end->outcome);
	joined = command->joined;
	pthread_mutex_unlock(&lanes->lock);
	if (end->outcome != COMMAND_REFUSED)
		lanes->options.ended(lanes->options.data);
	announce_end(command, end);
	announce_joined(joined, end);
	snapshot_unref(end->snapshot);
}

/* One that was never on the list. */
static void refuse_command(struct command_lanes *lanes, struct command *command,
			   struct end *end)
{
	/* The test that runs was published before the table had it. */
	if (end->result.r == -EALREADY)
		end->snapshot = lanes->options.snapshot(lanes->options.data);
	announce_end(command, end);
	snapshot_unref(end->snapshot);
}

/* For a lane, or for who has the same. */
static int enqueue_command(struct command_lanes *lanes, struct command *command,
			   struct error *error)
{
	struct command *same = NULL;
	int r;

	pthread_mutex_lock(&lanes->lock);
	r = accept_locked(lanes, command, &same, error);
	if (r == 0)
		append_locked(same ? &same->joined : &lanes->first, command);
	pthread_cond_signal(&lanes->wake);
	pthread_mutex_unlock(&lanes->lock);
	return r;
}

void command_lanes_add(struct command_lanes *lanes, enum fetcher_command_kind kind,
		       const struct fetcher_pair *pair,
		       void (*done)(void *data,
				    const struct fetcher_command_result *result),
		       void *data)
{
	struct command *command = calloc(1, sizeof(*command));
	struct end end = {.outcome = COMMAND_REFUSED};
	struct snapshot *snapshot;

	if (!command) {
		end.result.r = fail_for_memory(&end.result.error);
		done(data, &end.result);
		return;
	}
	command->kind = kind;
	command->deadline_ns = now_ns(lanes) + FETCHER_COMMAND_NS;
	command->done = done;
	command->data = data;
	snapshot = lanes->options.snapshot(lanes->options.data);
	end.result.r = command_pair_set(&command->pair, pair, snapshot,
					lanes->options.filters, &end.result.error);
	snapshot_unref(snapshot);
	if (end.result.r == 0)
		end.result.r = enqueue_command(lanes, command, &end.result.error);
	if (end.result.r != 0)
		refuse_command(lanes, command, &end);
}

/* True if another command is under way that does the same, which then has this one. */
static bool join_same(struct command_lanes *lanes, struct command *command,
		      struct end *end)
{
	struct command *same = NULL;

	pthread_mutex_lock(&lanes->lock);
	end_admission_locked(lanes, command, COMMAND_REFUSED);
	end->result.r = admit_locked(lanes, command, &same, &end->result.error);
	if (same) {
		remove_locked(&lanes->first, command);
		command->next = NULL;
		append_locked(&same->joined, command);
	}
	pthread_mutex_unlock(&lanes->lock);
	return same != NULL;
}

/* True if another command has this one from now on. */
static bool find_pair(struct command_lanes *lanes, const struct dms *dms,
		      struct command *command, struct end *end)
{
	end->result.r = command_pair_ask(&command->pair, dms, lanes->options.filters,
					 &end->result.error);
	return end->result.r == 0 && join_same(lanes, command, end);
}

static int publish_page(struct command_lanes *lanes, struct page *page, struct end *end)
{
	return lanes->options.publish(lanes->options.data, page, &end->snapshot);
}

/* Of the records of a listing by filter. */
static const struct connection *find_record(const struct listing *listing,
					    const struct connection *pair)
{
	for (size_t i = 0; i < listing->count; i++)
		for (size_t j = 0; j < page_count(listing->pages[i]); j++)
			if (!connection_compare_identity(page_at(listing->pages[i], j),
							 pair))
				return page_at(listing->pages[i], j);
	return NULL;
}

/*
 * Somebody else's test runs: what the service says of the connection now is the newest,
 * so that nobody takes the result of an earlier test for that of this one. Where that
 * cannot be had, the command's end says so by having no snapshot.
 */
static void publish_foreign(struct command_lanes *lanes, const struct dms *dms,
			    const struct command *command, struct end *end)
{
	const struct connection pair = command_pair_texts(&command->pair);
	const struct dms_filters filters = {
		.endpoint_arns = &pair.field[CONNECTION_ENDPOINT_ARN],
		.endpoint_arn_count = 1,
		.replication_instance_arns =
			&pair.field[CONNECTION_REPLICATION_INSTANCE_ARN],
		.replication_instance_arn_count = 1};
	const struct connection *record = NULL;
	struct listing listing = {0};
	struct page *page = NULL;
	struct error ignored = {0};

	if (dms_list_connections(dms, &filters, NULL, NULL, &listing, &ignored) == 0)
		record = find_record(&listing, &pair);
	if (record && page_new(record, 1, NULL, &page) == 0)
		(void)publish_page(lanes, page, end);
	page_unref(page);
	listing_fini(&listing);
}

static void send_command(struct command_lanes *lanes, const struct dms *dms,
			 const struct command *command, struct end *end)
{
	const struct connection pair = command_pair_texts(&command->pair);
	enum dms_command kind = command->kind == FETCHER_TEST ? DMS_COMMAND_TEST
							      : DMS_COMMAND_DELETE;
	struct error *error = &end->result.error;
	struct page *page = NULL;

	if (dms_command_send(dms, kind, &pair, &page, error) == 0) {
		end->outcome = COMMAND_DONE;
		if (publish_page(lanes, page, end) < 0)
			end->result.r = fail_for_memory(error);
	} else {
		end->result.r = command_result(error);
		end->outcome = dms_command_did_nothing(error) ? COMMAND_REFUSED
							      : COMMAND_UNKNOWN;
	}
	page_unref(page);
	if (end->result.r != -EALREADY)
		return;
	end->outcome = COMMAND_FOREIGN;
	publish_foreign(lanes, dms, command, end);
}

static void run_command(struct command_lanes *lanes, size_t lane,
			struct command *command)
{
	struct end end = {.outcome = COMMAND_REFUSED};
	const struct dms *dms = NULL;
	struct error *error = &end.result.error;

	if (client_lane(lanes->options.client, lane, command->deadline_ns, &dms,
			error) < 0)
		end.result.r = command_result(error);
	else if (!command_pair_is_known(&command->pair) &&
		 find_pair(lanes, dms, command, &end))
		return;
	if (end.result.r == 0)
		send_command(lanes, dms, command, &end);
	else if (end.result.r == -EALREADY)
		end.snapshot = lanes->options.snapshot(lanes->options.data);
	end_command(lanes, command, &end);
}

static struct command *find_untaken_locked(const struct command_lanes *lanes)
{
	struct command *command = lanes->first;

	while (command && command->is_taken)
		command = command->next;
	return command;
}

/* NULL: no more will come. */
static struct command *take_command(struct command_lanes *lanes)
{
	struct command *command;

	pthread_mutex_lock(&lanes->lock);
	command = find_untaken_locked(lanes);
	while (!command && !lanes->is_stopping) {
		pthread_cond_wait(&lanes->wake, &lanes->lock);
		command = find_untaken_locked(lanes);
	}
	if (command)
		command->is_taken = true;
	pthread_mutex_unlock(&lanes->lock);
	return command;
}

static void *run_lane(void *data)
{
	const struct lane *lane = data;
	struct command_lanes *lanes = lane->lanes;
	struct command *command = take_command(lanes);

	while (command) {
		run_command(lanes, lane->number, command);
		command = take_command(lanes);
	}
	lanes->options.stopped(lanes->options.data);
	return NULL;
}

int command_lanes_start(struct command_lanes *lanes)
{
	int r = 0;

	for (size_t i = 0; i < FETCHER_TESTS_MAX && r == 0; i++) {
		struct lane *lane = &lanes->threads[i];

		*lane = (struct lane){.lanes = lanes, .number = i};
		r = thread_start(&lane->thread, run_lane, lane);
		if (r == 0)
			lanes->thread_count++;
	}
	return r;
}

void command_lanes_stop(struct command_lanes *lanes)
{
	pthread_mutex_lock(&lanes->lock);
	lanes->is_stopping = true;
	pthread_cond_broadcast(&lanes->wake);
	pthread_mutex_unlock(&lanes->lock);
}

size_t command_lanes_threads(const struct command_lanes *lanes)
{
	return lanes->thread_count;
}

void command_lanes_join(struct command_lanes *lanes)
{
	for (size_t i = 0; i < lanes->thread_count; i++)
		pthread_join(lanes->threads[i].thread, NULL);
	lanes->thread_count = 0;
}

void command_lanes_refresh_begins(struct command_lanes *lanes)
{
	pthread_mutex_lock(&lanes->lock);
	command_table_refresh_begins(&lanes->table);
	pthread_mutex_unlock(&lanes->lock);
}

void command_lanes_refreshed(struct command_lanes *lanes,
			     const struct snapshot *snapshot, bool is_poll)
{
	pthread_mutex_lock(&lanes->lock);
	command_table_refreshed(&lanes->table, snapshot, is_poll, now_ns(lanes));
	pthread_mutex_unlock(&lanes->lock);
}

size_t command_lanes_watched(struct command_lanes *lanes,
			     const struct snapshot *snapshot, size_t *active)
{
	size_t watched;

	pthread_mutex_lock(&lanes->lock);
	watched = command_table_watched(&lanes->table, snapshot, now_ns(lanes), active);
	pthread_mutex_unlock(&lanes->lock);
	return watched;
}

int command_lanes_gather(struct command_lanes *lanes, struct connection_query *query)
{
	int r;

	pthread_mutex_lock(&lanes->lock);
	r = command_table_gather(&lanes->table, query);
	pthread_mutex_unlock(&lanes->lock);
	return r;
}
