/*
 * The handlers of what nobody may do, not the editor either: refused with EROFS, as
 * on a file system that is mounted read-only.
 */
#ifndef DMSFS_FS_FUSE_REFUSALS_H
#define DMSFS_FS_FUSE_REFUSALS_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

void refuse_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		   struct fuse_file_info *file);
void refuse_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
		   fuse_ino_t new_parent, const char *new_name, unsigned flags);
void refuse_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t new_parent,
		 const char *new_name);
void refuse_fallocate(fuse_req_t request, fuse_ino_t id, int mode, off_t offset,
		      off_t length, struct fuse_file_info *file);
void refuse_setxattr(fuse_req_t request, fuse_ino_t id, const char *name,
		     const char *value, size_t size, int flags);
void refuse_removexattr(fuse_req_t request, fuse_ino_t id, const char *name);

#endif
