#include "fs/fuse/refusals.h"

#include <errno.h>

static void refuse(fuse_req_t request)
{
	fuse_reply_err(request, EROFS);
}

void refuse_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		   struct fuse_file_info *file)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)file;
	refuse(request);
}

void refuse_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
		   fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	(void)parent;
	(void)name;
	(void)new_parent;
	(void)new_name;
	(void)flags;
	refuse(request);
}

void refuse_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t new_parent,
		 const char *new_name)
{
	(void)id;
	(void)new_parent;
	(void)new_name;
	refuse(request);
}

void refuse_fallocate(fuse_req_t request, fuse_ino_t id, int mode, off_t offset,
		      off_t length, struct fuse_file_info *file)
{
	(void)id;
	(void)mode;
	(void)offset;
	(void)length;
	(void)file;
	refuse(request);
}

void refuse_setxattr(fuse_req_t request, fuse_ino_t id, const char *name,
		     const char *value, size_t size, int flags)
{
	(void)id;
	(void)name;
	(void)value;
	(void)size;
	(void)flags;
	refuse(request);
}

void refuse_removexattr(fuse_req_t request, fuse_ino_t id, const char *name)
{
	(void)id;
	(void)name;
	refuse(request);
}
