/*
 * The fetcher is what asks the service, and the one thing of src/ (beside the snapshots
 * it makes) that the FUSE side meets. Its thread alone asks, by a schedule or because
 * somebody wants it now; what came of it is its state. What is to be done at the
 * service goes by threads of its own, see command.h.
 */
#ifndef DMSFS_SRC_FETCHER_FETCHER_H
#define DMSFS_SRC_FETCHER_FETCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/error.h"
#include "src/base/tally.h"
#include "src/dms/list_connections.h"
#include "src/fetcher/command.h"
#include "src/fetcher/fetcher_options.h"
#include "src/snapshot/snapshot.h"

struct fetcher;

/* The state at one moment. Times are in nanoseconds since 1970. Those of the past are
 * never later than the clock is right now, even if it was ahead then. */
struct fetcher_state {
	struct snapshot *snapshot; /* a reference; NULL before the first listing */
	int64_t snapshot_at_ns;	   /* when it came: by a listing, a poll or a command */
	/* The snapshot is of a listing: one that succeeded, or that was given to
	 * fetcher_begin_stale(). */
	bool is_listed;
	bool is_stale;		 /* the last refresh failed for good */
	struct error error;	 /* why, while stale */
	int64_t failed_at_ns;	 /* when it last did, while stale */
	int64_t refreshed_at_ns; /* when the last one that succeeded ended */
	int64_t next_at_ns;	 /* when the next one is due; 0: not scheduled */
	/*
	 * Since boot, as CLOCK_BOOTTIME, so that time spent suspended counts: from then
	 * on the snapshot is older than it should be, whatever else is said here. 0
	 * before the first listing.
	 */
	int64_t overdue_at_ns;
	int64_t changed_at_ns; /* when any of this last changed */
	int64_t duration_ns;   /* of the last full listing */
	size_t pages;	       /* of the last full listing */
};

/*
 * Reads the AWS set-up and prepares to ask, without asking: 0, or a negative
 * errno with what is wrong with the set-up in @error.
 */
int fetcher_new(const struct fetcher_options *options, struct fetcher **fetcher,
		struct error *error);

/* Stops it first, and leaves it as it is where that fails. Takes NULL. Snapshots that
 * were handed out live on. */
void fetcher_free(struct fetcher *fetcher);

/*
 * Lists all connections in the calling thread and keeps the snapshot of them. 0;
 * else a negative errno with @error, and the snapshot is what it was. @progress
 * may be NULL.
 */
int fetcher_list_first(struct fetcher *fetcher, const struct dms_progress *progress,
		       struct error *error);

/*
 * Compares a first listing with @before, that of an earlier run, as if it had been the
 * next one: what is missing from it is asked for once more. As above.
 */
int fetcher_compare_first(struct fetcher *fetcher, struct snapshot *before,
			  struct error *error);

/* Where the first listing, or its comparison, failed: shows @snapshot, of a
 * listing that ended at @refreshed_at_ns, and stays stale. Takes a reference of its
 * own. */
void fetcher_begin_stale(struct fetcher *fetcher, struct snapshot *snapshot,
			 int64_t refreshed_at_ns);

/*
 * Goes on without a listing, after the first one or its comparison failed and nothing
 * is known from before: the snapshot is empty and stays stale. The first listing that
 * succeeds is taken as it is. Until then fetcher_command() refuses, for the reason why
 * the listing failed. 0 or -ENOMEM. Before fetcher_start().
 */
int fetcher_begin_unlisted(struct fetcher *fetcher);

/*
 * So many fetchers, this one counted in, ask the same account in the same Region
 * (snapshot_account()), and share the budget of requests. 1 to begin with. Where it
 * changes while the thread runs, the state soon does, too. Any thread.
 */
void fetcher_set_share(struct fetcher *fetcher, unsigned sources);

/* Starts the thread, once, after fetcher_list_first(). 0 or a negative errno. */
int fetcher_start(struct fetcher *fetcher);

/*
 * Asks for a full listing at once; when one is under way, for another one after
 * it. Several at once make one. It waits while what was asked for has borrowed as much
 * of the budget as it may, see schedule_asked_due(). Any thread; only wakes.
 */
void fetcher_refresh(struct fetcher *fetcher);

/*
 * Takes a command; copies @pair. @done is called exactly once, with no lock held: by a
 * thread of the fetcher's; or, for what is refused at once, by the caller's own before
 * this returns. It must not wait. Never waits for the network. Any thread, between
 * fetcher_start() and fetcher_stop(), which ends what is under way with -ECANCELED; of
 * a fetcher whose options have has_commands.
 */
void fetcher_command(struct fetcher *fetcher, enum fetcher_command_kind kind,
		     const struct fetcher_pair *pair,
		     void (*done)(void *data,
				  const struct fetcher_command_result *result),
		     void *data);

/*
 * Ends the threads, also amid a request; no callback comes after it. Nothing is asked
 * from then on. 0; or -ETIMEDOUT when a thread hangs for two seconds, such as in a
 * name lookup: then it goes on to use all that it was given, and the process must end
 * by _exit(2). Takes NULL, and may be called again, by one thread at a time.
 */
int fetcher_stop(struct fetcher *fetcher);

/*
 * Copies the state, for the caller to fetcher_state_fini(). Any thread; never waits
 * for the network.
 */
void fetcher_get_state(struct fetcher *fetcher, struct fetcher_state *state);

/* Drops the reference and clears the state. */
void fetcher_state_fini(struct fetcher_state *state);

/* Region and endpoint in use, for messages. Borrowed, never NULL. Any thread. */
const char *fetcher_region(const struct fetcher *fetcher);
const char *fetcher_endpoint_url(const struct fetcher *fetcher);

/* Whether no setting names the region, which is that of the EC2 instance then. */
bool fetcher_is_region_of_instance(const struct fetcher *fetcher);

/* What was sent to DMS so far, by operation and result (call.h). The entries are for
 * the caller to free(), NULL where there are none. Any thread. */
struct fetcher_counts {
	struct tally_entry *requests;
	size_t request_count;
	size_t throttled;
};

void fetcher_count_requests(const struct fetcher *fetcher,
			    struct fetcher_counts *counts);

/* Which credentials are in use and until when, for people, without a
 * secret; empty while there are none. Returns @out. Any thread. */
char *fetcher_describe_credentials(const struct fetcher *fetcher, char *out,
				   size_t size);

/* Whether a failure may pass by itself, such as no network yet, or a service that is
 * overloaded; no access will not. */
bool fetcher_may_pass(const struct error *error);

/* Ends a request under way and all later ones with ERROR_CANCELED, at once. Any
 * thread; not for signal handlers. */
void fetcher_cancel(struct fetcher *fetcher);

#endif
