/*
 * Tries to publish: one that failed is repeated after 1, 2, 4, 8 and then every 10
 * seconds, and its cause is why the files are stale.
 */
#ifndef DMSFS_FS_PUBLISH_ATTEMPT_H
#define DMSFS_FS_PUBLISH_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/content/status.h"
#include "fs/publish/change.h"

struct attempt {
	struct status_cause cause; /* why the last one failed, or none */
	unsigned tries;		   /* that failed in a row */
	int64_t retry_at_ns;	   /* since boot; 0: nothing is to be tried again */
};

/* With @r, unless @failure (of the change) says more. */
void attempt_failed(struct attempt *attempt, const struct change_failure *failure,
		    int r);
void attempt_succeeded(struct attempt *attempt);
bool attempt_is_due(const struct attempt *attempt);

#endif
