/*
 * The Security Token Service: the credentials of a role.
 */
#ifndef DMSFS_SRC_CREDENTIALS_STS_H
#define DMSFS_SRC_CREDENTIALS_STS_H

#include "src/base/error.h"
#include "src/credentials/options.h"

#define STS_TOKEN_MAX_BYTES ((size_t)64 * 1024)

/* All borrowed for the time of the call; what may be NULL is left out then. */
struct sts_role {
	const char *arn;
	const char *session_name;     /* NULL: one of dmsfs */
	const char *external_id;      /* or NULL */
	const char *duration_seconds; /* or NULL */
	const char *source;	      /* for credentials and messages */
};

/*
 * AssumeRole, signed by @signer. 0 and filled @credentials, or a negative errno
 * with @error, which begins with the source. @error may not be NULL.
 */
int sts_assume_role(const struct credentials_options *options,
		    const struct sts_role *role, const struct credentials *signer,
		    struct credentials *credentials, struct error *error);

/* AssumeRoleWithWebIdentity, not signed: @token is what proves who asks. */
int sts_assume_role_with_web_identity(const struct credentials_options *options,
				      const struct sts_role *role, const char *token,
				      struct credentials *credentials,
				      struct error *error);

#endif
