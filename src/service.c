#include "service.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock_stop.h"
#include "credentials.h"
#include "endpoint.h"
#include "fetcher.h"
#include "path.h"
#include "profile.h"
#include "retry_send.h"
#include "user_agent.h"

#define SOURCE_SIZE 512

struct service {
	struct http_transport transport; /* set once */
	struct endpoint endpoint;	 /* set once */
	struct profile *profile;	 /* set once */
	struct http *http;		 /* set once; NULL when a transport was given */
	int page_size;			 /* set once */
	struct clock_stop stop;		 /* set once; ends waits between attempts */
	struct retry_client client;	 /* for the thread that lists */
	struct credentials_chain *chain; /* for the thread that lists */
	struct dms *dms;		 /* for the thread that lists */
	size_t requests;		 /* for the thread that lists */
	atomic_bool is_canceled;	 /* set by any thread, never cleared */
};

/* --- making one --- */

static int load_set_up(struct service *service, const struct fetcher_options *options,
		       struct error *error)
{
	const struct profile_options profile = {
		.name = options->profile,
		.region = options->region,
		.getenv = options->getenv,
		.getenv_data = options->getenv_data,
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
	*path = path_expand(text, look_up, profile);
	return *path ? 0 : error_set(error, ERROR_MEMORY, "no memory for %s", source);
}

static void warn_of_user_agent(const struct profile *profile)
{
	char text[SOURCE_SIZE + 128];

	if (user_agent_warning(profile, text, sizeof(text)))
		fprintf(stderr, "dmsfs: warning: %s\n", text);
}

static int open_http(struct service *service, const struct fetcher_options *options,
		     struct error *error)
{
	char user_agent[USER_AGENT_SIZE];
	char source[SOURCE_SIZE];
	struct http_options http = {
		.ca_bundle_source = source,
		.user_agent = user_agent_write(service->profile, user_agent),
		.environment = {options->getenv, options->getenv_data},
		.is_verbose = options->is_verbose,
	};
	char *ca_bundle = NULL;
	int err = find_ca_bundle(service->profile, &ca_bundle, source, error);

	http.ca_bundle = ca_bundle;
	if (!err)
		err = http_new(&http, &service->http, error);
	free(ca_bundle);
	return err;
}

static int open_transport(struct service *service,
			  const struct fetcher_options *options, struct error *error)
{
	int err;

	service->transport = options->transport;
	if (service->transport.send)
		return 0;
	warn_of_user_agent(service->profile);
	err = open_http(service, options, error);
	if (!err)
		service->transport = http_transport(service->http);
	return err;
}

/* Counts what the pace of asking is reckoned by. */
static int send_counted(void *data, const struct http_request *request,
			struct http_response *response, struct error *error)
{
	struct service *service = data;

	if (service_is_canceled(service))
		return error_set(error, ERROR_CANCELED, "%s: the request was canceled",
				 service->endpoint.host);
	service->requests++;
	return service->transport.send(service->transport.data, request, response,
				       error);
}

static int set_retries(struct service *service, struct error *error)
{
	const struct clock clock = clock_stop_clock(&service->stop);
	struct retry_settings settings;
	int err = retry_settings_read(service->profile, &settings, error);

	if (!err)
		retry_client_init(&service->client, &settings, &clock);
	return err;
}

/* For -d; the lines hold no secret. What a metadata service says of itself is in
 * them, so that a terminal gets them only as it gets errors. */
static void explain(void *data, const char *line)
{
	struct error shown;

	(void)data;
	error_set(&shown, ERROR_NONE, "%s", line);
	fprintf(stderr, "dmsfs: %s\n", shown.text);
}

static int open_dms(struct service *service, const struct fetcher_options *options,
		    struct error *error)
{
	struct credentials_options credentials = {
		.profile = service->profile,
		.transport = service->transport,
		.clock = clock_skew_clock(&service->client.skew),
		.client = &service->client,
		.explain = options->is_verbose ? explain : NULL,
	};
	struct dms_options dms = {
		.transport = {.data = service, .send = send_counted},
		.client = &service->client,
		.endpoint = service->endpoint,
		.max_records = options->max_records,
		.connect_timeout_ms = options->connect_timeout_ms,
		.read_timeout_ms = options->read_timeout_ms,
	};
	int err = credentials_chain_new(&credentials, &service->chain);

	dms.chain = service->chain;
	if (!err)
		err = dms_new(&dms, &service->dms);
	service->page_size = options->max_records;
	return err ? error_set(error, ERROR_MEMORY, "no memory for the service") : 0;
}

int service_new(const struct fetcher_options *options, struct service **service,
		struct error *error)
{
	struct service *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for the service");
	if (clock_stop_init(&made->stop, &options->clock))
		err = error_set(error, ERROR_MEMORY, "no descriptor for the service");
	else
		err = load_set_up(made, options, error);
	if (!err)
		err = set_retries(made, error);
	if (!err)
		err = open_transport(made, options, error);
	if (!err)
		err = open_dms(made, options, error);
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
	dms_free(service->dms);
	credentials_chain_free(service->chain);
	http_free(service->http);
	profile_free(service->profile);
	clock_stop_fini(&service->stop);
	free(service);
}

/* --- using it --- */

int service_list(struct service *service, const struct dms_filters *filters,
		 const struct listing *known, const struct dms_progress *progress,
		 struct listing *listing, struct error *error)
{
	return dms_list(service->dms, filters, known, progress, listing, error);
}

size_t service_page_size(const struct service *service)
{
	return (size_t)service->page_size;
}

size_t service_requests(const struct service *service)
{
	return service->requests;
}

void service_cancel(struct service *service)
{
	atomic_store(&service->is_canceled, true);
	clock_stop_now(&service->stop);
	if (service->http)
		http_cancel(service->http);
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
