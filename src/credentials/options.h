/*
 * The set-up that credentials are looked for with.
 */
#ifndef DMSFS_SRC_CREDENTIALS_OPTIONS_H
#define DMSFS_SRC_CREDENTIALS_OPTIONS_H

#include "src/aws/call.h"
#include "src/aws/profile.h"
#include "src/http/http.h"

struct token_memory;

struct credentials_options {
	const struct profile *profile;	 /* borrowed for the chain's lifetime */
	struct http_transport transport; /* for the providers that ask a service */
	struct call_client *client;	 /* borrowed; its clock is the one used */
	struct token_memory *tokens;	 /* the chain's own; NULL in what makes one */
	/* Gets a line for each provider that was asked: why it was passed over, what
	 * was taken; never a secret. NULL: nobody listens. */
	void (*explain)(void *data, const char *line);
	/* Gets a line for the log; the same otherwise. */
	void (*warn)(void *data, const char *line);
	void *explain_data;
};

#endif
