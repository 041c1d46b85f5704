#include "src/dms/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The fields that tell connections apart, in the order of the enumeration. */
static struct connection known_by(const char *endpoint, const char *endpoint_arn,
				  const char *instance, const char *instance_arn)
{
	return (struct connection){
		.field = {"testing", endpoint, endpoint_arn, instance, instance_arn}};
}

static void names_fields_as_the_service_does(void **)
{
	assert_string_equal(connection_field_name(CONNECTION_STATUS), "Status");
	assert_string_equal(connection_field_name(CONNECTION_ENDPOINT_IDENTIFIER),
			    "EndpointIdentifier");
	assert_string_equal(connection_field_name(CONNECTION_ENDPOINT_ARN),
			    "EndpointArn");
	assert_string_equal(
		connection_field_name(CONNECTION_REPLICATION_INSTANCE_IDENTIFIER),
		"ReplicationInstanceIdentifier");
	assert_string_equal(connection_field_name(CONNECTION_REPLICATION_INSTANCE_ARN),
			    "ReplicationInstanceArn");
	assert_string_equal(connection_field_name(CONNECTION_LAST_FAILURE_MESSAGE),
			    "LastFailureMessage");
}

static void tells_a_difference_in_any_field(void **)
{
	const struct connection whole = {.field = {"a", "b", "c", "d", "e", "f"}};
	char copy[] = "d";
	size_t i;

	for (i = 0; i < CONNECTION_FIELDS; i++) {
		struct connection other = whole;

		other.field[i] = "other";
		assert_false(connection_equal(&whole, &other));
		other.field[i] = NULL;
		assert_false(connection_equal(&whole, &other));
		assert_false(connection_equal(&other, &whole));
		assert_true(connection_equal(&other, &other));
	}
	{
		struct connection same = whole;

		same.field[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER] = copy;
		assert_true(connection_equal(&whole, &same));
	}
}

static void sorts_by_endpoint_arn_then_instance_arn(void **)
{
	/* In their order, no two of them one connection. */
	const struct connection sorted[] = {
		known_by(NULL, NULL, NULL, NULL),
		known_by("a", NULL, "z", NULL),
		known_by("a", NULL, NULL, "rep:1"),
		known_by("arn:e:1", NULL, "i", "rep:1"), /* an identifier like an ARN */
		known_by("x", "arn:e:1", "b", NULL),
		known_by("x", "arn:e:1", "c", NULL),
		known_by("z", "arn:e:1", "a", "rep:1"),
		known_by("y", "arn:e:1", "a", "rep:2"),
		known_by("a", "arn:e:2", "a", "rep:1"),
		known_by("a", "arn:e:\xC3\xA9", "a", "rep:1"),
	};
	size_t i, j;

	for (i = 0; i < COUNT(sorted); i++) {
		for (j = 0; j < COUNT(sorted); j++) {
			int order = connection_compare_identity(&sorted[i], &sorted[j]);

			if ((order > 0) - (order < 0) != (i > j) - (i < j))
				fail_msg("%zu against %zu gives %d", i, j, order);
		}
	}
}

static void knows_a_connection_whatever_else_changed(void **)
{
	struct connection a = known_by("old-name", "arn:e:1", "old", "arn:r:1");
	struct connection b = known_by("new-name", "arn:e:1", "new", "arn:r:1");

	b.field[CONNECTION_STATUS] = "failed";
	b.field[CONNECTION_LAST_FAILURE_MESSAGE] = "no route";
	assert_int_equal(connection_compare_identity(&a, &b), 0);
}

static void takes_the_last_part_of_an_arn(void **)
{
	assert_string_equal(name_of_arn("arn:aws:dms:us-east-1:1:rep:6UTD"), "6UTD");
	assert_string_equal(name_of_arn("no colon"), "no colon");
	assert_string_equal(name_of_arn(":x"), "x");
	assert_null(name_of_arn(NULL));
	assert_null(name_of_arn(""));
	assert_null(name_of_arn("arn:aws:dms:"));
}

static void names_the_account_by_either_arn(void **)
{
	static const struct {
		const char *endpoint_arn;
		const char *instance_arn;
		const char *account; /* "": none */
	} rows[] = {
		{"arn:aws:dms:eu-west-1:1:endpoint:E", "arn:aws:dms:eu-west-2:2:rep:R",
		 "eu-west-2:2"},
		{"arn:aws:dms:eu-west-1:1:endpoint:E", "opaque", "eu-west-1:1"},
		{"arn:aws:dms:eu-west-1:1:endpoint:E", NULL, "eu-west-1:1"},
		{"arn:aws-cn:dms::123456789012:endpoint:E", NULL, ":123456789012"},
		{"arn:aws:dms:eu-west-1::endpoint:E", "", ""},
		{"arn:aws:dms:eu-west-1:1x:endpoint:E", "arn:aws:dms:eu-west-1:1", ""},
		{"arn:aws:dms:eu-west-1", "arn:aws:dms", ""},
		{NULL, "a:b:c:", ""},
		{NULL, NULL, ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct connection connection =
			known_by("e", rows[i].endpoint_arn, "i", rows[i].instance_arn);
		char account[CONNECTION_ACCOUNT_SIZE];

		assert_int_equal(connection_account(&connection, account),
				 rows[i].account[0] != '\0');
		assert_string_equal(account, rows[i].account);
	}
}

static void names_no_account_that_is_too_long(void **)
{
	char arn[2 * CONNECTION_ACCOUNT_SIZE] = "arn:aws:dms:";
	const size_t start = strlen(arn);

	for (size_t len = 1; start + len + 3 < sizeof(arn); len++) {
		const struct connection connection = known_by("e", arn, "i", NULL);
		char account[CONNECTION_ACCOUNT_SIZE];

		memset(arn + start, 'r', len);
		memcpy(arn + start + len, ":1:", sizeof(":1:"));
		assert_int_equal(connection_account(&connection, account),
				 len + sizeof(":1") <= CONNECTION_ACCOUNT_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_fields_as_the_service_does),
		cmocka_unit_test(tells_a_difference_in_any_field),
		cmocka_unit_test(sorts_by_endpoint_arn_then_instance_arn),
		cmocka_unit_test(knows_a_connection_whatever_else_changed),
		cmocka_unit_test(takes_the_last_part_of_an_arn),
		cmocka_unit_test(names_the_account_by_either_arn),
		cmocka_unit_test(names_no_account_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
