/*
 * Many short listings at once: threads, each with a channel of its own, take them one
 * after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/thread.h"
#include "src/fetcher/client.h"
#include "src/fetcher/client_private.h"

/* The listings that all threads work at. */
struct job {
	const char *const *instance_arns;
	size_t count;
	const struct listing *known;
	struct listing *listings; /* one an instance, each for who took it */
	atomic_size_t taken;
	pthread_mutex_t lock; /* guards: below */
	bool has_failed;      /* guarded by lock */
	struct error error;   /* guarded by lock; of the first that failed */
};

/* One thread. */
struct worker {
	struct job *job;
	struct client_channel *channel;
	pthread_t thread;
};

/* The others then take no more. */
static void fail_job(struct job *job, const struct error *error)
{
	pthread_mutex_lock(&job->lock);
	if (!job->has_failed)
		job->error = *error;
	job->has_failed = true;
	pthread_mutex_unlock(&job->lock);
	atomic_store(&job->taken, job->count);
}

static void *work_at_job(void *data)
{
	struct worker *worker = data;
	struct job *job = worker->job;
	size_t next = atomic_fetch_add(&job->taken, 1);

	while (next < job->count) {
		const struct dms_filters filters = {
			.replication_instance_arns = &job->instance_arns[next],
			.replication_instance_arn_count = 1};
		struct error error = {0};

		if (dms_list_connections(&worker->channel->dms, &filters, job->known,
					 NULL, &job->listings[next], &error) < 0)
			fail_job(job, &error);
		next = atomic_fetch_add(&job->taken, 1);
	}
	return NULL;
}

/* The service's clock and the quota of retries are known for all channels. */
static void share_state(struct client *client, struct client_channel *channel)
{
	const struct call_client *first = &client->channels[0]->calls;

	channel->calls.retry.tokens = first->retry.tokens;
	channel->calls.skew.offset_s = first->skew.offset_s;
}

static void take_state_back(struct client *client, const struct client_channel *channel)
{
	struct retry *retry = &client->channels[0]->calls.retry;

	if (channel->calls.retry.tokens < retry->tokens)
		retry->tokens = channel->calls.retry.tokens;
}

/* Starts as many threads as there are to be, and can be; returns how many. */
static size_t start_workers(struct client *client, struct job *job,
			    struct worker workers[CLIENT_CHANNELS])
{
	size_t started = 0;
	struct error error;

	/* The first one's connection is that of serial listings, and of polls. */
	for (size_t i = 1; i < CLIENT_CHANNELS && started < job->count; i++) {
		struct worker *worker = &workers[started];

		*worker = (struct worker){.job = job};
		if (client_open_channel(client, i, &worker->channel, &error) < 0)
			break;
		worker->channel->dms.deadline_ns = client->deadline_ns;
		share_state(client, worker->channel);
		if (thread_start(&worker->thread, work_at_job, worker) < 0)
			break;
		started++;
	}
	return started;
}

static int run_workers(struct client *client, struct job *job, struct error *error)
{
	struct worker workers[CLIENT_CHANNELS];
	size_t started = start_workers(client, job, workers);

	for (size_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		take_state_back(client, workers[i].channel);
	}
	if (started == 0)
		return error_set(error, ERROR_MEMORY, "cannot start a thread");
	if (!job->has_failed)
		return 0;
	*error = job->error;
	return error_result(error);
}

static int join_listings(struct job *job, struct listing *listing, struct error *error)
{
	for (size_t i = 0; i < job->count; i++)
		if (listing_append(listing, &job->listings[i]) < 0)
			return error_set(error, ERROR_MEMORY,
					 "no memory for a listing");
	return 0;
}

int client_list_parallel(struct client *client, const char *const *instance_arns,
			 size_t count, const struct listing *known,
			 struct listing *listing, struct error *error)
{
	struct job job = {
		.instance_arns = instance_arns,
		.count = count,
		.known = known,
		.listings = calloc(count + 1, sizeof(struct listing)),
	};
	int r = 0;

	if (!job.listings)
		return error_set(error, ERROR_MEMORY, "no memory for a listing");
	pthread_mutex_init(&job.lock, NULL);
	r = run_workers(client, &job, error);
	if (r == 0)
		r = join_listings(&job, listing, error);
	for (size_t i = 0; i < count; i++)
		listing_fini(&job.listings[i]);
	if (r < 0)
		listing_fini(listing);
	free(job.listings);
	pthread_mutex_destroy(&job.lock);
	return r;
}
