/*
 * A program run for its output, within bounds.
 */
#ifndef DMSFS_SRC_BASE_SUBPROCESS_H
#define DMSFS_SRC_BASE_SUBPROCESS_H

#include "src/base/buffer.h"
#include "src/base/clock.h"
#include "src/base/error.h"

#define SUBPROCESS_SAID_SIZE 512

/*
 * Runs argv[0], found on PATH, in a session of its own: without a terminal, with
 * /dev/null as its input, all signals at their defaults and unblocked, no other
 * descriptor of ours; in @directory, or in ours where that is NULL or has gone. Its
 * output goes into @out, up to max_bytes, and the lines of its stderr into @said,
 * joined by "; "; where they are too many, the first ones and the last.
 *
 * 0 and its exit status in @status, or 128 and the signal that ended it. -EINVAL
 * if it cannot be started, -ETIMEDOUT after @timeout_ms, -EBADMSG if its output is
 * too long, -ECANCELED once the sleep of @clock is: with "PROGRAM REASON" in
 * @error, and all of its process group killed.
 */
int subprocess_run(char *const argv[], const char *directory, int timeout_ms,
		   const struct clock *clock, struct buffer *out,
		   char said[SUBPROCESS_SAID_SIZE], int *status, struct error *error);

#endif
