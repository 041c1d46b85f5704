/*
 * Where a mount is, and whether something lies over it, as /proc/self/mountinfo has it:
 * no mount is touched, not even looked up.
 */
#ifndef DMSFS_FS_PROCESS_MOUNTINFO_H
#define DMSFS_FS_PROCESS_MOUNTINFO_H

#include <limits.h>
#include <stdint.h>

/* A device as one number, from its two. */
static inline uint64_t mountinfo_device(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}

/* Absolute paths without escapes. */
struct mountinfo_place {
	uint64_t device;
	char path[PATH_MAX];
	/* That of a mount which hides ours or a part of it; empty: there is none. */
	char cover[PATH_MAX];
};

/*
 * A FUSE mount of this process. The device alone does not tell it from others for ever:
 * once a mount is gone the kernel gives its number to the next one that comes, often at
 * once. As long as the connection stands, the number is ours.
 */
struct mountinfo_mount {
	uint64_t device;
	int connection; /* /dev/fuse, borrowed; -1: the device counts alone */
};

/*
 * Finds the mount of a whole file system: at @path if it is there, too, else wherever
 * it is. @path may be NULL. 0; -ENODEV if it is nowhere or its connection is over; or a
 * negative errno of reading the table.
 */
int mountinfo_find(const struct mountinfo_mount *mount, const char *path,
		   struct mountinfo_place *place);

/*
 * Finds the mount at @path that was mounted last. As mountinfo_find().
 */
int mountinfo_find_top(const char *path, struct mountinfo_place *place);

#endif
