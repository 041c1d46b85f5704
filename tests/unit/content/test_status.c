#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/content/status.h"

#define AT_NS (INT64_C(1790000000) * NS_PER_S + 5)
#define RECORDS 6

static const struct connection records[RECORDS] = {
	{.field = {"successful", "a", "arn:e:a", "i", "arn:i:i"}},
	{.field = {"failed", "b", "arn:e:b", "i", "arn:i:i"}},
	{.field = {"failed", "c", "arn:e:c", "j", "arn:i:j"}},
	{.field = {"testing", "d", "arn:e:d", "j", "arn:i:j"}},
	{.field = {"modifying", "e", "arn:e:e", "j", "arn:i:j"}},
	{.field = {NULL, NULL, NULL, "j", "arn:i:j"}},
};

static int set_up(void **state)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *snapshot = NULL;
	struct page *page = NULL;

	if (!builder || page_new(records, RECORDS, NULL, &page) < 0 ||
	    snapshot_builder_add_page(builder, page) < 0 ||
	    snapshot_builder_finish(builder, &snapshot) < 0)
		return -1;
	page_unref(page);
	*state = snapshot;
	return 0;
}

static int tear_down(void **state)
{
	snapshot_unref(*state);
	return 0;
}

static void assert_status(struct snapshot *snapshot,
			  const struct fetcher_state *fetcher,
			  const struct status_cause *cause, int64_t changed_at_ns,
			  const char *expected)
{
	struct status status = {
		.region = "us-east-1",
		.endpoint = "https://dms.us-east-1.amazonaws.com",
		.credentials = "environment, ****WXYZ",
		.fetcher = fetcher,
		.cause = cause,
		.changed_at_ns = changed_at_ns,
	};
	char text[2048];
	size_t len = 0;

	status_count(snapshot, &status.counts);
	len = status_render(&status, text, sizeof(text) - 1);
	text[len] = '\0';
	assert_string_equal(text, expected);
	assert_int_equal(status_render(&status, NULL, 0), len);
}

#define COUNTS                                                                 \
	"Region: us-east-1\n"                                                  \
	"Endpoint: https://dms.us-east-1.amazonaws.com\n"                      \
	"Credentials: environment, ****WXYZ\n"                                 \
	"ReplicationInstances: 2\nConnections: 5\nSuccessful: 1\nTesting: 1\n" \
	"Failed: 2\nDeleting: 0\nOther: 1\n"

static void tells_a_fresh_state(void **state)
{
	const struct fetcher_state fetcher = {
		.refreshed_at_ns = AT_NS,
		.next_at_ns = AT_NS + 60 * NS_PER_S,
		.duration_ns = 1834 * NS_PER_MS,
		.pages = 13,
	};
	const struct status_cause cause = {
		.kind = STATUS_CAUSE_NONE,
		.error = {.kind = ERROR_SERVICE, .text = "gone by"},
	};

	assert_status(*state, &fetcher, &cause, 0,
		      "State: fresh\n" COUNTS "LastRefresh: 2026-09-21T14:13:20Z\n"
		      "NextRefresh: 2026-09-21T14:14:20Z\n"
		      "RefreshSeconds: 1.834\nRefreshPages: 13\nSkipped: 1\n");
}

static void tells_why_it_is_stale_with_the_request_id_apart(void **state)
{
	const struct fetcher_state fetcher = {
		.refreshed_at_ns = AT_NS, .duration_ns = NS_PER_S, .pages = 1};
	const struct status_cause cause = {
		.kind = STATUS_CAUSE_LISTING,
		.at_ns = AT_NS + 5 * NS_PER_S,
		.error = {.kind = ERROR_SERVICE,
			  .http_status = 400,
			  .code = "ThrottlingException",
			  .request_id = "1b2-3c",
			  .text = "Rate exceeded"},
	};

	assert_status(*state, &fetcher, &cause, AT_NS,
		      "State: stale\n" COUNTS "LastRefresh: 2026-09-21T14:13:20Z\n"
		      "RefreshSeconds: 1.000\nRefreshPages: 1\n"
		      "LastChange: 2026-09-21T14:13:20Z\n"
		      "LastError: ThrottlingException: Rate exceeded\n"
		      "LastErrorTime: 2026-09-21T14:13:25Z\n"
		      "LastErrorRequestId: 1b2-3c\nSkipped: 1\n");
}

static void tells_whose_error_it_is(void **)
{
	struct status_cause cause = {.kind = STATUS_CAUSE_LISTING,
				     .source = "test@eu-west-1",
				     .error = {.kind = ERROR_SERVICE,
					       .code = "ThrottlingException",
					       .request_id = "1b2-3c",
					       .text = "Rate exceeded"}};
	char text[STATUS_ERROR_SIZE];

	assert_string_equal(status_error(&cause, text),
			    "test@eu-west-1: ThrottlingException: Rate exceeded");
	cause.kind = STATUS_CAUSE_NONE;
	assert_string_equal(status_error(&cause, text), "");
}

static void tells_that_a_listing_is_overdue(void **)
{
	const struct fetcher_state fetcher = {
		.refreshed_at_ns = AT_NS, .duration_ns = NS_PER_S, .pages = 1};
	const struct status_cause none = {.kind = STATUS_CAUSE_NONE};
	struct status_cause overdue;
	struct status status = {
		.region = "us-east-1",
		.fetcher = &fetcher,
		.cause = &none,
		.overdue = &overdue,
	};
	char text[2048];
	size_t len = 0;

	status_set_overdue(AT_NS, AT_NS + 200 * NS_PER_S, &overdue);
	assert_int_equal(status_render_overdue(&status, text, sizeof(text)), 0);
	status.overdue_at_ns = 1;
	len = status_render_overdue(&status, text, sizeof(text) - 1);
	assert_int_equal(status_render_overdue(&status, NULL, 0), len);
	text[len] = '\0';
	assert_non_null(strstr(text, "State: stale\n"));
	assert_non_null(strstr(
		text, "\nLastError: no listing has ended since 2026-09-21T14:13:20Z: "
		      "the next one is overdue\n"
		      "LastErrorTime: 2026-09-21T14:16:40Z\nSkipped: "));
	/* It is stale already, and says why. */
	status.cause = &overdue;
	assert_int_equal(status_render_overdue(&status, text, sizeof(text)), 0);
}

static void takes_two_causes_for_one_whatever_their_texts(void **)
{
	static const struct {
		struct status_cause a;
		struct status_cause b;
		bool are_equal;
	} rows[] = {
		{{.kind = STATUS_CAUSE_NONE}, {.kind = STATUS_CAUSE_NONE}, true},
		{{.kind = STATUS_CAUSE_EDIT, .r = -EROFS, .error = {.text = "a"}},
		 {.kind = STATUS_CAUSE_EDIT, .r = -EROFS, .error = {.text = "b"}},
		 true},
		{{.kind = STATUS_CAUSE_EDIT, .r = -EROFS},
		 {.kind = STATUS_CAUSE_EDIT, .r = -EACCES},
		 false},
		{{.kind = STATUS_CAUSE_MOUNT, .r = -EXDEV},
		 {.kind = STATUS_CAUSE_EDIT, .r = -EXDEV},
		 false},
		{{.kind = STATUS_CAUSE_LISTING,
		  .at_ns = 1,
		  .error = {.code = "X", .request_id = "1", .text = "at 12:00"}},
		 {.kind = STATUS_CAUSE_LISTING,
		  .at_ns = 2,
		  .error = {.code = "X", .request_id = "2", .text = "at 12:01"}},
		 true},
		{{.kind = STATUS_CAUSE_LISTING, .error = {.code = "X"}},
		 {.kind = STATUS_CAUSE_LISTING, .error = {.code = "Y"}},
		 false},
		{{.kind = STATUS_CAUSE_LISTING, .error = {.http_status = 500}},
		 {.kind = STATUS_CAUSE_LISTING, .error = {.http_status = 503}},
		 false},
		{{.kind = STATUS_CAUSE_LISTING, .error = {.kind = ERROR_TLS}},
		 {.kind = STATUS_CAUSE_LISTING, .error = {.kind = ERROR_TIMEOUT}},
		 false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (status_cause_equal(&rows[i].a, &rows[i].b) != rows[i].are_equal)
			fail_msg("row %zu: not %d", i, rows[i].are_equal);
}

static void shows_no_counts_of_what_was_never_listed(void **)
{
	const struct fetcher_state fetcher = {.next_at_ns = AT_NS};
	const struct status_cause cause = {
		.kind = STATUS_CAUSE_LISTING,
		.at_ns = AT_NS,
		.error = {.kind = ERROR_TIMEOUT, .text = "no response"},
	};
	const struct status status = {.is_unlisted = true,
				      .region = "us-east-1",
				      .endpoint = "https://dms.example",
				      .fetcher = &fetcher,
				      .cause = &cause};
	char text[512];
	size_t len = status_render(&status, text, sizeof(text) - 1);

	text[len] = '\0';
	assert_string_equal(text, "State: unlisted\nRegion: us-east-1\n"
				  "Endpoint: https://dms.example\n"
				  "NextRefresh: 2026-09-21T14:13:20Z\n"
				  "LastError: no response\n"
				  "LastErrorTime: 2026-09-21T14:13:20Z\n");
}

static void names_the_sources_that_are_stale(void **)
{
	const struct fetcher_state fetcher = {.refreshed_at_ns = AT_NS};
	const struct status_cause cause = {
		.kind = STATUS_CAUSE_LISTING,
		.at_ns = AT_NS,
		.error = {.kind = ERROR_TIMEOUT, .text = "b@eu-west-1: no response"},
	};
	const struct status_cause none = {.kind = STATUS_CAUSE_NONE};
	struct status status = {.stale = "b@eu-west-1, c@eu-west-1",
				.fetcher = &fetcher,
				.cause = &cause};
	char text[512];
	size_t len = status_render(&status, text, sizeof(text) - 1);

	text[len] = '\0';
	assert_ptr_equal(strstr(text, "State: stale\nStale: b@eu-west-1, c@eu-west-1\n"
				      "ReplicationInstances: 0\n"),
			 text);
	status.stale = NULL;
	status.cause = &none;
	status.overdue = &cause;
	status.overdue_source = "b@eu-west-1";
	status.overdue_at_ns = 1;
	text[status_render_overdue(&status, text, sizeof(text) - 1)] = '\0';
	assert_ptr_equal(strstr(text, "State: stale\nStale: b@eu-west-1\n"), text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_a_fresh_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			tells_why_it_is_stale_with_the_request_id_apart, set_up,
			tear_down),
		cmocka_unit_test(tells_whose_error_it_is),
		cmocka_unit_test(tells_that_a_listing_is_overdue),
		cmocka_unit_test(shows_no_counts_of_what_was_never_listed),
		cmocka_unit_test(names_the_sources_that_are_stale),
		cmocka_unit_test(takes_two_causes_for_one_whatever_their_texts),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
