/*
 * Why the files are stale, put together from what the fetcher and the publication say.
 */
#ifndef DMSFS_FS_PUBLISH_CAUSE_H
#define DMSFS_FS_PUBLISH_CAUSE_H

#include <stdint.h>

#include "fs/content/status.h"
#include "fs/publish/change.h"

/* Of a publication that failed, at @at_ns since 1970; of one that did not, none. */
void cause_of_failure(const struct change_failure *failure, int64_t at_ns,
		      struct status_cause *cause);

/* The first of all that is so at @now_ns (CLOCK_BOOTTIME); @publication is of
 * cause_of_failure(), @overdue what counts once the next listing is overdue. */
void cause_compose(const struct status_cause *publication,
		   const struct fetcher_state *fetcher,
		   const struct status_cause *overdue, int64_t now_ns,
		   struct status_cause *cause);

#endif
