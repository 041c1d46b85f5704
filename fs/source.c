#include "fs/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/digits.h"

#define ERROR_SIZE 2048
#define ERRNO_SIZE 128

/* Of several sources; stands in front of messages, and a colon after it. */
static const char *name_before(const struct source *source)
{
	return source->option ? source->option->name : "";
}

static const char *colon_before(const struct source *source)
{
	return source->option ? ": " : "";
}

static int report_errno(const struct source *source, const char *failure, int r)
{
	char text[ERRNO_SIZE];

	log_write(source->log, LOG_LEVEL_ERROR, "%s%s%s: %s", name_before(source),
		  colon_before(source), failure, strerror_r(-r, text, sizeof(text)));
	return r;
}

/* The callbacks of other threads only wake one. */
static void wake_publisher(void *data)
{
	struct source *source = data;

	if (source->publisher)
		publisher_wake(source->publisher);
}

const char *source_name(const struct source *source)
{
	if (source->option)
		return source->option->name;
	return source->options->source ? source->options->source
				       : fetcher_region(source->fetcher);
}

/* DIR, or of several sources a directory for each in it. */
static int state_path(const struct source *source, char **path)
{
	const char *directory = source->options->state_directory;

	*path = NULL;
	if (!source->option)
		*path = strdup(directory);
	else if (asprintf(path, "%s/%s", directory, source->option->directory) < 0)
		*path = NULL;
	return *path ? 0 : -ENOMEM;
}

int source_open_state(struct source *source)
{
	struct state_options options = {
		.log = source->log, .changed = wake_publisher, .data = source};
	char *path = NULL;
	int r = 0;

	if (!source->options->state_directory)
		return 0;
	r = state_path(source, &path);
	options.directory = path;
	if (r == 0)
		r = state_new(&options, &source->state);
	free(path);
	return r < 0 && r != -EBUSY ? report_errno(source, "cannot keep a state", r)
				    : r;
}

static int load_state(struct source *source, const struct dms_filters *filters)
{
	int r = source->state
			? state_load(source->state, fetcher_region(source->fetcher),
				     fetcher_endpoint_url(source->fetcher), filters)
			: 0;

	return r < 0 ? report_errno(source, "cannot load the state", r) : 0;
}

int source_open(struct source *source)
{
	struct fetcher_options options = options_for_fetcher(source->options,
							     source->option);
	struct error error = {.kind = ERROR_NONE};
	char text[ERROR_SIZE];
	int r = 0;

	source->log_source = (struct log_source){
		.log = source->log,
		.name = source->option ? source->option->name : NULL};
	options.trace = log_source_trace(&source->log_source);
	options.trust = source->trust;
	options.settings = source->settings;
	options.changed = wake_publisher;
	options.changed_data = source;
	r = fetcher_new(&options, &source->fetcher, &error);
	if (r == 0)
		return load_state(source, &options.filters);
	log_write(source->log, LOG_LEVEL_ERROR, "%s%s%s", name_before(source),
		  colon_before(source), error_format(&error, text, sizeof(text)));
	return r;
}

static const struct record *saved_record(const struct source *source)
{
	return source->state ? state_saved(source->state) : NULL;
}

static int compare_with_state(void *data, struct error *error)
{
	struct source *source = data;
	const struct record *saved = saved_record(source);
	struct fetcher_state listed;
	bool is_ours = true;

	if (!saved)
		return 0;
	fetcher_get_state(source->fetcher, &listed);
	is_ours = record_is_of_account(saved->snapshot, listed.snapshot);
	fetcher_state_fini(&listed);
	if (is_ours)
		return fetcher_compare_first(source->fetcher, saved->snapshot, error);
	state_reject(source->state);
	return 0;
}

static bool start_stale(void *data, const struct error *error)
{
	struct source *source = data;
	const struct record *saved = saved_record(source);
	char text[ERROR_SIZE];
	char time[TIMESTAMP_SIZE];

	if (!source->options->is_stale_start || !saved)
		return false;
	log_write(source->log, LOG_LEVEL_WARNING,
		  "warning: %s%s%s; showing the connections of %s, as the state has "
		  "them",
		  name_before(source), colon_before(source),
		  error_format(error, text, sizeof(text)),
		  timestamp_format(saved->refreshed_at_ns / NS_PER_S, time));
	fetcher_begin_stale(source->fetcher, saved->snapshot, saved->refreshed_at_ns);
	return true;
}

void source_prepare_listing(struct source *source, struct first_listing *listing)
{
	*listing = (struct first_listing){.fetcher = source->fetcher,
					  .name = source->option ? source->option->name
								 : NULL,
					  .hooks = {.listed = compare_with_state,
						    .failed = start_stale,
						    .data = source}};
}

void source_take_command(struct commands *commands, struct ioctl_call *call)
{
	const struct commands_request request = {
		.kind = call->is_deletion ? FETCHER_DELETE : FETCHER_TEST,
		.pair = {.instance_arn = call->instance_arn,
			 .endpoint_arn = call->endpoint_arn,
			 .instance = call->instance,
			 .endpoint = call->endpoint},
		.path = call->path,
		.uid = call->uid,
		.pid = call->pid,
		.r = call->r,
		.reason = call->reason};

	commands_take(commands, &request, call);
}

void source_reply(void *caller, const struct commands_reply *reply)
{
	const struct error *error = reply->error;

	ioctl_reply(caller, &(struct ioctl_result){.r = reply->r,
						   .is_published = reply->is_published,
						   .path = reply->path,
						   .code = error->code,
						   .request_id = error->request_id,
						   .message = error->text});
}

static int open_commands(struct source *source)
{
	const struct commands_options options = {.fetcher = source->fetcher,
						 .reply = source_reply,
						 .changed = wake_publisher,
						 .data = source};

	return options_allow_commands(source->options)
		       ? commands_new(&options, &source->commands)
		       : 0;
}

/* A state is forgotten once what it holds is shown. */
static void forget_state(const struct source *source)
{
	struct fetcher_state state;

	fetcher_get_state(source->fetcher, &state);
	if (source->state && state.is_listed)
		state_forget(source->state);
	fetcher_state_fini(&state);
}

int source_build(struct source *source, struct publisher_options *publisher)
{
	int r = open_commands(source);

	publisher->fetcher = source->fetcher;
	publisher->source = source_name(source);
	publisher->directory = source->option ? source->option->directory : NULL;
	publisher->commands = source->commands;
	publisher->state = source->state;
	publisher->log = source->log;
	publisher->max_warm_files = source->options->max_warm_files;
	if (r == 0)
		r = publisher_new(publisher, &source->publisher);
	forget_state(source);
	return r < 0 ? report_errno(source, "cannot build the tree", r) : 0;
}

int source_start(struct source *source)
{
	int r = fetcher_start(source->fetcher);

	if (r < 0)
		return report_errno(source, "cannot start the fetcher thread", r);
	if (source->state)
		r = state_start(source->state);
	if (r < 0)
		return report_errno(source, "cannot start the thread of the state", r);
	r = publisher_start(source->publisher);
	if (r < 0)
		return report_errno(source, "cannot start the publisher thread", r);
	return 0;
}

static bool find_account(const struct source *source,
			 char account[CONNECTION_ACCOUNT_SIZE])
{
	struct fetcher_state state;
	bool is_known = false;

	fetcher_get_state(source->fetcher, &state);
	is_known = snapshot_account(state.snapshot, account);
	fetcher_state_fini(&state);
	return is_known;
}

bool source_is_of_same_account(const struct source *source, const struct source *other)
{
	char account[CONNECTION_ACCOUNT_SIZE];
	char other_account[CONNECTION_ACCOUNT_SIZE];

	return source == other ||
	       (find_account(source, account) && find_account(other, other_account) &&
		strcmp(account, other_account) == 0);
}

void source_stop(struct source *source)
{
	publisher_stop(source->publisher);
	state_stop(source->state);
	commands_free(source->commands);
	source->commands = NULL;
}

void source_free(struct source *source)
{
	publisher_free(source->publisher);
	state_free(source->state);
	fetcher_free(source->fetcher);
}
