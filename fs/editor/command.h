/*
 * What the publisher orders and the editor carries out: one system call on the
 * mount, or the few that make one change. A message over a socket that keeps the
 * bounds of messages; each gets one answer, in the same order.
 */
#ifndef DMSFS_FS_EDITOR_COMMAND_H
#define DMSFS_FS_EDITOR_COMMAND_H

#include <stddef.h>
#include <stdint.h>

enum order_kind {
	/* Open the mount's root and ask for its attributes, by which the daemon sees
	 * whether it is still this mount. All orders below need it. */
	ORDER_BEGIN,
	ORDER_ADD_DIRECTORY,
	ORDER_ADD_FILE,
	ORDER_ADD_LINK,		/* to the target */
	ORDER_CONTENT,		/* new content: drop the pages, raise the events */
	ORDER_ATTRIBUTES,	/* ask for the attributes; raises no event */
	ORDER_WARM,		/* have the kernel read a directory (warming.h) */
	ORDER_REMOVE_FILE,	/* or a link */
	ORDER_REMOVE_DIRECTORY, /* an empty one */
	ORDER_END,		/* close the root, which else keeps the mount busy */
};

/* ".dmsfs/by-status/STATUS/NAME" and "../../../INSTANCE/ENDPOINT" have room. */
#define ORDER_PATH_SIZE 576

struct order {
	enum order_kind kind;
	int64_t mtime_ns;	    /* ORDER_CONTENT */
	uint64_t device;	    /* ORDER_BEGIN: that the root must be on; 0: any */
	char path[ORDER_PATH_SIZE]; /* relative to the mount's root */
	char target[ORDER_PATH_SIZE]; /* ORDER_ADD_LINK */
};

/*
 * Answers to the next @count orders that were not answered yet: the editor gathers
 * them while more orders are waiting, since each message wakes somebody.
 */
#define ORDER_ANSWERS_MAX 32
struct order_answers {
	uint32_t count;
	struct order_answer {
		int result;	 /* 0 or a negative errno */
		uint64_t device; /* ORDER_BEGIN: what the root is on */
	} answers[ORDER_ANSWERS_MAX];
};

#endif
