#include "fetcher.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "credentials.h"
#include "endpoint.h"
#include "profile.h"
#include "user_agent.h"

struct fetcher {
	struct fetcher_options options;	 /* set once */
	struct endpoint endpoint;	 /* set once */
	struct profile *profile;	 /* set once */
	struct http *http;		 /* set once; NULL when a transport was given */
	struct credentials_chain *chain; /* for the thread that lists */
	struct dms *dms;		 /* for the thread that lists */

	int wake;		 /* set once; an eventfd */
	pthread_t thread;	 /* set once, by fetcher_start() */
	bool is_running;	 /* for who starts and stops */
	atomic_bool is_canceled; /* set by any thread, never cleared */

	pthread_mutex_t lock;	    /* guards: state, due_ns */
	struct fetcher_state state; /* guarded by lock; next_at_ns is not kept */
	int64_t due_ns;		    /* guarded by lock; since boot */
};

/* --- making one --- */

static int load_set_up(struct fetcher *fetcher, struct error *error)
{
	const struct fetcher_options *options = &fetcher->options;
	const struct profile_options profile = {
		.name = options->profile,
		.region = options->region,
		.getenv = options->getenv,
		.getenv_data = options->getenv_data,
	};
	const struct endpoint_options endpoint = {
		.url = options->endpoint_url,
		.is_http_allowed = options->is_http_allowed,
	};
	int err = profile_load(&profile, &fetcher->profile, error);

	return err ? err
		   : endpoint_resolve(fetcher->profile, &endpoint, &fetcher->endpoint,
				      error);
}

static int open_transport(struct fetcher *fetcher, struct error *error)
{
	char user_agent[USER_AGENT_SIZE];
	const struct http_options options = {
		.ca_bundle = profile_setting(fetcher->profile, "AWS_CA_BUNDLE",
					     "ca_bundle"),
		.user_agent = user_agent_write(fetcher->profile, user_agent),
		.is_verbose = fetcher->options.is_verbose,
	};
	int err;

	if (fetcher->options.transport.send)
		return 0;
	err = http_new(&options, &fetcher->http, error);
	if (!err)
		fetcher->options.transport = http_transport(fetcher->http);
	return err;
}

static int open_service(struct fetcher *fetcher, struct error *error)
{
	const struct credentials_options credentials = {
		.profile = fetcher->profile,
		.transport = fetcher->options.transport,
		.clock = fetcher->options.clock,
	};
	struct dms_options dms = {
		.transport = fetcher->options.transport,
		.clock = fetcher->options.clock,
		.endpoint = fetcher->endpoint,
		.max_records = fetcher->options.max_records,
		.connect_timeout_ms = fetcher->options.connect_timeout_ms,
		.read_timeout_ms = fetcher->options.read_timeout_ms,
	};
	int err = credentials_chain_new(&credentials, &fetcher->chain);

	dms.chain = fetcher->chain;
	if (!err)
		err = dms_new(&dms, &fetcher->dms);
	return err ? error_set(error, ERROR_MEMORY, "no memory for a fetcher") : 0;
}

int fetcher_new(const struct fetcher_options *options, struct fetcher **fetcher,
		struct error *error)
{
	struct fetcher *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for a fetcher");
	made->options = *options;
	pthread_mutex_init(&made->lock, NULL);
	made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = made->wake < 0
		      ? error_set(error, ERROR_MEMORY, "no descriptor for a fetcher")
		      : load_set_up(made, error);
	if (!err)
		err = open_transport(made, error);
	if (!err)
		err = open_service(made, error);
	if (err) {
		fetcher_free(made);
		return err;
	}
	*fetcher = made;
	return 0;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	fetcher_stop(fetcher);
	dms_free(fetcher->dms);
	credentials_chain_free(fetcher->chain);
	http_free(fetcher->http);
	profile_free(fetcher->profile);
	fetcher_state_fini(&fetcher->state);
	if (fetcher->wake >= 0)
		close(fetcher->wake);
	pthread_mutex_destroy(&fetcher->lock);
	free(fetcher);
}

/* --- listing --- */

static int build_snapshot(const struct listing *listing, struct snapshot **snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();

	if (!builder)
		return -1;
	for (size_t i = 0; i < listing->count; i++) {
		if (snapshot_builder_add_page(builder, listing->pages[i])) {
			snapshot_builder_free(builder);
			return -1;
		}
	}
	return snapshot_builder_finish(builder, snapshot);
}

static void tell(struct fetcher *fetcher)
{
	if (fetcher->options.changed)
		fetcher->options.changed(fetcher->options.changed_data);
}

/* The state takes the reference to @snapshot. */
static void succeed(struct fetcher *fetcher, struct snapshot *snapshot, size_t pages,
		    int64_t started_ns)
{
	const struct clock *clock = &fetcher->options.clock;
	int64_t now_ns = clock->realtime_ns(clock->data);
	struct fetcher_state before;

	pthread_mutex_lock(&fetcher->lock);
	before = fetcher->state;
	fetcher->state = (struct fetcher_state){
		.snapshot = snapshot,
		.refreshed_at_ns = now_ns,
		.changed_at_ns = now_ns,
		.duration_ns = clock->boottime_ns(clock->data) - started_ns,
		.pages = pages,
	};
	fetcher->due_ns = started_ns + fetcher->options.refresh_s * NS_PER_S;
	pthread_mutex_unlock(&fetcher->lock);
	fetcher_state_fini(&before);
}

static void fail(struct fetcher *fetcher, const struct error *error, int64_t started_ns)
{
	const struct clock *clock = &fetcher->options.clock;
	int64_t now_ns = clock->realtime_ns(clock->data);

	pthread_mutex_lock(&fetcher->lock);
	fetcher->state.is_stale = true;
	fetcher->state.error = *error;
	fetcher->state.failed_at_ns = now_ns;
	fetcher->state.changed_at_ns = now_ns;
	fetcher->due_ns = started_ns + fetcher->options.refresh_s * NS_PER_S;
	pthread_mutex_unlock(&fetcher->lock);
}

static int list(struct fetcher *fetcher, const struct dms_progress *progress,
		int64_t started_ns, struct error *error)
{
	struct snapshot *snapshot = NULL;
	struct listing listing = {0};
	int err = dms_list(fetcher->dms, &fetcher->options.filters, progress, &listing,
			   error);

	if (err)
		return err;
	if (build_snapshot(&listing, &snapshot))
		err = error_set(error, ERROR_MEMORY, "no memory for a listing");
	else
		succeed(fetcher, snapshot, listing.count, started_ns);
	listing_fini(&listing);
	return err;
}

int fetcher_list_first(struct fetcher *fetcher, const struct dms_progress *progress,
		       struct error *error)
{
	const struct clock *clock = &fetcher->options.clock;

	return list(fetcher, progress, clock->boottime_ns(clock->data), error);
}

/* --- the thread --- */

/* Returns when a refresh is to begin; false: when the thread is to end. */
static bool await_refresh(struct fetcher *fetcher)
{
	const struct clock *clock = &fetcher->options.clock;
	eventfd_t asked;

	while (!atomic_load(&fetcher->is_canceled)) {
		if (eventfd_read(fetcher->wake, &asked) == 0 ||
		    clock->boottime_ns(clock->data) >= fetcher->due_ns)
			return !atomic_load(&fetcher->is_canceled);
		clock->wait(clock->data, fetcher->due_ns, fetcher->wake);
	}
	return false;
}

static void *run(void *data)
{
	struct fetcher *fetcher = data;
	const struct clock *clock = &fetcher->options.clock;

	while (await_refresh(fetcher)) {
		int64_t started_ns = clock->boottime_ns(clock->data);
		struct error error = {0};
		int err = list(fetcher, NULL, started_ns, &error);

		if (atomic_load(&fetcher->is_canceled))
			break;
		if (err)
			fail(fetcher, &error, started_ns);
		tell(fetcher);
	}
	return NULL;
}

/* Signals are for the other threads. */
int fetcher_start(struct fetcher *fetcher)
{
	sigset_t all;
	sigset_t before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&fetcher->thread, NULL, run, fetcher);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	fetcher->is_running = err == 0;
	return -err;
}

void fetcher_refresh(struct fetcher *fetcher)
{
	(void)eventfd_write(fetcher->wake, 1);
}

void fetcher_cancel(struct fetcher *fetcher)
{
	atomic_store(&fetcher->is_canceled, true);
	(void)eventfd_write(fetcher->wake, 1);
	if (fetcher->http)
		http_cancel(fetcher->http);
}

void fetcher_stop(struct fetcher *fetcher)
{
	if (!fetcher || !fetcher->is_running)
		return;
	fetcher_cancel(fetcher);
	pthread_join(fetcher->thread, NULL);
	fetcher->is_running = false;
}

/* --- asking it --- */

/* The wall clock may be set while one waits: only now it can be told what it will
 * show then. */
void fetcher_get_state(struct fetcher *fetcher, struct fetcher_state *state)
{
	const struct clock *clock = &fetcher->options.clock;
	int64_t ahead_ns = clock->realtime_ns(clock->data) -
			   clock->boottime_ns(clock->data);

	pthread_mutex_lock(&fetcher->lock);
	*state = fetcher->state;
	if (state->snapshot) {
		snapshot_ref(state->snapshot);
		state->next_at_ns = fetcher->due_ns + ahead_ns;
	}
	pthread_mutex_unlock(&fetcher->lock);
}

void fetcher_state_fini(struct fetcher_state *state)
{
	snapshot_unref(state->snapshot);
	*state = (struct fetcher_state){0};
}

struct snapshot *fetcher_snapshot(struct fetcher *fetcher)
{
	struct fetcher_state state;

	fetcher_get_state(fetcher, &state);
	return state.snapshot;
}

struct fetcher_statistics fetcher_statistics(struct fetcher *fetcher)
{
	struct fetcher_statistics statistics = {0};

	pthread_mutex_lock(&fetcher->lock);
	statistics.pages = fetcher->state.pages;
	statistics.duration_ns = fetcher->state.duration_ns;
	if (fetcher->state.snapshot)
		statistics.skipped = snapshot_skipped(fetcher->state.snapshot);
	pthread_mutex_unlock(&fetcher->lock);
	return statistics;
}

const char *fetcher_region(const struct fetcher *fetcher)
{
	return fetcher->endpoint.region;
}

const char *fetcher_endpoint_url(const struct fetcher *fetcher)
{
	return fetcher->endpoint.url;
}
