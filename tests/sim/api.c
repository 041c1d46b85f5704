#include "tests/sim/api.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/call.h"

#define TARGET_PREFIX "AmazonDMSv20160101."
#define CONTENT_TYPE "application/x-amz-json-1.1"

struct action {
	const char *name;
	void (*run)(struct call *call);
};

static const struct action actions[] = {
	{"DescribeConnections", describe_connections},
	{"DescribeReplicationInstances", describe_replication_instances},
	{"DescribeEndpoints", describe_endpoints},
	{"TestConnection", test_connection},
	{"DeleteConnection", delete_connection},
};

static const char *find(const struct request *request, const char *name)
{
	return header_find(request->headers, request->header_count, name);
}

/* What the target names, known or not. */
static const char *target(const struct request *request)
{
	const char *text = find(request, "x-amz-target");
	size_t len = strlen(TARGET_PREFIX);

	return text && strncmp(text, TARGET_PREFIX, len) == 0 ? text + len : "";
}

static const struct action *find_action(const struct request *request,
					struct response *response)
{
	const char *content_type = find(request, "content-type");
	const char *name = target(request);

	if (strcmp(request->method, "POST") != 0 || strcmp(request->path, "/") != 0 ||
	    !content_type || strcmp(content_type, CONTENT_TYPE) != 0) {
		response->status = 404;
		response->error_type = "UnknownOperationException";
		response->content_type = "application/xml";
		buf_adds(&response->body, "<UnknownOperationException/>\n");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	response_error(response, 400, "UnknownOperationException",
		       "The operation '%s' is not known", name);
	return NULL;
}

static bool authenticate(const struct request *request, const struct action *action,
			 struct sigv4_verdict *verdict, struct response *response)
{
	const struct sim *sim = request->sim;
	const char *region = sim->options.generate.region;
	struct sigv4_check check = {
		.method = request->method,
		.path = request->path,
		.headers = request->headers,
		.header_count = request->header_count,
		.body = request->body.len > 0 ? request->body.at : "",
		.body_len = request->body.len,
		.region = region,
		.service = "dms",
		.keys = &sim->keys,
		.now = sim_now_locked(sim),
	};

	sigv4_check(&check, verdict);
	if (!verdict->key) {
		response_error(response, 400, verdict->error_type, "%s",
			       verdict->message.at);
		return false;
	}
	if (key_denies(verdict->key, action->name)) {
		response_error(
			response, 400, "AccessDeniedException",
			"User: arn:aws:iam::123456789012:user/%s is not authorized "
			"to perform: dms:%s on resource: arn:aws:dms:%s:"
			"123456789012:*:* because no identity-based policy allows "
			"the dms:%s action",
			verdict->access_key, action->name, region, action->name);
		return false;
	}
	return true;
}

static cJSON *parse_params(const struct request *request, struct response *response)
{
	cJSON *params = NULL;
	struct span whole;

	if (request->body.len > 0 &&
	    raw_whole(request->body.at, request->body.len, &whole))
		params = cJSON_ParseWithLength(whole.at, whole.len);
	if (!cJSON_IsObject(params)) {
		response_error(response, 400, "SerializationException",
			       "The request body is not a JSON object");
		cJSON_Delete(params);
		return NULL;
	}
	return params;
}

static void add_raw_body(const struct fault_use *use, struct buf *body)
{
	const char *encoded = fault_text(use, "body_base64", NULL);
	const char *text = fault_text(use, "body", "");
	unsigned char *bytes = NULL;
	size_t len = encoded ? strlen(encoded) : 0;
	int decoded = 0;

	if (!encoded) {
		buf_adds(body, text);
		return;
	}
	bytes = alloc_zeroed(len + 1, 1);
	decoded = EVP_DecodeBlock(bytes, (const unsigned char *)encoded, (int)len);
	/* The decoder counts the zero bits of the padding as bytes. */
	for (size_t i = len; decoded > 0 && i > 0 && encoded[i - 1] == '='; i--)
		decoded--;
	if (decoded > 0)
		buf_add(body, bytes, (size_t)decoded);
	free(bytes);
}

static void response_raw(struct response *response)
{
	const struct fault_use *use = &response->fault;

	response->status = (unsigned)fault_number(use, "status", 200);
	response->content_type = fault_text(use, "content_type",
					    response->content_type);
	response->request_id[0] = '\0';
	response->body.len = 0;
	add_raw_body(use, &response->body);
}

/* The type's place and the text's name vary between services and proxies. */
static void response_fault_error(struct response *response)
{
	const struct fault_use *use = &response->fault;
	const char *type = fault_text(use, "type", "InternalFailure");
	struct buf *body = &response->body;

	response->status = (unsigned)fault_number(use, "status", 400);
	response->error_type = type;
	body->len = 0;
	buf_adds(body, "{");
	if (strcmp(fault_text(use, "type_in", "body"), "body") == 0) {
		buf_adds(body, "\"__type\":");
		buf_add_json(body, type);
		buf_adds(body, ",");
	}
	buf_add_json(body, fault_text(use, "message_key", "message"));
	buf_adds(body, ":");
	buf_add_json(body, fault_text(use, "message", "A fault was asked for"));
	buf_adds(body, "}");
}

static void run(struct sim *sim, const struct action *action, const cJSON *params,
		struct response *response)
{
	struct call call = {
		.sim = sim,
		.action = action->name,
		.params = params,
		.response = response,
	};

	call_read_marker(&call);
	faults_take(&sim->faults,
		    &(struct fault_request){.action = action->name,
					    .has_filters = call.has_filters,
					    .has_marker = call.marker != NULL,
					    .page = call.page},
		    &response->fault);
	if (response->fault.kind == FAULT_ERROR)
		response_fault_error(response);
	else if (response->fault.kind == FAULT_RAW)
		response_raw(response);
	else
		action->run(&call);
	call_fini(&call);
}

static void decide(struct request *request, struct sigv4_verdict *verdict,
		   struct response *response)
{
	const struct action *action = NULL;
	cJSON *params = NULL;

	if (request->is_refused) {
		response_error(response, 413, "RequestEntityTooLargeException",
			       "The request body has more than %lu bytes",
			       REQUEST_BODY_MAX);
		return;
	}
	action = find_action(request, response);
	if (!action || !authenticate(request, action, verdict, response))
		return;
	params = parse_params(request, response);
	if (params)
		run(request->sim, action, params, response);
	cJSON_Delete(params);
}

static void write_log(struct request *request, const struct sigv4_verdict *verdict,
		      struct response *response)
{
	enum fault_kind kind = response->fault.kind;
	bool is_dropped = kind == FAULT_CLOSE || kind == FAULT_RESET ||
			  kind == FAULT_HANG;
	struct log_entry entry = {
		.connection = request->connection_id,
		.status = is_dropped ? 0 : response->status,
		.action = alloc_text(target(request)),
		.access_key = alloc_text(verdict->access_key),
		.user_agent = alloc_text(find(request, "user-agent")),
		.error_type = alloc_text(response->error_type),
		.request_id = alloc_text(response->request_id),
		.fault = kind == FAULT_NONE ? NULL : alloc_text(fault_name(kind)),
		.body = alloc_copy(request->body.at, request->body.len),
	};

	response->sequence = log_add(&request->sim->log, &entry);
}

void api_response(struct request *request, struct response *response)
{
	struct sim *sim = request->sim;
	struct sigv4_verdict verdict = {0};

	pthread_mutex_lock(&sim->lock);
	sim_apply_transitions_locked(sim);
	decide(request, &verdict, response);
	response->date = sim_now_locked(sim);
	response->hang_round = atomic_load(&sim->hang_round);
	response->delay_ms = sim->settings.latency_ms +
			     fault_number(&response->fault, "delay_ms", 0);
	write_log(request, &verdict, response);
	pthread_mutex_unlock(&sim->lock);
	buf_fini(&verdict.message);
}
