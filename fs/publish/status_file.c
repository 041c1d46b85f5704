#include "fs/publish/status_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/base/clock.h"
#include "src/base/digits.h"

#define LOG_ERROR_SIZE 2048

/* Allocated, with its length; NULL: no memory. */
static char *new_text(const struct status *status, size_t *len)
{
	size_t size = status_render(status, NULL, 0);
	char *text = malloc(size + 1);

	if (text)
		*len = status_render(status, text, size);
	return text;
}

int status_file_update(struct status_file *file, const struct status *status)
{
	size_t len = 0;
	char *text = new_text(status, &len);
	int r = -ENOMEM;

	if (text)
		r = tree_set_text(file->change->tree, file->node, text, len,
				  status->fetcher->changed_at_ns);
	free(text);
	return r;
}

/* A line for each change of state, not for each try that failed. */
static void log_state(const struct status_file *file, const struct fetcher_state *state)
{
	char text[LOG_ERROR_SIZE];

	if (state->is_stale)
		log_write(file->log, LOG_LEVEL_WARNING,
			  "the files are stale because the last refresh failed: %s",
			  error_format(&state->error, text, sizeof(text)));
	else
		log_write(file->log, LOG_LEVEL_INFO, "the files are fresh again");
}

static bool is_news(const struct status_file *file, const struct fetcher_state *state)
{
	char error[STATUS_ERROR_SIZE];

	return state->is_stale != file->was_stale ||
	       strcmp(status_error(state, error), file->error) != 0;
}

static int publish_text(struct status_file *file, const struct status *status)
{
	size_t len = 0;
	char *text = new_text(status, &len);
	int r = -ENOMEM;

	if (!text)
		return r;
	r = change_begin(file->change, status->fetcher->changed_at_ns);
	if (r == 0)
		r = change_replace_text(file->change, file->node, text, len);
	free(text);
	return change_end(file->change, r);
}

/* "1,234 connections, 3 failed, refreshed 12:01:07" */
static void notify_manager(const struct status_file *file, const struct status *status)
{
	const struct fetcher_state *state = status->fetcher;
	char connections[NUMBER_SIZE];
	char failed[NUMBER_SIZE];
	char error[STATUS_ERROR_SIZE];
	time_t seconds = (time_t)(state->refreshed_at_ns / NS_PER_S);
	struct tm time = {.tm_sec = 0};

	localtime_r(&seconds, &time);
	notify_status(file->notify,
		      "%s connections, %s failed, refreshed %02d:%02d:%02d%s%s",
		      number_group(snapshot_count(status->snapshot), connections),
		      number_group(status->counts.failed, failed), time.tm_hour,
		      time.tm_min, time.tm_sec, state->is_stale ? "; stale: " : "",
		      status_error(state, error));
}

int status_file_publish(struct status_file *file, const struct status *status)
{
	int r = 0;

	notify_manager(file, status);
	if (!is_news(file, status->fetcher))
		return status_file_update(file, status);
	r = publish_text(file, status);
	if (r < 0)
		return r;
	log_state(file, status->fetcher);
	file->was_stale = status->fetcher->is_stale;
	status_error(status->fetcher, file->error);
	return 0;
}
