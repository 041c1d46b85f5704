/*
 * The cache of what the providers found, and when they are asked again.
 */
#include "src/credentials/chain.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/digits.h"
#include "src/credentials/provider.h"
#include "src/credentials/token_cache.h"

/* botocore's: from the first on a refresh is tried, from the second on it must
 * succeed. */
#define REFRESH_EARLY_S INT64_C(900)
#define REFRESH_LATE_S INT64_C(600)

/* Time between refreshes that fail. */
#define REFRESH_PAUSE_S INT64_C(60)

#define DESCRIPTION_SIZE 512

struct credentials_chain {
	struct credentials_options options;
	struct profile *reloaded; /* takes the place of options.profile, or NULL */
	struct credentials cached;
	bool is_cached;
	struct token_memory tokens;
	int64_t refresh_at_s;		    /* from when on a refresh is tried */
	int64_t must_at_s;		    /* from when on it must succeed */
	int64_t pause_s;		    /* between refreshes that fail */
	pthread_mutex_t use;		    /* guards: all above; taken before lock */
	pthread_mutex_t lock;		    /* guards: description */
	char description[DESCRIPTION_SIZE]; /* guarded by lock */
};

int credentials_chain_new(const struct credentials_options *options,
			  struct credentials_chain **chain)
{
	*chain = calloc(1, sizeof(**chain));
	if (!*chain)
		return -ENOMEM;
	(*chain)->options = *options;
	pthread_mutex_init(&(*chain)->use, NULL);
	pthread_mutex_init(&(*chain)->lock, NULL);
	return 0;
}

static void forget_cached(struct credentials_chain *chain)
{
	credentials_fini(&chain->cached);
	chain->is_cached = false;
}

void credentials_chain_free(struct credentials_chain *chain)
{
	if (!chain)
		return;
	forget_cached(chain);
	token_memory_fini(&chain->tokens);
	profile_free(chain->reloaded);
	pthread_mutex_destroy(&chain->lock);
	pthread_mutex_destroy(&chain->use);
	free(chain);
}

void credentials_chain_invalidate(struct credentials_chain *chain)
{
	pthread_mutex_lock(&chain->use);
	forget_cached(chain);
	credentials_explain(
		&chain->options,
		"credentials: the service refuses them; fetching fresh ones");
	pthread_mutex_unlock(&chain->use);
}

char *credentials_describe(struct credentials_chain *chain, char *out, size_t size)
{
	pthread_mutex_lock(&chain->lock);
	snprintf(out, size, "%s", chain->description);
	pthread_mutex_unlock(&chain->lock);
	return out;
}

static void describe(struct credentials_chain *chain)
{
	const struct credentials *cached = &chain->cached;
	char id[CREDENTIALS_ID_SIZE];
	char until[TIMESTAMP_SIZE] = "";

	if (cached->expires_at_s != 0)
		timestamp_format(cached->expires_at_s, until);
	credentials_hide_id(cached->access_key_id, id);
	pthread_mutex_lock(&chain->lock);
	snprintf(chain->description, sizeof(chain->description), "%s, %s%s%s",
		 cached->source, id, *until ? ", until " : "", until);
	pthread_mutex_unlock(&chain->lock);
}

/* The profile in force, its files read again if they have changed. */
static const struct profile *current_profile(const struct credentials_chain *chain)
{
	return chain->reloaded ? chain->reloaded : chain->options.profile;
}

static int reload_profile(struct credentials_chain *chain, struct error *error)
{
	struct profile *fresh = NULL;
	int r;

	if (!profile_is_outdated(current_profile(chain)))
		return 0;
	r = profile_reload(current_profile(chain), &fresh, error);
	if (r < 0)
		return r;
	profile_free(chain->reloaded);
	chain->reloaded = fresh;
	return 0;
}

static int load_credentials(struct credentials_chain *chain,
			    struct credentials *credentials, struct error *error)
{
	struct credentials_options options = chain->options;
	struct credentials_query query = {.options = &options};
	int r;

	r = reload_profile(chain, error);
	if (r < 0)
		return r;
	options.profile = current_profile(chain);
	options.tokens = &chain->tokens;
	query.name = profile_name(options.profile);
	query.is_environment_left_out = profile_is_explicit(options.profile);
	r = credentials_search(&query, false, credentials, error);
	return r == -ENOENT ? error_result(error) : r;
}

static int64_t min_s(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void schedule(struct credentials_chain *chain, int64_t now)
{
	int64_t expiry = chain->cached.expires_at_s;
	int64_t early_s = min_s(REFRESH_EARLY_S, (expiry - now) / 2);
	int64_t late_s = min_s(REFRESH_LATE_S, (expiry - now) / 3);

	if (expiry == 0) {
		chain->refresh_at_s = INT64_MAX;
		chain->must_at_s = INT64_MAX;
		return;
	}
	chain->refresh_at_s = expiry - early_s;
	chain->must_at_s = expiry - late_s;
	chain->pause_s = min_s(REFRESH_PAUSE_S, early_s / 10 + 1);
}

static bool must_refresh(const struct credentials_chain *chain, int64_t now)
{
	return !chain->is_cached || now >= chain->must_at_s;
}

/* A file that has changed may be half written, as by an editor or by the AWS CLI, which
 * empties it first. It is no reason to give up credentials that are good. */
static bool should_refresh(const struct credentials_chain *chain, int64_t now)
{
	return must_refresh(chain, now) || now >= chain->refresh_at_s ||
	       profile_is_outdated(current_profile(chain));
}

/* No file is on its way to become a FIFO, or one that somebody else may read. */
static bool is_unreadable(int r, const struct error *reason)
{
	return r == -EACCES && reason->kind == ERROR_CONFIG;
}

static int refresh(struct credentials_chain *chain, int64_t now, struct error *error)
{
	bool is_must = must_refresh(chain, now);
	struct credentials fresh = {0};
	struct error reason = {0};
	int r;

	r = load_credentials(chain, &fresh, &reason);
	is_must |= is_unreadable(r, &reason);
	if (r < 0 && !is_must) {
		if (chain->cached.expires_at_s != 0)
			chain->refresh_at_s = now + chain->pause_s;
		credentials_explain(&chain->options,
				    "credentials: keeping the old ones for now: %s",
				    reason.text);
		return 0;
	}
	if (r < 0) {
		if (error)
			*error = reason;
		return error_result(&reason);
	}
	forget_cached(chain);
	chain->cached = fresh;
	chain->is_cached = true;
	schedule(chain, now);
	describe(chain);
	return 0;
}

int credentials_chain_get(struct credentials_chain *chain,
			  struct credentials *credentials, struct error *error)
{
	int64_t now;
	int r = 0;

	memset(credentials, 0, sizeof(*credentials));
	pthread_mutex_lock(&chain->use);
	now = credentials_now_s(&chain->options);
	if (should_refresh(chain, now))
		r = refresh(chain, now, error);
	if (r == 0 && credentials_copy(credentials, &chain->cached) < 0)
		r = error_set(error, ERROR_MEMORY, "no memory for credentials");
	pthread_mutex_unlock(&chain->use);
	return r;
}
