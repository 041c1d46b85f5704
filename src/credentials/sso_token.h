/*
 * The token of a session of IAM Identity Center, as "aws sso login" leaves it.
 */
#ifndef DMSFS_SRC_CREDENTIALS_SSO_TOKEN_H
#define DMSFS_SRC_CREDENTIALS_SSO_TOKEN_H

#include "src/base/error.h"
#include "src/credentials/options.h"

/* The set-up of a profile for SSO; all borrowed. */
struct sso_config {
	const char *profile;
	const char *session; /* of [sso-session NAME]; NULL: the older way, without */
	const char *start_url;
	const char *region;
	const char *account_id;
	const char *role_name;
};

/*
 * The access token, allocated for the caller to wipe and free. That of a session is
 * renewed within 15 minutes of its end, and written back for the other tools; one
 * without a session lasts until its end. A text says what to run where only a login
 * helps. @error may not be NULL.
 */
int sso_token_load(const struct credentials_options *options,
		   const struct sso_config *config, char **token, struct error *error);

/* The error that only a login mends, after @reason. Returns its errno. */
int sso_token_fail(const struct sso_config *config, const char *reason,
		   struct error *error);

#endif
