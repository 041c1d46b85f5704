/*
 * The directory of --state, which one mount uses at a time, and the file in it.
 */
#ifndef DMSFS_FS_STATE_DIRECTORY_H
#define DMSFS_FS_STATE_DIRECTORY_H

#include <stddef.h>

#include "src/base/buffer.h"
#include "src/base/error.h"

struct state_directory {
	char *path; /* owned; absolute */
	int fd;	    /* holds the lock; -1: it is not open */
};

#define STATE_ASIDE_SIZE 64

/* Nothing is opened yet. @path counts from the current directory. 0 or -ENOMEM. */
int state_directory_init(struct state_directory *directory, const char *path);

/* Lets go of the lock, also where a child has inherited it. */
void state_directory_fini(struct state_directory *directory);

/*
 * Makes the directory if it is missing, opens it and locks it: 0. Else a negative errno
 * with "PATH: REASON" in @error, and it is not open: -EBUSY if another mount uses it,
 * for which up to @patience_ms is waited, as that may be about to end.
 */
int state_directory_open(struct state_directory *directory, int patience_ms,
			 struct error *error);

/* Whether it was removed, so that what is written into it would be lost. */
bool state_directory_is_gone(const struct state_directory *directory);

/* Reads the file, whole. -ENOENT if there is none; any other negative errno if it is
 * not to be trusted or cannot be read, with "PATH: REASON" in @error. */
int state_directory_read(const struct state_directory *directory, struct buffer *text,
			 struct error *error);

/*
 * Replaces the file: whoever reads sees the old one or the new one, whole, also after
 * the machine has crashed at any moment. As above; the old file is there still.
 */
int state_directory_write(const struct state_directory *directory, const char *text,
			  size_t len, struct error *error);

/* Gives the file another name, whatever it is: @name, where nothing was. 0, or as
 * above; -ENOENT if there is none. */
int state_directory_set_aside(const struct state_directory *directory,
			      char name[STATE_ASIDE_SIZE], struct error *error);

#endif
