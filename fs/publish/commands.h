/*
 * Commands on their way: from the callers to the fetcher, and back when the mount shows
 * what the service said and the log of commands has its line. No thread waits for
 * either.
 */
#ifndef DMSFS_FS_PUBLISH_COMMANDS_H
#define DMSFS_FS_PUBLISH_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/content/journal.h"
#include "src/fetcher/fetcher.h"

struct commands;

/* What a caller gets; all borrowed. */
struct commands_reply {
	int r; /* of command.h; or one that it was refused with before */
	/* The mount shows the record in the service's response. */
	bool is_published;
	const char *path; /* of the connection */
	/* On success the request id alone. */
	const struct error *error;
};

struct commands_options {
	struct fetcher *fetcher; /* borrowed */
	/* Called once for each caller; any thread, with no lock held; must not wait. */
	void (*reply)(void *caller, const struct commands_reply *reply);
	/* commands_collect() has something new; as above. */
	void (*changed)(void *data);
	void *data;
};

/* All borrowed for the call. */
struct commands_request {
	enum fetcher_command_kind kind;
	struct fetcher_pair pair;
	const char *path; /* as the caller has it */
	uid_t uid;
	pid_t pid;
	int r;		    /* not 0: it is refused, */
	const char *reason; /* for this reason, and goes to the log alone */
};

/* 0 or a negative errno. */
int commands_new(const struct commands_options *options, struct commands **commands);

/* A descriptor that can be read when commands_expire() is due. */
int commands_timer(const struct commands *commands);

/*
 * Takes a command for @caller. The same one by the same user that is still under way is
 * joined: it is not sent again, and has one line in the log. For the FUSE thread,
 * between the start and the stop of the fetcher.
 */
void commands_take(struct commands *commands, const struct commands_request *request,
		   void *caller);

/* Replies to those for whom the publisher takes too long. For the FUSE thread. */
void commands_expire(struct commands *commands);

/*
 * The publisher first collects the lines of the commands that have ended, then asks for
 * the fetcher's state, publishes both, and announces it with the number that it got:
 * so those get their replies whose records and lines are shown.
 */
uint64_t commands_collect(struct commands *commands, struct journal *lines);
void commands_published(struct commands *commands, uint64_t number);

/* Replies to the rest and frees all. No other thread may use it any more, nor may the
 * fetcher have commands under way. Takes NULL. */
void commands_free(struct commands *commands);

#endif
