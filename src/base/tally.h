/*
 * Counts by two names, such as of requests by operation and result. Names come from
 * strangers, so the number of pairs is bounded.
 */
#ifndef DMSFS_SRC_BASE_TALLY_H
#define DMSFS_SRC_BASE_TALLY_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Longer names are cut. */
#define TALLY_NAME_SIZE 96

/* So many pairs are told apart; the rest count as TALLY_OTHER, TALLY_OTHER. */
#define TALLY_PAIRS_MAX ((size_t)128)
#define TALLY_OTHER "other"

struct tally_entry {
	char first[TALLY_NAME_SIZE];
	char second[TALLY_NAME_SIZE];
	uint64_t count;
};

struct tally {
	pthread_mutex_t lock; /* guards: all below; no other lock is taken under it */
	struct tally_entry *entries; /* owned */
	size_t count;
};

void tally_init(struct tally *tally);
void tally_fini(struct tally *tally);

/* Counts one more. Without memory for a new pair it is lost. Any thread. */
void tally_add(struct tally *tally, const char *first, const char *second);

/* The entries in the order in which they first came, for the caller to free(); with
 * none, or without memory, NULL and 0. Any thread. */
struct tally_entry *tally_copy(struct tally *tally, size_t *count);

#endif
