/*
 * A source of the mount: an account in a Region, with what asks for its connections,
 * what remembers them, and what publishes them. One depends on no other.
 */
#ifndef DMSFS_FS_SOURCE_H
#define DMSFS_FS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/cli/first_listing.h"
#include "fs/cli/options.h"
#include "fs/fuse/ioctl.h"
#include "fs/process/log.h"
#include "fs/publish/commands.h"
#include "fs/publish/publisher.h"
#include "fs/state/state.h"
#include "src/aws/settings_file.h"
#include "src/fetcher/fetcher.h"
#include "src/http/trust.h"

struct source {
	const struct options *options;	    /* borrowed, as the next two */
	const struct source_option *option; /* of several; NULL: the only one */
	struct log *log;
	struct trust *trust; /* borrowed, as the next */
	struct settings_cache *settings;
	struct log_source log_source;
	/* All owned. */
	struct fetcher *fetcher;
	struct commands *commands; /* NULL: none is allowed */
	struct state *state;	   /* NULL: nothing is remembered */
	struct publisher *publisher;
};

/* Takes its part of --state, if that is given. 0 or a negative errno, after a line in
 * the log; as all below. */
int source_open_state(struct source *source);

/* Reads the set-up, and what the state has. */
int source_open(struct source *source);

/* How it is listed first: fills all that is set before first_listing_make(). */
void source_prepare_listing(struct source *source, struct first_listing *listing);

/* As users name it. */
const char *source_name(const struct source *source);

/* Publishes into the part of the tree that @publisher names; what is of the source
 * itself is filled in. */
int source_build(struct source *source, struct publisher_options *publisher);

int source_start(struct source *source);

/* Whether both are of one account and Region, as far as is known by what they list. */
bool source_is_of_same_account(const struct source *source, const struct source *other);

/* Takes a command; to be replied to, whatever it is. For the FUSE thread. */
void source_take_command(struct commands *commands, struct ioctl_call *call);

/* Replies to commands: serves as a callback of commands.h. */
void source_reply(void *caller, const struct commands_reply *reply);

/* Once its fetcher has stopped and the mount is gone. */
void source_stop(struct source *source);
void source_free(struct source *source); /* when the tree has gone */

#endif
