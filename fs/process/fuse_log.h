/*
 * Sends the messages of libfuse to the log, most of them of debugging. The library
 * takes one function for the whole program, so there is one log at a time, set by one
 * thread.
 */
#ifndef DMSFS_FS_PROCESS_FUSE_LOG_H
#define DMSFS_FS_PROCESS_FUSE_LOG_H

#include "fs/process/log.h"

/* Before the first session. @log is borrowed until the stop. */
void fuse_log_start(struct log *log);

/* After the last session. */
void fuse_log_stop(void);

#endif
