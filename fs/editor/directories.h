/*
 * The directories that the editor works in. Consecutive orders mostly share a few: a
 * directory that was opened is kept while the editor is at work.
 *
 * That is as safe as to open it each time, and more so: what is opened lies on this
 * mount, and what another puts over it later is not what the descriptor stands for.
 */
#ifndef DMSFS_FS_EDITOR_DIRECTORIES_H
#define DMSFS_FS_EDITOR_DIRECTORIES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fs/editor/command.h"

/* The instance's, and those of the four statuses that the service knows, with room. */
#define EDITOR_DIRECTORIES_MAX 8

/* Begins as zero. All here calls nothing that is not async-signal-safe. */
struct editor_directories {
	struct editor_directory {
		int fd;
		char path[ORDER_PATH_SIZE];
	} kept[EDITOR_DIRECTORIES_MAX]; /* the first @count are in use */
	size_t count;
	size_t next; /* to make room */
};

/*
 * The directory at @path beneath @root, borrowed until the next call here; or a
 * negative errno, -EXDEV if another file system than @device lies over a part of it.
 */
int editor_directories_open(struct editor_directories *directories, int root,
			    uint64_t device, const char *path);

/* Closes all: before one is removed, which would live on as long as it is open, and
 * at the end, since they keep the mount busy. */
void editor_directories_close(struct editor_directories *directories);

/* The device of what has @attributes, as one number. */
uint64_t editor_directories_device(const struct statx *attributes);

#endif
