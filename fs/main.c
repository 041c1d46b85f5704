/*
 * dmsfs: list first, then mount, then go to the background. What can fail has
 * failed, on the terminal, before the program that the user started ends.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "editor.h"
#include "hardening.h"
#include "mountpoint.h"
#include "options.h"
#include "progress.h"
#include "publisher.h"
#include "session.h"
#include "src/fetcher.h"
#include "tree.h"

#define MS_PER_S 1000
#define REASON_SIZE 1024
#define ERROR_SIZE 2048

/* Everything that a run of the program holds; all owned. */
struct program {
	struct options options;
	struct background background;
	char *mountpoint; /* absolute */
	struct editor *editor;
	struct fetcher *fetcher;
	struct tree *tree;
	struct publisher *publisher;
	struct session *session;
};

static void __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("dmsfs: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static int complain_of(const struct error *error)
{
	char text[ERROR_SIZE];

	complain("%s", error_format(error, text, sizeof(text)));
	return -1;
}

/* --- callbacks: each only wakes somebody --- */

static void wake_publisher(void *data)
{
	struct program *program = data;

	if (program->publisher)
		publisher_wake(program->publisher);
}

static void ask_for_refresh(void *data)
{
	struct program *program = data;

	fetcher_refresh(program->fetcher);
}

static void take_answer(void *data, const struct order *order, int result)
{
	struct program *program = data;

	publisher_answered(program->publisher, order, result);
}

static void tell_ready(void *data)
{
	struct program *program = data;

	background_ready(&program->background);
}

/* --- starting --- */

static struct fetcher_options fetcher_options_of(struct program *program)
{
	const struct options *options = &program->options;

	return (struct fetcher_options){
		.profile = options->profile,
		.region = options->region,
		.endpoint_url = options->endpoint_url,
		.is_http_allowed = options->is_http_allowed,
		.filters = {.endpoint_arns =
				    (const char *const *)options->endpoint_arns.values,
			    .endpoint_arn_count = options->endpoint_arns.count,
			    .replication_instance_arns =
				    (const char *const *)
					    options->replication_instance_arns.values,
			    .replication_instance_arn_count =
				    options->replication_instance_arns.count},
		.max_records = (int)options->max_records,
		.connect_timeout_ms = options->connect_timeout_s * MS_PER_S,
		.read_timeout_ms = options->read_timeout_s * MS_PER_S,
		.refresh_s = options->refresh_s,
		.refresh_active_s = options->refresh_active_s,
		.is_verbose = options->is_debug,
		.clock = clock_system,
		.changed = wake_publisher,
		.changed_data = program,
	};
}

static void summarize(const struct program *program, const struct fetcher_state *state)
{
	const struct snapshot *snapshot = state->snapshot;
	size_t instances = snapshot_instance_count(snapshot);
	size_t skipped = snapshot_skipped(snapshot);
	char counts[3][PROGRESS_COUNT_SIZE];

	fprintf(stderr,
		"dmsfs: %s: %s connection%s on %s replication instance%s "
		"(%s page%s, %.1f s)\n",
		fetcher_region(program->fetcher),
		progress_count(snapshot_count(snapshot), counts[0]),
		snapshot_count(snapshot) == 1 ? "" : "s",
		progress_count(instances, counts[1]), instances == 1 ? "" : "s",
		progress_count(state->pages, counts[2]), state->pages == 1 ? "" : "s",
		(double)state->duration_ns / (double)NS_PER_S);
	if (skipped > 0)
		complain("%s record%s left out: without identifier and ARN of %s",
			 progress_count(skipped, counts[0]), skipped == 1 ? "" : "s",
			 "the endpoint or the replication instance");
}

static void warn_of_nothing(const struct options *options)
{
	if (options->endpoint_arns.count + options->replication_instance_arns.count > 0)
		complain("warning: no connection matches the filters; the mount is "
			 "empty until an endpoint is tested");
	else
		complain("warning: there are no connections; one comes into being "
			 "when an endpoint is tested on a replication instance");
}

static void report_listing(struct program *program)
{
	struct fetcher_state state;

	if (program->options.is_quiet)
		return;
	fetcher_get_state(program->fetcher, &state);
	summarize(program, &state);
	if (snapshot_count(state.snapshot) == 0)
		warn_of_nothing(&program->options);
	fetcher_state_fini(&state);
}

static int list(struct program *program)
{
	struct error error = {.kind = ERROR_NONE};
	struct fetcher_options options = fetcher_options_of(program);
	struct progress progress;
	struct dms_progress pages;
	int r = fetcher_new(&options, &program->fetcher, &error);

	if (r < 0)
		return complain_of(&error);
	progress_init(&progress, stderr, fetcher_region(program->fetcher),
		      program->options.is_quiet);
	pages = progress_of_listing(&progress);
	r = fetcher_list_first(program->fetcher, &pages, &error);
	progress_clear(&progress);
	if (r < 0)
		return complain_of(&error);
	report_listing(program);
	return 0;
}

static int plant(struct program *program)
{
	const struct tree_options options = {.uid = program->options.uid,
					     .gid = program->options.gid,
					     .umask = program->options.umask};
	int64_t now = clock_system.realtime_ns(clock_system.data);
	int r = tree_new(&options, now, &program->tree);

	if (r == 0)
		r = publisher_new(program->fetcher, program->tree, &program->publisher);
	if (r < 0)
		complain("cannot build the tree: %s",
			 r == -ENOMEM ? "no memory" : "no descriptor to be had");
	return r;
}

/* What the mount shows as its device. */
static const char *source_of(const struct program *program)
{
	return program->options.source ? program->options.source
				       : fetcher_region(program->fetcher);
}

static int mount_tree(struct program *program)
{
	const struct session_options options = {
		.hooks = {.editor = program->editor,
			  .refresh = publisher_refresh_node(program->publisher),
			  .refreshed = ask_for_refresh,
			  .scribbled = wake_publisher,
			  .data = program},
		.refreshed = ask_for_refresh,
		.data = program,
		.source = source_of(program),
		.mount_options = program->options.mount_options,
		.is_debug = program->options.is_debug,
	};
	char reason[REASON_SIZE];

	if (session_new(&options, program->tree, &program->session, reason,
			sizeof(reason)) < 0 ||
	    session_mount(program->session, program->mountpoint, reason,
			  sizeof(reason)) < 0) {
		complain("%s", reason);
		return -1;
	}
	return 0;
}

/* First of all, while there is neither thread nor secret nor /dev/fuse to leave to
 * a child. */
static int start_editor(struct program *program)
{
	const struct editor_options options = {.mountpoint = program->mountpoint,
					       .answered = take_answer,
					       .data = program};

	if (editor_start(&options, &program->editor) == 0)
		return 0;
	complain("cannot start the editor: no process to be had");
	return -1;
}

static int start(struct program *program)
{
	char reason[REASON_SIZE];

	if (mountpoint_resolve(program->options.mountpoint, &program->mountpoint,
			       reason, sizeof(reason)) < 0) {
		complain("%s", reason);
		return -1;
	}
	if (!program->options.is_foreground &&
	    background_start(&program->background) < 0) {
		complain("cannot go to the background: no process to be had");
		return -1;
	}
	if (start_editor(program) < 0 || list(program) < 0 || plant(program) < 0)
		return -1;
	return mount_tree(program);
}

/* From here on, connections are watched. */
static int start_threads(struct program *program)
{
	const unsigned long *root_requests = session_root_requests(program->session);
	int r = publisher_start(program->publisher, program->editor, root_requests);

	if (r == 0)
		r = fetcher_start(program->fetcher);
	if (r < 0)
		complain("cannot start: no thread to be had");
	return r;
}

/*
 * The order matters. The mount goes first, since nobody serves it any more: whoever
 * waits for an answer, the editor too, gets an error instead. The publisher may have
 * waited for the editor, and the fetcher must not wake a publisher that is gone.
 */
static void stop(struct program *program)
{
	if (program->session)
		session_unmount(program->session);
	fetcher_stop(program->fetcher);
	publisher_stop(program->publisher);
	editor_stop(program->editor);
	session_free(program->session);
	tree_free(program->tree);
	publisher_free(program->publisher);
	fetcher_free(program->fetcher);
	free(program->mountpoint);
}

static int run(struct program *program)
{
	int r = 0;

	hardening_apply();
	r = start(program);
	if (r == 0)
		r = start_threads(program);
	if (r == 0)
		r = session_run(program->session, tell_ready, program);
	stop(program);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct program program = {.background = {.report = -1}};
	int status = options_parse(argc, argv, &program.options, stderr);

	if (status == 0 && program.options.is_help)
		options_print_help(stdout);
	else if (status == 0 && program.options.is_version)
		options_print_version(stdout);
	else if (status == 0)
		status = run(&program);
	options_fini(&program.options);
	return status;
}
