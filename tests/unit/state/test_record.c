#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/state/record_text.h"
#include "src/base/digits.h"
#include "tests/unit/listing.h"

#define SECOND INT64_C(1000000000)
#define TEXT_MAX_BYTES ((size_t)1024 * 1024)
#define DIGEST_LINE_LEN 74
#define ARN "arn:aws:dms:us-east-1:123456789012:"
#define MESSAGE "two\nlines\tof C:\\x41 \x7f \xFF\x01\xFF\xFF \xC2\x9B \xC3\xA4 \xC3"

static const struct connection records[] = {
	{{"failed", "a", ARN "endpoint:A", "inst", ARN "rep:R", MESSAGE}},
	{{"successful", "b", ARN "endpoint:B", "inst", ARN "rep:R", ""}},
	{{NULL, "c", NULL, "other", NULL, NULL}},
};
static char lines_text[] = "line\n";

static struct buffer identify(const char *region)
{
	static const char *const arns[] = {"b", "a\n", "b"};
	const struct dms_filters filters = {.endpoint_arns = arns,
					    .endpoint_arn_count = COUNT(arns)};
	struct buffer identity = {.max_bytes = TEXT_MAX_BYTES};

	assert_int_equal(
		record_text_identify(region, "https://dms", &filters, &identity), 0);
	return identity;
}

static struct record make_record(void)
{
	struct record record = {
		.snapshot = listing_of(records, COUNT(records), 2),
		.ages = calloc(COUNT(records), sizeof(*record.ages)),
		.refreshed_at_ns = 5 * SECOND + 6,
		.changed_at_ns = 4 * SECOND,
		.is_ended = true,
		.changes = {.text = strdup(lines_text), .len = strlen(lines_text)}};

	assert_non_null(record.ages);
	for (size_t i = 0; i < COUNT(records); i++)
		record.ages[i] = (struct age){.content_ns = (int64_t)i * SECOND + 7,
					      .status_ns = (int64_t)i};
	return record;
}

static struct buffer write_record(void)
{
	struct record record = make_record();
	struct buffer identity = identify("us-east-1");
	struct buffer text = {.max_bytes = TEXT_MAX_BYTES};

	assert_int_equal(record_text_write(&record, identity.data, &text), 0);
	buffer_fini(&identity);
	record_fini(&record);
	return text;
}

/* Of a copy, as reading overwrites it. */
static int read_text(const char *text, size_t len, const char *region,
		     struct record *record)
{
	struct buffer identity = identify(region);
	char *copy = malloc(len + 1);
	int r = 0;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	r = record_text_read(copy, len, identity.data, record);
	free(copy);
	buffer_fini(&identity);
	return r;
}

static void assert_text_equal(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void reads_all_that_was_written(void **)
{
	struct buffer text = write_record();
	struct record written = make_record();
	struct record record;

	assert_int_equal(read_text(text.data, text.len, "us-east-1", &record), 0);
	assert_int_equal(snapshot_count(record.snapshot), COUNT(records));
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct connection *connection =
			snapshot_connection_at(record.snapshot, i);

		for (size_t f = 0; f < CONNECTION_FIELDS; f++)
			assert_text_equal(connection->field[f], records[i].field[f]);
		assert_int_equal(record.ages[i].content_ns, written.ages[i].content_ns);
		assert_int_equal(record.ages[i].status_ns, written.ages[i].status_ns);
	}
	assert_int_equal(record.refreshed_at_ns, written.refreshed_at_ns);
	assert_int_equal(record.changed_at_ns, written.changed_at_ns);
	assert_true(record.is_ended);
	assert_int_equal(record.changes.len, written.changes.len);
	assert_memory_equal(record.changes.text, lines_text, written.changes.len);
	assert_int_equal(record.old_changes.len, 0);
	record_fini(&record);
	record_fini(&written);
	buffer_fini(&text);
}

static void is_for_people_to_read(void **)
{
	static const char begin[] = "dmsfs state 1\n"
				    "Region: us-east-1\n"
				    "Endpoint: https://dms\n"
				    "EndpointArn: a\\n\n"
				    "EndpointArn: b\n"
				    "LastRefresh: 5.000000006\n"
				    "LastChange: 4.000000000\n"
				    "Ended: yes\n"
				    "Connections: 3\n"
				    "changes.1: 0\n"
				    "changes: 5\n"
				    "\n"
				    "0.000000007\t0.000000000\tfailed\ta\t";
	struct buffer text = write_record();

	assert_memory_equal(text.data, begin, sizeof(begin) - 1);
	assert_non_null(strstr(text.data, "two\\nlines\\tof C:\\\\x41 \\x7F "
					  "\\xFF\\x01\\xFF\\xFF \\xC2\\x9B "
					  "\xC3\xA4 \\xC3\n"));
	buffer_fini(&text);
}

static void takes_no_text_that_was_cut_or_changed(void **)
{
	struct buffer text = write_record();
	struct record record;

	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(read_text(text.data, len, "us-east-1", &record),
				 -EBADMSG);
	for (size_t i = 0; i < text.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			text.data[i] ^= (char)(1 << bit);
			assert_int_equal(
				read_text(text.data, text.len, "us-east-1", &record),
				-EBADMSG);
			text.data[i] ^= (char)(1 << bit);
		}
	}
	buffer_fini(&text);
}

/* The text with @from replaced once, and the last line to match. */
static struct buffer edit_text(const char *from, const char *to)
{
	struct buffer text = write_record();
	struct buffer edited = {.max_bytes = TEXT_MAX_BYTES};
	const char *found = strstr(text.data, from);
	const char *rest = found + strlen(from);
	struct page_digest digest;
	char hex[2 * sizeof(digest) + 1];

	assert_non_null(found);
	buffer_append(&edited, text.data, (size_t)(found - text.data));
	buffer_append(&edited, to, strlen(to));
	buffer_append(&edited, rest,
		      (size_t)(text.data + text.len - DIGEST_LINE_LEN - rest));
	assert_int_equal(page_digest_of(edited.data, edited.len, &digest), 0);
	hex_encode(digest.bytes, sizeof(digest), hex);
	buffer_append(&edited, "SHA-256: ", 9);
	buffer_append(&edited, hex, strlen(hex));
	buffer_append(&edited, "\n", 1);
	buffer_fini(&text);
	return edited;
}

static void takes_no_text_that_somebody_made_up(void **)
{
	static const struct {
		const char *from;
		const char *to;
		int r;
	} rows[] = {
		{"Ended: yes", "Ended: yes", 0},
		{"dmsfs state 1", "dmsfs state 2", -EPROTONOSUPPORT},
		{"dmsfs state 1", "another state 1", -EBADMSG},
		{"EndpointArn: b\n", "", -EXDEV},
		{"EndpointArn: b\n", "EndpointArn: b\nEndpointArn: c\n", -EXDEV},
		{"Endpoint: https://dms", "Endpoint: https://other", -EXDEV},
		{"Ended: yes", "Ended: maybe", -EBADMSG},
		{"Ended: yes\n", "", -EBADMSG},
		{"LastChange: 4.000000000", "LastChange: 4", -EBADMSG},
		{"LastChange: 4.000000000", "LastChange: -4.000000000", -EBADMSG},
		{"LastChange: 4.", "LastChange: 99999999999.", -EBADMSG},
		{"Connections: 3", "Connections: 2", -EBADMSG},
		{"Connections: 3", "Connections: 4", -EBADMSG},
		{"Connections: 3", "Connections: 99999999999999999999", -EBADMSG},
		{"Connections: 3", "Connections:", -EBADMSG},
		{"changes: 5", "changes: 4", -EBADMSG},
		{"changes: 5", "changes: 6", -EBADMSG},
		{"changes.1: 0", "changes.1: 1", -EBADMSG},
		{"\n\n", "\nMore: 1\n\n", -EBADMSG},
		{"\tother\t", "\taaaa\t", -EBADMSG},
		{"\tother\t", "\tother\t\t", -EBADMSG},
		{"\tother\t", "\tother", -EBADMSG},
		{"\tb\t", "\ta\t", 0},
		{"\\x7F", "\\x7f", -EBADMSG},
		{"\\x7F", "\\x00", -EBADMSG},
		{"\\x7F", "\\q", -EBADMSG},
		{"\\xC3\n", "\\xC\n", -EBADMSG},
		{"\\xC3\n", "\\\n", -EBADMSG},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buffer text = edit_text(rows[i].from, rows[i].to);
		struct record record;
		int r = read_text(text.data, text.len, "us-east-1", &record);

		if (r != rows[i].r)
			print_error("%s for %s\n", rows[i].to, rows[i].from);
		assert_int_equal(r, rows[i].r);
		record_fini(&record);
		buffer_fini(&text);
	}
}

static void takes_no_text_of_another_region(void **)
{
	struct buffer text = write_record();
	struct record record;

	assert_int_equal(read_text(text.data, text.len, "us-east-2", &record), -EXDEV);
	assert_int_equal(read_text(text.data, text.len, "us-east-1\nx", &record),
			 -EXDEV);
	buffer_fini(&text);
}

static void reads_an_empty_listing(void **)
{
	struct record empty = {.snapshot = listing_of(NULL, 0, 1)};
	struct buffer text = {.max_bytes = TEXT_MAX_BYTES};
	struct buffer identity = identify("us-east-1");
	struct record record;

	assert_int_equal(record_text_write(&empty, identity.data, &text), 0);
	assert_int_equal(read_text(text.data, text.len, "us-east-1", &record), 0);
	assert_int_equal(snapshot_count(record.snapshot), 0);
	record_fini(&record);
	record_fini(&empty);
	buffer_fini(&identity);
	buffer_fini(&text);
}

static void writes_no_more_than_the_buffer_takes(void **)
{
	struct record record = make_record();
	struct buffer text = {.max_bytes = 100};

	assert_int_equal(record_text_write(&record, "", &text), -EFBIG);
	buffer_fini(&text);
	record_fini(&record);
}

static void follows_content_and_status_of_a_path(void **)
{
	struct connection later[] = {
		records[0], /* another text */
		records[1], /* another status */
		record("inst", "R", "between", "N", "failed"),
		records[2], /* as it was */
	};
	struct record before = make_record();
	struct snapshot *after = NULL;
	struct age *ages = NULL;

	later[0].field[CONNECTION_LAST_FAILURE_MESSAGE] = "another";
	later[1].field[CONNECTION_STATUS] = "failed";
	after = listing_of(later, COUNT(later), COUNT(later));
	ages = record_follow(before.snapshot, before.ages, after, 99);
	assert_non_null(ages);
	assert_int_equal(ages[0].content_ns, 99);
	assert_int_equal(ages[0].status_ns, before.ages[0].status_ns);
	assert_int_equal(ages[1].content_ns, 99);
	assert_int_equal(ages[1].status_ns, 99);
	assert_int_equal(ages[2].content_ns, 99);
	assert_int_equal(ages[2].status_ns, 99);
	assert_int_equal(ages[3].content_ns, before.ages[2].content_ns);
	assert_int_equal(ages[3].status_ns, before.ages[2].status_ns);
	free(ages);
	ages = record_follow(NULL, NULL, after, 7);
	assert_int_equal(ages[3].content_ns, 7);
	free(ages);
	snapshot_unref(after);
	record_fini(&before);
}

static void knows_another_account_by_its_arns(void **)
{
	static const struct {
		const char *saved;
		const char *listed;
		bool is_same;
	} rows[] = {
		{ARN "endpoint:A", ARN "endpoint:B", true},
		{ARN "endpoint:A", "arn:aws:dms:us-east-1:2:endpoint:A", false},
		{ARN "endpoint:A", "opaque", true},
		{"opaque", ARN "endpoint:A", true},
		{ARN "endpoint:A", "arn:aws:dms:us-east-1::endpoint:A", true},
		{ARN "endpoint:A", NULL, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct connection saved = record("i", "R", "a", rows[i].saved,
						       "failed");
		const struct connection listed = record("i", "R", "a", rows[i].listed,
							"failed");
		struct snapshot *before = listing_of(&saved, 1, 1);
		struct snapshot *after = listing_of(&listed, 1, 1);
		struct snapshot *empty = listing_of(NULL, 0, 1);

		assert_int_equal(record_is_of_account(before, after), rows[i].is_same);
		assert_true(record_is_of_account(before, empty));
		assert_true(record_is_of_account(empty, after));
		snapshot_unref(before);
		snapshot_unref(after);
		snapshot_unref(empty);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_that_was_written),
		cmocka_unit_test(is_for_people_to_read),
		cmocka_unit_test(takes_no_text_that_was_cut_or_changed),
		cmocka_unit_test(takes_no_text_that_somebody_made_up),
		cmocka_unit_test(takes_no_text_of_another_region),
		cmocka_unit_test(reads_an_empty_listing),
		cmocka_unit_test(writes_no_more_than_the_buffer_takes),
		cmocka_unit_test(follows_content_and_status_of_a_path),
		cmocka_unit_test(knows_another_account_by_its_arns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
