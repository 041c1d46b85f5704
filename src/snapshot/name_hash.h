/*
 * The 16 hex digits at the end of a name that was cut or shared: the first ones of
 * a SHA-256.
 */
#ifndef DMSFS_SRC_SNAPSHOT_NAME_HASH_H
#define DMSFS_SRC_SNAPSHOT_NAME_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_HASH_DIGITS 16
#define NAME_HASH_SIZE (NAME_HASH_DIGITS + 1)

/* Starts zeroed. OpenSSL's context is made by the first name_hash_add(). */
struct name_hash {
	struct evp_md_ctx_st *context;
	bool is_failed;
};

void name_hash_add(struct name_hash *hash, const void *data, size_t len);

/* Writes the digits, lower-case, and frees what @hash holds. False: OpenSSL had no
 * memory, here or in one of the calls before; @digits is then empty. */
bool name_hash_end(struct name_hash *hash, char digits[NAME_HASH_SIZE]);

#endif
