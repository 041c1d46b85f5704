#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fs/process/memory.h"
#include "fs/publish/cache_warmer.h"
#include "fs/publish/populate.h"
#include "fs/publish/publish_diff.h"
#include "fs/publish/publisher_private.h"
#include "fs/tree/dirtied_pages.h"
#include "fs/tree/staging.h"

/* When the mount can't be reached for now, as when another one lies over it. */
#define RETRY_MS 1000
#define TRIM_CONNECTIONS 1000
#define TRIMS 3

/* --- before the mount --- */

static int plant(struct publisher *publisher)
{
	struct fetcher_state state;
	int64_t mtime_ns = 0;
	int r = 0;

	fetcher_get_state(publisher->fetcher, &state);
	publisher->shown = snapshot_ref(state.snapshot);
	mtime_ns = state.refreshed_at_ns;
	status_count(publisher->shown, &publisher->counts);
	r = plant_connections(publisher->tree, publisher->shown, mtime_ns);
	if (r == 0)
		r = control_plant(publisher->tree, publisher->shown, mtime_ns,
				  &publisher->control);
	if (r == 0)
		r = publisher_set_status(publisher, &state);
	fetcher_state_fini(&state);
	return r;
}

int publisher_new(const struct publisher_options *options, struct publisher **result)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	int r = 0;

	if (!publisher)
		return -ENOMEM;
	publisher->fetcher = options->fetcher;
	publisher->tree = options->tree;
	publisher->log = options->log;
	publisher->notify = options->notify;
	publisher->max_warm_files = options->max_warm_files;
	publisher->ready = options->ready;
	publisher->data = options->data;
	publisher->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = publisher->wake < 0 ? -errno : plant(publisher);
	if (r < 0)
		publisher_free(publisher);
	else
		*result = publisher;
	return r;
}

const struct node *publisher_refresh_node(const struct publisher *publisher)
{
	return publisher->control.refresh;
}

/* --- orders --- */

static bool is_for_an_entry(const struct order *order)
{
	return order->kind != ORDER_BEGIN && order->kind != ORDER_END &&
	       order->kind != ORDER_WARM;
}

/* Something else lies over the entry: busy is a file that another is mounted on. */
static bool is_in_the_way(const struct order *order, int result)
{
	return result == -EXDEV ||
	       (result == -EBUSY && (order->kind == ORDER_REMOVE_FILE ||
				     order->kind == ORDER_REMOVE_DIRECTORY));
}

/*
 * What the editor could not do is done in the tree, so that it is at least true; but
 * where another file system is in the way, it is done when that has gone: until
 * then nobody can see it, and the kernel keeps what it has.
 */
void publisher_answered(void *data, const struct order *order, int result)
{
	struct publisher *publisher = data;

	if (result == 0 || !is_for_an_entry(order))
		return;
	if (!is_in_the_way(order, result)) {
		staging_force(publisher->tree, order->path);
		return;
	}
	staging_cancel(publisher->tree, order->path);
	publisher->is_covered = true;
}

int publisher_begin(struct publisher *publisher)
{
	publisher->is_covered = false;
	return orders_begin(&publisher->orders);
}

/* --- publishing --- */

int publisher_replace_text(struct publisher *publisher, struct node *node,
			   const char *path, const char *text, size_t len,
			   int64_t mtime_ns)
{
	const struct node_content content = {
		.kind = NODE_TEXT, .text = text, .text_len = len};
	int r = staging_replace(publisher->tree, node, &content, mtime_ns);

	return r < 0 ? r : orders_give(&publisher->orders, ORDER_CONTENT, path);
}

static int publish_changes(struct publisher *publisher, int64_t mtime_ns)
{
	return publisher_replace_text(publisher, publisher->control.changes,
				      CONTROL_CHANGES, publisher->changes.text,
				      publisher->changes.len, mtime_ns);
}

static int publish_unfinished(struct publisher *publisher, const struct diff *diff)
{
	const struct publication_options options = {
		.tree = publisher->tree,
		.editor = publisher->orders.editor,
		.control = &publisher->control,
		.changes = &publisher->changes,
		.is_stopping = &publisher->is_stopping,
		.is_covered = &publisher->is_covered,
		.mtime_ns = publisher->unfinished_at_ns,
	};

	return publication_run(&options, diff);
}

/* What many connections needed that have gone, libc would keep. The fetcher lets go of
 * its share with the listings that follow. */
static void give_memory_back(struct publisher *publisher)
{
	if (publisher->trims_due == 0)
		return;
	publisher->trims_due--;
	memory_give_back();
}

/* @snapshot is what the tree shows from now on. */
static void keep(struct publisher *publisher, struct snapshot *snapshot)
{
	size_t count_before = snapshot_count(publisher->shown);

	snapshot_ref(snapshot);
	snapshot_unref(publisher->unfinished);
	publisher->unfinished = NULL;
	snapshot_unref(publisher->shown);
	publisher->shown = snapshot;
	status_count(snapshot, &publisher->counts);
	if (count_before > snapshot_count(snapshot) + TRIM_CONNECTIONS)
		publisher->trims_due = TRIMS;
}

/* The time is that of the first try: that is when the content was first seen. */
static void begin_unfinished(struct publisher *publisher,
			     const struct fetcher_state *state,
			     struct snapshot *snapshot)
{
	if (publisher->unfinished)
		return;
	publisher->unfinished = snapshot_ref(snapshot);
	publisher->unfinished_at_ns = state->refreshed_at_ns;
}

static int bring_diff(struct publisher *publisher, const struct fetcher_state *state,
		      const struct diff *diff)
{
	struct snapshot *snapshot = diff->after;
	int r = 0;

	if (diff->different == 0) {
		publication_repoint(publisher->tree, diff);
		keep(publisher, snapshot);
		return 0;
	}
	begin_unfinished(publisher, state, snapshot);
	r = publisher_begin(publisher);
	if (r == 0)
		r = publish_unfinished(publisher, diff);
	if (r == 0) {
		publisher->changed_at_ns = publisher->unfinished_at_ns;
		keep(publisher, snapshot);
		publisher->are_changes_due =
			publish_changes(publisher, publisher->changed_at_ns) < 0;
	} else {
		/* Some of it may never have become an order. */
		staging_cancel_all(publisher->tree);
	}
	orders_end(&publisher->orders);
	publisher->are_changes_due |= publisher->is_covered;
	return r;
}

static int bring_snapshot(struct publisher *publisher,
			  const struct fetcher_state *state, struct snapshot *snapshot)
{
	struct diff diff;
	int r = snapshot_diff(publisher->shown, snapshot, &diff);

	if (r < 0)
		return r;
	r = bring_diff(publisher, state, &diff);
	diff_fini(&diff);
	return r;
}

static int tell_changes(struct publisher *publisher)
{
	int r = publisher_begin(publisher);

	if (r == 0)
		r = publish_changes(publisher, publisher->changed_at_ns);
	orders_end(&publisher->orders);
	if (r == 0 && publisher->is_covered)
		r = -EXDEV;
	publisher->are_changes_due = r < 0;
	return r;
}

static int mend_dirtied_pages(struct publisher *publisher)
{
	char path[ORDER_PATH_SIZE];
	int r = 0;

	if (!dirtied_pages_any(publisher->tree))
		return 0;
	r = publisher_begin(publisher);
	while (r == 0 && dirtied_pages_take(publisher->tree, path, sizeof(path)))
		r = orders_give(&publisher->orders, ORDER_ATTRIBUTES, path);
	orders_end(&publisher->orders);
	return r;
}

static int bring_changes(struct publisher *publisher, const struct fetcher_state *state)
{
	struct snapshot *snapshot = NULL;
	int r = mend_dirtied_pages(publisher);

	/* What was begun is finished first: the tree may show records of it. */
	snapshot = publisher->unfinished ? publisher->unfinished : state->snapshot;
	if (r == 0 && snapshot != publisher->shown)
		r = bring_snapshot(publisher, state, snapshot);
	if (r == 0 && publisher->are_changes_due)
		r = tell_changes(publisher);
	return r;
}

/* Once for each time that the editor cannot do its work. */
static void log_waiting(struct publisher *publisher, int result)
{
	if (result < 0 && result != -ECANCELED && !publisher->is_waiting)
		log_write(
			publisher->log, LOG_LEVEL_WARNING, "changes have to wait: %s",
			result == -EXDEV || result == -ENXIO
				? "something is mounted over the mount, or a part of it"
				: "they cannot be made on the mount for now");
	publisher->is_waiting = result < 0;
}

/* Everything that is new. A negative errno: it is to be tried again. */
static int bring(struct publisher *publisher)
{
	struct fetcher_state state;
	int r = 0;

	fetcher_get_state(publisher->fetcher, &state);
	r = bring_changes(publisher, &state);
	log_waiting(publisher, r);
	if (r == 0)
		r = publisher_bring_status(publisher, &state);
	else
		publisher_set_status(publisher, &state);
	if (r == 0 && publisher->shown != state.snapshot)
		r = -EAGAIN;
	fetcher_state_fini(&state);
	give_memory_back(publisher);
	return r;
}

/* --- the thread --- */

static bool is_stopping(const struct publisher *publisher)
{
	return __atomic_load_n(&publisher->is_stopping, __ATOMIC_ACQUIRE);
}

static void wait_for_news(struct publisher *publisher, int timeout_ms)
{
	struct pollfd fd = {.fd = publisher->wake, .events = POLLIN};
	uint64_t count = 0;

	if (poll(&fd, 1, timeout_ms) > 0 &&
	    read(publisher->wake, &count, sizeof(count)) < 0)
		return;
}

static void *run(void *data)
{
	struct publisher *publisher = data;
	int timeout_ms = -1;

	/* The editor's first order waits until the mount answers. */
	warmup_run(&publisher->orders, publisher->tree, &publisher->control,
		   publisher->shown, publisher->max_warm_files);
	/* What listing and planting needed. */
	memory_give_back();
	if (!is_stopping(publisher))
		publisher->ready(publisher->data);
	/* The service manager is told how things stand from the start. */
	publisher_wake(publisher);
	while (!is_stopping(publisher)) {
		int r = 0;

		wait_for_news(publisher, timeout_ms);
		if (!is_stopping(publisher))
			r = bring(publisher);
		timeout_ms = r < 0 ? RETRY_MS : -1;
	}
	return NULL;
}

int publisher_start(struct publisher *publisher, struct editor *editor,
		    const unsigned long *root_requests)
{
	int r = 0;

	publisher->orders = (struct orders){.editor = editor,
					    .root_requests = root_requests};
	r = pthread_create(&publisher->thread, NULL, run, publisher);
	publisher->is_started = r == 0;
	return -r;
}

void publisher_wake(void *data)
{
	struct publisher *publisher = data;
	const uint64_t one = 1;
	ssize_t n = write(publisher->wake, &one, sizeof(one));

	/* It can fail only when the count is full, and then the thread will wake. */
	(void)n;
}

void publisher_stop(struct publisher *publisher)
{
	if (!publisher || !publisher->is_started)
		return;
	__atomic_store_n(&publisher->is_stopping, true, __ATOMIC_RELEASE);
	publisher_wake(publisher);
	pthread_join(publisher->thread, NULL);
	publisher->is_started = false;
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	changes_fini(&publisher->changes);
	snapshot_unref(publisher->unfinished);
	snapshot_unref(publisher->shown);
	if (publisher->wake >= 0)
		close(publisher->wake);
	free(publisher);
}
