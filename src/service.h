/*
 * The service as it was set up: the profile, the endpoint, the credentials and the
 * HTTP client, and all that was asked by them.
 */
#ifndef DMSFS_SRC_SERVICE_H
#define DMSFS_SRC_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "dms.h"
#include "error.h"

struct fetcher_options;
struct service;

/*
 * Reads the AWS set-up and prepares to ask, without asking. What @options points to
 * is borrowed for the service's lifetime. 0, or a negative errno with @error.
 */
int service_new(const struct fetcher_options *options, struct service **service,
		struct error *error);
void service_free(struct service *service); /* takes NULL */

/* As dms_list(). For one thread at a time. */
int service_list(struct service *service, const struct dms_filters *filters,
		 const struct listing *known, const struct dms_progress *progress,
		 struct listing *listing, struct error *error);

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
