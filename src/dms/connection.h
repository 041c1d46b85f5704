/*
 * One record of DescribeConnections: an endpoint seen from a replication
 * instance. A plain value; the strings belong to the page it came in (page.h).
 */
#ifndef DMSFS_SRC_DMS_CONNECTION_H
#define DMSFS_SRC_DMS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

/* In the order in which a connection's file shows them. */
enum connection_field {
	CONNECTION_STATUS,
	CONNECTION_ENDPOINT_IDENTIFIER,
	CONNECTION_ENDPOINT_ARN,
	CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
	CONNECTION_REPLICATION_INSTANCE_ARN,
	CONNECTION_LAST_FAILURE_MESSAGE,
	CONNECTION_FIELDS /* how many there are */
};

/*
 * A field that the service left out or sent null is NULL. One that it sent empty is
 * empty, which counts as absent for all but a copy of the record: connection_text().
 * Texts are in the internal form of text.h (terminated; a NUL is a pair of bytes).
 */
struct connection {
	const char *field[CONNECTION_FIELDS];
};

/* The text of a field, borrowed; NULL where it is absent or empty. */
static inline const char *connection_text(const struct connection *connection,
					  enum connection_field field)
{
	const char *text = connection->field[field];

	return text && *text != '\0' ? text : NULL;
}

/* The API's name of a field, as in "EndpointArn". */
const char *connection_field_name(enum connection_field field);

/*
 * The text, not yet escaped, that names the instance or the endpoint of @connection:
 * its identifier, or the end of its ARN where that is absent; NULL if it has neither.
 * Borrowed.
 */
const char *connection_instance_text(const struct connection *connection);
const char *connection_endpoint_text(const struct connection *connection);

/* The last colon-separated part of @arn, not yet escaped; borrowed. NULL if there is
 * none: no ARN, or one that ends in a colon. */
const char *name_of_arn(const char *arn);

/* Enough for what connection_account() gives. */
#define CONNECTION_ACCOUNT_SIZE 128

/*
 * "REGION:ACCOUNT", by the ARN of the instance or, if that names no account, by that of
 * the endpoint. The Region may be empty; the account is a number. False: neither names
 * one, and @account is empty.
 */
bool connection_account(const struct connection *connection,
			char account[CONNECTION_ACCOUNT_SIZE]);

/* Whether all six fields are equal, an absent one only to an absent one. */
bool connection_equal(const struct connection *a, const struct connection *b);

/* The identity of a connection for the service, in the order of comparison. */
enum connection_key_part {
	CONNECTION_KEY_ENDPOINT_ARN,
	CONNECTION_KEY_ENDPOINT_IDENTIFIER, /* "" where there is an ARN */
	CONNECTION_KEY_INSTANCE_ARN,
	CONNECTION_KEY_INSTANCE_IDENTIFIER, /* "" where there is an ARN */
	CONNECTION_KEY_PARTS
};

/* One part of it, "" where it is absent. Never NULL; borrowed. */
const char *connection_key(const struct connection *connection,
			   enum connection_key_part part);

/*
 * Orders connections by their identity for the service: EndpointArn, then
 * ReplicationInstanceArn, by bytes, an absent ARN giving way to the identifier.
 * An absent ARN comes before all others, and an identifier is never taken for an
 * ARN of the same text. Returns <0, 0, >0; 0 means that both records are of one
 * connection.
 */
int connection_compare_identity(const struct connection *a, const struct connection *b);

#endif
