/* TestConnection and DeleteConnection. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/call.h"
#include "tests/sim/transition.h"

/* What both calls are about. */
struct pair {
	const char *endpoint_arn;
	const char *instance_arn;
	size_t at; /* of its record, or LISTING_NONE */
};

static bool read_pair(struct call *call, struct pair *pair)
{
	pair->endpoint_arn = call_required_text(call, "EndpointArn");
	if (!pair->endpoint_arn)
		return false;
	pair->instance_arn = call_required_text(call, "ReplicationInstanceArn");
	if (!pair->instance_arn)
		return false;
	pair->at = listing_find(call->sim->listing, pair->endpoint_arn,
				pair->instance_arn);
	return true;
}

/* Whether the service knows @arn, by a connection or without one; @identifier is for
 * the caller to free and may be NULL. */
static bool find_thing(const struct call *call, const struct index *index,
		       const struct inventory *inventory, const char *field,
		       const char *arn, char **identifier)
{
	uint32_t group = index_find(index, arn);
	const struct thing *thing = inventory_find(inventory, arn);

	*identifier = NULL;
	if (group != INDEX_NONE)
		*identifier = record_text(
			&call->sim->listing->records[index->groups[group].members[0]],
			field);
	else if (thing)
		*identifier = alloc_text(thing->identifier);
	return group != INDEX_NONE || thing;
}

/* Answers so where the connection is tested or deleted right now. */
static bool is_busy(struct call *call, const struct pair *pair)
{
	const struct record *record = NULL;
	char *status = NULL;
	bool is_testing = false, is_deleting = false;

	if (pair->at == LISTING_NONE)
		return false;
	record = &call->sim->listing->records[pair->at];
	status = record_text(record, "Status");
	is_testing = status && strcmp(status, "testing") == 0;
	is_deleting = status && strcmp(status, "deleting") == 0;
	free(status);
	if (is_testing && strcmp(call->action, "TestConnection") == 0)
		response_error(call->response, 400, "InvalidResourceStateFault",
			       "Connection of endpoint %s on replication instance %s "
			       "is already being tested.",
			       pair->endpoint_arn, pair->instance_arn);
	else if (is_testing || is_deleting)
		response_error(call->response, 400, "InvalidResourceStateFault",
			       "The connection of endpoint %s is in state %s",
			       pair->endpoint_arn, is_testing ? "testing" : "deleting");
	return is_testing || is_deleting;
}

/* Answers so where the instance is. */
static bool is_unavailable(struct call *call, const struct pair *pair)
{
	const struct thing *instance = inventory_find(&call->sim->instances,
						      pair->instance_arn);

	if (!instance || !instance->status)
		return false;
	response_error(call->response, 400, "InvalidResourceStateFault",
		       "Replication instance %s is not available: its status is %s",
		       pair->instance_arn, instance->status);
	return true;
}

static void response_record(struct call *call, const struct record *record)
{
	struct buf *body = &call->response->body;

	buf_adds(body, "{\"Connection\":");
	buf_add(body, record->raw, record->len);
	buf_adds(body, "}");
}

static void add_record(struct call *call, const struct pair *pair, const char *endpoint,
		       const char *instance)
{
	struct listing *listing = call->sim->listing;
	struct record *record = NULL;

	listing_insert(listing, listing->count, (struct span){"{}", 2});
	record = &listing->records[listing->count - 1];
	record_set_text(record, "ReplicationInstanceArn", pair->instance_arn);
	record_set_text(record, "EndpointArn", pair->endpoint_arn);
	record_set_text(record, "Status", "testing");
	if (endpoint)
		record_set_text(record, "EndpointIdentifier", endpoint);
	if (instance)
		record_set_text(record, "ReplicationInstanceIdentifier", instance);
	listing_reindex(listing);
}

static void begin_test(struct call *call, const struct pair *pair, const char *endpoint,
		       const char *instance)
{
	struct sim *sim = call->sim;
	size_t at = pair->at;

	if (at == LISTING_NONE) {
		at = sim->listing->count;
		add_record(call, pair, endpoint, instance);
	} else {
		record_set_text(&sim->listing->records[at], "Status", "testing");
	}
	transition_add(&sim->transitions, pair->endpoint_arn, pair->instance_arn,
		       sim->settings.test_s, false,
		       fail_rule_find(sim->fail_rules, endpoint, pair->endpoint_arn));
	response_record(call, &sim->listing->records[at]);
}

void test_connection(struct call *call)
{
	struct sim *sim = call->sim;
	struct pair pair;
	char *endpoint = NULL, *instance = NULL;

	if (!read_pair(call, &pair))
		return;
	if (!find_thing(call, &sim->listing->endpoints, &sim->endpoints,
			"EndpointIdentifier", pair.endpoint_arn, &endpoint))
		response_error(call->response, 400, "ResourceNotFoundFault",
			       "Endpoint %s not found.", pair.endpoint_arn);
	else if (!find_thing(call, &sim->listing->instances, &sim->instances,
			     "ReplicationInstanceIdentifier", pair.instance_arn,
			     &instance))
		response_error(call->response, 400, "ResourceNotFoundFault",
			       "Replication instance %s not found.", pair.instance_arn);
	else if (!is_unavailable(call, &pair) && !is_busy(call, &pair))
		begin_test(call, &pair, endpoint, instance);
	free(endpoint);
	free(instance);
}

void delete_connection(struct call *call)
{
	struct record *record = NULL;
	struct pair pair;

	if (!read_pair(call, &pair))
		return;
	if (pair.at == LISTING_NONE) {
		response_error(call->response, 400, "ResourceNotFoundFault",
			       "No connection found for endpoint %s and replication "
			       "instance %s.",
			       pair.endpoint_arn, pair.instance_arn);
		return;
	}
	if (is_unavailable(call, &pair) || is_busy(call, &pair))
		return;
	record = &call->sim->listing->records[pair.at];
	record_set_text(record, "Status", "deleting");
	transition_add(&call->sim->transitions, pair.endpoint_arn, pair.instance_arn,
		       call->sim->settings.delete_s, true, NULL);
	response_record(call, record);
}
