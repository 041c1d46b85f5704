#include "fs/publish/turns.h"

#include <errno.h>

void turns_init(struct turns *turns)
{
	*turns = (struct turns){.events = 0};
	pthread_mutex_init(&turns->lock, NULL);
	pthread_cond_init(&turns->passed, NULL);
}

void turns_fini(struct turns *turns)
{
	pthread_cond_destroy(&turns->passed);
	pthread_mutex_destroy(&turns->lock);
}

int turns_take(struct turns *turns)
{
	uint64_t ticket = 0;
	bool is_cancelled = false;

	pthread_mutex_lock(&turns->lock);
	ticket = turns->taken++;
	while (ticket != turns->current && !turns->is_cancelled)
		pthread_cond_wait(&turns->passed, &turns->lock);
	is_cancelled = turns->is_cancelled;
	pthread_mutex_unlock(&turns->lock);
	return is_cancelled ? -ECANCELED : 0;
}

void turns_pass(struct turns *turns)
{
	pthread_mutex_lock(&turns->lock);
	turns->current++;
	pthread_cond_broadcast(&turns->passed);
	pthread_mutex_unlock(&turns->lock);
}

bool turns_are_wanted(struct turns *turns)
{
	bool is_wanted = false;

	pthread_mutex_lock(&turns->lock);
	is_wanted = turns->taken > turns->current + 1;
	pthread_mutex_unlock(&turns->lock);
	return is_wanted;
}

void turns_cancel(struct turns *turns)
{
	pthread_mutex_lock(&turns->lock);
	turns->is_cancelled = true;
	pthread_cond_broadcast(&turns->passed);
	pthread_mutex_unlock(&turns->lock);
}
