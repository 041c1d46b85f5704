#include "credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "credentials_provider.h"

/* botocore's: from the first on a refresh is tried, from the second on it must
 * succeed. */
#define REFRESH_EARLY_S INT64_C(900)
#define REFRESH_LATE_S INT64_C(600)

/* Time between refreshes that fail, or that bring what expires soon as well. */
#define REFRESH_PAUSE_S INT64_C(60)

#define DESCRIPTION_SIZE 512

/* In the order in which botocore asks them. */
static const struct credentials_provider *const providers[] = {
	&credentials_environment,
	&credentials_shared_file,
	&credentials_config_file,
};

#define PROVIDER_COUNT (sizeof(providers) / sizeof(*providers))

struct credentials_chain {
	struct credentials_options options;
	struct profile *reloaded; /* takes the place of options.profile, or NULL */
	struct credentials cached;
	bool is_cached;
	bool has_loaded; /* once: what the files held may be old by the next time */
	int64_t refresh_at_s;
};

static void wipe_string(char **string)
{
	if (*string)
		OPENSSL_cleanse(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

void credentials_fini(struct credentials *credentials)
{
	wipe_string(&credentials->access_key_id);
	wipe_string(&credentials->secret_access_key);
	wipe_string(&credentials->session_token);
	memset(credentials, 0, sizeof(*credentials));
}

int credentials_copy(struct credentials *to, const struct credentials *from)
{
	struct credentials copy = *from;

	copy.access_key_id = strdup(from->access_key_id);
	copy.secret_access_key = strdup(from->secret_access_key);
	copy.session_token = from->session_token ? strdup(from->session_token) : NULL;
	if (!copy.access_key_id || !copy.secret_access_key ||
	    (from->session_token && !copy.session_token)) {
		credentials_fini(&copy);
		memset(to, 0, sizeof(*to));
		return -ENOMEM;
	}
	*to = copy;
	return 0;
}

static bool is_given(const char *part)
{
	return part && *part != '\0';
}

static int check_part(const char *part, const char *name, const char *source,
		      struct error *error)
{
	for (const char *c = part; c && *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(error, ERROR_CREDENTIALS,
					 "%s (%s) holds a blank, a newline or another "
					 "character that no key has",
					 name, source);
	return 0;
}

static int check_pair(const struct credentials_parts *parts, struct error *error)
{
	bool has_id = is_given(parts->access_key_id);
	bool has_secret = is_given(parts->secret_access_key);

	if (!has_id && !has_secret)
		return -ENOENT;
	if (has_id && has_secret)
		return 0;
	return error_set(
		error, ERROR_CREDENTIALS,
		"half a key pair (%s): %s is set and %s is missing", parts->source,
		has_id ? parts->access_key_id_name : parts->secret_access_key_name,
		has_id ? parts->secret_access_key_name : parts->access_key_id_name);
}

int credentials_fill(struct credentials *credentials,
		     const struct credentials_parts *parts, struct error *error)
{
	char *token = NULL;
	int rc;

	rc = check_pair(parts, error);
	if (rc == 0)
		rc = check_part(parts->access_key_id, parts->access_key_id_name,
				parts->source, error);
	if (rc == 0)
		rc = check_part(parts->secret_access_key, parts->secret_access_key_name,
				parts->source, error);
	if (rc == 0)
		rc = check_part(parts->session_token, parts->session_token_name,
				parts->source, error);
	if (rc < 0)
		return rc;
	credentials->access_key_id = strdup(parts->access_key_id);
	credentials->secret_access_key = strdup(parts->secret_access_key);
	token = is_given(parts->session_token) ? strdup(parts->session_token) : NULL;
	credentials->session_token = token;
	credentials->expires_at_s = parts->expires_at_s;
	snprintf(credentials->source, sizeof(credentials->source), "%s", parts->source);
	if (credentials->access_key_id && credentials->secret_access_key &&
	    (token || !is_given(parts->session_token)))
		return 0;
	credentials_fini(credentials);
	return error_set(error, ERROR_MEMORY, "no memory for credentials");
}

int credentials_chain_new(const struct credentials_options *options,
			  struct credentials_chain **chain)
{
	*chain = calloc(1, sizeof(**chain));
	if (!*chain)
		return -ENOMEM;
	(*chain)->options = *options;
	return 0;
}

static void forget(struct credentials_chain *chain)
{
	credentials_fini(&chain->cached);
	chain->is_cached = false;
}

void credentials_chain_free(struct credentials_chain *chain)
{
	if (!chain)
		return;
	forget(chain);
	profile_free(chain->reloaded);
	free(chain);
}

void credentials_chain_invalidate(struct credentials_chain *chain)
{
	forget(chain);
}

static int64_t now_s(const struct credentials_chain *chain)
{
	const struct clock *clock = &chain->options.clock;

	return clock->realtime_ns(clock->data) / NS_PER_S;
}

static int fail_none(const struct credentials_options *options, struct error *error)
{
	char list[PROVIDER_COUNT * (DESCRIPTION_SIZE + 64)] = "";
	size_t used = 0;

	for (size_t i = 0; i < PROVIDER_COUNT && used < sizeof(list); i++) {
		char text[DESCRIPTION_SIZE] = "";

		providers[i]->describe(options, text, sizeof(text));
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s (%s)",
					 i ? ", " : "", providers[i]->name, text);
	}
	return error_set(error, ERROR_CREDENTIALS,
			 "no AWS credentials found; looked at: %s", list);
}

static int ask_providers(const struct credentials_options *options,
			 struct credentials *credentials, struct error *error)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		int rc = providers[i]->load(options, credentials, error);

		if (rc != -ENOENT)
			return rc;
	}
	return fail_none(options, error);
}

/* The files are read again: tools write new keys into them day by day. */
static int reload_profile(struct credentials_chain *chain, struct error *error)
{
	struct profile *fresh = NULL;
	int rc;

	rc = profile_reload(chain->options.profile, &fresh, error);
	if (rc < 0)
		return rc;
	profile_free(chain->reloaded);
	chain->reloaded = fresh;
	return 0;
}

static int check_expiry(const struct credentials *credentials, int64_t now,
			struct error *error)
{
	time_t expiry = credentials->expires_at_s;
	struct tm utc = {.tm_mday = 1};
	char text[32] = "";

	if (expiry == 0 || now < expiry)
		return 0;
	gmtime_r(&expiry, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return error_set(error, ERROR_CREDENTIALS,
			 "the credentials of %s expired at %s; renew them",
			 credentials->source, text);
}

static int load(struct credentials_chain *chain, int64_t now,
		struct credentials *credentials, struct error *error)
{
	struct credentials_options options = chain->options;
	int rc = 0;

	if (chain->has_loaded)
		rc = reload_profile(chain, error);
	chain->has_loaded = true;
	if (rc < 0)
		return rc;
	if (chain->reloaded)
		options.profile = chain->reloaded;
	rc = ask_providers(&options, credentials, error);
	if (rc == 0)
		rc = check_expiry(credentials, now, error);
	if (rc < 0)
		credentials_fini(credentials);
	return rc;
}

static bool is_good_for(const struct credentials_chain *chain, int64_t until_s)
{
	return chain->is_cached && (chain->cached.expires_at_s == 0 ||
				    until_s < chain->cached.expires_at_s);
}

static bool needs_refresh(const struct credentials_chain *chain, int64_t now)
{
	if (!is_good_for(chain, now))
		return true;
	return chain->cached.expires_at_s != 0 && now >= chain->refresh_at_s;
}

static int refresh(struct credentials_chain *chain, int64_t now, struct error *error)
{
	struct credentials fresh = {0};
	struct error reason;
	int rc;

	rc = load(chain, now, &fresh, &reason);
	chain->refresh_at_s = now + REFRESH_PAUSE_S;
	if (rc < 0 && is_good_for(chain, now + REFRESH_LATE_S))
		return 0;
	if (rc < 0) {
		if (error)
			*error = reason;
		return rc;
	}
	forget(chain);
	chain->cached = fresh;
	chain->is_cached = true;
	if (fresh.expires_at_s - REFRESH_EARLY_S > chain->refresh_at_s)
		chain->refresh_at_s = fresh.expires_at_s - REFRESH_EARLY_S;
	return 0;
}

int credentials_chain_get(struct credentials_chain *chain,
			  struct credentials *credentials, struct error *error)
{
	int64_t now = now_s(chain);
	int rc = 0;

	memset(credentials, 0, sizeof(*credentials));
	if (needs_refresh(chain, now))
		rc = refresh(chain, now, error);
	if (rc == 0 && credentials_copy(credentials, &chain->cached) < 0)
		rc = error_set(error, ERROR_MEMORY, "no memory for credentials");
	return rc;
}
