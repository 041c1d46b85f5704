#include "fs/publish/views.h"

#include <stdlib.h>
#include <string.h>

#include "fs/content/connections_json.h"
#include "fs/content/metrics.h"
#include "fs/content/status_link.h"
#include "fs/tree/view.h"
#include "src/base/clock.h"

#define VIEW_MAX_BYTES ((size_t)UINT32_MAX - 1)

void views_init(struct views *views)
{
	tally_init(&views->changes);
	pthread_mutex_init(&views->lock, NULL);
}

void views_fini(struct views *views)
{
	tally_fini(&views->changes);
	pthread_mutex_destroy(&views->lock);
	snapshot_unref(views->snapshot);
	free(views->mount);
}

static const char *status_of_entry(const struct snapshot_entry *entry)
{
	const char *status = entry->connection ? connection_text(entry->connection,
								 CONNECTION_STATUS)
					       : NULL;

	return status ? status : "-";
}

void views_count_changes(struct views *views, const struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->kinds & DIFF_CONTENT)
			tally_add(&views->changes, status_of_entry(&change->before),
				  status_of_entry(&change->after));
	}
}

/* Replaces a text that is owned; without memory it is the old one still. */
static void set_mount(struct views *views, const char *mount)
{
	char *copy = views->mount && strcmp(views->mount, mount) == 0 ? NULL
								      : strdup(mount);

	if (!copy)
		return;
	free(views->mount);
	views->mount = copy;
}

void views_set_status(struct views *views, const struct status *status,
		      const char *mount)
{
	const struct fetcher_state *fetcher = status->fetcher;

	pthread_mutex_lock(&views->lock);
	set_mount(views, mount);
	views->is_fresh = status->cause->kind == STATUS_CAUSE_NONE;
	views->overdue_at_ns = views->is_fresh ? status->overdue_at_ns : 0;
	views->refreshed_at_ns = fetcher->refreshed_at_ns;
	views->duration_ns = fetcher->duration_ns;
	pthread_mutex_unlock(&views->lock);
	view_expire(views->tree, views->subtree.connections_json);
	view_expire(views->tree, views->subtree.metrics);
}

void views_set_snapshot(struct views *views, struct snapshot *snapshot)
{
	struct snapshot *before = NULL;

	pthread_mutex_lock(&views->lock);
	before = views->snapshot;
	views->snapshot = snapshot_ref(snapshot);
	pthread_mutex_unlock(&views->lock);
	snapshot_unref(before);
}

/* The kernel looks the name up for the editor, and lets go of the version that it led
 * to. */
static int release(struct views *views, struct change *change, struct node *view)
{
	char path[EDITOR_PATH_SIZE];
	int r = 0;

	if (view_expire(views->tree, view))
		r = tree_path(views->tree, view, path, sizeof(path));
	else
		return 0;
	return r < 0 ? r : change_ask_attributes(change, path);
}

static int raise_event(struct views *views, struct change *change)
{
	struct node *view = views->subtree.connections_json;
	size_t count = view_begin_event(views->tree, view);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = change_announce(change, view);
	if (r == 0)
		r = change_finish(change);
	return r == 0 ? change->failure.r : r;
}

static bool is_due(struct views *views)
{
	bool is_known = view_expire(views->tree, views->subtree.connections_json);

	return view_expire(views->tree, views->subtree.metrics) || is_known ||
	       views->is_event_due;
}

int views_publish(struct views *views, struct change *change)
{
	int r = 0;

	if (!is_due(views))
		return 0;
	r = change_begin(change, views->refreshed_at_ns);
	if (r == 0 && views->is_event_due)
		r = raise_event(views, change);
	if (r == 0)
		r = release(views, change, views->subtree.connections_json);
	if (r == 0)
		r = release(views, change, views->subtree.metrics);
	r = change_end(change, r);
	if (r == 0)
		views->is_event_due = false;
	return r;
}

/* What a text is made of, copied. */
struct facts {
	struct views *views;
	struct snapshot *snapshot;
	char *mount;
	bool is_fresh;
	int64_t refreshed_at_ns;
	int64_t duration_ns;
	int64_t overdue_at_ns;
};

static void copy_facts(struct views *views, struct facts *facts)
{
	int64_t now_ns = clock_system.boottime_ns(clock_system.data);

	pthread_mutex_lock(&views->lock);
	*facts = (struct facts){.views = views,
				.snapshot = snapshot_ref(views->snapshot),
				.mount = strdup(views->mount),
				.is_fresh = views->is_fresh,
				.refreshed_at_ns = views->refreshed_at_ns,
				.duration_ns = views->duration_ns,
				.overdue_at_ns = views->overdue_at_ns};
	pthread_mutex_unlock(&views->lock);
	if (facts->overdue_at_ns > 0 && facts->overdue_at_ns <= now_ns) {
		facts->is_fresh = false;
		facts->overdue_at_ns = 0;
	}
}

static int64_t find_since_ns(void *data, const struct snapshot_entry *entry)
{
	const struct views *views = data;
	struct link link;

	return link_of(entry, &link)
		       ? tree_find_mtime_ns(views->tree, views->subtree.by_status,
					    link.status, link.name)
		       : 0;
}

static bool write_metrics(const struct facts *facts, struct buffer *text)
{
	struct views *views = facts->views;
	struct metrics_source source = {.name = views->source,
					.region = fetcher_region(views->fetcher),
					.snapshot = facts->snapshot,
					.is_fresh = facts->is_fresh,
					.refreshed_at_ns = facts->refreshed_at_ns,
					.duration_ns = facts->duration_ns,
					.since_ns = find_since_ns,
					.data = views};
	struct tally_entry *changes = tally_copy(&views->changes, &source.change_count);
	struct fetcher_counts counts;
	bool is_written = false;

	fetcher_count_requests(views->fetcher, &counts);
	source.requests = counts.requests;
	source.request_count = counts.request_count;
	source.throttled = counts.throttled;
	source.changes = changes;
	is_written = metrics_render(&source, 1, facts->mount, text);
	free(counts.requests);
	free(changes);
	return is_written;
}

void views_make(struct views *views, struct node *view)
{
	struct buffer text = {.max_bytes = VIEW_MAX_BYTES};
	struct facts facts;
	bool is_written = false;

	view_begin(views->tree, view);
	copy_facts(views, &facts);
	if (view == views->subtree.connections_json)
		is_written = connections_json_render(&facts.snapshot, 1, &text);
	else if (facts.mount)
		is_written = write_metrics(&facts, &text);
	if (!is_written || view_show(views->tree, view, text.data, text.len,
				     facts.refreshed_at_ns, facts.overdue_at_ns) < 0)
		view_expire(views->tree, view);
	buffer_fini(&text);
	snapshot_unref(facts.snapshot);
	free(facts.mount);
}
