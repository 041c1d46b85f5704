/*
 * Tells a file that was changed from the one that was read.
 */
#ifndef DMSFS_SRC_BASE_FILE_STAMP_H
#define DMSFS_SRC_BASE_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>

struct file_stamp {
	bool exists;
	bool is_regular;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/* To be taken before the file is read: what is changed meanwhile counts as changed. */
static inline struct file_stamp file_stamp_take(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return (struct file_stamp){.exists = false};
	/* Not the time of the contents: a tool may set that back. */
	return (struct file_stamp){.exists = true,
				   .is_regular = S_ISREG(status.st_mode),
				   .device = status.st_dev,
				   .inode = status.st_ino,
				   .size = status.st_size,
				   .changed = status.st_ctim};
}

static inline bool file_stamp_is_same(const struct file_stamp *a,
				      const struct file_stamp *b)
{
	return a->exists == b->exists && a->device == b->device &&
	       a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

#endif
