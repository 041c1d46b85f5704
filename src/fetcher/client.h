/*
 * The service as it was set up: the profile, the endpoint, the credentials and the
 * HTTP client, and all that was asked by them.
 */
#ifndef DMSFS_SRC_FETCHER_CLIENT_H
#define DMSFS_SRC_FETCHER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/error.h"
#include "src/dms/filters.h"
#include "src/dms/list_connections.h"
#include "src/dms/list_instances.h"

struct fetcher_options;
struct service;

/*
 * Reads the AWS set-up and prepares to ask, without asking. What @options points to
 * is borrowed for the service's lifetime. 0, or a negative errno with @error.
 */
int service_new(const struct fetcher_options *options, struct service **service,
		struct error *error);
void service_free(struct service *service); /* takes NULL */

/* As dms_list_connections(). For one thread at a time. */
int service_list(struct service *service, const struct dms_filters *filters,
		 const struct listing *known, const struct dms_progress *progress,
		 struct listing *listing, struct error *error);

/* The most instances that are asked for apart: half of the bucket of requests that
 * the account's clients share. */
#define SERVICE_INSTANCES_MAX 100

/* How many requests are under way at once in a listing in parallel. */
#define SERVICE_CHANNELS 16

/* As dms_list_instances(), of at most SERVICE_INSTANCES_MAX. For one thread at a time,
 * as all here that lists. */
int service_list_instances(struct service *service, struct dms_instances *instances,
			   struct error *error);

/*
 * Lists the connections of each of the instances by filter, several at once, into one
 * listing in the order of the instances. Results and @known as in
 * dms_list_connections().
 */
int service_list_parallel(struct service *service, const char *const *instance_arns,
			  size_t count, const struct listing *known,
			  struct listing *listing, struct error *error);

/* The clock's boottime_ns(). */
int64_t service_now_ns(const struct service *service);

/* How many records make a page: 20 to 100. */
size_t service_page_size(const struct service *service);

/* How many requests were sent for listings so far, answered or not. For the thread
 * that lists. */
size_t service_requests(const struct service *service);

/* Ends a request under way and all later ones with ERROR_CANCELED. Any thread. */
void service_cancel(struct service *service);
bool service_is_canceled(const struct service *service);

/* Borrowed, never NULL. Any thread. */
const char *service_region(const struct service *service);
const char *service_endpoint_url(const struct service *service);

/* As credentials_describe(). Any thread. */
char *service_describe_credentials(const struct service *service, char *out,
				   size_t size);

#endif
