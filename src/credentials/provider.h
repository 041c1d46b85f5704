/*
 * A provider: one place that credentials may come from. To add one, write its
 * file, declare it here, and give it its row in the table of providers.c.
 */
#ifndef DMSFS_SRC_CREDENTIALS_PROVIDER_H
#define DMSFS_SRC_CREDENTIALS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/error.h"
#include "src/credentials/options.h"
#include "src/credentials/values.h"

#define CREDENTIALS_WHY_SIZE 320

/* A request to a provider. */
struct credentials_query {
	/* Their profile is the one in force: its variables and files, and what it
	 * says of regions and endpoints, hold for source profiles as well. */
	const struct credentials_options *options;
	const char *name;	      /* the profile whose keys count */
	bool is_environment_left_out; /* its variables that name credentials */
	char *why;		      /* for credentials_pass() */
};

struct credentials_provider {
	const char *name; /* "environment" */
	/*
	 * 0 and filled @credentials (handed in empty); -ENOENT by credentials_pass()
	 * if the user did not set this provider up, and the next one is asked; any
	 * other errno with @error, which names the provider and its source, ends the
	 * search. Called again for each refresh. @error may not be NULL.
	 */
	int (*load)(const struct credentials_query *query,
		    struct credentials *credentials, struct error *error);
};

extern const struct credentials_provider credentials_environment;
extern const struct credentials_provider credentials_assume_role;
extern const struct credentials_provider credentials_web_identity;
extern const struct credentials_provider credentials_sso;
extern const struct credentials_provider credentials_shared_file;
extern const struct credentials_provider credentials_login;
extern const struct credentials_provider credentials_process;
extern const struct credentials_provider credentials_config_file;
extern const struct credentials_provider credentials_container;
extern const struct credentials_provider credentials_imds;

/*
 * Asks the providers in their order, those of a profile's keys alone with
 * @is_profile_only, as for a source profile. -ENOENT with ERROR_CREDENTIALS and
 * what each of them looked for if none has any. What is found is still valid.
 */
int credentials_search(const struct credentials_query *query, bool is_profile_only,
		       struct credentials *credentials, struct error *error);

/* Asks one provider and explains what it said; results as of its load(). */
int credentials_ask(const struct credentials_provider *provider,
		    const struct credentials_query *query,
		    struct credentials *credentials, struct error *error);

/* Says why a provider is passed over ("no role_arn"), and returns -ENOENT. */
int credentials_pass(const struct credentials_query *query, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One line for -d. Never with a secret in it. */
void credentials_explain(const struct credentials_options *options, const char *format,
			 ...) __attribute__((format(printf, 2, 3)));

/* One line for the log, after "warning: ". The same. */
void credentials_warn(const struct credentials_options *options, const char *format,
		      ...) __attribute__((format(printf, 2, 3)));

/* Key @key (merged view) of the profile that is asked for, or NULL. */
const char *credentials_key(const struct credentials_query *query, const char *key);

/* Seconds since 1970, by the clock of the options. */
int64_t credentials_now_s(const struct credentials_options *options);

/* "****" and the last four characters of the id, if it is long enough to keep the
 * rest a secret. Returns @out. */
#define CREDENTIALS_ID_SIZE 9
char *credentials_hide_id(const char *access_key_id, char out[CREDENTIALS_ID_SIZE]);

#endif
