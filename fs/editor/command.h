/*
 * The messages between the daemon and the editor, over a socket that keeps the bounds
 * of messages. A command stands for one change of the mount: a system call, or the few
 * that belong together. Each command gets one reply, in the order of the commands.
 */
#ifndef DMSFS_FS_EDITOR_COMMAND_H
#define DMSFS_FS_EDITOR_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum editor_command_kind {
	/* Open the mount's root and ask for its attributes, by which the daemon sees
	 * whether it is still this mount. Every command below needs an open root. */
	EDITOR_BEGIN,
	EDITOR_ADD_DIRECTORY,
	EDITOR_ADD_FILE,
	EDITOR_ADD_LINK,	 /* to the target */
	EDITOR_SHOW_CONTENT,	 /* new content: drop the pages, raise the events */
	EDITOR_ASK_ATTRIBUTES,	 /* have the kernel ask for them; raises no event */
	EDITOR_WARM_DIRECTORY,	 /* have the kernel read it (warm_directory.h) */
	EDITOR_RENAME,		 /* a file, to the target, a name in its directory */
	EDITOR_REMOVE_FILE,	 /* or a link */
	EDITOR_REMOVE_DIRECTORY, /* an empty one */
	/* The checks of the kernel before it lets a file be shown: whether it may be
	 * written to, and whether its times may be set, which the daemon refuses. */
	EDITOR_TRY_CONTENT,
	EDITOR_END, /* close the root, since an open one is busy */
};

/* "SOURCE/.dmsfs/by-status/STATUS/NAME" and "../../../SOURCE/INSTANCE/ENDPOINT" have
 * room. */
#define EDITOR_PATH_SIZE 832

struct editor_command {
	enum editor_command_kind kind;
	int64_t mtime_ns;	       /* EDITOR_SHOW_CONTENT */
	bool has_new_size;	       /* EDITOR_SHOW_CONTENT: most likely */
	uint64_t device;	       /* EDITOR_BEGIN: of the mount; 0: any */
	char path[EDITOR_PATH_SIZE];   /* relative to the mount's root */
	char target[EDITOR_PATH_SIZE]; /* EDITOR_ADD_LINK, EDITOR_RENAME */
};

/*
 * Replies to the next @count commands. The editor gathers them while more commands
 * are waiting, since each message wakes a thread.
 */
#define EDITOR_REPLIES_MAX 32
struct editor_replies {
	uint32_t count;
	struct editor_reply {
		int r;		 /* 0 or a negative errno */
		uint64_t device; /* EDITOR_BEGIN: that the root is on */
	} replies[EDITOR_REPLIES_MAX];
};

#endif
