#include "tests/unit/fake_dms.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#define CONNECTIONS_MAX 640

struct fake_connection {
	int instance;
	int endpoint;
	char status[16];
	bool is_bare;
	bool is_untested; /* in no listing */
};

struct slip {
	size_t count;
	bool is_filtered;
};

struct fake_dms {
	pthread_mutex_t lock; /* guards: all below */
	pthread_cond_t changed;
	struct fake_connection connections[CONNECTIONS_MAX];
	size_t count;
	struct slip slip;
	char failure[64]; /* empty: none */
	char failure_code[64];
	bool is_failure_filtered;
	bool are_instances_denied;
	int hidden_instance; /* -1: none */
	bool is_held;
	bool are_answers_held;
	size_t held_answers;
	char command_code[64]; /* empty: they succeed */
	char command_text[128];
	struct fake_dms_request requests[FAKE_DMS_REQUESTS_MAX]; /* the first of them */
	size_t asked;
};

struct fake_dms *fake_dms_new(void)
{
	struct fake_dms *dms = calloc(1, sizeof(*dms));

	if (!dms)
		abort();
	dms->hidden_instance = -1;
	pthread_mutex_init(&dms->lock, NULL);
	pthread_cond_init(&dms->changed, NULL);
	return dms;
}

void fake_dms_free(struct fake_dms *dms)
{
	pthread_cond_destroy(&dms->changed);
	pthread_mutex_destroy(&dms->lock);
	free(dms);
}

static struct fake_connection *find(struct fake_dms *dms, int instance, int endpoint)
{
	for (size_t i = 0; i < dms->count; i++)
		if (dms->connections[i].instance == instance &&
		    dms->connections[i].endpoint == endpoint)
			return &dms->connections[i];
	return NULL;
}

static void put(struct fake_dms *dms, int instance, int endpoint, const char *status,
		bool is_bare, bool is_untested)
{
	struct fake_connection *connection;

	pthread_mutex_lock(&dms->lock);
	connection = find(dms, instance, endpoint);
	if (!connection) {
		if (dms->count == CONNECTIONS_MAX)
			abort();
		connection = &dms->connections[dms->count++];
	}
	connection->instance = instance;
	connection->endpoint = endpoint;
	connection->is_bare = is_bare;
	connection->is_untested = is_untested;
	snprintf(connection->status, sizeof(connection->status), "%s", status);
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_put(struct fake_dms *dms, int instance, int endpoint, const char *status)
{
	put(dms, instance, endpoint, status, false, false);
}

void fake_dms_put_bare(struct fake_dms *dms, int instance, int endpoint,
		       const char *status)
{
	put(dms, instance, endpoint, status, true, false);
}

void fake_dms_put_untested(struct fake_dms *dms, int instance, int endpoint)
{
	put(dms, instance, endpoint, "untested", false, true);
}

void fake_dms_remove(struct fake_dms *dms, int instance, int endpoint)
{
	struct fake_connection *connection;

	pthread_mutex_lock(&dms->lock);
	connection = find(dms, instance, endpoint);
	if (!connection)
		abort();
	dms->count--;
	memmove(connection, connection + 1,
		(size_t)(dms->connections + dms->count - connection) *
			sizeof(*connection));
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_slip(struct fake_dms *dms, size_t count, bool is_filtered)
{
	pthread_mutex_lock(&dms->lock);
	dms->slip = (struct slip){.count = count, .is_filtered = is_filtered};
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_fail_as(struct fake_dms *dms, const char *code, const char *text,
		      bool is_filtered)
{
	pthread_mutex_lock(&dms->lock);
	snprintf(dms->failure_code, sizeof(dms->failure_code), "%s", code);
	snprintf(dms->failure, sizeof(dms->failure), "%s", text ? text : "");
	dms->is_failure_filtered = is_filtered;
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_fail(struct fake_dms *dms, const char *text, bool is_filtered)
{
	fake_dms_fail_as(dms, "ValidationException", text, is_filtered);
}

void fake_dms_deny_instances(struct fake_dms *dms, bool is_denied)
{
	pthread_mutex_lock(&dms->lock);
	dms->are_instances_denied = is_denied;
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_hide_instance(struct fake_dms *dms, int instance)
{
	pthread_mutex_lock(&dms->lock);
	dms->hidden_instance = instance;
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_hold(struct fake_dms *dms, bool is_held)
{
	pthread_mutex_lock(&dms->lock);
	dms->is_held = is_held;
	pthread_cond_broadcast(&dms->changed);
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_hold_answers(struct fake_dms *dms, bool is_held)
{
	pthread_mutex_lock(&dms->lock);
	dms->are_answers_held = is_held;
	pthread_cond_broadcast(&dms->changed);
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_fail_commands(struct fake_dms *dms, const char *code, const char *text)
{
	pthread_mutex_lock(&dms->lock);
	snprintf(dms->command_code, sizeof(dms->command_code), "%s", code ? code : "");
	snprintf(dms->command_text, sizeof(dms->command_text), "%s", text ? text : "");
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_await(struct fake_dms *dms, size_t count)
{
	pthread_mutex_lock(&dms->lock);
	while (dms->asked < count)
		pthread_cond_wait(&dms->changed, &dms->lock);
	pthread_mutex_unlock(&dms->lock);
}

void fake_dms_await_held_listing(struct fake_dms *dms)
{
	pthread_mutex_lock(&dms->lock);
	while (dms->held_answers == 0)
		pthread_cond_wait(&dms->changed, &dms->lock);
	pthread_mutex_unlock(&dms->lock);
}

size_t fake_dms_requests(struct fake_dms *dms)
{
	size_t asked;

	pthread_mutex_lock(&dms->lock);
	asked = dms->asked;
	pthread_mutex_unlock(&dms->lock);
	return asked;
}

struct fake_dms_request fake_dms_request(struct fake_dms *dms, size_t index)
{
	struct fake_dms_request request;

	pthread_mutex_lock(&dms->lock);
	if (index >= dms->asked || index >= FAKE_DMS_REQUESTS_MAX)
		abort();
	request = dms->requests[index];
	pthread_mutex_unlock(&dms->lock);
	return request;
}

static const cJSON *filter_values(const cJSON *root, const char *name)
{
	const cJSON *filter;

	cJSON_ArrayForEach(filter, cJSON_GetObjectItem(root, "Filters"))
	{
		if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(filter, "Name")),
			    name))
			return cJSON_GetObjectItem(filter, "Values");
	}
	return NULL;
}

static bool is_among(const cJSON *values, const char *arn)
{
	const cJSON *value;

	if (!values)
		return true;
	cJSON_ArrayForEach(value, values)
	{
		if (!strcmp(cJSON_GetStringValue(value), arn))
			return true;
	}
	return false;
}

static bool matches(const cJSON *root, const struct fake_connection *connection)
{
	const cJSON *endpoint_arns = filter_values(root, "endpoint-arn");
	char endpoint_arn[32];
	char instance_arn[32];

	snprintf(endpoint_arn, sizeof(endpoint_arn), "arn:e%d", connection->endpoint);
	snprintf(instance_arn, sizeof(instance_arn), "arn:i%d", connection->instance);
	if (connection->is_untested || (connection->is_bare && endpoint_arns))
		return false;
	return is_among(endpoint_arns, endpoint_arn) &&
	       is_among(filter_values(root, "replication-instance-arn"), instance_arn);
}

static cJSON *write_connection(const struct fake_connection *connection)
{
	cJSON *item = cJSON_CreateObject();
	char text[32];

	snprintf(text, sizeof(text), "arn:e%d", connection->endpoint);
	if (!connection->is_bare)
		cJSON_AddStringToObject(item, "EndpointArn", text);
	cJSON_AddStringToObject(item, "EndpointIdentifier", text + strlen("arn:"));
	snprintf(text, sizeof(text), "arn:i%d", connection->instance);
	cJSON_AddStringToObject(item, "ReplicationInstanceArn", text);
	cJSON_AddStringToObject(item, "ReplicationInstanceIdentifier",
				text + strlen("arn:"));
	cJSON_AddStringToObject(item, "Status", connection->status);
	return item;
}

static bool is_for(const struct http_request *request, const char *action)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (!strcmp(request->headers[i].name, "x-amz-target"))
			return !strcmp(strchr(request->headers[i].value, '.') + 1,
				       action);
	return false;
}

static bool is_for_instances(const struct http_request *request)
{
	return is_for(request, "DescribeReplicationInstances");
}

static bool is_for_endpoints(const struct http_request *request)
{
	return is_for(request, "DescribeEndpoints");
}

static bool is_for_deletion(const struct http_request *request)
{
	return is_for(request, "DeleteConnection");
}

static bool is_command(const struct http_request *request)
{
	return is_for(request, "TestConnection") || is_for_deletion(request);
}

static void note_request(struct fake_dms *dms, const struct http_request *request,
			 const cJSON *root)
{
	const cJSON *endpoint_arns = filter_values(root, "endpoint-arn");
	const cJSON *instance_arns = filter_values(root, "replication-instance-arn");
	struct fake_dms_request note = {
		.endpoint_arns = (size_t)cJSON_GetArraySize(endpoint_arns),
		.instance_arns = (size_t)cJSON_GetArraySize(instance_arns),
		.is_filtered = endpoint_arns || instance_arns,
		.is_instances = is_for_instances(request),
		.is_command = is_command(request),
		.has_marker = cJSON_GetObjectItem(root, "Marker") != NULL,
	};

	if (endpoint_arns)
		snprintf(note.first_endpoint_arn, sizeof(note.first_endpoint_arn), "%s",
			 cJSON_GetStringValue(cJSON_GetArrayItem(endpoint_arns, 0)));
	if (dms->asked < FAKE_DMS_REQUESTS_MAX)
		dms->requests[dms->asked] = note;
	dms->asked++;
	pthread_cond_broadcast(&dms->changed);
}

/* How many of the first that match are to be left out of this listing; it is over
 * with its last page. */
static size_t take_slip(struct fake_dms *dms, bool is_filtered, bool is_last)
{
	size_t count = dms->slip.is_filtered == is_filtered ? dms->slip.count : 0;

	if (is_last && count > 0)
		dms->slip.count = 0;
	return count;
}

/* The records from number @first on, as many as a page holds; the number that the
 * next page begins with, or 0. */
static size_t write_page(struct fake_dms *dms, const cJSON *root, cJSON *list,
			 size_t first)
{
	size_t size =
		(size_t)cJSON_GetNumberValue(cJSON_GetObjectItem(root, "MaxRecords"));
	size_t slipped = take_slip(dms, cJSON_GetObjectItem(root, "Filters"), false);
	size_t matching = 0;

	for (size_t i = 0; i < dms->count; i++) {
		if (!matches(root, &dms->connections[i]))
			continue;
		if (matching == first + size)
			return matching;
		if (matching >= first && matching >= slipped)
			cJSON_AddItemToArray(list,
					     write_connection(&dms->connections[i]));
		matching++;
	}
	take_slip(dms, cJSON_GetObjectItem(root, "Filters"), true);
	return 0;
}

/* All in one page; instances are numbered on from 0. */
static cJSON *write_instances(struct fake_dms *dms, int *status)
{
	cJSON *response = cJSON_CreateObject();
	cJSON *list;
	int next = 0;
	char arn[32];

	if (dms->are_instances_denied) {
		*status = 400;
		cJSON_AddStringToObject(response, "__type", "AccessDeniedException");
		return response;
	}
	list = cJSON_AddArrayToObject(response, "ReplicationInstances");
	for (size_t i = 0; i < dms->count; i++) {
		if (dms->connections[i].instance < next)
			continue;
		next = dms->connections[i].instance + 1;
		if (next - 1 == dms->hidden_instance)
			continue;
		snprintf(arn, sizeof(arn), "arn:i%d", next - 1);
		cJSON_AddItemToArray(list, cJSON_CreateObject());
		cJSON_AddStringToObject(
			cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1),
			"ReplicationInstanceArn", arn);
	}
	return response;
}

static cJSON *refuse(int *status, const char *code, const char *text)
{
	cJSON *response = cJSON_CreateObject();

	*status = 400;
	cJSON_AddStringToObject(response, "__type", code);
	cJSON_AddStringToObject(response, "message", text);
	return response;
}

/* Of the one endpoint, or instance, that the filter names; an endpoint's number stands
 * in the name behind the first letter. */
static cJSON *write_named(const struct fake_dms *dms, const cJSON *root,
			  bool is_endpoint)
{
	const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(
		filter_values(root,
			      is_endpoint ? "endpoint-id" : "replication-instance-id"),
		0));
	const char *kind = is_endpoint ? "Endpoint" : "ReplicationInstance";
	cJSON *response = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(
		response, is_endpoint ? "Endpoints" : "ReplicationInstances");
	char text[64];

	for (size_t i = 0; i < dms->count; i++) {
		cJSON *item = cJSON_CreateObject();

		snprintf(text, sizeof(text), "%sIdentifier", kind);
		snprintf(text + 32, sizeof(text) - 32, "%c%d", is_endpoint ? 'e' : 'i',
			 is_endpoint ? dms->connections[i].endpoint
				     : dms->connections[i].instance);
		cJSON_AddStringToObject(item, text, text + 32);
		if (strcmp(text + 32, name) != 0 || cJSON_GetArraySize(list) > 0) {
			cJSON_Delete(item);
			continue;
		}
		snprintf(text, sizeof(text), "%sArn", kind);
		snprintf(text + 32, sizeof(text) - 32, "arn:%s", name);
		cJSON_AddStringToObject(item, text, text + 32);
		cJSON_AddItemToArray(list, item);
	}
	return response;
}

static int number_in(const cJSON *root, const char *name)
{
	const char *arn = cJSON_GetStringValue(cJSON_GetObjectItem(root, name));

	return (int)strtol(arn + strlen("arn:e"), NULL, 10);
}

static cJSON *write_command(struct fake_dms *dms, const cJSON *root, bool is_deletion,
			    int *status)
{
	struct fake_connection *connection =
		find(dms, number_in(root, "ReplicationInstanceArn"),
		     number_in(root, "EndpointArn"));
	cJSON *response;

	if (dms->command_code[0])
		return refuse(status, dms->command_code, dms->command_text);
	if (!connection)
		return refuse(status, "ResourceNotFoundFault", "not found");
	connection->is_untested = false;
	snprintf(connection->status, sizeof(connection->status), "%s",
		 is_deletion ? "deleting" : "testing");
	response = cJSON_CreateObject();
	cJSON_AddItemToObject(response, "Connection", write_connection(connection));
	return response;
}

static cJSON *write_response(struct fake_dms *dms, const cJSON *root, int *status)
{
	const char *marker = cJSON_GetStringValue(cJSON_GetObjectItem(root, "Marker"));
	cJSON *response = cJSON_CreateObject();
	cJSON *list;
	char text[32];
	size_t next;

	if (dms->failure[0] &&
	    (!dms->is_failure_filtered || cJSON_GetObjectItem(root, "Filters"))) {
		*status = 400;
		cJSON_AddStringToObject(response, "__type", dms->failure_code);
		cJSON_AddStringToObject(response, "message", dms->failure);
		return response;
	}
	list = cJSON_AddArrayToObject(response, "Connections");
	next = write_page(dms, root, list, marker ? strtoul(marker, NULL, 10) : 0);
	snprintf(text, sizeof(text), "%zu", next);
	if (next > 0)
		cJSON_AddStringToObject(response, "Marker", text);
	if (cJSON_GetArraySize(list) == 0 && !marker &&
	    cJSON_GetObjectItem(root, "Filters")) {
		*status = 400;
		cJSON_AddStringToObject(response, "__type", "ResourceNotFoundFault");
	}
	return response;
}

/* As a transport fails: no way there, a connection that is lost, or no response. */
static bool is_end_without_response(const struct fake_dms *dms, struct error *error)
{
	if (!strcmp(dms->command_code, "unsent"))
		error_set(error, ERROR_NETWORK, "connection refused");
	else if (!strcmp(dms->command_code, "lost"))
		error_set(error, ERROR_NETWORK, "the connection was lost");
	else if (!strcmp(dms->command_code, "late"))
		error_set(error, ERROR_TIMEOUT, "no complete response");
	else
		return false;
	error->is_unsent = !strcmp(dms->command_code, "unsent");
	return true;
}

static void hold_listing(struct fake_dms *dms)
{
	dms->held_answers++;
	pthread_cond_broadcast(&dms->changed);
	while (dms->are_answers_held)
		pthread_cond_wait(&dms->changed, &dms->lock);
	dms->held_answers--;
}

static int response(void *data, const struct http_request *request,
		    struct http_response *response, struct error *error)
{
	struct fake_dms *dms = data;
	cJSON *root = cJSON_ParseWithLength(request->body, request->body_len);
	cJSON *written;

	pthread_mutex_lock(&dms->lock);
	note_request(dms, request, root);
	while (dms->is_held)
		pthread_cond_wait(&dms->changed, &dms->lock);
	response->status = 200;
	if (is_command(request) && is_end_without_response(dms, error)) {
		pthread_mutex_unlock(&dms->lock);
		cJSON_Delete(root);
		return error_result(error);
	}
	if (is_command(request))
		written = write_command(dms, root, is_for_deletion(request),
					&response->status);
	else if (is_for_endpoints(request) ||
		 (is_for_instances(request) && cJSON_GetObjectItem(root, "Filters")))
		written = write_named(dms, root, is_for_endpoints(request));
	else if (is_for_instances(request))
		written = write_instances(dms, &response->status);
	else
		written = write_response(dms, root, &response->status);
	if (is_for(request, "DescribeConnections"))
		hold_listing(dms);
	if (asprintf(&response->headers,
		     "HTTP/1.1 %d X\r\nx-amzn-RequestId: %zu\r\n\r\n", response->status,
		     dms->asked) < 0)
		abort();
	pthread_mutex_unlock(&dms->lock);
	response->body = cJSON_PrintUnformatted(written);
	response->body_len = strlen(response->body);
	cJSON_Delete(written);
	cJSON_Delete(root);
	return 0;
}

struct http_transport fake_dms_transport(struct fake_dms *dms)
{
	return (struct http_transport){.data = dms, .send = response};
}
