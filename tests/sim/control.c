#include "tests/sim/control.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/sim.h"
#include "tests/sim/transition.h"

struct control {
	struct sim *sim; /* its lock is held */
	struct request *request;
	uint64_t since;
	cJSON *json; /* the body, or NULL where it is no JSON that cJSON takes */
	struct response *response;
};

struct route {
	const char *method;
	const char *name;
	void (*run)(struct control *control);
};

static void refuse(struct control *control, const char *why)
{
	control->response->status = 400;
	buf_adds(&control->response->body, "{\"error\":");
	buf_add_json(&control->response->body, why);
	buf_adds(&control->response->body, "}");
}

static void done(struct control *control)
{
	buf_adds(&control->response->body, "{}");
}

static const char *text(const cJSON *json, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* Runs @each for the body, or for each element when the body is an array. */
static bool for_each(struct control *control,
		     const char *(*each)(struct control *control, const cJSON *item))
{
	const cJSON *items = cJSON_IsArray(control->json) ? control->json : NULL;
	const cJSON *item = NULL;
	const char *why = NULL;

	if (!control->json)
		why = "the body is not JSON";
	else if (!items)
		why = each(control, control->json);
	cJSON_ArrayForEach(item, items)
	{
		why = why ? why : each(control, item);
	}
	if (why)
		refuse(control, why);
	return !why;
}

static void get_state(struct control *control)
{
	struct sim *sim = control->sim;

	buf_addf(&control->response->body,
		 "{\"connections\":%zu,\"instances\":%zu,\"endpoints\":%zu,"
		 "\"region\":\"%s\"}",
		 sim->listing->count, sim->listing->instances.group_count,
		 sim->listing->endpoints.group_count, sim->options.generate.region);
}

static void get_listing(struct control *control)
{
	const struct listing *listing = control->sim->listing;
	struct buf *body = &control->response->body;

	buf_adds(body, "{\"Connections\":[");
	for (size_t i = 0; i < listing->count; i++) {
		buf_adds(body, i > 0 ? ",\n" : "");
		buf_add(body, listing->records[i].raw, listing->records[i].len);
	}
	buf_adds(body, "]}");
}

static void put_listing(struct control *control)
{
	const char *why = NULL;
	struct listing *listing = listing_take(&control->request->body, &why);

	if (!listing) {
		refuse(control, why);
		return;
	}
	sim_take_listing_locked(control->sim, listing);
	get_state(control);
}

static const char *read_size(const cJSON *json, const char *name, size_t min,
			     size_t *size)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

	if (!item)
		return NULL;
	if (!cJSON_IsNumber(item) || item->valuedouble < (double)min ||
	    item->valuedouble > 1e7)
		return "connections, instances and seed are numbers up to 10,000,000";
	*size = (size_t)item->valuedouble;
	return NULL;
}

static void generate(struct control *control)
{
	struct generate_options options = control->sim->options.generate;
	size_t seed = options.seed, failed = options.failed_percent;
	size_t testing = options.testing_percent;
	const char *why = read_size(control->json, "connections", 0,
				    &options.connections);

	why = why ? why : read_size(control->json, "instances", 1, &options.instances);
	why = why ? why : read_size(control->json, "seed", 0, &seed);
	why = why ? why : read_size(control->json, "failed_percent", 0, &failed);
	why = why ? why : read_size(control->json, "testing_percent", 0, &testing);
	if (why) {
		refuse(control, why);
		return;
	}
	options.seed = seed;
	options.failed_percent = (unsigned)failed;
	options.testing_percent = (unsigned)testing;
	sim_take_listing_locked(control->sim, generate_listing(&options));
	get_state(control);
}

static void edit(struct control *control)
{
	struct sim *sim = control->sim;
	const struct buf *body = &control->request->body;
	struct span whole, edits = {0};
	char *when = NULL;
	const char *why = "the body must be {\"edits\":[...]}";
	size_t touched = 0;

	if (body->len > 0 && raw_whole(body->at, body->len, &whole) &&
	    raw_find(whole, "edits", &edits))
		why = edits_check(edits);
	if (why) {
		refuse(control, why);
		return;
	}
	when = raw_member_text(whole, "when");
	if (when && strcmp(when, "next-listing") == 0)
		deferred_edits_add(&sim->deferred, edits);
	else
		touched = edits_apply(sim->listing, edits);
	buf_addf(&control->response->body, "{\"touched\":%zu}", touched);
	free(when);
}

static void get_faults(struct control *control)
{
	faults_print(&control->sim->faults, &control->response->body);
}

static const char *add_fault(struct control *control, const cJSON *spec)
{
	struct buf *body = &control->response->body;
	unsigned id = 0;
	const char *why = faults_add(&control->sim->faults, spec, &id);

	if (why)
		body->len = 0;
	else
		buf_addf(body, "%s%u", body->len > 0 ? "," : "{\"ids\":[", id);
	return why;
}

static void post_faults(struct control *control)
{
	if (for_each(control, add_fault))
		buf_adds(&control->response->body,
			 control->response->body.len > 0 ? "]}" : "{\"ids\":[]}");
}

static void delete_faults(struct control *control)
{
	faults_clear(&control->sim->faults);
	atomic_fetch_add(&control->sim->hang_round, 1);
	done(control);
}

static void get_log(struct control *control)
{
	log_print(&control->sim->log, control->since, &control->response->body);
}

static void delete_log(struct control *control)
{
	log_clear(&control->sim->log);
	done(control);
}

static void get_counters(struct control *control)
{
	log_print_counters(&control->sim->log, atomic_load(&control->sim->connections),
			   &control->response->body);
}

static void get_settings(struct control *control)
{
	const struct settings *settings = &control->sim->settings;

	buf_addf(&control->response->body,
		 "{\"latency_ms\":%g,\"clock_offset\":%.0f,\"test_seconds\":%g,"
		 "\"delete_seconds\":%g,\"not_found_fault\":%s,\"end_marker\":\"%s\"}",
		 settings->latency_ms, settings->clock_offset_s, settings->test_s,
		 settings->delete_s, settings->not_found_fault ? "true" : "false",
		 settings->end_marker);
}

static bool set(struct settings *settings, const cJSON *item)
{
	const char *name = item->string;
	const char *end_marker = cJSON_IsString(item)
					 ? options_end_marker(item->valuestring)
					 : NULL;
	double *number = NULL;

	if (strcmp(name, "latency_ms") == 0)
		number = &settings->latency_ms;
	else if (strcmp(name, "clock_offset") == 0)
		number = &settings->clock_offset_s;
	else if (strcmp(name, "test_seconds") == 0)
		number = &settings->test_s;
	else if (strcmp(name, "delete_seconds") == 0)
		number = &settings->delete_s;
	if (number && cJSON_IsNumber(item))
		*number = item->valuedouble;
	else if (strcmp(name, "not_found_fault") == 0 && cJSON_IsBool(item))
		settings->not_found_fault = cJSON_IsTrue(item);
	else if (strcmp(name, "end_marker") == 0 && end_marker)
		settings->end_marker = end_marker;
	else
		return false;
	return true;
}

static void put_settings(struct control *control)
{
	struct settings settings = control->sim->settings;
	const cJSON *item = NULL;
	bool is_right = cJSON_IsObject(control->json);

	cJSON_ArrayForEach(item, control->json)
	{
		is_right = is_right && set(&settings, item);
	}
	if (!is_right) {
		refuse(control,
		       "a setting is unknown or has a value that it cannot have");
		return;
	}
	control->sim->settings = settings;
	get_settings(control);
}

static const char *add_key(struct control *control, const cJSON *spec)
{
	return keys_add_json(&control->sim->keys, spec, sim_now_locked(control->sim));
}

static void post_credentials(struct control *control)
{
	if (for_each(control, add_key))
		done(control);
}

static void put_credentials(struct control *control)
{
	keys_fini(&control->sim->keys);
	post_credentials(control);
}

static const char *add_fail_rule(struct control *control, const cJSON *spec)
{
	const char *pattern = text(spec, "endpoint");
	const char *message = text(spec, "message");

	if (!pattern)
		return "a rule needs endpoint, a pattern of identifiers or ARNs";
	fail_rule_add(&control->sim->fail_rules, pattern,
		      message ? message : generate_failure(0));
	return NULL;
}

static void post_fail(struct control *control)
{
	if (for_each(control, add_fail_rule))
		done(control);
}

static void delete_fail(struct control *control)
{
	fail_rules_clear(&control->sim->fail_rules);
	done(control);
}

static const char *add_thing(struct control *control, const cJSON *spec)
{
	const char *kind = text(spec, "kind");
	const char *arn = text(spec, "arn");

	struct inventory *inventory = NULL;

	if (!kind || !arn)
		return "what is added needs kind and arn";
	if (strcmp(kind, "endpoint") == 0)
		inventory = &control->sim->endpoints;
	else if (strcmp(kind, "replication-instance") == 0)
		inventory = &control->sim->instances;
	else
		return "kind is endpoint or replication-instance";
	inventory_add(inventory, arn, text(spec, "identifier"));
	inventory_set_status(inventory, arn, text(spec, "status"));
	return NULL;
}

static void post_inventory(struct control *control)
{
	if (for_each(control, add_thing))
		done(control);
}

static const struct route routes[] = {
	{"GET", "", get_state},
	{"GET", "listing", get_listing},
	{"PUT", "listing", put_listing},
	{"POST", "generate", generate},
	{"POST", "edit", edit},
	{"GET", "faults", get_faults},
	{"POST", "faults", post_faults},
	{"DELETE", "faults", delete_faults},
	{"GET", "log", get_log},
	{"DELETE", "log", delete_log},
	{"GET", "counters", get_counters},
	{"GET", "settings", get_settings},
	{"PUT", "settings", put_settings},
	{"PUT", "credentials", put_credentials},
	{"POST", "credentials", post_credentials},
	{"POST", "fail", post_fail},
	{"DELETE", "fail", delete_fail},
	{"POST", "inventory", post_inventory},
};

bool control_is(const char *path)
{
	return strncmp(path, CONTROL_PREFIX, strlen(CONTROL_PREFIX)) == 0;
}

static const struct route *find_route(const struct request *request)
{
	const char *name = request->path + strlen(CONTROL_PREFIX);

	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (strcmp(routes[i].method, request->method) == 0 &&
		    strcmp(routes[i].name, name) == 0)
			return &routes[i];
	}
	return NULL;
}

void control_response(struct request *request, uint64_t since,
		      struct response *response)
{
	const struct route *route = find_route(request);
	struct control control = {
		.sim = request->sim,
		.request = request,
		.since = since,
		.response = response,
	};

	response->content_type = "application/json";
	response->request_id[0] = '\0';
	if (!route) {
		refuse(&control, "there is no such control call");
		response->status = 404;
		return;
	}
	if (request->body.len > 0 && route->run != put_listing && route->run != edit)
		control.json = cJSON_ParseWithLength(request->body.at,
						     request->body.len);
	pthread_mutex_lock(&request->sim->lock);
	sim_apply_transitions_locked(request->sim);
	route->run(&control);
	pthread_mutex_unlock(&request->sim->lock);
	cJSON_Delete(control.json);
}
