#include "src/fetcher/command_pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/dms/connection_command.h"
#include "src/fetcher/connection_query.h"
#include "src/snapshot/names.h"

void command_pair_fini(struct command_pair *pair)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		free(pair->text[f]);
	*pair = (struct command_pair){.text = {NULL}};
}

struct connection command_pair_texts(const struct command_pair *pair)
{
	struct connection texts;

	for (int f = 0; f < CONNECTION_FIELDS; f++)
		texts.field[f] = pair->text[f];
	return texts;
}

bool command_pair_is_known(const struct command_pair *pair)
{
	return pair->text[CONNECTION_ENDPOINT_ARN] &&
	       pair->text[CONNECTION_REPLICATION_INSTANCE_ARN];
}

static int set_text(struct command_pair *pair, enum connection_field field,
		    const char *text, struct error *error)
{
	free(pair->text[field]);
	pair->text[field] = NULL;
	if (!text)
		return 0;
	pair->text[field] = strdup(text);
	if (pair->text[field])
		return 0;
	error_set(error, ERROR_MEMORY, "no memory for a command");
	return -EIO;
}

static bool is_among(const char *const *values, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(values[i], value))
			return true;
	return count == 0;
}

/* Of a pair that is known: whether it can be sent for, and the mount may show it. */
static int check_pair(const struct command_pair *pair,
		      const struct dms_filters *filters, struct error *error)
{
	const struct connection texts = command_pair_texts(pair);

	if (!connection_query_can_name(&texts)) {
		error_set(error, ERROR_CONFIG,
			  "the connection has no ARNs that could be sent");
		return -EINVAL;
	}
	if (is_among(filters->endpoint_arns, filters->endpoint_arn_count,
		     texts.field[CONNECTION_ENDPOINT_ARN]) &&
	    is_among(filters->replication_instance_arns,
		     filters->replication_instance_arn_count,
		     texts.field[CONNECTION_REPLICATION_INSTANCE_ARN]))
		return 0;
	error_set(error, ERROR_CONFIG, "the filters of the mount leave it out");
	return -ENOENT;
}

static int copy_pair(struct command_pair *pair, const struct connection *connection,
		     struct error *error)
{
	static const enum connection_field fields[] = {
		CONNECTION_ENDPOINT_ARN, CONNECTION_ENDPOINT_IDENTIFIER,
		CONNECTION_REPLICATION_INSTANCE_ARN,
		CONNECTION_REPLICATION_INSTANCE_IDENTIFIER};
	int r = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && r == 0; i++)
		r = set_text(pair, fields[i], connection_text(connection, fields[i]),
			     error);
	return r;
}

/* The ARN that all records have which bear @identifier; NULL if there is none, or more
 * than one. */
static const char *find_arn(const struct snapshot *snapshot, enum connection_field name,
			    enum connection_field arn, const char *identifier)
{
	const char *found = NULL;

	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct connection *record = snapshot_connection_at(snapshot, i);

		if (!connection_text(record, name) || !connection_text(record, arn) ||
		    strcmp(record->field[name], identifier) != 0)
			continue;
		if (found && strcmp(found, record->field[arn]) != 0)
			return NULL;
		found = record->field[arn];
	}
	return found;
}

/* Names of a pair that has no file yet, as identifiers; one that is escaped or cut is
 * nobody's identifier. */
static int set_names(struct command_pair *pair, const struct fetcher_pair *wanted,
		     const struct snapshot *snapshot, struct error *error)
{
	int r = 0;

	if (!name_is_verbatim(wanted->instance) ||
	    !name_is_verbatim(wanted->endpoint)) {
		error_set(error, ERROR_CONFIG,
			  "there is no such file, and the name is that of no instance "
			  "or endpoint");
		return -ENOENT;
	}
	r = set_text(pair, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER, wanted->instance,
		     error);
	if (r == 0)
		r = set_text(pair, CONNECTION_ENDPOINT_IDENTIFIER, wanted->endpoint,
			     error);
	if (r == 0)
		r = set_text(
			pair, CONNECTION_REPLICATION_INSTANCE_ARN,
			find_arn(snapshot, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
				 CONNECTION_REPLICATION_INSTANCE_ARN, wanted->instance),
			error);
	if (r == 0)
		r = set_text(pair, CONNECTION_ENDPOINT_ARN,
			     find_arn(snapshot, CONNECTION_ENDPOINT_IDENTIFIER,
				      CONNECTION_ENDPOINT_ARN, wanted->endpoint),
			     error);
	return r;
}

int command_pair_set(struct command_pair *pair, const struct fetcher_pair *wanted,
		     const struct snapshot *snapshot, const struct dms_filters *filters,
		     struct error *error)
{
	const struct connection given = {
		.field = {
			[CONNECTION_ENDPOINT_ARN] = wanted->endpoint_arn,
			[CONNECTION_REPLICATION_INSTANCE_ARN] = wanted->instance_arn}};
	const struct connection *found = NULL;
	struct snapshot_entry entry;
	bool is_complete = true;
	int r = 0;

	if (wanted->endpoint_arn && wanted->instance_arn) {
		found = snapshot_find_connection(snapshot, &given);
		r = copy_pair(pair, found ? found : &given, error);
	} else if (snapshot_find_path(snapshot, wanted->instance, wanted->endpoint,
				      &entry)) {
		r = copy_pair(pair, entry.connection, error);
	} else {
		r = set_names(pair, wanted, snapshot, error);
		is_complete = command_pair_is_known(pair);
	}
	return r == 0 && is_complete ? check_pair(pair, filters, error) : r;
}

/* An ARN that the snapshot did not have. */
static int ask_for_arn(const struct dms *dms, struct command_pair *pair,
		       enum connection_field name, enum connection_field arn,
		       struct error *error)
{
	enum dms_thing thing = arn == CONNECTION_ENDPOINT_ARN ? DMS_THING_ENDPOINT
							      : DMS_THING_INSTANCE;
	int r = 0;

	if (pair->text[arn])
		return 0;
	r = dms_find_arn(dms, thing, pair->text[name], &pair->text[arn], error);
	if (r < 0) {
		error_prefix(error, "asking for the %s: ",
			     thing == DMS_THING_ENDPOINT ? "endpoint" : "instance");
		return command_result(error);
	}
	if (pair->text[arn])
		return 0;
	error_set(error, ERROR_CONFIG, "there is no %s called %s",
		  thing == DMS_THING_ENDPOINT ? "endpoint" : "replication instance",
		  pair->text[name]);
	return -ENOENT;
}

int command_pair_ask(struct command_pair *pair, const struct dms *dms,
		     const struct dms_filters *filters, struct error *error)
{
	int r = ask_for_arn(dms, pair, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
			    CONNECTION_REPLICATION_INSTANCE_ARN, error);

	if (r == 0)
		r = ask_for_arn(dms, pair, CONNECTION_ENDPOINT_IDENTIFIER,
				CONNECTION_ENDPOINT_ARN, error);
	return r == 0 ? check_pair(pair, filters, error) : r;
}
