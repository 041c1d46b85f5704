#include "tests/sim/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/base/raw.h"

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void entry_fini(struct log_entry *entry)
{
	free(entry->action);
	free(entry->access_key);
	free(entry->user_agent);
	free(entry->error_type);
	free(entry->request_id);
	free(entry->fault);
	free(entry->body);
	memset(entry, 0, sizeof(*entry));
}

static struct log_entry *entry_at(struct log *log, size_t i)
{
	return &log->entries[(log->first + i) % LOG_ENTRIES_MAX];
}

void log_init(struct log *log)
{
	memset(log, 0, sizeof(*log));
	pthread_mutex_init(&log->lock, NULL);
	log->entries = alloc_zeroed(LOG_ENTRIES_MAX, sizeof(*log->entries));
	log->actions = cJSON_CreateObject();
	log->statuses = cJSON_CreateObject();
}

static void drop_entries(struct log *log)
{
	for (size_t i = 0; i < log->count; i++)
		entry_fini(entry_at(log, i));
	log->first = 0;
	log->count = 0;
	cJSON_Delete(log->actions);
	cJSON_Delete(log->statuses);
}

void log_fini(struct log *log)
{
	drop_entries(log);
	free(log->entries);
	pthread_mutex_destroy(&log->lock);
}

void log_clear(struct log *log)
{
	pthread_mutex_lock(&log->lock);
	drop_entries(log);
	log->actions = cJSON_CreateObject();
	log->statuses = cJSON_CreateObject();
	pthread_mutex_unlock(&log->lock);
}

static void count(cJSON *counts, const char *name)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(counts, name);

	if (item)
		cJSON_SetNumberValue(item, item->valuedouble + 1);
	else
		cJSON_AddNumberToObject(counts, name, 1);
}

uint64_t log_add(struct log *log, struct log_entry *entry)
{
	char status[16];

	snprintf(status, sizeof(status), "%u", entry->status);
	pthread_mutex_lock(&log->lock);
	if (log->count == LOG_ENTRIES_MAX) {
		entry_fini(entry_at(log, 0));
		log->first = (log->first + 1) % LOG_ENTRIES_MAX;
		log->count--;
	}
	entry->sequence = ++log->sequence;
	entry->time = now();
	count(log->actions, entry->action);
	count(log->statuses, status);
	*entry_at(log, log->count++) = *entry;
	pthread_mutex_unlock(&log->lock);
	return entry->sequence;
}

void log_answered(struct log *log, uint64_t sequence)
{
	double at = now();

	pthread_mutex_lock(&log->lock);
	for (size_t i = log->count; i-- > 0;) {
		struct log_entry *entry = entry_at(log, i);

		if (entry->sequence == sequence)
			entry->answered = at;
		if (entry->sequence <= sequence)
			break;
	}
	pthread_mutex_unlock(&log->lock);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, ",\"%s\":", name);
	if (text)
		buf_add_json(out, text);
	else
		buf_adds(out, "null");
}

/* The parameters again, beside the body, so that tests need not take it apart. */
static void add_parameters(struct buf *out, const char *body)
{
	static const struct {
		const char *field;
		const char *name;
	} parameters[] = {
		{"Filters", "filters"},
		{"MaxRecords", "max_records"},
		{"Marker", "marker"},
	};
	struct span whole, value;

	if (!body || !raw_whole(body, strlen(body), &whole))
		return;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		cJSON *json = NULL;

		if (!raw_find(whole, parameters[i].field, &value))
			continue;
		json = cJSON_ParseWithLength(value.at, value.len);
		if (json) {
			buf_addf(out, ",\"%s\":", parameters[i].name);
			buf_add(out, value.at, value.len);
		}
		cJSON_Delete(json);
	}
}

static void add_entry(struct buf *out, const struct log_entry *entry)
{
	buf_addf(out, "{\"sequence\":%ju,\"time\":%.6f,\"answered\":%.6f",
		 (uintmax_t)entry->sequence, entry->time, entry->answered);
	buf_addf(out, ",\"connection\":%ju,\"status\":%u", (uintmax_t)entry->connection,
		 entry->status);
	add_text(out, "action", entry->action);
	add_text(out, "access_key", entry->access_key);
	add_text(out, "user_agent", entry->user_agent);
	add_text(out, "error_type", entry->error_type);
	add_text(out, "request_id", entry->request_id);
	add_text(out, "fault", entry->fault);
	add_text(out, "body", entry->body);
	add_parameters(out, entry->body);
	buf_adds(out, "}");
}

void log_print(struct log *log, uint64_t since, struct buf *out)
{
	const char *separator = "";

	buf_adds(out, "{\"requests\":[");
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->count; i++) {
		const struct log_entry *entry = entry_at(log, i);

		if (entry->sequence <= since)
			continue;
		buf_adds(out, separator);
		add_entry(out, entry);
		separator = ",\n";
	}
	pthread_mutex_unlock(&log->lock);
	buf_adds(out, "]}");
}

void log_print_counters(struct log *log, uint64_t connections, struct buf *out)
{
	char *actions = NULL, *statuses = NULL;

	pthread_mutex_lock(&log->lock);
	actions = cJSON_PrintUnformatted(log->actions);
	statuses = cJSON_PrintUnformatted(log->statuses);
	buf_addf(out,
		 "{\"requests\":%ju,\"connections\":%ju,\"actions\":%s,"
		 "\"statuses\":%s}",
		 (uintmax_t)log->sequence, (uintmax_t)connections, actions, statuses);
	pthread_mutex_unlock(&log->lock);
	cJSON_free(actions);
	cJSON_free(statuses);
}
