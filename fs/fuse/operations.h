/*
 * The handlers of the low-level FUSE API. Each replies at once from the tree alone:
 * none waits or uses the network.
 */
#ifndef DMSFS_FS_FUSE_OPERATIONS_H
#define DMSFS_FS_FUSE_OPERATIONS_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

/* With a struct request_context as the session's userdata. */
extern const struct fuse_lowlevel_ops operations_table;

#endif
