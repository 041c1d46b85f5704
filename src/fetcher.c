#include "fetcher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"
#include "endpoint.h"
#include "profile.h"
#include "user_agent.h"

struct fetcher {
	struct fetcher_options options;	 /* set once */
	struct endpoint endpoint;	 /* set once */
	struct profile *profile;	 /* set once */
	struct http *http;		 /* set once; NULL when a transport was given */
	struct credentials_chain *chain; /* for the thread that lists */
	struct dms *dms;		 /* for the thread that lists */

	pthread_mutex_t lock;		      /* guards: snapshot, statistics */
	struct snapshot *snapshot;	      /* guarded by lock; a reference */
	struct fetcher_statistics statistics; /* guarded by lock */
};

/* --- making one --- */

static int load_set_up(struct fetcher *fetcher, struct error *error)
{
	const struct fetcher_options *options = &fetcher->options;
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
	int err = profile_load(&profile, &fetcher->profile, error);

	return err ? err
		   : endpoint_resolve(fetcher->profile, &endpoint, &fetcher->endpoint,
				      error);
}

static int open_transport(struct fetcher *fetcher, struct error *error)
{
	char user_agent[USER_AGENT_SIZE];
	const struct http_options options = {
		.ca_bundle = profile_setting(fetcher->profile, "AWS_CA_BUNDLE",
					     "ca_bundle"),
		.user_agent = user_agent_write(fetcher->profile, user_agent),
		.is_verbose = fetcher->options.is_verbose,
	};
	int err;

	if (fetcher->options.transport.send)
		return 0;
	err = http_new(&options, &fetcher->http, error);
	if (!err)
		fetcher->options.transport = http_transport(fetcher->http);
	return err;
}

static int open_service(struct fetcher *fetcher, struct error *error)
{
	const struct credentials_options credentials = {
		.profile = fetcher->profile,
		.transport = fetcher->options.transport,
		.clock = fetcher->options.clock,
	};
	struct dms_options dms = {
		.transport = fetcher->options.transport,
		.clock = fetcher->options.clock,
		.endpoint = fetcher->endpoint,
		.max_records = fetcher->options.max_records,
		.connect_timeout_ms = fetcher->options.connect_timeout_ms,
		.read_timeout_ms = fetcher->options.read_timeout_ms,
	};
	int err = credentials_chain_new(&credentials, &fetcher->chain);

	dms.chain = fetcher->chain;
	if (!err)
		err = dms_new(&dms, &fetcher->dms);
	return err ? error_set(error, ERROR_MEMORY, "no memory for a fetcher") : 0;
}

int fetcher_new(const struct fetcher_options *options, struct fetcher **fetcher,
		struct error *error)
{
	struct fetcher *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return error_set(error, ERROR_MEMORY, "no memory for a fetcher");
	made->options = *options;
	pthread_mutex_init(&made->lock, NULL);
	err = load_set_up(made, error);
	if (!err)
		err = open_transport(made, error);
	if (!err)
		err = open_service(made, error);
	if (err) {
		fetcher_free(made);
		return err;
	}
	*fetcher = made;
	return 0;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	dms_free(fetcher->dms);
	credentials_chain_free(fetcher->chain);
	http_free(fetcher->http);
	profile_free(fetcher->profile);
	snapshot_unref(fetcher->snapshot);
	pthread_mutex_destroy(&fetcher->lock);
	free(fetcher);
}

/* --- listing --- */

static int build_snapshot(const struct listing *listing, struct snapshot **snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();

	if (!builder)
		return -1;
	for (size_t i = 0; i < listing->count; i++) {
		if (snapshot_builder_add_page(builder, listing->pages[i])) {
			snapshot_builder_free(builder);
			return -1;
		}
	}
	return snapshot_builder_finish(builder, snapshot);
}

static void publish(struct fetcher *fetcher, struct snapshot *snapshot,
		    const struct fetcher_statistics *statistics)
{
	struct snapshot *before;

	pthread_mutex_lock(&fetcher->lock);
	before = fetcher->snapshot;
	fetcher->snapshot = snapshot;
	fetcher->statistics = *statistics;
	pthread_mutex_unlock(&fetcher->lock);
	snapshot_unref(before);
}

int fetcher_list_first(struct fetcher *fetcher, const struct dms_progress *progress,
		       struct error *error)
{
	const struct clock *clock = &fetcher->options.clock;
	int64_t started_ns = clock->boottime_ns(clock->data);
	struct fetcher_statistics statistics = {0};
	struct snapshot *snapshot = NULL;
	struct listing listing = {0};
	int err = dms_list(fetcher->dms, &fetcher->options.filters, progress, &listing,
			   error);

	if (err)
		goto out;
	if (build_snapshot(&listing, &snapshot)) {
		err = error_set(error, ERROR_MEMORY, "no memory for a listing");
		goto out;
	}
	statistics.pages = listing.count;
	statistics.duration_ns = clock->boottime_ns(clock->data) - started_ns;
	statistics.skipped = snapshot_skipped(snapshot);
	publish(fetcher, snapshot, &statistics);
out:
	listing_fini(&listing);
	return err;
}

/* --- asking it --- */

struct snapshot *fetcher_snapshot(struct fetcher *fetcher)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&fetcher->lock);
	snapshot = fetcher->snapshot ? snapshot_ref(fetcher->snapshot) : NULL;
	pthread_mutex_unlock(&fetcher->lock);
	return snapshot;
}

struct fetcher_statistics fetcher_statistics(struct fetcher *fetcher)
{
	struct fetcher_statistics statistics;

	pthread_mutex_lock(&fetcher->lock);
	statistics = fetcher->statistics;
	pthread_mutex_unlock(&fetcher->lock);
	return statistics;
}

const char *fetcher_region(const struct fetcher *fetcher)
{
	return fetcher->endpoint.region;
}

const char *fetcher_endpoint_url(const struct fetcher *fetcher)
{
	return fetcher->endpoint.url;
}

void fetcher_cancel(struct fetcher *fetcher)
{
	if (fetcher->http)
		http_cancel(fetcher->http);
}
