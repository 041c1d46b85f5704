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

/* "FOLDER/HASH.json" with the hash of @name in hex: SHA-1 or SHA-256. Allocated for
 * the caller to free; NULL without memory. */
char *token_cache_path(const char *folder, const char *name, bool is_sha256);

/* Reads the file: an object for json_wipe(). -ENOENT if there is none, another
 * negative errno if it is unusable: both with the path in @error. */
int token_cache_read(const char *path, cJSON **root, struct error *error);

/* Replaces the file, atomically and with mode 0600. */
int token_cache_write(const char *path, const cJSON *root, struct error *error);

/* Puts a string in the place of member @name; false without memory. */
bool token_cache_set(cJSON *object, const char *name, const char *value);

/* The time in member @name of @object; false if there is none. */
bool token_cache_time(const cJSON *object, const char *name, int64_t *seconds);

/* A number of seconds such as "expiresIn"; false if it is none, or out of reason. */
bool token_cache_seconds(const cJSON *object, const char *name, int64_t *seconds);

#endif
