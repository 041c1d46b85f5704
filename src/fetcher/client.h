/*
 * The service as it was set up: the profile, the endpoint, the credentials and the
 * HTTP client, and all that was asked by them.
 */
#ifndef DMSFS_SRC_FETCHER_CLIENT_H
#define DMSFS_SRC_FETCHER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/dms/dms.h"
#include "src/dms/filters.h"
#include "src/dms/list_connections.h"
#include "src/dms/list_instances.h"

struct call_counts;
struct fetcher_options;
struct client;

/*
 * Reads the AWS set-up and prepares to ask, without asking. All that @options points to
 * is borrowed for the service's lifetime. 0, or a negative errno with @error.
 */
int client_new(const struct fetcher_options *options, struct client **client,
	       struct error *error);
void client_free(struct client *client); /* takes NULL */

/*
 * A listing that takes longer than this has failed. The largest account has 60 pages,
 * or 300 of the smallest: ten seconds a page, or two.
 */
#define CLIENT_LISTING_NS (600 * NS_PER_S)

/* From now on all that is listed has CLIENT_LISTING_NS together. For the thread that
 * lists. */
void client_set_deadline(struct client *client);

/* As dms_list_connections(). For one thread at a time. */
int client_list(struct client *client, const struct dms_filters *filters,
		const struct listing *known, const struct dms_progress *progress,
		struct listing *listing, struct error *error);

/* The most instances that are asked for apart: half of the bucket of requests that
 * the account's clients share. */
#define CLIENT_INSTANCES_MAX 100

/* As dms_list_instances(), of at most CLIENT_INSTANCES_MAX. For one thread at a time,
 * as all here that lists. */
int client_list_instances(struct client *client, struct dms_instances *instances,
			  struct error *error);

/*
 * Lists the connections of each of the instances by filter, several at once, into one
 * listing in the order of the instances. Results and @known as in
 * dms_list_connections().
 */
int client_list_parallel(struct client *client, const char *const *instance_arns,
			 size_t count, const struct listing *known,
			 struct listing *listing, struct error *error);

/*
 * A way to the service that no listing holds up: the lane of a number below
 * FETCHER_TESTS_MAX, to ask and to send by until @deadline_ns since boot. For one
 * thread at a time, for each lane; it is borrowed. 0, or a negative errno with @error.
 */
int client_lane(struct client *client, size_t number, int64_t deadline_ns,
		const struct dms **dms, struct error *error);

/* The clock's boottime_ns(). */
int64_t client_now_ns(const struct client *client);

/* The longest that one page of a listing may take, with all time-outs, attempts and
 * waits; a listing as a whole takes no longer than CLIENT_LISTING_NS, and so counts no
 * page for longer. */
int64_t client_longest_page_ns(const struct client *client);

/* How many records make a page: 20 to 100. */
size_t client_page_size(const struct client *client);

/* How many requests were sent for listings so far, answered or not. For the thread
 * that lists. */
size_t client_requests(const struct client *client);

/* The same by the lanes. Any thread. */
size_t client_lane_requests(const struct client *client);

/* All that was sent to DMS. Borrowed; any thread. */
struct call_counts *client_counts(struct client *client);

/* Ends a request under way and all later ones with ERROR_CANCELED. Any thread. */
void client_cancel(struct client *client);
bool client_is_canceled(const struct client *client);

/* Borrowed, never NULL. Any thread. */
const char *client_region(const struct client *client);
const char *client_endpoint_url(const struct client *client);

/* Whether no setting names the region, so that EC2 metadata were asked for it. */
bool client_is_region_of_instance(const struct client *client);

/* As credentials_describe(). Any thread. */
char *client_describe_credentials(const struct client *client, char *out, size_t size);

#endif
