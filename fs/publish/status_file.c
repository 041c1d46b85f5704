#include "fs/publish/status_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/base/clock.h"
#include "src/base/digits.h"

#define LOG_ERROR_SIZE 2048

/* Both texts, in one that is allocated. NULL: no memory. */
static char *new_content(const struct status *status, struct node_content *content)
{
	size_t len = status_render(status, NULL, 0);
	size_t overdue_len = status_render_overdue(status, NULL, 0);
	char *text = malloc(len + overdue_len + 1);

	if (!text)
		return NULL;
	status_render(status, text, len);
	*content = (struct node_content){
		.kind = NODE_TEXT, .text = text, .text_len = len, .is_uncached = true};
	if (overdue_len == 0)
		return text;
	status_render_overdue(status, text + len, overdue_len);
	content->overdue = (struct node_overdue){.text = text + len,
						 .text_len = overdue_len,
						 .at_ns = status->overdue_at_ns,
						 .mtime_ns = status->overdue->at_ns};
	return text;
}

static void log_line(const struct status_file *file, enum log_level level,
		     const char *text, const char *reason)
{
	log_write(file->log, level, "%s%s%s%s", file->source ? file->source : "",
		  file->source ? ": " : "", text, reason);
}

/* A line for each cause, not for each try that failed. */
static void log_cause(struct status_file *file, const struct status_cause *cause)
{
	char text[LOG_ERROR_SIZE];

	if (status_cause_equal(cause, &file->logged))
		return;
	error_format(&cause->error, text, sizeof(text));
	switch (cause->kind) {
	case STATUS_CAUSE_NONE:
		if (file->logged.kind != STATUS_CAUSE_MEMORY)
			log_line(file, LOG_LEVEL_INFO, "the files are fresh again", "");
		break;
	case STATUS_CAUSE_LISTING:
		log_line(file, LOG_LEVEL_WARNING,
			 "the files are stale because the last refresh failed: ", text);
		break;
	case STATUS_CAUSE_MEMORY: /* has its lines already */
		break;
	case STATUS_CAUSE_MOUNT:
	case STATUS_CAUSE_EDITOR:
	case STATUS_CAUSE_EDIT:
	case STATUS_CAUSE_OVERDUE:
		log_line(file, LOG_LEVEL_WARNING, "the files are stale: ", text);
		break;
	}
	file->logged = *cause;
}

static int publish_text(struct status_file *file, const struct status *status)
{
	struct node_content content;
	char *text = new_content(status, &content);
	int r = -ENOMEM;

	if (!text)
		return r;
	r = change_begin(file->change, status->fetcher->changed_at_ns);
	if (r == 0)
		r = change_replace_text(file->change, file->node, &content);
	free(text);
	return change_end(file->change, r);
}

/* "1,234 connections, 3 failed, refreshed 12:01:07" */
static void notify_manager(const struct status_file *file, const struct status *status)
{
	const struct status_cause *cause = status->cause;
	char connections[NUMBER_SIZE];
	char failed[NUMBER_SIZE];
	char error[STATUS_ERROR_SIZE];
	time_t seconds = (time_t)(status->fetcher->refreshed_at_ns / NS_PER_S);
	struct tm time = {.tm_sec = 0};

	localtime_r(&seconds, &time);
	notify_status(
		file->notify, "%s connections, %s failed, refreshed %02d:%02d:%02d%s%s",
		number_group(status->counts.connections, connections),
		number_group(status->counts.failed, failed), time.tm_hour, time.tm_min,
		time.tm_sec, cause->kind == STATUS_CAUSE_NONE ? "" : "; stale: ",
		status_error(cause, error));
}

static void inform(struct status_file *file, const struct status *status)
{
	if (file->log)
		log_cause(file, status->cause);
	if (file->notify)
		notify_manager(file, status);
}

int status_file_set(const struct status_file *file, const struct status *status)
{
	struct node_content content;
	char *text = new_content(status, &content);
	int r = -ENOMEM;

	if (text)
		r = tree_set_text(file->change->tree, file->node, &content,
				  status->fetcher->changed_at_ns);
	free(text);
	return r;
}

int status_file_update(struct status_file *file, const struct status *status)
{
	inform(file, status);
	return status_file_set(file, status);
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static bool is_published(const struct status_file *file, const struct status *status)
{
	return status_cause_equal(status->cause, &file->published) &&
	       strcmp(text_or_empty(status->stale),
		      text_or_empty(file->published_stale)) == 0;
}

/* Without memory the same is published once more. */
static void note_published(struct status_file *file, const struct status *status)
{
	free(file->published_stale);
	file->published_stale = status->stale ? strdup(status->stale) : NULL;
	file->published = *status->cause;
}

int status_file_publish(struct status_file *file, const struct status *status)
{
	int r = 0;

	if (is_published(file, status))
		return status_file_update(file, status);
	inform(file, status);
	/* The event may have to wait for a turn, and for an editor that hangs. */
	if (status->cause->kind != STATUS_CAUSE_NONE)
		r = status_file_set(file, status);
	if (r == 0)
		r = publish_text(file, status);
	if (r == 0)
		note_published(file, status);
	return r;
}

int status_file_announce(struct status_file *file, const struct status *status)
{
	int r = 0;

	inform(file, status);
	if (is_published(file, status))
		return 0;
	r = change_begin(file->change, status->fetcher->changed_at_ns);
	if (r == 0)
		r = change_announce(file->change, file->node);
	r = change_end(file->change, r);
	if (r == 0)
		note_published(file, status);
	return r;
}

void status_file_fini(struct status_file *file)
{
	free(file->published_stale);
}
