/*
 * Credentials as values: made of their parts, copied, wiped.
 */
#ifndef DMSFS_SRC_CREDENTIALS_VALUES_H
#define DMSFS_SRC_CREDENTIALS_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "src/aws/credentials.h"
#include "src/base/error.h"

/* Deep copy; 0 or -ENOMEM. */
int credentials_copy(struct credentials *to, const struct credentials *from);

/* Wipes the memory of the secrets, frees it and clears the struct. */
void credentials_fini(struct credentials *credentials);

/* The findings of a provider; a part that is absent is NULL or empty. */
struct credentials_parts {
	const char *access_key_id;
	const char *access_key_id_name; /* as the user knows it, for messages */
	const char *secret_access_key;
	const char *secret_access_key_name;
	const char *session_token;
	const char *session_token_name;
	int64_t expires_at_s; /* 0: they do not expire */
	const char *source;   /* "environment", "profile prod in FILE" */
};

/*
 * Copies the parts, of which the access key id is there, into @credentials.
 * ERROR_CREDENTIALS, naming the part and the source and never the value, if the secret
 * key is missing or a part could not stand in a header of HTTP (as with a newline at
 * its end).
 */
int credentials_fill(struct credentials *credentials,
		     const struct credentials_parts *parts, struct error *error);

/* The names of credentials in a JSON document. */
struct credentials_members {
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;
	const char *expiration; /* ISO 8601 */
	bool is_temporary;	/* token and expiration are required */
};

/*
 * Takes them from @object. ERROR_CREDENTIALS, with @source and the member that is
 * missing or of the wrong type.
 */
int credentials_from_json(const cJSON *object,
			  const struct credentials_members *members, const char *source,
			  struct credentials *credentials, struct error *error);

#endif
