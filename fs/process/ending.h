/*
 * The end of the daemon: it takes its own mount away and nothing else, and it comes
 * whatever hangs.
 */
#ifndef DMSFS_FS_PROCESS_ENDING_H
#define DMSFS_FS_PROCESS_ENDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/process/log.h"
#include "fs/process/mountinfo.h"

/*
 * Finds the mount to take away, which was mounted at @path. As mountinfo_find(); to be
 * called before /dev/fuse is closed. @is_cut: somebody else has ended the connection,
 * and then only what is still at @path is known to be ours.
 */
int ending_find(const struct mountinfo_mount *mount, const char *path, bool is_cut,
		struct mountinfo_place *place);

/*
 * Detaches the mount at @place, as ending_find() found it with the result @found.
 * /dev/fuse is closed by now. 0, also if the mount is gone; else a negative errno after
 * a line in the log: another file system lies over it and both stay, the connection was
 * aborted, or it cannot be unmounted.
 */
int ending_detach(const struct mountinfo_place *place, int found, bool is_cut,
		  struct log *log);

/*
 * Gives the threads two seconds. After the first one @editor is killed, a child that
 * was not waited for yet, or 0; after the second one the process ends with @status,
 * with a line in the log.
 */
void ending_limit(pid_t editor, int status, struct log *log);

/* For the main thread where another one hangs, after ending_limit(): waits for the
 * limit, and ends the process with @status itself if there is none, for lack of a
 * thread. */
_Noreturn void ending_wait(int status);

#endif
