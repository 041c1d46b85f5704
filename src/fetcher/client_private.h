/*
 * The members of a client, for the files that ask by it.
 */
#ifndef DMSFS_SRC_FETCHER_CLIENT_PRIVATE_H
#define DMSFS_SRC_FETCHER_CLIENT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "src/aws/call.h"
#include "src/aws/endpoint.h"
#include "src/aws/profile.h"
#include "src/base/clock.h"
#include "src/credentials/chain.h"
#include "src/dms/dms.h"
#include "src/fetcher/command.h"
#include "src/fetcher/fetcher_options.h"

/* How many requests are under way at once in a listing in parallel. */
#define CLIENT_CHANNELS 16
/* Behind them, that of the credentials, which any thread may ask for, and the lanes. */
#define CLIENT_CREDENTIALS CLIENT_CHANNELS
#define CLIENT_FIRST_LANE (CLIENT_CREDENTIALS + 1)
#define CLIENT_ALL_CHANNELS (CLIENT_FIRST_LANE + FETCHER_TESTS_MAX)

struct client;

/* A way to the service: one kept connection, for one thread at a time. */
struct client_channel {
	struct client *owner;		 /* set once */
	atomic_size_t *requests;	 /* set once; where they are counted */
	struct http_transport transport; /* set once */
	/* NULL when a transport was given; set once, guarded by the service's lock */
	struct http *http;
	struct call_client calls;
	struct dms dms;
	bool is_open;
};

struct client {
	struct fetcher_options options;	 /* set once */
	struct endpoint endpoint;	 /* set once */
	struct profile *profile;	 /* set once */
	struct retry_settings retries;	 /* set once */
	bool is_region_of_instance;	 /* set once */
	struct clock_stop stop;		 /* set once; ends waits between attempts */
	struct credentials_chain *chain; /* set once; any thread */
	int64_t deadline_ns;	/* of what is listed now; for the thread that lists */
	atomic_size_t requests; /* for listings */
	atomic_size_t lane_requests; /* by the lanes */
	struct call_counts counts;   /* of all calls of DMS */
	atomic_bool is_canceled;     /* set by any thread, never cleared */
	pthread_mutex_t lock; /* guards: the http of each channel, see there, and a
				 channel that comes */
	/* Owned. The first, and that of the credentials, are there from the start; the
	 * others come when they are needed, each by the one thread that uses it. */
	struct client_channel *channels[CLIENT_ALL_CHANNELS];
};

/* Opens the channel at @index, unless it is open already: 0, or a negative errno with
 * @error. Its deadline is for the caller to set. */
int client_open_channel(struct client *client, size_t index,
			struct client_channel **channel, struct error *error);

#endif
