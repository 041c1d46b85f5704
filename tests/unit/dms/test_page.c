#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/dms/page_parse.h"
#include "src/dms/page_scan.h"
#include "src/dms/shared_texts.h"
#include "src/format/json.h"

static void assert_same_text(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_string_equal(a, b);
}

static void assert_same_page(const struct page *a, const struct page *b)
{
	assert_int_equal(page_count(a), page_count(b));
	assert_same_text(page_marker(a), page_marker(b));
	for (size_t i = 0; i < page_count(a); i++)
		for (int f = 0; f < CONNECTION_FIELDS; f++)
			assert_same_text(page_at(a, i)->field[f],
					 page_at(b, i)->field[f]);
}

/* The fast way may leave it to the other one, or reads the same. */
static struct page *parse(const char *body)
{
	struct page *page = NULL;
	struct page *scanned = NULL;
	struct error error = {0};

	if (page_parse(body, strlen(body), &page, &error))
		fail_msg("%s: %s", body, error.text);
	if (page_scan(body, strlen(body), NULL, &scanned))
		assert_same_page(scanned, page);
	page_unref(scanned);
	return page;
}

static void reads_a_page_and_its_marker(void **)
{
	struct page *page = parse(
		"{\"Connections\":[{\"ReplicationInstanceArn\":\"ri\","
		"\"EndpointArn\":\"ea\",\"Status\":\"failed\","
		"\"LastFailureMessage\":\"a\\nb\\n\\n\",\"EndpointIdentifier\":\"ei\","
		"\"ReplicationInstanceIdentifier\":\"rii\",\"Unknown\":{\"a\":[1]}},"
		"{\"EndpointArn\":\"other\"}],\"Marker\":\"next\",\"More\":7}\n");
	const struct connection *connection = page_at(page, 0);

	assert_int_equal(page_count(page), 2);
	assert_string_equal(page_marker(page), "next");
	assert_string_equal(connection->field[CONNECTION_STATUS], "failed");
	assert_string_equal(connection->field[CONNECTION_ENDPOINT_IDENTIFIER], "ei");
	assert_string_equal(connection->field[CONNECTION_ENDPOINT_ARN], "ea");
	assert_string_equal(
		connection->field[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER], "rii");
	assert_string_equal(connection->field[CONNECTION_REPLICATION_INSTANCE_ARN],
			    "ri");
	assert_string_equal(connection->field[CONNECTION_LAST_FAILURE_MESSAGE],
			    "a\nb\n\n");
	assert_string_equal(page_at(page, 1)->field[CONNECTION_ENDPOINT_ARN], "other");
	page_unref(page);
}

/* Which one it was shows in connections.json alone. */
static void takes_absent_null_and_empty_for_the_same(void **)
{
	struct page *page = parse("{\"Connections\":[{},{\"Status\":null},"
				  "{\"Status\":\"\"}],\"Marker\":\"\"}");

	assert_int_equal(page_count(page), 3);
	for (size_t i = 0; i < 3; i++)
		for (int f = 0; f < CONNECTION_FIELDS; f++)
			assert_null(connection_text(page_at(page, i),
						    (enum connection_field)f));
	assert_null(page_at(page, 1)->field[CONNECTION_STATUS]);
	assert_string_equal(page_at(page, 2)->field[CONNECTION_STATUS], "");
	assert_null(page_marker(page));
	page_unref(page);
	page = parse("{\"Connections\":[],\"Marker\":null}");
	assert_int_equal(page_count(page), 0);
	assert_null(page_marker(page));
	page_unref(page);
}

static const struct {
	const char *json;
	const char *text;
} strings[] = {
	{"a\\u0000b", "a\xFF\x01"
		      "b"},
	{"\\u0000", "\xFF\x01"},
	{"a\\\\u0000b", "a\\u0000b"},
	{"\\\\\\u0000", "\\\xFF\x01"},
	{"a\xFF"
	 "b",
	 "a\xFF\xFF"
	 "b"},
	{"\xFF\x01", "\xFF\xFF\x01"},
	{"\xC3(\x80", "\xC3(\x80"},
	{"\\uD83D\\uDE00", "\xF0\x9F\x98\x80"},
	{"x\\uD800y", "x\xEF\xBF\xBDy"},
	{"\\uD800", "\xEF\xBF\xBD"},
	{"\\udc00z", "\xEF\xBF\xBDz"},
	{"\\uD800\\uD83D\\uDE00", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
	{"\\uD800\\u0041", "\xEF\xBF\xBD"
			   "A"},
	{"\\uDE00\\uD83D", "\xEF\xBF\xBD\xEF\xBF\xBD"},
	{"\\uD800\\\\uDC00", "\xEF\xBF\xBD\\uDC00"},
	{"\\\"{[,]}\\/\\t", "\"{[,]}/\t"},
	{"\\u00e9\\u20AC", "\xC3\xA9\xE2\x82\xAC"},
	{"\n\x01", "\n\x01"},
};

static void keeps_every_byte_of_a_string(void **)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char body[256];
		struct page *page;

		snprintf(body, sizeof(body),
			 "{\"Connections\":[{\"LastFailureMessage\":\"%s\"}]}",
			 strings[i].json);
		page = parse(body);
		assert_string_equal(
			page_at(page, 0)->field[CONNECTION_LAST_FAILURE_MESSAGE],
			strings[i].text);
		page_unref(page);
	}
}

static const struct {
	const char *body;
	const char *text;
} bad_bodies[] = {
	{"", "the response is empty"},
	{" \n", "the response is empty"},
	{"{}", "the response has no Connections"},
	{"[]", "the response is a list, not an object"},
	{"null", "the response is null, not an object"},
	{"{\"Connections\":null}", "Connections is null, not a list"},
	{"{\"Connections\":{}}", "Connections is an object, not a list"},
	{"{\"Connections\":[{},\"x\"]}", "Connections[1] is a string, not an object"},
	{"{\"Connections\":[null]}", "Connections[0] is null, not an object"},
	{"{\"Connections\":[{},{},{},{\"Status\":7}]}",
	 "Connections[3].Status is a number, not a string"},
	{"{\"Connections\":[{\"EndpointArn\":[\"x\"]}]}",
	 "Connections[0].EndpointArn is a list, not a string"},
	{"{\"Connections\":[{\"LastFailureMessage\":true}]}",
	 "Connections[0].LastFailureMessage is a boolean, not a string"},
	{"{\"Connections\":[],\"Marker\":1}", "Marker is a number, not a string"},
	{"{\"Connections\":[],\"Marker\":\"a\\u0000b\"}",
	 "Marker contains a NUL or a byte that is not UTF-8"},
	{"{\"Connections\":[{\"Status\":\"fai",
	 "the response is cut short after 30 bytes"},
	{"{\"Connections\":[", "the response is cut short after 16 bytes"},
	{"{\"Connections\":[{\"Status\":\"\\",
	 "the response is cut short after 28 bytes"},
	{"{\"Connections\":[{\"Status\":\"\\u00",
	 "the response is cut short after 31 bytes"},
	{"{\"Connections\":[]}x",
	 "the response is followed by something else near byte 18"},
	{"{\"Connections\":[]}{}",
	 "the response is followed by something else near byte 18"},
	{"{\"Connections\":[]}]", "the response is not JSON near byte 18"},
	{"{\"Connections\":[{\"Status\":\"\\u00zz\"}]}",
	 "the response is not JSON near byte 27"},
	{"{\"Connections\":[\x01]}", "the response is not JSON near byte 16"},
	{"{\"Connections\":[}}", "the response is not JSON near byte"},
	{"{'Connections':[]}", "the response is not JSON near byte"},
	{"<html>\r\n  <b style=\"{\">Bad\x1B[2J \xFF gateway</b>",
	 "the response is not JSON: it begins with \"<html> <b style=\"{\">Bad?[2J ? "
	 "gateway</b>\""},
	{"no healthy upstream",
	 "the response is not JSON: it begins with \"no healthy upstream\""},
};

static void refuses_what_the_service_does_not_promise(void **)
{
	for (size_t i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++) {
		const char *body = bad_bodies[i].body;
		struct page *page = NULL;
		struct error error = {0};
		int err = page_parse(body, strlen(body), &page, &error);

		assert_null(page);
		assert_int_equal(err, -EBADMSG);
		assert_int_equal(error.kind, ERROR_RESPONSE);
		if (strncmp(error.text, bad_bodies[i].text, strlen(bad_bodies[i].text)))
			assert_string_equal(error.text, bad_bodies[i].text);
	}
}

static const char members_that_repeat[] =
	"{\"Connections\":[{\"Status\":\"failed\",\"Status\":null,\"New\":\"x\"},"
	"{ \"EndpointArn\" : \"a\" , \"LastFailureMessage\" : \"\" }]}";
static const char plain_escapes[] =
	"{\"Connections\":[{\"LastFailureMessage\":\"a\\nb \\\"c\\\"\\\\ "
	"\\/\\b\\f\\r\\t \xC3\xA9 \x01\"}],\"Marker\":\"m\\\\\"}";

static void scans_what_the_service_sends(void **)
{
	static const char *const usual[] = {
		"{\"Connections\":[]}",
		" {\n\"Marker\" : null ,\t\"Connections\":[ ]\r}\n",
		"{\"Connections\":[{}],\"Marker\":\"\"}",
		members_that_repeat,
		plain_escapes,
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		struct page *page = parse(usual[i]);
		struct page *scanned = NULL;

		assert_true(page_scan(usual[i], strlen(usual[i]), NULL, &scanned));
		page_unref(scanned);
		page_unref(page);
		/* And no part of it. */
		for (size_t len = strlen(usual[i]) - 2; len > 0; len--)
			assert_false(page_scan(usual[i], len, NULL, &scanned));
	}
}

static void scans_nothing_that_is_refused(void **)
{
	struct page *page = NULL;

	for (size_t i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++)
		assert_false(page_scan(bad_bodies[i].body, strlen(bad_bodies[i].body),
				       NULL, &page));
}

static void refuses_a_nul_byte_anywhere(void **)
{
	static const char outside[] = "{\"Connections\":[]\0}";
	static const char inside[] = "{\"Connections\":[{\"Status\":\"a\0b\"}]}";
	struct page *page = NULL;
	struct error error = {0};

	assert_false(page_scan(outside, sizeof(outside) - 1, NULL, &page));
	assert_false(page_scan(inside, sizeof(inside) - 1, NULL, &page));
	assert_int_equal(page_parse(outside, sizeof(outside) - 1, &page, &error),
			 -EBADMSG);
	assert_string_equal(error.text, "the response is not JSON near byte 17");
	assert_int_equal(page_parse(inside, sizeof(inside) - 1, &page, &error),
			 -EBADMSG);
	assert_string_equal(error.text, "the response is not JSON near byte 28");
}

static void refuses_deep_nesting_without_using_the_stack(void **)
{
	size_t depth = 8 * 1024 * 1024;
	char *body = malloc(depth);
	struct page *page = NULL;
	struct error error = {0};

	assert_non_null(body);
	memset(body, '[', depth);
	assert_int_equal(page_parse(body, depth, &page, &error), -EBADMSG);
	assert_string_equal(error.text, "the response is nested deeper than 32 levels");
	free(body);
}

static void refuses_a_page_of_too_many_values(void **)
{
	static const char start[] = "{\"Connections\":[{}";
	size_t size = sizeof(start) + 3 * JSON_VALUES_MAX + 3;
	char *body = malloc(size);
	char *at = mempcpy(body, start, sizeof(start) - 1);
	struct page *page = NULL;
	struct error error = {0};

	for (int i = 0; i < JSON_VALUES_MAX; i++)
		at = mempcpy(at, ",{}", 3);
	at = mempcpy(at, "]}", 2);
	assert_int_equal(page_parse(body, (size_t)(at - body), &page, &error),
			 -EBADMSG);
	assert_string_equal(error.text,
			    "the response is a JSON text of more than 1000000 values");
	free(body);
}

static void never_quotes_a_text_that_may_be_secret(void **)
{
	static const char text[] = "AWS_SECRET_ACCESS_KEY=wJalr";
	cJSON *root = NULL;
	struct error error = {0};

	assert_int_equal(json_parse(text, strlen(text), JSON_SECRET, &root, &error),
			 -EBADMSG);
	assert_string_equal(error.text, "not JSON");
	assert_null(root);
}

static void stores_a_string_that_repeats_once(void **)
{
	struct page *page = parse(
		"{\"Connections\":["
		"{\"ReplicationInstanceArn\":\"arn\",\"Status\":\"x\"},"
		"{\"ReplicationInstanceArn\":\"arn\",\"Status\":\"y\"}],"
		"\"Marker\":\"arn\"}");
	const struct connection *first = page_at(page, 0);
	const struct connection *second = page_at(page, 1);

	assert_ptr_equal(first->field[CONNECTION_REPLICATION_INSTANCE_ARN],
			 second->field[CONNECTION_REPLICATION_INSTANCE_ARN]);
	assert_ptr_equal(first->field[CONNECTION_REPLICATION_INSTANCE_ARN],
			 page_marker(page));
	assert_string_equal(first->field[CONNECTION_STATUS], "x");
	assert_string_equal(second->field[CONNECTION_STATUS], "y");
	page_unref(page);
}

static void stores_what_pages_have_in_common_once(void **)
{
	static const char body[] = "{\"Connections\":["
				   "{\"ReplicationInstanceArn\":\"arn\","
				   "\"EndpointArn\":\"e\",\"Status\":\"x\"}]}";
	struct shared_texts *shared = shared_texts_new();
	struct page *pages[2] = {NULL};
	const struct connection *connections[2];

	assert_non_null(shared);
	for (size_t i = 0; i < 2; i++) {
		assert_true(page_scan(body, strlen(body), shared, &pages[i]));
		connections[i] = page_at(pages[i], 0);
	}
	shared_texts_close(shared);
	shared_texts_unref(shared);
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		assert_int_equal(connections[0]->field[f] == connections[1]->field[f],
				 f != CONNECTION_ENDPOINT_ARN);
	page_unref(pages[0]);
	assert_string_equal(connections[1]->field[CONNECTION_ENDPOINT_ARN], "e");
	assert_string_equal(connections[1]->field[CONNECTION_STATUS], "x");
	page_unref(pages[1]);
}

static void copies_connections_and_lives_as_long_as_a_reference(void **)
{
	char status[] = "testing";
	struct connection connections[3] = {{.field[CONNECTION_STATUS] = status},
					    {.field[CONNECTION_ENDPOINT_ARN] = "a"}};
	struct page *page = NULL;

	assert_int_equal(page_new(connections, 3, NULL, &page), 0);
	memset(status, '?', sizeof(status) - 1);
	assert_ptr_equal(page_ref(page), page);
	page_unref(page);
	assert_int_equal(page_count(page), 3);
	assert_string_equal(page_at(page, 0)->field[CONNECTION_STATUS], "testing");
	assert_string_equal(page_at(page, 1)->field[CONNECTION_ENDPOINT_ARN], "a");
	assert_null(page_at(page, 2)->field[CONNECTION_ENDPOINT_ARN]);
	assert_null(page_marker(page));
	page_unref(page);
	page_unref(NULL);
}

static void keeps_many_different_strings_apart(void **)
{
	enum { COUNT = 5000 };
	static char texts[COUNT][8];
	static struct connection connections[COUNT];
	struct page *page = NULL;

	for (int i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%d", i % 4000);
		connections[i].field[i % CONNECTION_FIELDS] = texts[i];
	}
	assert_int_equal(page_new(connections, COUNT, NULL, &page), 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_string_equal(page_at(page, i)->field[i % CONNECTION_FIELDS],
				    texts[i]);
	page_unref(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_page_and_its_marker),
		cmocka_unit_test(takes_absent_null_and_empty_for_the_same),
		cmocka_unit_test(keeps_every_byte_of_a_string),
		cmocka_unit_test(refuses_what_the_service_does_not_promise),
		cmocka_unit_test(scans_what_the_service_sends),
		cmocka_unit_test(scans_nothing_that_is_refused),
		cmocka_unit_test(refuses_a_nul_byte_anywhere),
		cmocka_unit_test(refuses_deep_nesting_without_using_the_stack),
		cmocka_unit_test(refuses_a_page_of_too_many_values),
		cmocka_unit_test(never_quotes_a_text_that_may_be_secret),
		cmocka_unit_test(stores_a_string_that_repeats_once),
		cmocka_unit_test(stores_what_pages_have_in_common_once),
		cmocka_unit_test(copies_connections_and_lives_as_long_as_a_reference),
		cmocka_unit_test(keeps_many_different_strings_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
