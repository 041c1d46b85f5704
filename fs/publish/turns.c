#include "fs/publish/turns.h"

#include <errno.h>
#include <time.h>

#include "src/base/clock.h"

struct waiter {
	struct waiter *next;
	bool is_served;
};

void turns_init(struct turns *turns)
{
	pthread_condattr_t attributes;

	*turns = (struct turns){.first = NULL};
	pthread_mutex_init(&turns->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&turns->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void turns_fini(struct turns *turns)
{
	pthread_cond_destroy(&turns->changed);
	pthread_mutex_destroy(&turns->lock);
}

static struct timespec deadline_after(int timeout_ms)
{
	struct timespec end;
	int64_t ns = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	ns = end.tv_nsec + timeout_ms * NS_PER_MS;
	end.tv_sec += ns / NS_PER_S;
	end.tv_nsec = ns % NS_PER_S;
	return end;
}

static struct waiter **find_link(struct turns *turns, const struct waiter *waiter)
{
	struct waiter **link = &turns->first;

	while (*link != waiter)
		link = &(*link)->next;
	return link;
}

/* The lock is held. */
static int await_turn(struct turns *turns, int timeout_ms)
{
	const struct timespec end = deadline_after(timeout_ms);
	struct waiter waiter = {.next = NULL};
	int r = 0;

	*find_link(turns, NULL) = &waiter;
	while (r == 0 && !waiter.is_served && !turns->is_cancelled)
		r = pthread_cond_timedwait(&turns->changed, &turns->lock, &end);
	if (waiter.is_served)
		return 0;
	*find_link(turns, &waiter) = waiter.next;
	return turns->is_cancelled ? -ECANCELED : -r;
}

int turns_take(struct turns *turns, int timeout_ms)
{
	int r = 0;

	pthread_mutex_lock(&turns->lock);
	if (turns->is_cancelled)
		r = -ECANCELED;
	else if (turns->is_taken)
		r = await_turn(turns, timeout_ms);
	turns->is_taken |= r == 0;
	pthread_mutex_unlock(&turns->lock);
	return r;
}

void turns_pass(struct turns *turns)
{
	struct waiter *next = NULL;

	pthread_mutex_lock(&turns->lock);
	next = turns->first;
	turns->is_taken = next;
	if (next) {
		turns->first = next->next;
		next->is_served = true;
	}
	pthread_cond_broadcast(&turns->changed);
	pthread_mutex_unlock(&turns->lock);
}

bool turns_are_wanted(struct turns *turns)
{
	bool is_wanted = false;

	pthread_mutex_lock(&turns->lock);
	is_wanted = turns->first;
	pthread_mutex_unlock(&turns->lock);
	return is_wanted;
}

void turns_cancel(struct turns *turns)
{
	pthread_mutex_lock(&turns->lock);
	turns->is_cancelled = true;
	pthread_cond_broadcast(&turns->changed);
	pthread_mutex_unlock(&turns->lock);
}
