/*
 * Many short listings at once: threads, each with a channel of its own, take them one
 * after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/thread.h"
#include "src/fetcher/client_private.h"

/* What all threads work at. */
struct errand {
	const char *const *instance_arns;
	size_t count;
	const struct listing *known;
	struct listing *listings; /* one an instance, each for who took it */
	atomic_size_t taken;
	pthread_mutex_t lock; /* guards: below */
	bool has_failed;      /* guarded by lock */
	struct error error;   /* guarded by lock; of the first that failed */
};

/* One thread's part. */
struct hand {
	struct errand *errand;
	struct service_channel *channel;
	pthread_t thread;
};

/* The others then take no more. */
static void fail(struct errand *errand, const struct error *error)
{
	pthread_mutex_lock(&errand->lock);
	if (!errand->has_failed)
		errand->error = *error;
	errand->has_failed = true;
	pthread_mutex_unlock(&errand->lock);
	atomic_store(&errand->taken, errand->count);
}

static void *work(void *data)
{
	struct hand *hand = data;
	struct errand *errand = hand->errand;
	size_t next = atomic_fetch_add(&errand->taken, 1);

	while (next < errand->count) {
		const struct dms_filters filters = {
			.replication_instance_arns = &errand->instance_arns[next],
			.replication_instance_arn_count = 1};
		struct error error = {0};

		if (dms_list_connections(hand->channel->dms, &filters, errand->known,
					 NULL, &errand->listings[next], &error))
			fail(errand, &error);
		next = atomic_fetch_add(&errand->taken, 1);
	}
	return NULL;
}

/* What the service's clock and its quota of retries came to is for all channels. */
static void share_state(struct service *service, struct service_channel *channel)
{
	const struct call_client *first = &service->channels[0].client;

	channel->client.retry.tokens = first->retry.tokens;
	channel->client.skew.offset_s = first->skew.offset_s;
}

static void take_state_back(struct service *service,
			    const struct service_channel *channel)
{
	struct retry *retry = &service->channels[0].client.retry;

	if (channel->client.retry.tokens < retry->tokens)
		retry->tokens = channel->client.retry.tokens;
}

/* Starts as many threads as there are to be, and can be; returns how many. */
static size_t start_hands(struct service *service, struct errand *errand,
			  struct hand hands[SERVICE_CHANNELS])
{
	size_t started = 0;
	struct error error;

	/* The first channel is also what credentials are asked for by. */
	for (size_t i = 1; i < SERVICE_CHANNELS && started < errand->count; i++) {
		struct hand *hand = &hands[started];

		*hand = (struct hand){.errand = errand,
				      .channel = &service->channels[i]};
		if (service_open_channel(service, hand->channel, &error))
			break;
		share_state(service, hand->channel);
		if (thread_start(&hand->thread, work, hand) < 0)
			break;
		started++;
	}
	return started;
}

static int run(struct service *service, struct errand *errand, struct error *error)
{
	struct hand hands[SERVICE_CHANNELS];
	size_t started = start_hands(service, errand, hands);

	for (size_t i = 0; i < started; i++) {
		pthread_join(hands[i].thread, NULL);
		take_state_back(service, hands[i].channel);
	}
	if (started == 0)
		return error_set(error, ERROR_MEMORY, "cannot start a thread");
	if (!errand->has_failed)
		return 0;
	*error = errand->error;
	return error_result(error);
}

static int join(struct errand *errand, struct listing *listing, struct error *error)
{
	for (size_t i = 0; i < errand->count; i++)
		if (listing_append(listing, &errand->listings[i]) < 0)
			return error_set(error, ERROR_MEMORY,
					 "no memory for a listing");
	return 0;
}

int service_list_parallel(struct service *service, const char *const *instance_arns,
			  size_t count, const struct listing *known,
			  struct listing *listing, struct error *error)
{
	struct errand errand = {
		.instance_arns = instance_arns,
		.count = count,
		.known = known,
		.listings = calloc(count + 1, sizeof(struct listing)),
	};
	int err;

	if (!errand.listings)
		return error_set(error, ERROR_MEMORY, "no memory for a listing");
	pthread_mutex_init(&errand.lock, NULL);
	err = run(service, &errand, error);
	if (!err)
		err = join(&errand, listing, error);
	for (size_t i = 0; i < count; i++)
		listing_fini(&errand.listings[i]);
	if (err)
		listing_fini(listing);
	free(errand.listings);
	pthread_mutex_destroy(&errand.lock);
	return err;
}
