/*
 * A hash of short texts, for tables in memory alone.
 */
#ifndef DMSFS_SRC_BASE_TEXT_HASH_H
#define DMSFS_SRC_BASE_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>

/* How far a table looks for an equal text before it stores one once more: this keeps
 * the work linear even where somebody makes the hashes collide. */
#define TEXT_HASH_PROBES_MAX 16

/* FNV-1a of a terminated text, whose length comes into @len. */
static inline uint32_t text_hash(const char *text, size_t *len)
{
	uint32_t hash = 2166136261U;
	const char *at = text;

	for (; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	*len = (size_t)(at - text);
	return hash;
}

#endif
