#include "fs/content/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/content/status_link.h"
#include "src/base/clock.h"
#include "src/base/text.h"

#define VALUE_SIZE 64
#define NO_STATUS "-"
#define NS_PER_US 1000
#define SECONDS_DECIMALS 6

/* A text that is written to a buffer, until that fails. */
struct writer {
	struct buffer *text;
	bool is_failed;
	/* The labels of a source that all its series have, borrowed; no closing
	 * brace. */
	const char *labels;
	size_t labels_len;
};

/* One metric: its help is an interface, since node_exporter drops a file whose help
 * differs from another's. */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	void (*put)(struct writer *writer, const char *name,
		    const struct metrics_source *source);
};

static void put_bytes(struct writer *writer, const char *bytes, size_t len)
{
	if (!writer->is_failed)
		writer->is_failed = !buffer_append(writer->text, bytes, len);
}

static void put(struct writer *writer, const char *text)
{
	put_bytes(writer, text, strlen(text));
}

/* A byte that the text rule does not show; the backslash is one of the format's. */
static void put_hidden(struct writer *writer, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escape[] = {'\\', '\\', 'x', digits[byte >> 4], digits[byte & 15]};

	put_bytes(writer, escape, sizeof(escape));
}

static void put_escaped(struct writer *writer, const char *value)
{
	const char *end = value + strlen(value);
	size_t span = text_quotable_span(value, end);

	put_bytes(writer, value, span);
	value += span;
	while (value < end) {
		struct text_unit unit = text_next(value);

		if (unit.is_safe && (*value == '"' || *value == '\\'))
			put(writer, "\\");
		if (unit.is_safe)
			put_bytes(writer, (const char *)unit.bytes, unit.count);
		for (unsigned i = 0; !unit.is_safe && i < unit.count; i++)
			put_hidden(writer, unit.bytes[i]);
		value += unit.consumed;
	}
}

static void put_label(struct writer *writer, const char *name, const char *value)
{
	put(writer, name);
	put(writer, "=\"");
	put_escaped(writer, value);
	put(writer, "\"");
}

static void begin_series(struct writer *writer, const char *name)
{
	put(writer, name);
	put_bytes(writer, writer->labels, writer->labels_len);
}

static void end_series(struct writer *writer, const char *value)
{
	put(writer, "} ");
	put(writer, value);
	put(writer, "\n");
}

static void put_value(struct writer *writer, const char *name, const char *value)
{
	begin_series(writer, name);
	end_series(writer, value);
}

/* As seconds, to a microsecond. It is written from the end of @value on, and its first
 * digit is returned. Each connection has one: snprintf() took a seventh of the time. */
static const char *format_seconds(int64_t ns, char value[VALUE_SIZE])
{
	uint64_t us = (uint64_t)ns / NS_PER_US;
	char *at = &value[VALUE_SIZE - 1];

	*at = '\0';
	for (int digit = 0; digit <= SECONDS_DECIMALS || us > 0; digit++, us /= 10) {
		if (digit == SECONDS_DECIMALS)
			*--at = '.';
		*--at = (char)('0' + us % 10);
	}
	return at;
}

static void begin_pair(struct writer *writer, const char *name, const char *label,
		       const char *value, const char *other_label,
		       const char *other_value)
{
	begin_series(writer, name);
	put(writer, ",");
	put_label(writer, label, value);
	put(writer, ",");
	put_label(writer, other_label, other_value);
}

static void end_count(struct writer *writer, uint64_t count)
{
	char value[VALUE_SIZE];

	snprintf(value, sizeof(value), "%" PRIu64, count);
	end_series(writer, value);
}

static void put_status(struct writer *writer, const struct buffer *start,
		       const char *status, bool is_so)
{
	put_bytes(writer, start->data, start->len);
	put(writer, "\",status=\"");
	put_escaped(writer, status);
	put(writer, is_so ? "\"} 1\n" : "\"} 0\n");
}

/* A series for each known status, and one for another that the service came up with. */
static void put_statuses(struct writer *writer, const struct buffer *start,
			 const struct metrics_source *,
			 const struct snapshot_entry *entry)
{
	const char *status = connection_text(entry->connection, CONNECTION_STATUS);

	for (size_t i = 0; i < LINK_KNOWN_STATUSES; i++) {
		const char *known = link_known_status(i);

		put_status(writer, start, known, status && strcmp(status, known) == 0);
	}
	if (status && !link_is_known_status(status))
		put_status(writer, start, status, true);
}

static void put_since(struct writer *writer, const struct buffer *start,
		      const struct metrics_source *source,
		      const struct snapshot_entry *entry)
{
	char value[VALUE_SIZE];
	int64_t since_ns = 0;

	if (connection_text(entry->connection, CONNECTION_STATUS))
		since_ns = source->since_ns(source->data, entry);
	if (since_ns == 0)
		return;
	put_bytes(writer, start->data, start->len);
	put(writer, "\"");
	end_series(writer, format_seconds(since_ns, value));
}

/* Calls @put_series for each connection with what all its series begin with, up to the
 * end of the label of the endpoint. */
static void put_connections(struct writer *writer, const char *name,
			    const struct metrics_source *source,
			    void (*put_series)(struct writer *writer,
					       const struct buffer *start,
					       const struct metrics_source *source,
					       const struct snapshot_entry *entry))
{
	const size_t count = source->snapshot ? snapshot_count(source->snapshot) : 0;
	struct buffer start = {.max_bytes = writer->text->max_bytes};
	struct writer starting = *writer;
	size_t common_len = 0;

	if (count == 0)
		return;
	starting.text = &start;
	begin_series(&starting, name);
	put(&starting, ",");
	put_label(&starting, "region", source->region);
	put(&starting, ",replication_instance=\"");
	common_len = start.len;
	for (size_t i = 0; !starting.is_failed && i < count; i++) {
		const struct snapshot_entry entry = snapshot_at(source->snapshot, i);

		start.len = common_len;
		put_escaped(&starting, entry.instance);
		put(&starting, "\",endpoint=\"");
		put_escaped(&starting, entry.endpoint);
		put_series(writer, &start, source, &entry);
	}
	writer->is_failed |= starting.is_failed;
	buffer_fini(&start);
}

static void put_connection_status(struct writer *writer, const char *name,
				  const struct metrics_source *source)
{
	put_connections(writer, name, source, put_statuses);
}

static void put_status_since(struct writer *writer, const char *name,
			     const struct metrics_source *source)
{
	put_connections(writer, name, source, put_since);
}

static void put_fresh(struct writer *writer, const char *name,
		      const struct metrics_source *source)
{
	put_value(writer, name, source->is_fresh ? "1" : "0");
}

static void put_last_refresh(struct writer *writer, const char *name,
			     const struct metrics_source *source)
{
	char value[VALUE_SIZE];

	if (source->snapshot)
		put_value(writer, name, format_seconds(source->refreshed_at_ns, value));
}

static void put_duration(struct writer *writer, const char *name,
			 const struct metrics_source *source)
{
	char value[VALUE_SIZE];

	if (source->snapshot)
		put_value(writer, name, format_seconds(source->duration_ns, value));
}

static void put_requests(struct writer *writer, const char *name,
			 const struct metrics_source *source)
{
	for (size_t i = 0; i < source->request_count; i++) {
		const struct tally_entry *entry = &source->requests[i];

		begin_pair(writer, name, "operation", entry->first, "code",
			   entry->second);
		end_count(writer, entry->count);
	}
}

static void put_throttled(struct writer *writer, const char *name,
			  const struct metrics_source *source)
{
	char value[VALUE_SIZE];

	snprintf(value, sizeof(value), "%" PRIu64, source->throttled);
	put_value(writer, name, value);
}

static void put_change(struct writer *writer, const char *name, const char *before,
		       const char *after, uint64_t count)
{
	begin_pair(writer, name, "old", before, "new", after);
	end_count(writer, count);
}

/* The known statuses, and then none. */
static const char *status_at(size_t index)
{
	return index < LINK_KNOWN_STATUSES ? link_known_status(index) : NO_STATUS;
}

static uint64_t count_changes(const struct metrics_source *source, const char *before,
			      const char *after)
{
	for (size_t i = 0; i < source->change_count; i++) {
		const struct tally_entry *entry = &source->changes[i];

		if (strcmp(entry->first, before) == 0 &&
		    strcmp(entry->second, after) == 0)
			return entry->count;
	}
	return 0;
}

static bool is_expected(const char *status)
{
	return link_is_known_status(status) || strcmp(status, NO_STATUS) == 0;
}

/* Those that are to be expected are there before the first one: a series that begins
 * with 1 has not grown, and so is nothing to increase(). */
static void put_changes(struct writer *writer, const char *name,
			const struct metrics_source *source)
{
	for (size_t i = 0; i <= LINK_KNOWN_STATUSES; i++) {
		for (size_t j = 0; j <= LINK_KNOWN_STATUSES; j++)
			put_change(writer, name, status_at(i), status_at(j),
				   count_changes(source, status_at(i), status_at(j)));
	}
	for (size_t i = 0; i < source->change_count; i++) {
		const struct tally_entry *entry = &source->changes[i];

		if (!is_expected(entry->first) || !is_expected(entry->second))
			put_change(writer, name, entry->first, entry->second,
				   entry->count);
	}
}

static const struct metric metrics[] = {
	{"dms_connection_status", "gauge",
	 "Whether the endpoint connection has this status (1) or another (0).",
	 put_connection_status},
	{"dms_connection_status_since_timestamp_seconds", "gauge",
	 "When the endpoint connection was first seen in its status, since 1970.",
	 put_status_since},
	{"dmsfs_fresh", "gauge",
	 "Whether the mount shows the last listing and that is no older than it should "
	 "be (1), or is stale (0).",
	 put_fresh},
	{"dmsfs_last_refresh_timestamp_seconds", "gauge",
	 "When the last refresh that succeeded ended, since 1970.", put_last_refresh},
	{"dmsfs_refresh_duration_seconds", "gauge",
	 "How long the last full listing took.", put_duration},
	{"dmsfs_requests_total", "counter",
	 "Requests sent to AWS DMS, by operation and what came of them.", put_requests},
	{"dmsfs_throttled_total", "counter",
	 "Requests that AWS DMS refused because there were too many.", put_throttled},
	{"dmsfs_changes_total", "counter",
	 "Changes of endpoint connections that were seen, by old and new status.",
	 put_changes},
};

/* {source="...",mount="..." */
static bool write_labels(const struct metrics_source *source, const char *mount,
			 struct buffer *labels)
{
	struct writer writer = {.text = labels};

	put(&writer, "{");
	put_label(&writer, "source", source->name);
	put(&writer, ",");
	put_label(&writer, "mount", mount);
	return !writer.is_failed;
}

static bool put_source(struct buffer *text, const struct metric *metric,
		       const struct metrics_source *source, const char *mount)
{
	struct buffer labels = {.max_bytes = text->max_bytes};
	struct writer writer = {.text = text};

	writer.is_failed = !write_labels(source, mount, &labels);
	writer.labels = labels.data;
	writer.labels_len = labels.len;
	if (!writer.is_failed)
		metric->put(&writer, metric->name, source);
	buffer_fini(&labels);
	return !writer.is_failed;
}

bool metrics_render(const struct metrics_source *sources, size_t count,
		    const char *mount, struct buffer *text)
{
	bool is_written = true;

	for (size_t i = 0; is_written && i < sizeof(metrics) / sizeof(*metrics); i++) {
		const struct metric *metric = &metrics[i];
		struct writer writer = {.text = text};

		put(&writer, "# HELP ");
		put(&writer, metric->name);
		put(&writer, " ");
		put(&writer, metric->help);
		put(&writer, "\n# TYPE ");
		put(&writer, metric->name);
		put(&writer, " ");
		put(&writer, metric->type);
		put(&writer, "\n");
		is_written = !writer.is_failed;
		for (size_t j = 0; is_written && j < count; j++)
			is_written = put_source(text, metric, &sources[j], mount);
	}
	return is_written;
}
