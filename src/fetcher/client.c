#include "src/fetcher/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "src/aws/region.h"
#include "src/aws/user_agent.h"
#include "src/credentials/imds.h"
#include "src/fetcher/client_private.h"

#define SOURCE_SIZE 512

static int load_profile(struct client *client, struct error *error)
{
	const struct fetcher_options *options = &client->options;
	const struct profile_options profile = {
		.name = options->profile,
		.region = options->region,
		.environment = options->environment,
		.cache = options->settings,
	};

	return profile_load(&profile, &client->profile, error);
}

/* Where none is set, tools on an EC2 instance take that of the instance. */
static int ask_for_region(struct client *client,
			  const struct credentials_options *credentials,
			  struct error *error)
{
	char region[REGION_MAX + 1] = "";
	const char *none = NULL;
	struct error reason = {0};
	int r = imds_region(credentials, region, sizeof(region), &reason);

	if (reason.kind == ERROR_CANCELED || reason.kind == ERROR_MEMORY) {
		*error = reason;
		return r;
	}
	if (r < 0) {
		profile_region(client->profile, &none, error);
		return error_set(error, ERROR_CONFIG, "%.600s; %.400s", error->text,
				 reason.text);
	}
	client->is_region_of_instance = true;
	return profile_set_region(client->profile, region) < 0
		       ? error_set(error, ERROR_MEMORY, "no memory for the region")
		       : 0;
}

static int find_endpoint(struct client *client,
			 const struct credentials_options *credentials,
			 struct error *error)
{
	const struct endpoint_options options = {
		.url = client->options.endpoint_url,
		.is_http_allowed = client->options.is_http_allowed,
	};
	int r = 0;

	if (!profile_has_region(client->profile))
		r = ask_for_region(client, credentials, error);
	return r < 0 ? r
		     : endpoint_resolve(client->profile, &options, &client->endpoint,
					error);
}

/*
 * The path, absolute and for the caller to free, into @path; NULL: the system's. As in
 * botocore, the variable of Python's requests comes last.
 */
static int find_ca_bundle(struct profile *profile, char **path,
			  char source[SOURCE_SIZE], struct error *error)
{
	static const char last_env[] = "REQUESTS_CA_BUNDLE";
	static const char env[] = "AWS_CA_BUNDLE";
	static const char key[] = "ca_bundle";
	const char *text = profile_setting(profile, env, key);

	*path = NULL;
	if (text)
		profile_describe(profile, env, key, source, SOURCE_SIZE);
	else
		snprintf(source, SOURCE_SIZE, "%s", last_env);
	if (!text)
		text = profile_env(profile, last_env);
	if (!text)
		return 0;
	*path = profile_path(profile, text);
	return *path ? 0 : error_set(error, ERROR_MEMORY, "no memory for %s", source);
}

static void warn_of_settings(const struct profile *profile)
{
	char text[SOURCE_SIZE + 128];

	for (size_t i = 0; i < PROFILE_WARNINGS; i++)
		if (profile_warning(profile, i))
			fprintf(stderr, "dmsfs: warning: %s\n",
				profile_warning(profile, i));
	if (user_agent_warning(profile, text, sizeof(text)))
		fprintf(stderr, "dmsfs: warning: %s\n", text);
}

static int open_http(struct client *client, struct http **opened, struct error *error)
{
	char user_agent[USER_AGENT_SIZE];
	char source[SOURCE_SIZE];
	struct http_options http = {
		.ca_bundle_source = source,
		.trust = client->options.trust,
		.user_agent = user_agent_write(client->profile, user_agent),
		.environment = client->options.environment,
		.trace = client->options.trace,
	};
	char *ca_bundle = NULL;
	int r = find_ca_bundle(client->profile, &ca_bundle, source, error);

	http.ca_bundle = ca_bundle;
	if (r == 0)
		r = http_new(&http, opened, error);
	free(ca_bundle);
	return r;
}

static int open_transport(struct client_channel *channel, struct error *error)
{
	struct client *client = channel->owner;
	struct http *http = NULL;
	int r = 0;

	channel->transport = client->options.transport;
	if (channel->transport.send)
		return 0;
	r = open_http(client, &http, error);
	if (r < 0)
		return r;
	pthread_mutex_lock(&client->lock);
	channel->http = http;
	pthread_mutex_unlock(&client->lock);
	channel->transport = http_transport(http);
	return 0;
}

static int send_unless_canceled(const struct client_channel *channel,
				const struct http_request *request,
				struct http_response *response, struct error *error)
{
	if (client_is_canceled(channel->owner))
		return error_set(error, ERROR_CANCELED, "%s: the request was canceled",
				 channel->owner->endpoint.host);
	if (channel->requests)
		atomic_fetch_add(channel->requests, 1);
	return channel->transport.send(channel->transport.data, request, response,
				       error);
}

/* Counts what the pace of asking is reckoned by. */
static int send_counted(void *data, const struct http_request *request,
			struct http_response *response, struct error *error)
{
	return send_unless_canceled(data, request, response, error);
}

/* Many credentials are asked of nobody. */
static int send_for_credentials(void *data, const struct http_request *request,
				struct http_response *response, struct error *error)
{
	struct client_channel *channel = data;
	int r = channel->transport.send ? 0 : open_transport(channel, error);

	return r < 0 ? r : send_unless_canceled(channel, request, response, error);
}

static int add_channel(struct client *client, size_t index, struct error *error)
{
	const struct clock clock = clock_stop_clock(&client->stop);
	struct client_channel *channel = calloc(1, sizeof(*channel));

	if (!channel || call_client_init(&channel->calls, &client->retries, &clock)) {
		free(channel);
		return error_set(error, ERROR_MEMORY, "no memory for the client");
	}
	channel->owner = client;
	if (index < CLIENT_CREDENTIALS)
		channel->requests = &client->requests;
	else if (index > CLIENT_CREDENTIALS)
		channel->requests = &client->lane_requests;
	channel->calls.counts = &client->counts;
	pthread_mutex_lock(&client->lock);
	client->channels[index] = channel;
	pthread_mutex_unlock(&client->lock);
	return 0;
}

static void explain(void *data, const char *line)
{
	const struct client *client = data;

	trace_write(&client->options.trace, "%s", line);
}

static void warn(void *data, const char *line)
{
	const struct client *client = data;

	if (client->options.trace.warn)
		client->options.trace.warn(client->options.trace.data, line);
}

static int open_channel(struct client *client, struct client_channel *channel,
			struct error *error)
{
	int r = 0;

	if (channel->is_open)
		return 0;
	if (!channel->transport.send)
		r = open_transport(channel, error);
	if (r < 0)
		return r;
	channel->dms = (struct dms){
		.transport = {.data = channel, .send = send_counted},
		.chain = client->chain,
		.client = &channel->calls,
		.endpoint = client->endpoint,
		.max_records = client->options.max_records,
		.connect_timeout_ms = client->options.connect_timeout_ms,
		.read_timeout_ms = client->options.read_timeout_ms,
	};
	channel->is_open = true;
	return 0;
}

int client_open_channel(struct client *client, size_t index,
			struct client_channel **channel, struct error *error)
{
	int r = client->channels[index] ? 0 : add_channel(client, index, error);

	*channel = client->channels[index];
	return r < 0 ? r : open_channel(client, *channel, error);
}

static int open_first_channel(struct client *client, struct error *error)
{
	struct client_channel *channel = client->channels[CLIENT_CREDENTIALS];
	const struct credentials_options credentials = {
		.profile = client->profile,
		.transport = {.data = channel, .send = send_for_credentials},
		.client = &channel->calls,
		.explain = explain,
		.warn = warn,
		.explain_data = client,
	};
	int r = 0;

	if (!client->options.transport.send)
		warn_of_settings(client->profile);
	r = find_endpoint(client, &credentials, error);
	if (r < 0)
		return r;
	if (credentials_chain_new(&credentials, &client->chain))
		return error_set(error, ERROR_MEMORY, "no memory for the client");
	return client_open_channel(client, 0, &channel, error);
}

int client_new(const struct fetcher_options *options, struct client **client,
	       struct error *error)
{
	struct client *made = calloc(1, sizeof(*made));
	int r = 0;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for the client");
	made->options = *options;
	pthread_mutex_init(&made->lock, NULL);
	tally_init(&made->counts.requests);
	if (clock_stop_init(&made->stop, &options->clock))
		r = error_set(error, ERROR_MEMORY, "no file descriptor for the client");
	else
		r = load_profile(made, error);
	if (r == 0)
		r = retry_settings_read(made->profile, &made->retries, error);
	if (r == 0)
		r = add_channel(made, CLIENT_CREDENTIALS, error);
	if (r == 0)
		r = open_first_channel(made, error);
	if (r < 0) {
		client_free(made);
		return r;
	}
	*client = made;
	return 0;
}

static void free_channel(struct client_channel *channel)
{
	if (!channel)
		return;
	call_client_fini(&channel->calls);
	http_free(channel->http);
	free(channel);
}

void client_free(struct client *client)
{
	if (!client)
		return;
	credentials_chain_free(client->chain);
	for (size_t i = 0; i < CLIENT_ALL_CHANNELS; i++)
		free_channel(client->channels[i]);
	profile_free(client->profile);
	clock_stop_fini(&client->stop);
	tally_fini(&client->counts.requests);
	pthread_mutex_destroy(&client->lock);
	free(client);
}

void client_set_deadline(struct client *client)
{
	client->deadline_ns = client_now_ns(client) + CLIENT_LISTING_NS;
	client->channels[0]->dms.deadline_ns = client->deadline_ns;
}

int client_list(struct client *client, const struct dms_filters *filters,
		const struct listing *known, const struct dms_progress *progress,
		struct listing *listing, struct error *error)
{
	return dms_list_connections(&client->channels[0]->dms, filters, known, progress,
				    listing, error);
}

int client_list_instances(struct client *client, struct dms_instances *instances,
			  struct error *error)
{
	return dms_list_instances(&client->channels[0]->dms, CLIENT_INSTANCES_MAX,
				  instances, error);
}

int client_lane(struct client *client, size_t number, int64_t deadline_ns,
		const struct dms **dms, struct error *error)
{
	struct client_channel *channel = NULL;
	int r = client_open_channel(client, CLIENT_FIRST_LANE + number, &channel,
				    error);

	if (r < 0)
		return r;
	channel->dms.deadline_ns = deadline_ns;
	*dms = &channel->dms;
	return 0;
}

int64_t client_now_ns(const struct client *client)
{
	return client->options.clock.boottime_ns(client->options.clock.data);
}

int64_t client_longest_page_ns(const struct client *client)
{
	const struct retry_settings *retries = &client->retries;
	int64_t attempt_ns = ((int64_t)client->options.connect_timeout_ms +
			      client->options.read_timeout_ms) *
			     NS_PER_MS;
	int64_t page_ns = retries->max_attempts * attempt_ns +
			  retry_longest_waits_ns(retries);

	return page_ns < CLIENT_LISTING_NS ? page_ns : CLIENT_LISTING_NS;
}

size_t client_page_size(const struct client *client)
{
	return (size_t)client->options.max_records;
}

size_t client_requests(const struct client *client)
{
	return atomic_load(&client->requests);
}

size_t client_lane_requests(const struct client *client)
{
	return atomic_load(&client->lane_requests);
}

struct call_counts *client_counts(struct client *client)
{
	return &client->counts;
}

void client_cancel(struct client *client)
{
	atomic_store(&client->is_canceled, true);
	clock_stop_now(&client->stop);
	pthread_mutex_lock(&client->lock);
	for (size_t i = 0; i < CLIENT_ALL_CHANNELS; i++)
		if (client->channels[i] && client->channels[i]->http)
			http_cancel(client->channels[i]->http);
	pthread_mutex_unlock(&client->lock);
}

bool client_is_canceled(const struct client *client)
{
	return atomic_load(&client->is_canceled);
}

const char *client_region(const struct client *client)
{
	return client->endpoint.region;
}

bool client_is_region_of_instance(const struct client *client)
{
	return client->is_region_of_instance;
}

const char *client_endpoint_url(const struct client *client)
{
	return client->endpoint.url;
}

char *client_describe_credentials(const struct client *client, char *out, size_t size)
{
	return credentials_describe(client->chain, out, size);
}
