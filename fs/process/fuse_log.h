/*
 * What libfuse says, its debugging above all, goes to the log. The library takes one
 * function for the whole program, so these are for one thread, and one log at a time.
 */
#ifndef DMSFS_FS_PROCESS_FUSE_LOG_H
#define DMSFS_FS_PROCESS_FUSE_LOG_H

#include "fs/process/log.h"

/* Before the first session. @log is borrowed until the stop. */
void fuse_messages_start(struct log *log);

/* After the last session. */
void fuse_messages_stop(void);

#endif
