#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/connections_json.h"
#include "fs/content/metrics.h"
#include "src/base/clock.h"
#include "tests/unit/listing.h"

static void assert_json(const struct connection *records, size_t count,
			const char *expected)
{
	struct snapshot *snapshot = listing_of(records, count, 2);
	struct buffer json = {.max_bytes = 1 << 20};

	assert_true(connections_json_render(&snapshot, 1, &json));
	assert_string_equal(json.data, expected);
	buffer_fini(&json);
	snapshot_unref(snapshot);
}

static void lists_the_members_that_came_in_path_order(void **)
{
	const struct connection records[] = {
		{.field = {"failed", "b", "arn:e:1", "i", "arn:r:1", "no route"}},
		{.field = {"", "a", NULL, "i", "arn:r:1", NULL}},
		{.field = {[CONNECTION_STATUS] = "testing"}}, /* it is skipped */
	};

	assert_json(NULL, 0, "{\"Connections\": []}\n");
	assert_json(records, COUNT(records),
		    "{\"Connections\": [\n"
		    "{\"ReplicationInstanceArn\": \"arn:r:1\", \"Status\": \"\", "
		    "\"EndpointIdentifier\": \"a\", "
		    "\"ReplicationInstanceIdentifier\": \"i\"},\n"
		    "{\"ReplicationInstanceArn\": \"arn:r:1\", "
		    "\"EndpointArn\": \"arn:e:1\", \"Status\": \"failed\", "
		    "\"LastFailureMessage\": \"no route\", "
		    "\"EndpointIdentifier\": \"b\", "
		    "\"ReplicationInstanceIdentifier\": \"i\"}\n"
		    "]}\n");
}

static void puts_several_listings_into_one_document(void **)
{
	const struct connection first = {.field = {NULL, "b", NULL, "i"}};
	const struct connection second = {.field = {NULL, "a", NULL, "i"}};
	struct snapshot *snapshots[] = {listing_of(&first, 1, 1), NULL,
					listing_of(NULL, 0, 1),
					listing_of(&second, 1, 1)};
	struct buffer json = {.max_bytes = 1 << 20};

	assert_true(connections_json_render(snapshots, COUNT(snapshots), &json));
	assert_string_equal(json.data, "{\"Connections\": [\n"
				       "{\"EndpointIdentifier\": \"b\", "
				       "\"ReplicationInstanceIdentifier\": \"i\"},\n"
				       "{\"EndpointIdentifier\": \"a\", "
				       "\"ReplicationInstanceIdentifier\": \"i\"}\n"
				       "]}\n");
	buffer_fini(&json);
	for (size_t i = 0; i < COUNT(snapshots); i++)
		snapshot_unref(snapshots[i]);
}

/* In the internal form, and as JSON has it. */
static const struct {
	const char *text;
	const char *json;
} texts[] = {
	{"plain ~", "plain ~"},
	{"\"\\/", "\\\"\\\\/"},
	{"\b\t\n\f\r", "\\b\\t\\n\\f\\r"},
	{"\x01\x1F", "\\u0001\\u001f"},
	{"a\xFF\x01z", "a\\u0000z"},
	{"\x7F", "\\u007f"},
	{"\xC2\x80\xC2\x9F\xC2\xA0", "\\u0080\\u009f\xC2\xA0"},
	{"\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAC",
	 "\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAC"},
	{"\xEF\xBF\xBD\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBD\\ufffe\\uffff"},
	{"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF"},
	{"\xFF\xFF\x80\xC3(\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD("
					  "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
};

static void escapes_no_more_than_readers_need(void **)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct connection record = {
			.field = {texts[i].text, "e", NULL, "i", NULL, NULL}};
		char expected[256];

		snprintf(expected, sizeof(expected),
			 "{\"Connections\": [\n{\"Status\": \"%s\", "
			 "\"EndpointIdentifier\": \"e\", "
			 "\"ReplicationInstanceIdentifier\": \"i\"}\n]}\n",
			 texts[i].json);
		assert_json(&record, 1, expected);
	}
}

static int64_t since_epoch(void *data, const struct snapshot_entry *entry)
{
	assert_non_null(connection_text(entry->connection, CONNECTION_STATUS));
	return *(int64_t *)data;
}

/* All that others rely on, the help too. */
static void writes_the_metrics_of_all_sources(void **)
{
	const struct connection record = {
		.field = {"fai\"led\\\x7F", "e", NULL, "i", NULL, "secret text"}};
	const struct connection none = {.field = {NULL, "f", NULL, "i"}};
	const struct connection records[] = {record, none};
	const struct tally_entry requests[] = {
		{"DescribeConnections", "ok", 7},
		{"DescribeConnections", "ThrottlingException", 1}};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 2);
	int64_t since_ns = INT64_C(1790000000123456789);
	const struct metrics_source sources[] = {
		{.name = "us-east-1",
		 .region = "us-east-1",
		 .snapshot = snapshot,
		 .is_fresh = true,
		 .refreshed_at_ns = INT64_C(1790000001) * NS_PER_S,
		 .duration_ns = 1500000000,
		 .requests = requests,
		 .request_count = COUNT(requests),
		 .throttled = 1,
		 .since_ns = since_epoch,
		 .data = &since_ns},
		{.name = "p@eu-west-1", .region = "eu-west-1"},
	};
	struct buffer text = {.max_bytes = 1 << 20};

	assert_true(metrics_render(sources, COUNT(sources), "/mnt/a\n\xC3\xA4\xFF\xFF",
				   &text));
#define MOUNT "mount=\"/mnt/a\\\\x0A\xC3\xA4\\\\xFF\""
#define FIRST "{source=\"us-east-1\"," MOUNT
#define SECOND "{source=\"p@eu-west-1\"," MOUNT
#define CONNECTION FIRST ",region=\"us-east-1\",replication_instance=\"i\",endpoint="
#define STATUS "dms_connection_status" CONNECTION
	*strstr(text.data, "dmsfs_changes_total{") = '\0';
	assert_string_equal(
		text.data,
		"# HELP dms_connection_status Whether the endpoint connection has this "
		"status (1) or another (0).\n"
		"# TYPE dms_connection_status gauge\n" STATUS
		"\"e\",status=\"successful\"} 0\n" STATUS
		"\"e\",status=\"testing\"} 0\n" STATUS
		"\"e\",status=\"failed\"} 0\n" STATUS
		"\"e\",status=\"deleting\"} 0\n" STATUS
		"\"e\",status=\"fai\\\"led\\\\\\\\x7F\"} 1\n" STATUS
		"\"f\",status=\"successful\"} 0\n" STATUS
		"\"f\",status=\"testing\"} 0\n" STATUS
		"\"f\",status=\"failed\"} 0\n" STATUS "\"f\",status=\"deleting\"} 0\n"
		"# HELP dms_connection_status_since_timestamp_seconds When the "
		"endpoint connection was first seen in its status, since 1970.\n"
		"# TYPE dms_connection_status_since_timestamp_seconds gauge\n"
		"dms_connection_status_since_timestamp_seconds" CONNECTION
		"\"e\"} 1790000000.123456\n"
		"# HELP dmsfs_fresh Whether the mount shows the last listing and that "
		"is no older than it should be (1), or is stale (0).\n"
		"# TYPE dmsfs_fresh gauge\n"
		"dmsfs_fresh" FIRST "} 1\n"
		"dmsfs_fresh" SECOND "} 0\n"
		"# HELP dmsfs_last_refresh_timestamp_seconds When the last refresh "
		"that succeeded ended, since 1970.\n"
		"# TYPE dmsfs_last_refresh_timestamp_seconds gauge\n"
		"dmsfs_last_refresh_timestamp_seconds" FIRST "} 1790000001.000000\n"
		"# HELP dmsfs_refresh_duration_seconds How long the last full listing "
		"took.\n"
		"# TYPE dmsfs_refresh_duration_seconds gauge\n"
		"dmsfs_refresh_duration_seconds" FIRST "} 1.500000\n"
		"# HELP dmsfs_requests_total Requests sent to AWS DMS, by operation "
		"and what came of them.\n"
		"# TYPE dmsfs_requests_total counter\n"
		"dmsfs_requests_total" FIRST
		",operation=\"DescribeConnections\",code=\"ok\"} 7\n"
		"dmsfs_requests_total" FIRST
		",operation=\"DescribeConnections\",code=\"ThrottlingException\"} 1\n"
		"# HELP dmsfs_throttled_total Requests that AWS DMS refused because "
		"there were too many.\n"
		"# TYPE dmsfs_throttled_total counter\n"
		"dmsfs_throttled_total" FIRST "} 1\n"
		"dmsfs_throttled_total" SECOND "} 0\n"
		"# HELP dmsfs_changes_total Changes of endpoint connections that were "
		"seen, by old and new status.\n"
		"# TYPE dmsfs_changes_total counter\n");
	buffer_fini(&text);
	snapshot_unref(snapshot);
}

static void counts_what_is_to_be_expected_from_0_on(void **)
{
	static const char *const statuses[] = {"successful", "testing", "failed",
					       "deleting", "-"};
	const struct tally_entry changes[] = {{"-", "failed", 2},
					      {"failed", "new \"one\"", 3}};
	const struct metrics_source source = {.name = "us-east-1",
					      .changes = changes,
					      .change_count = COUNT(changes)};
	struct buffer text = {.max_bytes = 1 << 20};
	const char *shown = NULL;
	char line[256];

	assert_true(metrics_render(&source, 1, "/", &text));
	shown = strstr(text.data, "dmsfs_changes_total{");
	for (size_t i = 0; i < COUNT(statuses) * COUNT(statuses); i++) {
		const char *old = statuses[i / COUNT(statuses)];
		const char *new = statuses[i % COUNT(statuses)];
		int len = snprintf(line, sizeof(line),
				   "dmsfs_changes_total{source=\"us-east-1\","
				   "mount=\"/\",old=\"%s\",new=\"%s\"} %d\n",
				   old, new,
				   *old == '-' && strcmp(new, "failed") == 0 ? 2 : 0);

		assert_memory_equal(shown, line, (size_t)len);
		shown += len;
	}
	assert_string_equal(shown, "dmsfs_changes_total{source=\"us-east-1\","
				   "mount=\"/\",old=\"failed\","
				   "new=\"new \\\"one\\\"\"} 3\n");
	buffer_fini(&text);
}

static void tells_when_there_is_no_room(void **)
{
	const struct connection record = {.field = {"failed", "e", NULL, "i"}};
	const struct metrics_source source = {.name = "r", .region = "r"};
	struct snapshot *snapshot = listing_of(&record, 1, 1);

	for (size_t room = 0; room < 100; room++) {
		struct buffer json = {.max_bytes = room};
		struct buffer text = {.max_bytes = room};

		assert_int_equal(connections_json_render(&snapshot, 1, &json),
				 room >= strlen("{\"Connections\": [\n{\"Status\": "
						"\"failed\", \"EndpointIdentifier\": "
						"\"e\", \"ReplicationInstanceIdent"
						"ifier\": \"i\"}\n]}\n"));
		assert_false(metrics_render(&source, 1, "/", &text));
		buffer_fini(&json);
		buffer_fini(&text);
	}
	snapshot_unref(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_the_members_that_came_in_path_order),
		cmocka_unit_test(puts_several_listings_into_one_document),
		cmocka_unit_test(escapes_no_more_than_readers_need),
		cmocka_unit_test(writes_the_metrics_of_all_sources),
		cmocka_unit_test(counts_what_is_to_be_expected_from_0_on),
		cmocka_unit_test(tells_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
