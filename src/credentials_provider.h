/*
 * A provider: one place that credentials may come from. To add one, write its
 * file, declare it here, and give it its row in the table of credentials.c.
 */
#ifndef DMSFS_SRC_CREDENTIALS_PROVIDER_H
#define DMSFS_SRC_CREDENTIALS_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#include "credentials.h"
#include "error.h"

struct credentials_provider {
	const char *name; /* "environment" */
	/*
	 * 0 and filled @credentials (handed in empty); -ENOENT, without an error, if
	 * the user did not set this provider up, and the next one is asked; any other
	 * errno with @error ends the search. Called again for each refresh.
	 */
	int (*load)(const struct credentials_options *options,
		    struct credentials *credentials, struct error *error);
	/* Writes what load() looks for and where, for the message that there are no
	 * credentials at all. */
	void (*describe)(const struct credentials_options *options, char *out,
			 size_t size);
};

extern const struct credentials_provider credentials_environment;
extern const struct credentials_provider credentials_shared_file;
extern const struct credentials_provider credentials_config_file;

/* What a provider found; a part that is absent is NULL or empty. */
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
 * Copies the parts into @credentials. -ENOENT if neither half of the key pair is
 * there. ERROR_CREDENTIALS, naming the part and the source and never the value,
 * if one half is missing or a part could not stand in a header of HTTP (as with
 * a newline at its end).
 */
int credentials_fill(struct credentials *credentials,
		     const struct credentials_parts *parts, struct error *error);

/* One of the two files, as a provider of the profile's own keys. */
struct credentials_file {
	const char *(*get)(const struct profile *profile, const char *key);
	const char *(*path)(const struct profile *profile);
};

/* load() and describe() of a provider, for that file. */
int credentials_file_load(const struct credentials_file *file,
			  const struct credentials_options *options,
			  struct credentials *credentials, struct error *error);
void credentials_file_describe(const struct credentials_file *file,
			       const struct credentials_options *options, char *out,
			       size_t size);

#endif
