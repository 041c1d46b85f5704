#include "fs/publish/views.h"

#include <stdlib.h>
#include <string.h>

#include "fs/content/connections_json.h"
#include "fs/content/metrics.h"
#include "fs/content/status_link.h"
#include "fs/tree/view.h"
#include "src/base/clock.h"

#define VIEW_MAX_BYTES ((size_t)UINT32_MAX - 1)

void view_source_init(struct view_source *source)
{
	tally_init(&source->changes);
	pthread_mutex_init(&source->lock, NULL);
}

void view_source_fini(struct view_source *source)
{
	tally_fini(&source->changes);
	pthread_mutex_destroy(&source->lock);
	snapshot_unref(source->snapshot);
	free(source->mount);
}

static const char *status_of_entry(const struct snapshot_entry *entry)
{
	const char *status = entry->connection ? connection_text(entry->connection,
								 CONNECTION_STATUS)
					       : NULL;

	return status ? status : "-";
}

void view_source_count_changes(struct view_source *source, const struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->kinds & DIFF_CONTENT)
			tally_add(&source->changes, status_of_entry(&change->before),
				  status_of_entry(&change->after));
	}
}

/* Replaces a text that is owned; without memory it is the old one still. */
static void set_mount(struct view_source *source, const char *mount)
{
	char *copy = source->mount && strcmp(source->mount, mount) == 0 ? NULL
									: strdup(mount);

	if (!copy)
		return;
	free(source->mount);
	source->mount = copy;
}

void view_source_set_status(struct view_source *source, const struct status *status,
			    const char *mount)
{
	const struct fetcher_state *fetcher = status->fetcher;

	pthread_mutex_lock(&source->lock);
	set_mount(source, mount);
	source->is_fresh = status->cause->kind == STATUS_CAUSE_NONE;
	source->overdue_at_ns = source->is_fresh ? status->overdue_at_ns : 0;
	source->refreshed_at_ns = fetcher->refreshed_at_ns;
	source->duration_ns = fetcher->duration_ns;
	pthread_mutex_unlock(&source->lock);
}

void view_source_set_snapshot(struct view_source *source, struct snapshot *snapshot)
{
	struct snapshot *before = NULL;

	pthread_mutex_lock(&source->lock);
	before = source->snapshot;
	source->snapshot = snapshot_ref(snapshot);
	pthread_mutex_unlock(&source->lock);
	snapshot_unref(before);
}

/* NULL: it is not there yet. */
static struct node *find_json(const struct views *views)
{
	return tree_find(views->tree, views->directory, VIEWS_JSON_NAME);
}

static struct node *find_metrics(const struct views *views)
{
	return tree_find(views->tree, views->directory, VIEWS_METRICS_NAME);
}

static bool expire(const struct views *views, struct node *view)
{
	return view && view_expire(views->tree, view);
}

void views_expire(struct views *views)
{
	expire(views, find_json(views));
	expire(views, find_metrics(views));
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

static int raise_event(struct views *views, struct change *change, struct node *view)
{
	size_t count = view_begin_event(views->tree, view);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = change_announce(change, view);
	if (r == 0)
		r = change_finish(change);
	return r == 0 ? change->failure.r : r;
}

int views_publish(struct views *views, struct change *change, int64_t mtime_ns)
{
	struct node *json = find_json(views);
	struct node *metrics = find_metrics(views);
	bool is_known = expire(views, json);
	int r = 0;

	is_known |= expire(views, metrics);
	if (!metrics || (!is_known && !views->is_event_due))
		return 0;
	r = change_begin(change, mtime_ns);
	if (r == 0 && views->is_event_due)
		r = raise_event(views, change, json);
	if (r == 0)
		r = release(views, change, json);
	if (r == 0)
		r = release(views, change, metrics);
	r = change_end(change, r);
	if (r == 0)
		views->is_event_due = false;
	return r;
}

/* What a text is made of, copied. */
struct facts {
	struct view_source *source;
	struct tree *tree;
	struct snapshot *snapshot;
	char *mount;
	bool is_fresh;
	int64_t refreshed_at_ns;
	int64_t duration_ns;
	int64_t overdue_at_ns;
	struct fetcher_counts counts;
	struct tally_entry *changes;
	size_t change_count;
};

static void copy_facts(struct view_source *source, struct facts *facts)
{
	int64_t now_ns = clock_system.boottime_ns(clock_system.data);

	pthread_mutex_lock(&source->lock);
	*facts = (struct facts){
		.source = source,
		.snapshot = source->snapshot ? snapshot_ref(source->snapshot) : NULL,
		.mount = source->mount ? strdup(source->mount) : NULL,
		.is_fresh = source->is_fresh,
		.refreshed_at_ns = source->refreshed_at_ns,
		.duration_ns = source->duration_ns,
		.overdue_at_ns = source->overdue_at_ns};
	pthread_mutex_unlock(&source->lock);
	if (facts->overdue_at_ns > 0 && facts->overdue_at_ns <= now_ns) {
		facts->is_fresh = false;
		facts->overdue_at_ns = 0;
	}
}

static void facts_fini(struct facts *facts)
{
	snapshot_unref(facts->snapshot);
	free(facts->mount);
	free(facts->counts.requests);
	free(facts->changes);
}

static int64_t find_since_ns(void *data, const struct snapshot_entry *entry)
{
	const struct facts *facts = data;
	struct link link;

	return link_of(entry, NULL, &link)
		       ? tree_find_mtime_ns(facts->tree, facts->source->by_status,
					    link.status, link.name)
		       : 0;
}

static struct metrics_source metrics_of(struct facts *facts)
{
	struct view_source *source = facts->source;

	facts->changes = tally_copy(&source->changes, &facts->change_count);
	fetcher_count_requests(source->fetcher, &facts->counts);
	return (struct metrics_source){.name = source->name,
				       .region = fetcher_region(source->fetcher),
				       .snapshot = facts->snapshot,
				       .is_fresh = facts->is_fresh,
				       .refreshed_at_ns = facts->refreshed_at_ns,
				       .duration_ns = facts->duration_ns,
				       .requests = facts->counts.requests,
				       .request_count = facts->counts.request_count,
				       .throttled = facts->counts.throttled,
				       .changes = facts->changes,
				       .change_count = facts->change_count,
				       .since_ns = find_since_ns,
				       .data = facts};
}

static bool write_metrics(struct facts *facts, size_t count, struct buffer *text)
{
	struct metrics_source *sources = calloc(count, sizeof(*sources));
	bool is_written = false;

	for (size_t i = 0; sources && i < count; i++)
		sources[i] = metrics_of(&facts[i]);
	if (sources && facts[0].mount)
		is_written = metrics_render(sources, count, facts[0].mount, text);
	free(sources);
	return is_written;
}

static bool write_json(const struct facts *facts, size_t count, struct buffer *text)
{
	struct snapshot **snapshots = calloc(count, sizeof(struct snapshot *));
	bool is_written = false;

	for (size_t i = 0; snapshots && i < count; i++)
		snapshots[i] = facts[i].snapshot;
	if (snapshots)
		is_written = connections_json_render(snapshots, count, text);
	free(snapshots);
	return is_written;
}

/* Of all: the newest listing, and the first time at which one is overdue. */
static void find_times(const struct facts *facts, size_t count,
		       int64_t *refreshed_at_ns, int64_t *overdue_at_ns)
{
	*refreshed_at_ns = 0;
	*overdue_at_ns = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t at_ns = facts[i].overdue_at_ns;

		if (facts[i].refreshed_at_ns > *refreshed_at_ns)
			*refreshed_at_ns = facts[i].refreshed_at_ns;
		if (at_ns > 0 && (*overdue_at_ns == 0 || at_ns < *overdue_at_ns))
			*overdue_at_ns = at_ns;
	}
}

static void make_text(struct views *views, struct node *view, struct facts *facts)
{
	struct buffer text = {.max_bytes = VIEW_MAX_BYTES, .is_public = true};
	int64_t refreshed_at_ns = 0;
	int64_t overdue_at_ns = 0;
	bool is_written = view_begin(views->tree, view, &text);

	for (size_t i = 0; i < views->source_count; i++) {
		copy_facts(views->sources[i], &facts[i]);
		facts[i].tree = views->tree;
	}
	find_times(facts, views->source_count, &refreshed_at_ns, &overdue_at_ns);
	if (is_written && view == find_json(views))
		is_written = write_json(facts, views->source_count, &text);
	else if (is_written)
		is_written = write_metrics(facts, views->source_count, &text);
	if (!is_written ||
	    view_show(views->tree, view, &text, refreshed_at_ns, overdue_at_ns) < 0)
		view_expire(views->tree, view);
	for (size_t i = 0; i < views->source_count; i++)
		facts_fini(&facts[i]);
	buffer_fini(&text);
}

bool views_make(struct views *views, struct node *view)
{
	struct facts *facts = NULL;

	if (view != find_json(views) && view != find_metrics(views))
		return false;
	facts = calloc(views->source_count, sizeof(*facts));
	if (facts)
		make_text(views, view, facts);
	free(facts);
	return true;
}
