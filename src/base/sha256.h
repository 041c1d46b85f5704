/*
 * SHA-256 and its HMAC for who needs many. OpenSSL 3 looks an algorithm up by its
 * name at each start, which takes longer than to hash a small text: here that is
 * done once.
 */
#ifndef DMSFS_SRC_BASE_SHA256_H
#define DMSFS_SRC_BASE_SHA256_H

#include <stddef.h>

#define SHA256_BYTES 32

struct sha256;

/* For one thread at a time. 0, -ENOMEM, or -EIO if OpenSSL has no SHA-256. */
int sha256_new(struct sha256 **sha256);
/* Wipes what it was given. Takes NULL. */
void sha256_free(struct sha256 *sha256);

/* 0, or -EIO if OpenSSL fails. @data may be NULL when @len is 0. */
int sha256_hash(struct sha256 *sha256, const void *data, size_t len,
		unsigned char hash[SHA256_BYTES]);
int sha256_hmac(struct sha256 *sha256, const void *key, size_t key_len,
		const void *data, size_t len, unsigned char hash[SHA256_BYTES]);

#endif
