/*
 * How things stand, for people, watchers, the log and the service manager.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/cli/progress.h"
#include "fs/publish/publisher_private.h"

#define CREDENTIALS_SIZE 512
#define ERROR_SIZE 2048

static size_t render_status(const struct publisher *publisher,
			    const struct fetcher_state *state, char *out, size_t size)
{
	char credentials[CREDENTIALS_SIZE];
	const struct status status = {
		.region = fetcher_region(publisher->fetcher),
		.endpoint = fetcher_endpoint_url(publisher->fetcher),
		.credentials = fetcher_describe_credentials(
			publisher->fetcher, credentials, sizeof(credentials)),
		.snapshot = publisher->shown,
		.counts = publisher->counts,
		.fetcher = state,
		.changed_at_ns = publisher->changed_at_ns,
	};

	return status_render(&status, out, size);
}

/* The text of .dmsfs/status, allocated, with its length; NULL: no memory. */
static char *new_status(const struct publisher *publisher,
			const struct fetcher_state *state, size_t *len)
{
	size_t size = render_status(publisher, state, NULL, 0);
	char *text = malloc(size + 1);

	if (text)
		*len = render_status(publisher, state, text, size);
	return text;
}

/* Times move in silence. */
int publisher_set_status(struct publisher *publisher, const struct fetcher_state *state)
{
	size_t len = 0;
	char *text = new_status(publisher, state, &len);
	int r = -ENOMEM;

	if (text)
		r = tree_set_text(publisher->tree, publisher->control.status, text, len,
				  state->changed_at_ns);
	free(text);
	return r;
}

/* A line for each change of state, not for each failed try. */
static void log_state(const struct publisher *publisher,
		      const struct fetcher_state *state)
{
	char text[ERROR_SIZE];

	if (state->is_stale)
		log_write(publisher->log, LOG_LEVEL_WARNING,
			  "the tree is stale, as the last refresh failed: %s",
			  error_format(&state->error, text, sizeof(text)));
	else
		log_write(publisher->log, LOG_LEVEL_INFO, "the tree is fresh again");
}

/* An event for .dmsfs/status is due when its state or error is another. */
static bool is_status_news(const struct publisher *publisher,
			   const struct fetcher_state *state)
{
	char error[STATUS_ERROR_SIZE];

	return state->is_stale != publisher->was_stale ||
	       strcmp(status_error(state, error), publisher->told_error) != 0;
}

static int tell_status(struct publisher *publisher, const struct fetcher_state *state)
{
	size_t len = 0;
	char *text = new_status(publisher, state, &len);
	int r = text ? publisher_begin(publisher) : -ENOMEM;

	if (r == 0)
		r = publisher_replace_text(publisher, publisher->control.status,
					   CONTROL_STATUS, text, len,
					   state->changed_at_ns);
	if (text)
		orders_end(&publisher->orders);
	free(text);
	if (r == 0 && publisher->is_covered)
		r = -EXDEV;
	if (r < 0)
		return r;
	log_state(publisher, state);
	publisher->was_stale = state->is_stale;
	status_error(state, publisher->told_error);
	return 0;
}

/* "1,234 connections, 3 failed, refreshed 12:01:07" */
static void notify_manager(const struct publisher *publisher,
			   const struct fetcher_state *state)
{
	char connections[PROGRESS_COUNT_SIZE];
	char failed[PROGRESS_COUNT_SIZE];
	char error[STATUS_ERROR_SIZE];
	time_t seconds = (time_t)(state->refreshed_at_ns / NS_PER_S);
	struct tm time = {.tm_sec = 0};

	localtime_r(&seconds, &time);
	notify_status(publisher->notify,
		      "%s connections, %s failed, refreshed %02d:%02d:%02d%s%s",
		      progress_count(snapshot_count(publisher->shown), connections),
		      progress_count(publisher->counts.failed, failed), time.tm_hour,
		      time.tm_min, time.tm_sec, state->is_stale ? "; stale: " : "",
		      status_error(state, error));
}

int publisher_bring_status(struct publisher *publisher,
			   const struct fetcher_state *state)
{
	notify_manager(publisher, state);
	if (is_status_news(publisher, state))
		return tell_status(publisher, state);
	return publisher_set_status(publisher, state);
}
