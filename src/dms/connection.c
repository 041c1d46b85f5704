#include "src/dms/connection.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:... */
#define REGION_PART 3

static const char *const field_names[CONNECTION_FIELDS] = {
	[CONNECTION_STATUS] = "Status",
	[CONNECTION_ENDPOINT_IDENTIFIER] = "EndpointIdentifier",
	[CONNECTION_ENDPOINT_ARN] = "EndpointArn",
	[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER] = "ReplicationInstanceIdentifier",
	[CONNECTION_REPLICATION_INSTANCE_ARN] = "ReplicationInstanceArn",
	[CONNECTION_LAST_FAILURE_MESSAGE] = "LastFailureMessage",
};

const char *connection_field_name(enum connection_field field)
{
	return field_names[field];
}

const char *name_of_arn(const char *arn)
{
	const char *colon = arn ? strrchr(arn, ':') : NULL;

	if (colon)
		arn = colon + 1;
	return arn && *arn ? arn : NULL;
}

static bool account_of_arn(const char *arn, char account[CONNECTION_ACCOUNT_SIZE])
{
	size_t len = 0;

	for (int part = 0; arn && part < REGION_PART; part++) {
		arn = strchr(arn, ':');
		arn = arn ? arn + 1 : NULL;
	}
	if (!arn)
		return false;
	len = strcspn(arn, ":");
	if (arn[len] == '\0' || !isdigit((unsigned char)arn[len + 1]))
		return false;
	len += 1 + strspn(arn + len + 1, "0123456789");
	if (arn[len] != ':' || len >= CONNECTION_ACCOUNT_SIZE)
		return false;
	memcpy(account, arn, len);
	account[len] = '\0';
	return true;
}

bool connection_account(const struct connection *connection,
			char account[CONNECTION_ACCOUNT_SIZE])
{
	const char *const *field = connection->field;

	account[0] = '\0';
	return account_of_arn(field[CONNECTION_REPLICATION_INSTANCE_ARN], account) ||
	       account_of_arn(field[CONNECTION_ENDPOINT_ARN], account);
}

static const char *naming_text(const struct connection *connection,
			       enum connection_field identifier,
			       enum connection_field arn)
{
	const char *text = connection->field[identifier];

	return text && *text ? text : name_of_arn(connection->field[arn]);
}

const char *connection_instance_text(const struct connection *connection)
{
	return naming_text(connection, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
			   CONNECTION_REPLICATION_INSTANCE_ARN);
}

const char *connection_endpoint_text(const struct connection *connection)
{
	return naming_text(connection, CONNECTION_ENDPOINT_IDENTIFIER,
			   CONNECTION_ENDPOINT_ARN);
}

/* Strings that repeat within a page, or stand in a page that both snapshots hold,
 * are one string: the pointers often settle it. */
static bool same_text(const char *a, const char *b)
{
	if (a == b)
		return true;
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool connection_equal(const struct connection *a, const struct connection *b)
{
	size_t i;

	if (a == b)
		return true;
	for (i = 0; i < CONNECTION_FIELDS; i++)
		if (!same_text(a->field[i], b->field[i]))
			return false;
	return true;
}

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

const char *connection_key(const struct connection *connection,
			   enum connection_key_part part)
{
	static const struct {
		enum connection_field arn;
		enum connection_field identifier;
	} sides[] = {
		{CONNECTION_ENDPOINT_ARN, CONNECTION_ENDPOINT_IDENTIFIER},
		{CONNECTION_REPLICATION_INSTANCE_ARN,
		 CONNECTION_REPLICATION_INSTANCE_IDENTIFIER},
	};
	const char *arn = text_or_empty(connection->field[sides[part / 2].arn]);

	if (part % 2 == 0)
		return arn;
	if (*arn != '\0')
		return "";
	return text_or_empty(connection->field[sides[part / 2].identifier]);
}

int connection_compare_identity(const struct connection *a, const struct connection *b)
{
	int part, order = 0;

	for (part = 0; part < CONNECTION_KEY_PARTS && order == 0; part++)
		order = strcmp(connection_key(a, (enum connection_key_part)part),
			       connection_key(b, (enum connection_key_part)part));
	return order;
}
