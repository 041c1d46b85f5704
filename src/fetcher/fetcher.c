#include "src/fetcher/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "src/aws/call.h"
#include "src/aws/retry.h"
#include "src/base/thread.h"
#include "src/fetcher/client.h"
#include "src/fetcher/command_lanes.h"
#include "src/fetcher/refresher.h"
#include "src/fetcher/schedule.h"

/* Requests for a refresh that come so close together are one. */
#define GATHER_NS (10 * NS_PER_MS)
/* So long is waited for the threads to end. */
#define STOP_TIMEOUT_MS 2000
/* So many intervals without a full listing make the snapshot too old. */
#define OVERDUE_INTERVALS 3

struct fetcher {
	struct fetcher_options options; /* set once */
	struct client *client;		/* set once */
	struct command_lanes *commands; /* set once; NULL: it takes none */
	int wake;			/* set once; an eventfd: see the next two */
	atomic_bool is_wanted;		/* somebody wants a refresh */
	atomic_bool is_commanded;	/* a command has ended */
	atomic_uint share;		/* how many have the budget together */

	/* For the thread that lists. */
	struct refresher *refresher;
	struct schedule schedule;
	struct schedule_refresh listed; /* the last full listing that succeeded */
	bool is_asked;			/* a refresh is wanted, and has not begun */
	size_t charged; /* requests of commands that are in the budget */

	/* For who starts and stops. */
	pthread_t thread;
	bool is_running;
	atomic_uint running; /* threads */
	bool is_given_up;    /* the threads were waited for in vain */
	int ended;	     /* set once; an eventfd: all threads have ended */

	/* Guards: answered; and who has it may make another snapshot that of the state,
	 * which takes a while. Taken before lock. */
	pthread_mutex_t edit;
	/* The records in the responses to commands since the refresh under way began,
	 * each a page; guarded by edit. */
	struct listing answered;

	pthread_mutex_t lock;	    /* guards: state, due_ns */
	struct fetcher_state state; /* guarded by lock; without next_at_ns */
	int64_t due_ns;		    /* guarded by lock; since boot; 0: not scheduled */
};

static int64_t boottime_ns(const struct fetcher *fetcher)
{
	return fetcher->options.clock.boottime_ns(fetcher->options.clock.data);
}

static int64_t realtime_ns(const struct fetcher *fetcher)
{
	return fetcher->options.clock.realtime_ns(fetcher->options.clock.data);
}

static struct snapshot *newest_snapshot(void *data)
{
	struct fetcher *fetcher = data;
	struct snapshot *snapshot;

	pthread_mutex_lock(&fetcher->lock);
	snapshot = snapshot_ref(fetcher->state.snapshot);
	pthread_mutex_unlock(&fetcher->lock);
	return snapshot;
}

/* The edit lock is held; takes the reference to @snapshot. */
static void replace_snapshot(struct fetcher *fetcher, struct snapshot *snapshot)
{
	int64_t now_ns = realtime_ns(fetcher);
	struct snapshot *before;

	pthread_mutex_lock(&fetcher->lock);
	before = fetcher->state.snapshot;
	fetcher->state.snapshot = snapshot;
	fetcher->state.snapshot_at_ns = now_ns;
	fetcher->state.changed_at_ns = now_ns;
	pthread_mutex_unlock(&fetcher->lock);
	snapshot_unref(before);
}

static void announce_change(struct fetcher *fetcher)
{
	if (fetcher->options.changed && !client_is_canceled(fetcher->client))
		fetcher->options.changed(fetcher->options.changed_data);
}

/* The record of a command's response becomes the newest at once, and stays so when a
 * refresh ends that began before. */
static int publish_record(void *data, struct page *page, struct snapshot **snapshot)
{
	struct fetcher *fetcher = data;
	const struct listing record = {.pages = &page, .count = 1};
	struct snapshot *revised = NULL;
	int r;

	pthread_mutex_lock(&fetcher->edit);
	r = refresher_revise(fetcher->state.snapshot, &record, &revised);
	if (r == 0)
		r = listing_add(&fetcher->answered, page_ref(page));
	if (r == 0) {
		*snapshot = snapshot_ref(revised);
		replace_snapshot(fetcher, snapshot_ref(revised));
	}
	pthread_mutex_unlock(&fetcher->edit);
	snapshot_unref(revised);
	if (r == 0)
		announce_change(fetcher);
	return r;
}

static void command_ended(void *data)
{
	struct fetcher *fetcher = data;

	atomic_store(&fetcher->is_commanded, true);
	(void)eventfd_write(fetcher->wake, 1);
}

static void thread_ended(void *data)
{
	struct fetcher *fetcher = data;

	if (atomic_fetch_sub(&fetcher->running, 1) == 1)
		(void)eventfd_write(fetcher->ended, 1);
}

static int open_commands(struct fetcher *fetcher)
{
	const struct command_lanes_options options = {
		.client = fetcher->client,
		.filters = &fetcher->options.filters,
		.clock = fetcher->options.clock,
		.test_interval_s = fetcher->options.test_interval_s,
		.snapshot = newest_snapshot,
		.publish = publish_record,
		.ended = command_ended,
		.stopped = thread_ended,
		.data = fetcher,
	};

	if (!fetcher->options.has_commands)
		return 0;
	fetcher->commands = command_lanes_new(&options);
	return fetcher->commands ? 0 : -ENOMEM;
}

static int open_fetcher(struct fetcher *fetcher, struct error *error)
{
	int r = client_new(&fetcher->options, &fetcher->client, error);

	if (r < 0)
		return r;
	fetcher->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fetcher->refresher = refresher_new(fetcher->client, &fetcher->options.filters);
	fetcher->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fetcher->wake < 0 || fetcher->ended < 0 || !fetcher->refresher ||
	    open_commands(fetcher) < 0)
		return error_set(error, ERROR_MEMORY,
				 "no memory or file descriptor for the fetcher");
	schedule_init(&fetcher->schedule, fetcher->options.refresh_s,
		      fetcher->options.refresh_active_s);
	return 0;
}

int fetcher_new(const struct fetcher_options *options, struct fetcher **fetcher,
		struct error *error)
{
	struct fetcher *made = calloc(1, sizeof(*made));
	int r = 0;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for the fetcher");
	made->options = *options;
	atomic_init(&made->share, 1);
	made->wake = -1;
	made->ended = -1;
	pthread_mutex_init(&made->edit, NULL);
	pthread_mutex_init(&made->lock, NULL);
	r = open_fetcher(made, error);
	if (r < 0) {
		fetcher_free(made);
		return r;
	}
	*fetcher = made;
	return 0;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	if (fetcher_stop(fetcher) < 0)
		return;
	command_lanes_free(fetcher->commands);
	refresher_free(fetcher->refresher);
	client_free(fetcher->client);
	listing_fini(&fetcher->answered);
	fetcher_state_fini(&fetcher->state);
	if (fetcher->wake >= 0)
		close(fetcher->wake);
	if (fetcher->ended >= 0)
		close(fetcher->ended);
	pthread_mutex_destroy(&fetcher->lock);
	pthread_mutex_destroy(&fetcher->edit);
	free(fetcher);
}

/* From 0 to 1. */
static double chance(void)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return 0.5;
	return (double)random / UINT32_MAX;
}

/*
 * Three intervals and the longest that one page may take after a full listing: by then
 * the next one has ended, even if two were put off or one page of it needed all its
 * attempts. A listing that itself takes longer than the interval is given its time, and
 * so is one that has to wait until refreshes that were asked for are paid for.
 */
static int64_t find_overdue_ns(const struct fetcher *fetcher,
			       const struct schedule_refresh *refresh)
{
	int64_t interval_ns = schedule_interval_ns(&fetcher->schedule, refresh);
	int64_t duration_ns = refresh->ended_ns - refresh->started_ns;

	int64_t paid_ns = schedule_full_due(&fetcher->schedule);
	int64_t late_ns;

	if (interval_ns < duration_ns)
		interval_ns = duration_ns;
	late_ns = refresh->ended_ns + OVERDUE_INTERVALS * interval_ns;
	if (late_ns < paid_ns + interval_ns)
		late_ns = paid_ns + interval_ns;
	return late_ns + client_longest_page_ns(fetcher->client);
}

/* What is watched needs no poll beside that. */
static void plan_next(struct fetcher *fetcher, const struct schedule_refresh *refresh)
{
	struct refresher *refresher = fetcher->refresher;
	enum schedule_activity activity = SCHEDULE_IDLE;
	size_t watched_active = 0;
	size_t watched = 0;

	if (fetcher->commands && refresher_can_poll(refresher))
		watched = command_lanes_watched(fetcher->commands,
						refresher_snapshot(refresher),
						&watched_active);
	if (refresher_active(refresher) > watched_active)
		activity = refresher_can_poll(refresher) ? SCHEDULE_ACTIVE
							 : SCHEDULE_ACTIVE_LISTED;
	schedule_succeeded(&fetcher->schedule, refresh, activity, watched > 0);
}

/* @pages is of a full listing. */
static void note_success(struct fetcher *fetcher,
			 const struct schedule_refresh *refresh, size_t pages)
{
	struct snapshot *snapshot =
		snapshot_ref(refresher_snapshot(fetcher->refresher));
	int64_t now_ns = realtime_ns(fetcher);
	struct snapshot *before;

	if (fetcher->commands)
		command_lanes_refreshed(fetcher->commands, snapshot,
					refresh->kind == SCHEDULE_POLL);
	plan_next(fetcher, refresh);
	pthread_mutex_lock(&fetcher->lock);
	before = fetcher->state.snapshot;
	fetcher->state.snapshot = snapshot;
	fetcher->state.snapshot_at_ns = now_ns;
	/* That some connections could be looked at does not tell that all is well. */
	if (refresh->kind != SCHEDULE_WATCH) {
		fetcher->state.is_stale = false;
		fetcher->state.error = (struct error){0};
		fetcher->state.failed_at_ns = 0;
	}
	if (!fetcher->state.is_stale)
		fetcher->state.refreshed_at_ns = now_ns;
	fetcher->state.changed_at_ns = now_ns;
	if (refresh->kind == SCHEDULE_FULL) {
		fetcher->listed = *refresh;
		fetcher->state.is_listed = true;
		fetcher->state.duration_ns = refresh->ended_ns - refresh->started_ns;
		fetcher->state.pages = pages;
		fetcher->state.overdue_at_ns = find_overdue_ns(fetcher, refresh);
	}
	fetcher->due_ns = schedule_due(&fetcher->schedule);
	pthread_mutex_unlock(&fetcher->lock);
	snapshot_unref(before);
}

static void note_failure(struct fetcher *fetcher,
			 const struct schedule_refresh *refresh,
			 const struct error *error)
{
	int64_t now_ns = realtime_ns(fetcher);

	schedule_failed(&fetcher->schedule, refresh);
	pthread_mutex_lock(&fetcher->lock);
	fetcher->state.is_stale = true;
	fetcher->state.error = *error;
	fetcher->state.failed_at_ns = now_ns;
	fetcher->state.changed_at_ns = now_ns;
	fetcher->due_ns = schedule_due(&fetcher->schedule);
	pthread_mutex_unlock(&fetcher->lock);
}

/* Of those that were commanded, or of the active ones. */
static int poll_some(struct fetcher *fetcher, enum schedule_kind kind,
		     struct error *error)
{
	struct connection_query query = {0};
	int r = 0;

	if (kind == SCHEDULE_POLL)
		return refresher_poll(fetcher->refresher, NULL, error);
	if (command_lanes_gather(fetcher->commands, &query) < 0)
		r = error_set(error, ERROR_MEMORY, "no memory for a listing");
	else if (query.count > 0)
		r = refresher_poll(fetcher->refresher, &query, error);
	connection_query_fini(&query);
	return r;
}

/* What *@kind says. A poll whose filter is refused becomes a full listing, which needs
 * none. */
static int ask(struct fetcher *fetcher, enum schedule_kind *kind,
	       const struct dms_progress *progress, size_t *pages, struct error *error)
{
	int r = 0;

	if (*kind != SCHEDULE_FULL) {
		r = poll_some(fetcher, *kind, error);
		if (r == 0 || refresher_can_poll(fetcher->refresher))
			return r;
		*error = (struct error){.kind = ERROR_NONE};
		*kind = SCHEDULE_FULL;
	}
	return refresher_list(fetcher->refresher, progress, pages, error);
}

/* What commands have made of the snapshot is where the refresh starts from. */
static void begin_refresh(struct fetcher *fetcher)
{
	if (!fetcher->commands)
		return;
	pthread_mutex_lock(&fetcher->edit);
	listing_fini(&fetcher->answered);
	if (fetcher->state.snapshot)
		refresher_set_snapshot(fetcher->refresher, fetcher->state.snapshot);
	command_lanes_refresh_begins(fetcher->commands);
	pthread_mutex_unlock(&fetcher->edit);
}

/* The edit lock is held. What the refresh says of a connection that was commanded since
 * it began is void. */
static int hold_answered(struct fetcher *fetcher, struct error *error)
{
	struct snapshot *held = NULL;

	if (fetcher->answered.count == 0)
		return 0;
	if (refresher_revise(refresher_snapshot(fetcher->refresher), &fetcher->answered,
			     &held) < 0)
		return error_set(error, ERROR_MEMORY, "no memory for a snapshot");
	refresher_set_snapshot(fetcher->refresher, held);
	snapshot_unref(held);
	return 0;
}

static int end_refresh(struct fetcher *fetcher, const struct schedule_refresh *refresh,
		       size_t pages, struct error *error)
{
	int r;

	pthread_mutex_lock(&fetcher->edit);
	r = hold_answered(fetcher, error);
	if (r == 0)
		note_success(fetcher, refresh, pages);
	pthread_mutex_unlock(&fetcher->edit);
	return r;
}

/* Of @refresh, kind and whether it was asked for are given. A refresh that stopping cut
 * short is no news. */
static int refresh_once(struct fetcher *fetcher, struct schedule_refresh refresh,
			const struct dms_progress *progress, struct error *error)
{
	size_t requests = client_requests(fetcher->client);
	size_t pages = 0;
	int r = 0;

	begin_refresh(fetcher);
	refresh.started_ns = boottime_ns(fetcher);
	refresh.jitter = chance();
	client_set_deadline(fetcher->client);
	r = ask(fetcher, &refresh.kind, progress, &pages, error);
	refresh.ended_ns = boottime_ns(fetcher);
	refresh.requests = client_requests(fetcher->client) - requests;
	if (r == 0)
		r = end_refresh(fetcher, &refresh, pages, error);
	if (r < 0 && !client_is_canceled(fetcher->client))
		note_failure(fetcher, &refresh, error);
	return r;
}

int fetcher_list_first(struct fetcher *fetcher, const struct dms_progress *progress,
		       struct error *error)
{
	const struct schedule_refresh refresh = {.kind = SCHEDULE_FULL};

	return refresh_once(fetcher, refresh, progress, error);
}

/* Before there is any thread. */
int fetcher_compare_first(struct fetcher *fetcher, struct snapshot *before,
			  struct error *error)
{
	int64_t now_ns = boottime_ns(fetcher);
	int r = refresher_compare(fetcher->refresher, before, error);

	if (r == 0)
		replace_snapshot(fetcher,
				 snapshot_ref(refresher_snapshot(fetcher->refresher)));
	else
		note_failure(fetcher,
			     &(struct schedule_refresh){.kind = SCHEDULE_FULL,
							.started_ns = now_ns,
							.ended_ns = now_ns,
							.jitter = chance()},
			     error);
	return r;
}

void fetcher_begin_stale(struct fetcher *fetcher, struct snapshot *snapshot,
			 int64_t refreshed_at_ns)
{
	/* So that a connection which the next listing lacks is asked for once more. */
	refresher_set_snapshot(fetcher->refresher, snapshot);
	replace_snapshot(fetcher, snapshot_ref(snapshot));
	pthread_mutex_lock(&fetcher->lock);
	fetcher->state.is_listed = true;
	fetcher->state.refreshed_at_ns = refreshed_at_ns;
	fetcher->state.overdue_at_ns = 0;
	pthread_mutex_unlock(&fetcher->lock);
}

/* The snapshot is empty, so that nobody has to do without one. */
int fetcher_begin_unlisted(struct fetcher *fetcher)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *empty = NULL;

	if (!builder || snapshot_builder_finish(builder, &empty) < 0)
		return -ENOMEM;
	refresher_set_snapshot(fetcher->refresher, empty);
	replace_snapshot(fetcher, empty);
	pthread_mutex_lock(&fetcher->lock);
	fetcher->state.is_listed = false;
	fetcher->state.refreshed_at_ns = 0;
	fetcher->state.overdue_at_ns = 0;
	fetcher->state.duration_ns = 0;
	fetcher->state.pages = 0;
	pthread_mutex_unlock(&fetcher->lock);
	return 0;
}

void fetcher_set_share(struct fetcher *fetcher, unsigned sources)
{
	const unsigned share = sources ? sources : 1;

	if (atomic_exchange(&fetcher->share, share) != share)
		(void)eventfd_write(fetcher->wake, 1);
}

/* A shell's `> refresh` asks twice, by a truncation and by a write. */
static void take_requests(struct fetcher *fetcher)
{
	const struct clock *clock = &fetcher->options.clock;
	eventfd_t asked;

	if (eventfd_read(fetcher->wake, &asked) < 0 ||
	    !atomic_load(&fetcher->is_wanted))
		return;
	(void)clock->sleep(clock->data, GATHER_NS);
	(void)eventfd_read(fetcher->wake, &asked);
	atomic_store(&fetcher->is_wanted, false);
	fetcher->is_asked = true;
}

/* Their requests are in the budget, and the connections are looked at soon. */
static void take_commands(struct fetcher *fetcher)
{
	size_t requests = client_lane_requests(fetcher->client);
	int64_t now_ns = boottime_ns(fetcher);

	if (requests != fetcher->charged)
		schedule_charge(&fetcher->schedule, now_ns,
				requests - fetcher->charged);
	fetcher->charged = requests;
	if (atomic_exchange(&fetcher->is_commanded, false))
		schedule_commanded(&fetcher->schedule, now_ns,
				   !refresher_can_poll(fetcher->refresher), chance());
}

/* True if there are more or fewer of them. The next listing may be put off for a long
 * time then, and the snapshot is not too old before that. */
static bool take_share(struct fetcher *fetcher)
{
	unsigned share = atomic_load(&fetcher->share);

	if (share == fetcher->schedule.share)
		return false;
	schedule_set_share(&fetcher->schedule, share);
	pthread_mutex_lock(&fetcher->lock);
	if (fetcher->state.overdue_at_ns > 0)
		fetcher->state.overdue_at_ns = find_overdue_ns(fetcher,
							       &fetcher->listed);
	if (fetcher->due_ns > 0)
		fetcher->due_ns = schedule_due(&fetcher->schedule);
	pthread_mutex_unlock(&fetcher->lock);
	return true;
}

/* Whether a refresh is to begin now; else until when to wait. */
static bool is_due(struct fetcher *fetcher, struct schedule_refresh *refresh,
		   int64_t *due_ns)
{
	const struct schedule *schedule = &fetcher->schedule;
	int64_t now_ns = boottime_ns(fetcher);
	int64_t asked_ns = fetcher->is_asked ? schedule_asked_due(schedule, now_ns)
					     : INT64_MAX;

	*due_ns = schedule_due(schedule);
	refresh->kind = schedule_kind(schedule, now_ns);
	refresh->is_asked = asked_ns <= now_ns &&
			    (*due_ns > now_ns || refresh->kind != SCHEDULE_FULL);
	if (refresh->is_asked)
		refresh->kind = SCHEDULE_FULL;
	if (asked_ns < *due_ns)
		*due_ns = asked_ns;
	return *due_ns <= now_ns;
}

/* Which refresh is to begin now. False: none any more. */
static bool await_refresh(struct fetcher *fetcher, struct schedule_refresh *refresh)
{
	const struct clock *clock = &fetcher->options.clock;
	int64_t due_ns;

	while (!client_is_canceled(fetcher->client)) {
		take_requests(fetcher);
		take_commands(fetcher);
		if (take_share(fetcher))
			announce_change(fetcher);
		if (is_due(fetcher, refresh, &due_ns)) {
			if (refresh->kind == SCHEDULE_FULL)
				fetcher->is_asked = false;
			return !client_is_canceled(fetcher->client);
		}
		clock->wait(clock->data, due_ns, fetcher->wake);
	}
	return false;
}

static void *run_fetcher(void *data)
{
	struct fetcher *fetcher = data;
	struct schedule_refresh refresh = {.requests = 0};

	while (await_refresh(fetcher, &refresh)) {
		struct error error = {0};

		(void)refresh_once(fetcher, refresh, NULL, &error);
		announce_change(fetcher);
		thread_release_stack();
	}
	thread_ended(fetcher);
	return NULL;
}

static int start_commands(struct fetcher *fetcher)
{
	int r;

	atomic_fetch_add(&fetcher->running, FETCHER_TESTS_MAX);
	r = command_lanes_start(fetcher->commands);
	for (size_t i = command_lanes_threads(fetcher->commands); i < FETCHER_TESTS_MAX;
	     i++)
		thread_ended(fetcher);
	return r;
}

/* Where some of the threads cannot be started, fetcher_stop() ends the others. */
int fetcher_start(struct fetcher *fetcher)
{
	int r;

	(void)take_share(fetcher);
	atomic_store(&fetcher->running, 1);
	r = thread_start(&fetcher->thread, run_fetcher, fetcher);
	fetcher->is_running = r == 0;
	if (r == 0 && fetcher->commands)
		r = start_commands(fetcher);
	return r;
}

/* 0; or where nothing has been listed yet, a result by the cause of that. */
static int check_listed(struct fetcher *fetcher, struct error *error)
{
	bool is_listed;
	int r;

	pthread_mutex_lock(&fetcher->lock);
	is_listed = fetcher->state.is_listed;
	if (!is_listed)
		*error = fetcher->state.error;
	pthread_mutex_unlock(&fetcher->lock);
	if (is_listed)
		return 0;
	r = command_result(error);
	error_prefix(error, "not listed yet: ");
	/* That is said of a connection alone. */
	return r == -EALREADY ? -EIO : r;
}

/* A record of a command must not show a source that was not listed as if it had been.
 */
void fetcher_command(struct fetcher *fetcher, enum fetcher_command_kind kind,
		     const struct fetcher_pair *pair,
		     void (*done)(void *data,
				  const struct fetcher_command_result *result),
		     void *data)
{
	struct fetcher_command_result refused = {.r = 0};

	refused.r = check_listed(fetcher, &refused.error);
	if (refused.r < 0)
		done(data, &refused);
	else
		command_lanes_add(fetcher->commands, kind, pair, done, data);
}

void fetcher_refresh(struct fetcher *fetcher)
{
	atomic_store(&fetcher->is_wanted, true);
	(void)eventfd_write(fetcher->wake, 1);
}

void fetcher_cancel(struct fetcher *fetcher)
{
	client_cancel(fetcher->client);
	if (fetcher->commands)
		command_lanes_stop(fetcher->commands);
	(void)eventfd_write(fetcher->wake, 1);
}

int fetcher_stop(struct fetcher *fetcher)
{
	struct pollfd ended = {.events = POLLIN};
	int timeout_ms = STOP_TIMEOUT_MS;

	if (!fetcher || !fetcher->is_running)
		return 0;
	fetcher_cancel(fetcher);
	ended.fd = fetcher->ended;
	if (fetcher->is_given_up)
		timeout_ms = 0;
	if (poll(&ended, 1, timeout_ms) != 1) {
		fetcher->is_given_up = true;
		return -ETIMEDOUT;
	}
	pthread_join(fetcher->thread, NULL);
	if (fetcher->commands)
		command_lanes_join(fetcher->commands);
	fetcher->is_running = false;
	return 0;
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The clock on the wall may be set at any time: what it will show when the next
 * refresh is due depends on the time that it shows now. */
void fetcher_get_state(struct fetcher *fetcher, struct fetcher_state *state)
{
	int64_t now_ns = realtime_ns(fetcher);
	int64_t ahead_ns = now_ns - boottime_ns(fetcher);

	pthread_mutex_lock(&fetcher->lock);
	*state = fetcher->state;
	if (state->snapshot)
		snapshot_ref(state->snapshot);
	if (fetcher->due_ns > 0)
		state->next_at_ns = fetcher->due_ns + ahead_ns;
	state->failed_at_ns = min_ns(state->failed_at_ns, now_ns);
	state->refreshed_at_ns = min_ns(state->refreshed_at_ns, now_ns);
	state->snapshot_at_ns = min_ns(state->snapshot_at_ns, now_ns);
	state->changed_at_ns = min_ns(state->changed_at_ns, now_ns);
	pthread_mutex_unlock(&fetcher->lock);
}

void fetcher_state_fini(struct fetcher_state *state)
{
	snapshot_unref(state->snapshot);
	*state = (struct fetcher_state){0};
}

bool fetcher_is_region_of_instance(const struct fetcher *fetcher)
{
	return client_is_region_of_instance(fetcher->client);
}

const char *fetcher_region(const struct fetcher *fetcher)
{
	return client_region(fetcher->client);
}

const char *fetcher_endpoint_url(const struct fetcher *fetcher)
{
	return client_endpoint_url(fetcher->client);
}

void fetcher_count_requests(const struct fetcher *fetcher,
			    struct fetcher_counts *counts)
{
	struct call_counts *all = client_counts(fetcher->client);

	counts->requests = tally_copy(&all->requests, &counts->request_count);
	counts->throttled = atomic_load(&all->throttled);
}

char *fetcher_describe_credentials(const struct fetcher *fetcher, char *out,
				   size_t size)
{
	return client_describe_credentials(fetcher->client, out, size);
}

bool fetcher_may_pass(const struct error *error)
{
	return retry_classify(error) != RETRY_NEVER;
}
