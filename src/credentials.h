/*
 * AWS credentials and the chain of providers that yields them.
 */
#ifndef DMSFS_SRC_CREDENTIALS_H
#define DMSFS_SRC_CREDENTIALS_H

#include <stdint.h>

#include "clock.h"
#include "error.h"
#include "http.h"
#include "profile.h"

struct credentials {
	char *access_key_id;	 /* owned */
	char *secret_access_key; /* owned */
	char *session_token;	 /* owned, or NULL */
	int64_t expires_at_s;	 /* seconds since 1970; 0: they do not expire */
	char source[192];	 /* for people: "environment", "profile prod (...)" */
};

/* Deep copy; 0 or -ENOMEM. */
int credentials_copy(struct credentials *to, const struct credentials *from);

/* Wipes the memory of the secrets, frees it and clears the struct. */
void credentials_fini(struct credentials *credentials);

struct credentials_chain;

struct credentials_options {
	const struct profile *profile;	 /* borrowed for the chain's lifetime */
	struct http_transport transport; /* for the providers that ask a service */
	struct clock clock;
};

int credentials_chain_new(const struct credentials_options *options,
			  struct credentials_chain **chain);
void credentials_chain_free(struct credentials_chain *chain);

/*
 * Credentials that are valid now, copied into @credentials for the caller to
 * _fini; cached until they near their expiry. -EACCES with the sources that
 * were looked at in @error, or what a provider failed with. For one thread at a
 * time, as it may use the transport.
 */
int credentials_chain_get(struct credentials_chain *chain,
			  struct credentials *credentials, struct error *error);

/* Forgets what is cached, as after the service called it invalid; the next
 * credentials_chain_get() reads the files again. */
void credentials_chain_invalidate(struct credentials_chain *chain);

#endif
