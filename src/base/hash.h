/*
 * A quick hash of bytes, for tables in memory. It withstands nobody who wants
 * collisions: tables bound what these cost.
 */
#ifndef DMSFS_SRC_BASE_HASH_H
#define DMSFS_SRC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_MULTIPLIER UINT64_C(0x9E3779B97F4A7C15) /* 2^64 by the golden ratio */

static inline uint64_t hash_mix(uint64_t hash, const char *bytes, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, bytes, len);
	hash = (hash ^ word) * HASH_MULTIPLIER;
	return hash ^ hash >> 32;
}

/* Begins with @seed and takes eight bytes at a time, at the end some a second time. */
static inline uint32_t hash_bytes(uint64_t seed, const char *bytes, size_t len)
{
	uint64_t hash = seed ^ len;
	const char *last = NULL;

	if (len < sizeof(hash)) {
		hash = hash_mix(hash, bytes, len);
	} else {
		last = bytes + len - sizeof(hash);
		for (; bytes < last; bytes += sizeof(hash))
			hash = hash_mix(hash, bytes, sizeof(hash));
		hash = hash_mix(hash, last, sizeof(hash));
	}
	return (uint32_t)(hash * HASH_MULTIPLIER >> 32);
}

#endif
