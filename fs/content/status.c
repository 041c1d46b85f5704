#include "fs/content/status.h"

#include <stdio.h>
#include <string.h>

#include "fs/content/document.h"
#include "src/base/digits.h"

#define NUMBER_SIZE 32

/* The count of connections in @status, which may be NULL. */
static size_t *find_counter(struct status_counts *counts, const char *status)
{
	const struct {
		const char *status;
		size_t *counter;
	} known[] = {
		{"successful", &counts->successful},
		{"testing", &counts->testing},
		{"failed", &counts->failed},
		{"deleting", &counts->deleting},
	};

	for (size_t i = 0; status && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].status, status) == 0)
			return known[i].counter;
	}
	return &counts->other;
}

void status_count(const struct snapshot *snapshot, struct status_counts *counts)
{
	counts->instances += snapshot_instance_count(snapshot);
	counts->connections += snapshot_count(snapshot);
	counts->skipped += snapshot_skipped(snapshot);
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct connection *connection = snapshot_connection_at(snapshot,
									     i);

		++*find_counter(counts, connection->field[CONNECTION_STATUS]);
	}
}

bool status_cause_equal(const struct status_cause *a, const struct status_cause *b)
{
	return a->kind == b->kind && a->r == b->r &&
	       error_is_same(&a->error, &b->error);
}

const char *status_error(const struct status_cause *cause, char out[STATUS_ERROR_SIZE])
{
	struct error error = cause->error;
	size_t len = 0;

	out[0] = '\0';
	if (cause->kind == STATUS_CAUSE_NONE)
		return out;
	if (cause->source)
		snprintf(out, STATUS_ERROR_SIZE, "%s: ", cause->source);
	len = strlen(out);
	error.request_id[0] = '\0';
	error_format(&error, out + len, STATUS_ERROR_SIZE - len);
	return out;
}

static void put_number(struct document_sink *sink, const char *name, size_t number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%zu", number);
	document_field(sink, name, text);
}

static void put_time(struct document_sink *sink, const char *name, int64_t ns)
{
	char text[TIMESTAMP_SIZE];

	if (ns > 0)
		document_field(sink, name, timestamp_format(ns / NS_PER_S, text));
}

static void put_counts(struct document_sink *sink, const struct status *status)
{
	const struct status_counts *counts = &status->counts;

	put_number(sink, "ReplicationInstances", counts->instances);
	put_number(sink, "Connections", counts->connections);
	put_number(sink, "Successful", counts->successful);
	put_number(sink, "Testing", counts->testing);
	put_number(sink, "Failed", counts->failed);
	put_number(sink, "Deleting", counts->deleting);
	put_number(sink, "Other", counts->other);
}

static void put_refresh(struct document_sink *sink, const struct status *status)
{
	const struct fetcher_state *fetcher = status->fetcher;
	char seconds[NUMBER_SIZE];

	snprintf(seconds, sizeof(seconds), "%.3f",
		 (double)fetcher->duration_ns / (double)NS_PER_S);
	put_time(sink, "LastRefresh", fetcher->refreshed_at_ns);
	put_time(sink, "NextRefresh", fetcher->next_at_ns);
	document_field(sink, "RefreshSeconds", seconds);
	put_number(sink, "RefreshPages", fetcher->pages);
	put_time(sink, "LastChange", status->changed_at_ns);
}

static void put_cause(struct document_sink *sink, const struct status_cause *cause)
{
	char text[STATUS_ERROR_SIZE];

	if (cause->kind == STATUS_CAUSE_NONE)
		return;
	document_field(sink, "LastError", status_error(cause, text));
	put_time(sink, "LastErrorTime", cause->at_ns);
	document_field(sink, "LastErrorRequestId", cause->error.request_id);
}

static const char *state_of(const struct status *status)
{
	if (status->is_unlisted)
		return "unlisted";
	return status->cause->kind == STATUS_CAUSE_NONE ? "fresh" : "stale";
}

static void put_listing(struct document_sink *sink, const struct status *status)
{
	if (status->is_unlisted) {
		put_time(sink, "NextRefresh", status->fetcher->next_at_ns);
		return;
	}
	put_counts(sink, status);
	put_refresh(sink, status);
}

size_t status_render(const struct status *status, char *out, size_t size)
{
	struct document_sink sink = {.out = out, .size = size};

	document_field(&sink, "State", state_of(status));
	document_field(&sink, "Stale", status->stale);
	document_field(&sink, "Region", status->region);
	document_field(&sink, "RegionSource", status->region_source);
	document_field(&sink, "Endpoint", status->endpoint);
	document_field(&sink, "Credentials", status->credentials);
	document_field(&sink, "Account", status->account);
	put_listing(&sink, status);
	put_cause(&sink, status->cause);
	if (!status->is_unlisted)
		put_number(&sink, "Skipped", status->counts.skipped);
	return sink.len;
}

size_t status_render_overdue(const struct status *status, char *out, size_t size)
{
	struct status overdue = *status;

	if (status->cause->kind != STATUS_CAUSE_NONE || !status->overdue_at_ns)
		return 0;
	overdue.cause = status->overdue;
	overdue.stale = status->overdue_source;
	return status_render(&overdue, out, size);
}

void status_set_overdue(int64_t refreshed_at_ns, int64_t at_ns,
			struct status_cause *cause)
{
	char time[TIMESTAMP_SIZE];

	*cause = (struct status_cause){.kind = STATUS_CAUSE_OVERDUE, .at_ns = at_ns};
	error_set(&cause->error, ERROR_NONE,
		  "no listing has ended since %s: the next one is overdue",
		  timestamp_format(refreshed_at_ns / NS_PER_S, time));
}
