#include "src/fetcher/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "src/aws/user_agent.h"
#include "src/base/path.h"
#include "src/fetcher/client_private.h"

#define SOURCE_SIZE 512

/* --- making one --- */

static int load_set_up(struct service *service, struct error *error)
{
	const struct fetcher_options *options = &service->options;
	const struct profile_options profile = {
		.name = options->profile,
		.region = options->region,
		.environment = options->environment,
	};
	const struct endpoint_options endpoint = {
		.url = options->endpoint_url,
		.is_http_allowed = options->is_http_allowed,
	};
	int err = profile_load(&profile, &service->profile, error);

	return err ? err
		   : endpoint_resolve(service->profile, &endpoint, &service->endpoint,
				      error);
}

static const char *look_up(void *profile, const char *name)
{
	return profile_env(profile, name);
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
	*path = path_expand(text, &(struct environment){look_up, profile});
	return *path ? 0 : error_set(error, ERROR_MEMORY, "no memory for %s", source);
}

static void warn_of_user_agent(const struct profile *profile)
{
	char text[SOURCE_SIZE + 128];

	if (user_agent_warning(profile, text, sizeof(text)))
		fprintf(stderr, "dmsfs: warning: %s\n", text);
}

static int open_http(struct service *service, struct http **opened, struct error *error)
{
	char user_agent[USER_AGENT_SIZE];
	char source[SOURCE_SIZE];
	struct http_options http = {
		.ca_bundle_source = source,
		.user_agent = user_agent_write(service->profile, user_agent),
		.environment = service->options.environment,
		.trace = service->options.trace,
	};
	char *ca_bundle = NULL;
	int err = find_ca_bundle(service->profile, &ca_bundle, source, error);

	http.ca_bundle = ca_bundle;
	if (!err)
		err = http_new(&http, opened, error);
	free(ca_bundle);
	return err;
}

static int open_transport(struct service_channel *channel, struct error *error)
{
	struct service *service = channel->service;
	struct http *http = NULL;
	int err;

	channel->transport = service->options.transport;
	if (channel->transport.send)
		return 0;
	err = open_http(service, &http, error);
	if (err)
		return err;
	channel->transport = http_transport(http);
	pthread_mutex_lock(&service->lock);
	channel->http = http;
	pthread_mutex_unlock(&service->lock);
	return 0;
}

/* Counts what the pace of asking is reckoned by. */
static int send_counted(void *data, const struct http_request *request,
			struct http_response *response, struct error *error)
{
	struct service_channel *channel = data;
	struct service *service = channel->service;

	if (service_is_canceled(service))
		return error_set(error, ERROR_CANCELED, "%s: the request was canceled",
				 service->endpoint.host);
	atomic_fetch_add(&service->requests, 1);
	return channel->transport.send(channel->transport.data, request, response,
				       error);
}

static int set_retries(struct service *service, struct error *error)
{
	const struct clock clock = clock_stop_clock(&service->stop);
	struct retry_settings settings;
	int err = retry_settings_read(service->profile, &settings, error);

	for (size_t i = 0; i < SERVICE_CHANNELS && !err; i++)
		if (call_client_init(&service->channels[i].client, &settings, &clock))
			err = error_set(error, ERROR_MEMORY,
					"no memory for the service");
	return err;
}

static void explain(void *data, const char *line)
{
	const struct service *service = data;

	trace_write(&service->options.trace, "%s", line);
}

int service_open_channel(struct service *service, struct service_channel *channel,
			 struct error *error)
{
	struct dms_options dms = {
		.transport = {.data = channel, .send = send_counted},
		.chain = service->chain,
		.client = &channel->client,
		.endpoint = service->endpoint,
		.max_records = service->options.max_records,
		.connect_timeout_ms = service->options.connect_timeout_ms,
		.read_timeout_ms = service->options.read_timeout_ms,
	};
	int err = 0;

	if (channel->dms)
		return 0;
	channel->service = service;
	if (!channel->transport.send)
		err = open_transport(channel, error);
	if (!err && dms_new(&dms, &channel->dms))
		err = error_set(error, ERROR_MEMORY, "no memory for the service");
	return err;
}

/* The first channel and what provides credentials go by the same transport. */
static int open_service(struct service *service, struct error *error)
{
	struct service_channel *channel = &service->channels[0];
	struct credentials_options credentials = {
		.profile = service->profile,
		.client = &channel->client,
		.explain = explain,
		.explain_data = service,
	};
	int err;

	if (!service->options.transport.send)
		warn_of_user_agent(service->profile);
	channel->service = service;
	err = open_transport(channel, error);
	if (err)
		return err;
	credentials.transport = channel->transport;
	if (credentials_chain_new(&credentials, &service->chain))
		return error_set(error, ERROR_MEMORY, "no memory for the service");
	return service_open_channel(service, channel, error);
}

int service_new(const struct fetcher_options *options, struct service **service,
		struct error *error)
{
	struct service *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for the service");
	made->options = *options;
	pthread_mutex_init(&made->lock, NULL);
	if (clock_stop_init(&made->stop, &options->clock))
		err = error_set(error, ERROR_MEMORY,
				"no file descriptor for the service");
	else
		err = load_set_up(made, error);
	if (!err)
		err = set_retries(made, error);
	if (!err)
		err = open_service(made, error);
	if (err) {
		service_free(made);
		return err;
	}
	*service = made;
	return 0;
}

void service_free(struct service *service)
{
	if (!service)
		return;
	for (size_t i = 0; i < SERVICE_CHANNELS; i++)
		dms_free(service->channels[i].dms);
	credentials_chain_free(service->chain);
	for (size_t i = 0; i < SERVICE_CHANNELS; i++) {
		call_client_fini(&service->channels[i].client);
		http_free(service->channels[i].http);
	}
	profile_free(service->profile);
	clock_stop_fini(&service->stop);
	pthread_mutex_destroy(&service->lock);
	free(service);
}

/* --- using it --- */

int service_list(struct service *service, const struct dms_filters *filters,
		 const struct listing *known, const struct dms_progress *progress,
		 struct listing *listing, struct error *error)
{
	return dms_list_connections(service->channels[0].dms, filters, known, progress,
				    listing, error);
}

int service_list_instances(struct service *service, struct dms_instances *instances,
			   struct error *error)
{
	return dms_list_instances(service->channels[0].dms, SERVICE_INSTANCES_MAX,
				  instances, error);
}

int64_t service_now_ns(const struct service *service)
{
	return service->options.clock.boottime_ns(service->options.clock.data);
}

size_t service_page_size(const struct service *service)
{
	return (size_t)service->options.max_records;
}

size_t service_requests(const struct service *service)
{
	return atomic_load(&service->requests);
}

void service_cancel(struct service *service)
{
	atomic_store(&service->is_canceled, true);
	clock_stop_now(&service->stop);
	pthread_mutex_lock(&service->lock);
	for (size_t i = 0; i < SERVICE_CHANNELS; i++)
		if (service->channels[i].http)
			http_cancel(service->channels[i].http);
	pthread_mutex_unlock(&service->lock);
}

bool service_is_canceled(const struct service *service)
{
	return atomic_load(&service->is_canceled);
}

const char *service_region(const struct service *service)
{
	return service->endpoint.region;
}

const char *service_endpoint_url(const struct service *service)
{
	return service->endpoint.url;
}

char *service_describe_credentials(const struct service *service, char *out,
				   size_t size)
{
	return credentials_describe(service->chain, out, size);
}
