#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/dms/page.h"
#include "src/dms/shared_texts.h"

#define TEXTS 5000
#define THREADS 4

static void stores_a_text_once(void **)
{
	struct shared_texts *texts = shared_texts_new();
	char text[] = "arn:a";
	const char *copy;

	assert_non_null(texts);
	copy = shared_texts_get(texts, text);
	assert_string_equal(copy, "arn:a");
	assert_ptr_not_equal(copy, text);
	text[4] = 'b';
	assert_string_equal(shared_texts_get(texts, text), "arn:b");
	text[4] = 'a';
	assert_ptr_equal(shared_texts_get(texts, text), copy);
	assert_int_equal(shared_texts_bytes(texts), 12);
	shared_texts_unref(texts);
}

static void finds_each_of_many_again(void **)
{
	static const char *copies[TEXTS];
	struct shared_texts *texts = shared_texts_new();
	char text[16];
	size_t again = 0;

	for (int i = 0; i < TEXTS; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		copies[i] = shared_texts_get(texts, text);
	}
	for (int i = 0; i < TEXTS; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_string_equal(copies[i], text);
		again += shared_texts_get(texts, text) == copies[i];
	}
	/* What stands too far from its place may be stored once more. */
	assert_in_range(again, TEXTS - TEXTS / 100, TEXTS);
	shared_texts_unref(texts);
}

static void *get_some(void *data)
{
	for (int i = 0; i < TEXTS; i++) {
		char text[16];

		snprintf(text, sizeof(text), "text %d", i % 100);
		if (strcmp(shared_texts_get(data, text), text) != 0)
			return data;
	}
	return NULL;
}

static void serves_many_threads(void **)
{
	struct shared_texts *texts = shared_texts_new();
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_some, texts), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong = NULL;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(shared_texts_bytes(texts), 10 * 7 + 90 * 8);
	shared_texts_unref(texts);
}

static struct page *parse(const char *body, struct shared_texts *texts)
{
	struct page *page = NULL;
	struct error error;

	if (page_parse(body, strlen(body), texts, &page, &error))
		fail_msg("%s", error.text);
	return page;
}

static void pages_share_what_names_an_instance(void **)
{
	static const char body[] =
		"{\"Connections\":[{\"Status\":\"failed\",\"EndpointArn\":\"e\","
		"\"ReplicationInstanceArn\":\"arn\","
		"\"ReplicationInstanceIdentifier\":\"e\"}],\"Marker\":\"e\"}";
	static const enum connection_field shared[] = {
		CONNECTION_STATUS, CONNECTION_REPLICATION_INSTANCE_ARN,
		CONNECTION_REPLICATION_INSTANCE_IDENTIFIER};
	struct shared_texts *texts = shared_texts_new();
	struct page *first = parse(body, texts);
	struct page *second = parse(body, texts);
	const struct connection *connection = page_at(second, 0);

	/* The pages keep them. */
	shared_texts_unref(texts);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		assert_ptr_equal(page_at(first, 0)->field[shared[i]],
				 connection->field[shared[i]]);
	page_unref(first);
	assert_string_equal(connection->field[CONNECTION_STATUS], "failed");
	assert_string_equal(connection->field[CONNECTION_REPLICATION_INSTANCE_ARN],
			    "arn");
	assert_string_equal(
		connection->field[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER], "e");
	assert_string_equal(connection->field[CONNECTION_ENDPOINT_ARN], "e");
	assert_string_equal(page_marker(second), "e");
	assert_null(connection->field[CONNECTION_LAST_FAILURE_MESSAGE]);
	page_unref(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores_a_text_once),
		cmocka_unit_test(finds_each_of_many_again),
		cmocka_unit_test(serves_many_threads),
		cmocka_unit_test(pages_share_what_names_an_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
