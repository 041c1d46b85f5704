/*
 * .dmsfs/status: the state of the mount itself, in the form of a connection's file.
 */
#ifndef DMSFS_FS_CONTENT_STATUS_H
#define DMSFS_FS_CONTENT_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "src/fetcher/fetcher.h"
#include "src/snapshot/snapshot.h"

struct status_counts {
	size_t successful;
	size_t testing;
	size_t failed;
	size_t deleting;
	size_t other; /* another status, or none */
};

struct status {
	const char *region; /* borrowed, as all here */
	const char *endpoint;
	const char *credentials;
	const char *account; /* NULL or empty: not known */
	const struct snapshot *snapshot;
	struct status_counts counts;
	const struct fetcher_state *fetcher;
	int64_t changed_at_ns; /* since 1970; 0: nothing has changed yet */
};

void status_count(const struct snapshot *snapshot, struct status_counts *counts);

/* Writes at most @size bytes and returns the whole length. */
size_t status_render(const struct status *status, char *out, size_t size);

/* "fresh" or "stale". */
const char *status_state(const struct fetcher_state *state);

/* The text of LastError: the error without its request id; empty when fresh.
 * Returns @out. */
#define STATUS_ERROR_SIZE 1280
const char *status_error(const struct fetcher_state *state,
			 char out[STATUS_ERROR_SIZE]);

#endif
