/*
 * AWS credentials and the chain of providers that yields them.
 */
#ifndef DMSFS_SRC_CREDENTIALS_CHAIN_H
#define DMSFS_SRC_CREDENTIALS_CHAIN_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/credentials/options.h"
#include "src/credentials/values.h"

struct credentials_chain;

/* The options are copied. 0 or -ENOMEM. */
int credentials_chain_new(const struct credentials_options *options,
			  struct credentials_chain **chain);
void credentials_chain_free(struct credentials_chain *chain);

/*
 * Credentials that are valid now, copied into @credentials for the caller to
 * _fini; cached until they near their expiry or one of the two files of the
 * profile changes. -EACCES with the sources that were looked at in @error, or what
 * a provider failed with. Any thread; one waits while another asks. It may use the
 * transport and the client, so no other may do that meanwhile.
 *
 * As in botocore a refresh is tried from 15 minutes before expiry and must succeed
 * from 10 minutes before; of credentials that are shorter-lived, from half of
 * their life and from its last third on.
 */
int credentials_chain_get(struct credentials_chain *chain,
			  struct credentials *credentials, struct error *error);

/* Forgets what is cached, as after the service called it invalid; the next
 * credentials_chain_get() reads the files again. */
void credentials_chain_invalidate(struct credentials_chain *chain);

/*
 * Writes which credentials are in use, as in "SSO (profile prod), ****WXYZ, until
 * 2026-11-23T14:19:57Z"; empty while there are none. Returns @out. Any thread.
 */
char *credentials_describe(struct credentials_chain *chain, char *out, size_t size);

#endif
