/*
 * A file in which another AWS tool keeps the token of a session, as JSON, and to
 * which a renewed one is written back.
 */
#ifndef DMSFS_SRC_CREDENTIALS_TOKEN_CACHE_H
#define DMSFS_SRC_CREDENTIALS_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "src/base/error.h"
#include "src/credentials/options.h"

/* "FOLDER/HASH.json" with the hash of @name in hex: SHA-1 or SHA-256. Allocated for
 * the caller to free; NULL without memory. */
char *token_cache_path(const char *folder, const char *name, bool is_sha256);

/*
 * The renewed tokens that could not be written back, by their paths: services may take
 * a token for a renewal once only, so that the file's is of no use any more. Starts
 * zeroed; NULL remembers nothing.
 */
struct token_memory {
	struct kept_token *first; /* owned */
};

void token_memory_fini(struct token_memory *memory);

/*
 * Reads the file, or takes what is remembered of it if it is as it was then, since a
 * new login counts more: an object for json_wipe(). -ENOENT if there is none, another
 * negative errno if it is unusable: both with the path in @error.
 */
int token_cache_read(struct token_memory *memory, const char *path, cJSON **root,
		     struct error *error);

/*
 * Replaces the file that was read last, atomically and with mode 0600. Where that
 * fails, @root is remembered until a later one can be written, with one warning by
 * @options; @source begins it, and @command is what to run when dmsfs has ended.
 */
void token_cache_write(const struct credentials_options *options, const char *source,
		       const char *path, const cJSON *root, const char *command);

/* Puts a string in the place of member @name; false without memory. */
bool token_cache_set(cJSON *object, const char *name, const char *value);

/* The time in member @name of @object; false if there is none. */
bool token_cache_time(const cJSON *object, const char *name, int64_t *seconds);

/* A number of seconds such as "expiresIn"; false if it is none, or out of reason. */
bool token_cache_seconds(const cJSON *object, const char *name, int64_t *seconds);

#endif
