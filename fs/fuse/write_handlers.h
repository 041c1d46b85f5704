/*
 * The handlers of what would change the tree. They obey the editor alone, who
 * carries out what the publisher staged; anybody else gets EROFS, as on a file
 * system that is mounted read-only. The one file that takes a write from others is
 * .dmsfs/refresh, to which whatever is written or touched asks for a listing.
 */
#ifndef DMSFS_FS_FUSE_WRITE_HANDLERS_H
#define DMSFS_FS_FUSE_WRITE_HANDLERS_H

#include <stdbool.h>

#include "fs/fuse/operations.h"

bool edits_is_editor(fuse_req_t request);

void edit_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		dev_t device);
void edit_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void edit_symlink(fuse_req_t request, const char *target, fuse_ino_t parent,
		  const char *name);
void edit_remove(fuse_req_t request, fuse_ino_t parent, const char *name);
void edit_setattr(fuse_req_t request, fuse_ino_t id, struct stat *attributes,
		  int to_set, struct fuse_file_info *file);
void edit_write(fuse_req_t request, fuse_ino_t id, const char *buffer, size_t size,
		off_t offset, struct fuse_file_info *file);

/* Whether the node may be opened for writing by who asks. */
bool edits_may_open(fuse_req_t request, fuse_ino_t id);

#endif
