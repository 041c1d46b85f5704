/*
 * Holds SIGPIPE back from the calling thread while a library writes to sockets:
 * TLS libraries do so without MSG_NOSIGNAL, and what the process does about the
 * signal is not for a library to change.
 */
#ifndef DMSFS_SRC_HTTP_SIGPIPE_H
#define DMSFS_SRC_HTTP_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
	sigset_t mask_before;
	bool was_pending;
};

void sigpipe_block(struct sigpipe *sigpipe);

/* Drops a SIGPIPE that came since sigpipe_block(), and restores the mask. */
void sigpipe_restore(const struct sigpipe *sigpipe);

#endif
