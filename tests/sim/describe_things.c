/* DescribeReplicationInstances and DescribeEndpoints: what connections connect. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/call.h"

#define FILTERS_MAX 4

/* One of them. */
struct described {
	const char *arn;    /* NULL: it is told already */
	char *identifier;   /* owned; may be NULL */
	const char *status; /* NULL: the usual one */
};

/* All of a kind: those of the listing, then those without a connection. */
struct kind {
	const struct listing *listing;
	const struct index *index;
	const struct inventory *inventory;
	const char *list;	/* in the answer */
	const char *identifier; /* the field of a record */
	const char *filters[FILTERS_MAX];
	/* The values for the filters, and the element of the answer. */
	void (*read_values)(const struct described *described,
			    const char *values[FILTERS_MAX]);
	void (*add)(struct call *call, const struct described *described);
};

/* False behind the last. The identifier is for the caller to free. */
static bool find_described(const struct kind *kind, size_t position,
			   struct described *described)
{
	const struct thing *thing = NULL;

	*described = (struct described){.arn = NULL};
	if (position < kind->index->group_count) {
		const struct group *group = &kind->index->groups[position];

		described->arn = group->arn;
		described->identifier = record_text(
			&kind->listing->records[group->members[0]], kind->identifier);
		thing = inventory_find(kind->inventory, group->arn);
		described->status = thing ? thing->status : NULL;
		return true;
	}
	position -= kind->index->group_count;
	if (position >= kind->inventory->count)
		return false;
	thing = &kind->inventory->things[position];
	if (index_find(kind->index, thing->arn) == INDEX_NONE)
		*described = (struct described){
			thing->arn, alloc_text(thing->identifier), thing->status};
	return true;
}

static bool is_among(const cJSON *values, const char *text)
{
	const cJSON *value = NULL;

	if (!values)
		return true;
	cJSON_ArrayForEach(value, values)
	{
		if (text && strcmp(value->valuestring, text) == 0)
			return true;
	}
	return false;
}

static bool is_wanted(const struct kind *kind, const struct described *described,
		      const cJSON *const *wanted)
{
	const char *values[FILTERS_MAX] = {described->arn, described->identifier};
	bool is_so = described->arn != NULL;

	if (is_so)
		kind->read_values(described, values);
	for (size_t i = 0; i < FILTERS_MAX && is_so; i++)
		is_so = is_among(wanted[i], values[i]);
	return is_so;
}

static void describe(struct call *call, const struct kind *kind)
{
	struct buf *body = &call->response->body;
	const cJSON *wanted[FILTERS_MAX];
	struct described described;
	size_t max = 0, count = 0, at = call->position;

	if (!call_check_paging(call, &max) ||
	    !call_read_filters(call, kind->filters, FILTERS_MAX, wanted))
		return;
	buf_addf(body, "{\"%s\":[", kind->list);
	for (; count < max && find_described(kind, at, &described); at++) {
		if (is_wanted(kind, &described, wanted)) {
			buf_adds(body, count++ > 0 ? "," : "");
			kind->add(call, &described);
		}
		free(described.identifier);
	}
	if (count == 0 && call->has_filters && !call->marker &&
	    call->sim->settings.not_found_fault) {
		body->len = 0;
		response_error(call->response, 400, "ResourceNotFoundFault",
			       "No %s found matching provided filters", kind->list);
		return;
	}
	buf_adds(body, "]");
	call_add_marker(call, find_described(kind, at, &described), at);
	free(described.identifier);
	buf_adds(body, "}");
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void read_instance(const struct described *, const char *values[FILTERS_MAX])
{
	values[2] = "dms.t3.medium";
	values[3] = "3.5.3";
}

static void add_instance(struct call *call, const struct described *instance)
{
	struct buf *body = &call->response->body;

	buf_adds(body, "{\"ReplicationInstanceIdentifier\":");
	buf_add_json(body, or_empty(instance->identifier));
	buf_adds(body, ",\"ReplicationInstanceStatus\":");
	buf_add_json(body, instance->status ? instance->status : "available");
	buf_addf(body,
		 ",\"ReplicationInstanceClass\":\"dms.t3.medium\""
		 ",\"AllocatedStorage\":50"
		 ",\"InstanceCreateTime\":1700000000.0,\"VpcSecurityGroups\":[]"
		 ",\"AvailabilityZone\":\"%sa\",\"MultiAZ\":false"
		 ",\"EngineVersion\":\"3.5.3\",\"AutoMinorVersionUpgrade\":true"
		 ",\"PubliclyAccessible\":false,\"ReplicationInstanceArn\":",
		 call->sim->options.generate.region);
	buf_add_json(body, instance->arn);
	buf_adds(body, "}");
}

/* By the names that generate_listing() gives. */
static void read_endpoint(const struct described *endpoint,
			  const char *values[FILTERS_MAX])
{
	bool is_target = strstr(or_empty(endpoint->identifier), "-tgt") != NULL;

	values[2] = is_target ? "target" : "source";
	values[3] = "postgres";
}

static void add_endpoint(struct call *call, const struct described *endpoint)
{
	struct buf *body = &call->response->body;
	const char *values[FILTERS_MAX];

	read_endpoint(endpoint, values);
	buf_adds(body, "{\"EndpointIdentifier\":");
	buf_add_json(body, or_empty(endpoint->identifier));
	buf_addf(body,
		 ",\"EndpointType\":\"%s\",\"EngineName\":\"%s\""
		 ",\"EngineDisplayName\":\"PostgreSQL\",\"Username\":\"dms\""
		 ",\"ServerName\":\"db.example.com\",\"Port\":5432"
		 ",\"DatabaseName\":\"orders\",\"Status\":\"active\""
		 ",\"SslMode\":\"none\",\"EndpointArn\":",
		 values[2], values[3]);
	buf_add_json(body, endpoint->arn);
	buf_adds(body, "}");
}

void describe_replication_instances(struct call *call)
{
	const struct kind kind = {
		.listing = call->sim->listing,
		.index = &call->sim->listing->instances,
		.inventory = &call->sim->instances,
		.list = "ReplicationInstances",
		.identifier = "ReplicationInstanceIdentifier",
		.filters = {"replication-instance-arn", "replication-instance-id",
			    "replication-instance-class", "engine-version"},
		.read_values = read_instance,
		.add = add_instance,
	};

	describe(call, &kind);
}

void describe_endpoints(struct call *call)
{
	const struct kind kind = {
		.listing = call->sim->listing,
		.index = &call->sim->listing->endpoints,
		.inventory = &call->sim->endpoints,
		.list = "Endpoints",
		.identifier = "EndpointIdentifier",
		.filters = {"endpoint-arn", "endpoint-id", "endpoint-type",
			    "engine-name"},
		.read_values = read_endpoint,
		.add = add_endpoint,
	};

	describe(call, &kind);
}
