/*
 * The handlers of requests that would change the tree. Only the editor may, which
 * carries out the changes that the publisher staged; all others get EROFS, as on a file
 * system that is mounted read-only. The one file that anybody may write to is
 * .dmsfs/refresh: a write or a touch requests a listing.
 */
#ifndef DMSFS_FS_FUSE_WRITE_HANDLERS_H
#define DMSFS_FS_FUSE_WRITE_HANDLERS_H

#include <stdbool.h>

#include "fs/fuse/request.h"

/* Whether the node may be opened for writing by the process that asks. */
bool write_is_allowed(fuse_req_t request, fuse_ino_t id);

void handle_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		  dev_t device);
void handle_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void handle_symlink(fuse_req_t request, const char *target, fuse_ino_t parent,
		    const char *name);
/* For unlink and rmdir. */
void handle_remove(fuse_req_t request, fuse_ino_t parent, const char *name);
void handle_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
		   fuse_ino_t new_parent, const char *new_name, unsigned flags);
void handle_setattr(fuse_req_t request, fuse_ino_t id, struct stat *attributes,
		    int to_set, struct fuse_file_info *file);
void handle_write(fuse_req_t request, fuse_ino_t id, const char *buffer, size_t size,
		  off_t offset, struct fuse_file_info *file);

/* These the editor may not do either. */
void handle_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		   struct fuse_file_info *file);
void handle_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t new_parent,
		 const char *new_name);
void handle_fallocate(fuse_req_t request, fuse_ino_t id, int mode, off_t offset,
		      off_t length, struct fuse_file_info *file);
void handle_setxattr(fuse_req_t request, fuse_ino_t id, const char *name,
		     const char *value, size_t size, int flags);
void handle_removexattr(fuse_req_t request, fuse_ino_t id, const char *name);

#endif
