/*
 * The directories that the editor works in. Consecutive commands mostly share a few, so
 * a directory stays open while the editor is at work.
 *
 * That is safer than opening it each time: the descriptor stands for a directory of
 * this mount, whatever is mounted over it later.
 */
#ifndef DMSFS_FS_EDITOR_DIRECTORIES_H
#define DMSFS_FS_EDITOR_DIRECTORIES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fs/editor/command.h"

/* An instance's, those of the four known statuses, and some to spare. */
#define EDITOR_DIRECTORIES_MAX 8

/* Begins as zero. All functions are async-signal-safe. */
struct editor_directories {
	struct editor_directory {
		int fd;
		char path[EDITOR_PATH_SIZE];
	} kept[EDITOR_DIRECTORIES_MAX]; /* the first @count are open */
	size_t count;
	size_t next; /* to be closed when all are open */
};

/*
 * The directory at @path beneath @root, borrowed until the next call here; or a
 * negative errno, -EXDEV if another file system than @device lies over a part of it.
 */
int editor_directories_open(struct editor_directories *directories, int root,
			    uint64_t device, const char *path);

/* Closes all: before a directory is removed, which would live on while it is open, and
 * at the end, since open directories keep the mount busy. */
void editor_directories_close(struct editor_directories *directories);

/* The device of @attributes, as one number. */
uint64_t editor_directories_device(const struct statx *attributes);

#endif
