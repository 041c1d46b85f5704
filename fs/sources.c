#include "fs/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/first_listing.h"
#include "fs/fuse/ioctl.h"
#include "src/base/clock.h"

static bool has_several(const struct sources *sources)
{
	return sources->options.options->source_count > 0;
}

/* Any publisher drops the pages that were dirtied. */
static void wake_publisher(void *data)
{
	struct sources *sources = data;

	publisher_wake(sources->items[0].publisher);
}

void sources_refresh(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		fetcher_refresh(sources->items[i].fetcher);
}

static bool is_refresh_of_sum(const struct sources *sources, const struct node *node)
{
	return sources->sum &&
	       subtree_is_refresh(sum_subtree(sources->sum), sources->tree, node);
}

/* The one whose .dmsfs/refresh @node is, or NULL. */
static struct source *find_refreshed(const struct sources *sources,
				     const struct node *node)
{
	for (size_t i = 0; i < sources->count; i++)
		if (publisher_is_refresh(sources->items[i].publisher, node))
			return &sources->items[i];
	return NULL;
}

static bool is_refresh(void *data, const struct node *node)
{
	const struct sources *sources = data;

	return is_refresh_of_sum(sources, node) || find_refreshed(sources, node);
}

static void refresh(void *data, const struct node *node)
{
	struct sources *sources = data;
	struct source *source = find_refreshed(sources, node);

	if (source)
		fetcher_refresh(source->fetcher);
	else
		sources_refresh(sources);
}

static void make_view(void *data, struct node *view)
{
	struct sources *sources = data;
	bool is_made = sources->sum && sum_make_view(sources->sum, view);

	for (size_t i = 0; !is_made && i < sources->count; i++)
		is_made = publisher_make_view(sources->items[i].publisher, view);
}

/* NULL: the call is about none of them. */
static struct source *find_commanded(const struct sources *sources,
				     const struct ioctl_call *call)
{
	if (!has_several(sources))
		return sources->items;
	for (size_t i = 0; i < sources->count; i++)
		if (strcmp(sources->items[i].option->directory, call->source) == 0)
			return &sources->items[i];
	return NULL;
}

static void take_command(void *data, struct ioctl_call *call)
{
	struct sources *sources = data;
	struct source *source = find_commanded(sources, call);

	if (!source && call->r == 0) {
		call->r = -ENOENT;
		call->reason = "there is no such source";
	}
	source_take_command(source ? source->commands : sources->commands, call);
}

void sources_expire_commands(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		commands_expire(sources->items[i].commands);
	if (sources->commands)
		commands_expire(sources->commands);
}

static int create_sources(struct sources *sources)
{
	const struct options *options = sources->options.options;
	const size_t count = has_several(sources) ? options->source_count : 1;

	sources->items = calloc(count, sizeof(*sources->items));
	sources->trust = trust_new();
	sources->settings = settings_cache_new();
	if (!sources->items || !sources->trust || !sources->settings)
		return log_failure(sources->options.log, "cannot start", -ENOMEM);
	sources->count = count;
	for (size_t i = 0; i < sources->count; i++)
		sources->items[i] = (struct source){
			.options = options,
			.option = has_several(sources) ? &options->sources[i] : NULL,
			.log = sources->options.log,
			.trust = sources->trust,
			.settings = sources->settings};
	return 0;
}

/* Each failure is reported, and none keeps the next from being found. */
static int open_sources(struct sources *sources)
{
	int r = 0;

	for (size_t i = 0; i < sources->count; i++) {
		int opened = source_open(&sources->items[i]);

		r = r < 0 ? r : opened;
	}
	return r;
}

static int open_states(struct sources *sources)
{
	int r = 0;

	/* What is wrong with it is found for each source's, in it. */
	if (has_several(sources) && sources->options.options->state_directory)
		(void)mkdir(sources->options.options->state_directory, S_IRWXU);
	for (size_t i = 0; r == 0 && i < sources->count; i++)
		r = source_open_state(&sources->items[i]);
	return r;
}

void sources_init(struct sources *sources)
{
	*sources = (struct sources){.timer = -1};
	turns_init(&sources->turns);
	pthread_mutex_init(&sources->shares, NULL);
}

int sources_open(struct sources *sources, const struct sources_options *options)
{
	int r = 0;

	sources->options = *options;
	r = create_sources(sources);
	if (r == 0)
		r = open_states(sources);
	return r < 0 ? r : open_sources(sources);
}

/* True: something can be shown, and --partial allows to mount without the rest, which
 * begins without a listing. */
static bool begin_partially(struct sources *sources,
			    const struct first_listing *listings)
{
	bool is_any_listed = false;

	for (size_t i = 0; i < sources->count; i++)
		is_any_listed |= listings[i].r == 0;
	if (!sources->options.options->is_partial || !is_any_listed)
		return false;
	for (size_t i = 0; i < sources->count; i++)
		if (listings[i].r < 0 &&
		    fetcher_begin_unlisted(sources->items[i].fetcher) < 0)
			return false;
	return true;
}

int sources_list(struct sources *sources)
{
	struct first_listing *listings = calloc(sources->count, sizeof(*listings));
	int r = 0;

	if (!listings)
		return log_failure(sources->options.log, "cannot list", -ENOMEM);
	for (size_t i = 0; i < sources->count; i++)
		source_prepare_listing(&sources->items[i], &listings[i]);
	r = first_listing_make(listings, sources->count, sources->options.options,
			       sources->options.log);
	if (r < 0 && begin_partially(sources, listings))
		r = 0;
	free(listings);
	return r;
}

/* What the mount shows as its device. */
const char *sources_device(const struct sources *sources)
{
	return sources->options.options->source ? sources->options.options->source
						: source_name(&sources->items[0]);
}

/* Sources of one account and Region share one budget of requests. Two may be listed
 * late at the same time, and the later look at all of them counts. */
static void share_budgets(void *data)
{
	struct sources *sources = data;

	pthread_mutex_lock(&sources->shares);
	for (size_t i = 0; i < sources->count; i++) {
		unsigned sharing = 0;

		for (size_t j = 0; j < sources->count; j++)
			sharing += source_is_of_same_account(&sources->items[i],
							     &sources->items[j]);
		fetcher_set_share(sources->items[i].fetcher, sharing);
	}
	pthread_mutex_unlock(&sources->shares);
}

static void note_ready(void *data)
{
	struct sources *sources = data;

	if (atomic_fetch_sub(&sources->unready, 1) == 1)
		sources->options.ready(sources->options.data);
}

static void refuse(void *data, const char *reason)
{
	struct sources *sources = data;

	sources->options.refused(sources->options.data, reason);
}

static void wake_sum(void *data)
{
	struct sources *sources = data;

	sum_wake(sources->sum);
}

static int open_commands(struct sources *sources)
{
	const struct commands_options options = {
		.reply = source_reply, .changed = wake_sum, .data = sources};

	return options_allow_commands(sources->options.options)
		       ? commands_new(&options, &sources->commands)
		       : 0;
}

static int build_sum(struct sources *sources)
{
	struct sum_options options = {.tree = sources->tree,
				      .editor = sources->options.editor,
				      .turns = &sources->turns,
				      .notify = sources->options.notify,
				      .source_count = sources->count};
	int r = 0;

	if (!has_several(sources))
		return 0;
	r = open_commands(sources);
	options.commands = sources->commands;
	return r < 0 ? r : sum_new(&options, &sources->sum);
}

static int build_source(struct sources *sources, size_t index)
{
	struct source *source = &sources->items[index];
	struct publisher_options publisher = {
		.tree = sources->tree,
		.root = tree_root(sources->tree),
		.editor = sources->options.editor,
		.turns = &sources->turns,
		.sum = sources->sum,
		.index = index,
		.notify = sources->sum ? NULL : sources->options.notify,
		.is_move_logged = index == 0,
		.max_warm_files = sources->options.options->max_warm_files /
				  (unsigned)sources->count,
		.ready = note_ready,
		.refused = refuse,
		.listed = share_budgets,
		.data = sources};
	const struct node_content directory = {.kind = NODE_DIRECTORY};
	int r = 0;

	if (sources->sum)
		r = tree_add(sources->tree, publisher.root, source->option->directory,
			     &directory, clock_system.realtime_ns(clock_system.data),
			     &publisher.root);
	return r < 0 ? log_failure(sources->options.log, "cannot build the tree", r)
		     : source_build(source, &publisher);
}

static int build_tree(struct sources *sources)
{
	const struct tree_options options = {.uid = sources->options.options->uid,
					     .gid = sources->options.options->gid,
					     .umask = sources->options.options->umask};
	int64_t now = clock_system.realtime_ns(clock_system.data);
	int r = tree_new(&options, now, &sources->tree);

	if (r == 0)
		r = build_sum(sources);
	if (r < 0)
		return log_failure(sources->options.log, "cannot build the tree", r);
	atomic_store(&sources->unready, (unsigned)sources->count);
	for (size_t i = 0; r == 0 && i < sources->count; i++)
		r = build_source(sources, i);
	if (r < 0 || !sources->sum)
		return r;
	r = sum_populate(sources->sum);
	return r < 0 ? log_failure(sources->options.log, "cannot build the tree", r)
		     : 0;
}

static int watch_timer(int epoll, const struct commands *commands)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, commands_timer(commands), &event) < 0
		       ? -errno
		       : 0;
}

/* One descriptor that can be read when one of the timers can. */
static int open_timer(struct sources *sources)
{
	int r = 0;

	if (!options_allow_commands(sources->options.options))
		return 0;
	sources->timer = epoll_create1(EPOLL_CLOEXEC);
	if (sources->timer < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < sources->count; i++)
		r = watch_timer(sources->timer, sources->items[i].commands);
	if (r == 0 && sources->commands)
		r = watch_timer(sources->timer, sources->commands);
	return r < 0 ? log_failure(sources->options.log, "cannot take commands", r) : 0;
}

int sources_build(struct sources *sources)
{
	int r = build_tree(sources);

	if (r == 0)
		share_budgets(sources);
	return r < 0 ? r : open_timer(sources);
}

void sources_set_hooks(struct sources *sources, struct request_hooks *hooks)
{
	hooks->is_refresh = is_refresh;
	hooks->refreshed = refresh;
	hooks->view_asked = make_view;
	hooks->page_dirtied = wake_publisher;
	hooks->commanded = sources->timer >= 0 ? take_command : NULL;
	hooks->has_sources = has_several(sources);
	hooks->data = sources;
}

int sources_start(struct sources *sources)
{
	int r = sources->sum ? sum_start(sources->sum) : 0;

	if (r < 0)
		return log_failure(sources->options.log,
				   "cannot start the publisher thread", r);
	for (size_t i = 0; r == 0 && i < sources->count; i++)
		r = source_start(&sources->items[i]);
	return r;
}

void sources_cancel(struct sources *sources)
{
	if (sources->sum)
		sum_cancel(sources->sum);
	for (size_t i = 0; i < sources->count; i++)
		publisher_cancel(sources->items[i].publisher);
}

int sources_stop_fetchers(struct sources *sources)
{
	int r = 0;

	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i].fetcher)
			fetcher_cancel(sources->items[i].fetcher);
	for (size_t i = 0; r == 0 && i < sources->count; i++)
		r = fetcher_stop(sources->items[i].fetcher);
	return r;
}

void sources_stop(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		source_stop(&sources->items[i]);
	sum_stop(sources->sum);
	commands_free(sources->commands);
}

void sources_free(struct sources *sources)
{
	tree_free(sources->tree);
	for (size_t i = 0; i < sources->count; i++)
		source_free(&sources->items[i]);
	sum_free(sources->sum);
	trust_free(sources->trust);
	settings_cache_free(sources->settings);
	free(sources->items);
	if (sources->timer >= 0)
		close(sources->timer);
	turns_fini(&sources->turns);
	pthread_mutex_destroy(&sources->shares);
}
