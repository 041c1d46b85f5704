/*
 * The connection of a command: from the names or ARNs of who gives it to the ARNs that
 * the service takes. For one thread at a time.
 */
#ifndef DMSFS_SRC_FETCHER_COMMAND_PAIR_H
#define DMSFS_SRC_FETCHER_COMMAND_PAIR_H

#include <stdbool.h>

#include "src/base/error.h"
#include "src/dms/connection.h"
#include "src/dms/filters.h"
#include "src/fetcher/command.h"
#include "src/snapshot/snapshot.h"

struct dms;

/* The ARNs, once they are known, and the identifiers as far as they are. All zero to
 * begin with. */
struct command_pair {
	char *text[CONNECTION_FIELDS]; /* owned */
};

void command_pair_fini(struct command_pair *pair);

/* Borrowed. */
struct connection command_pair_texts(const struct command_pair *pair);

/* Whether both ARNs are known. */
bool command_pair_is_known(const struct command_pair *pair);

/*
 * Copies @wanted, and what @snapshot has of it. 0; or a result of command.h with
 * @error, also for a known pair that cannot be sent for, or that @filters leave out of
 * the mount.
 */
int command_pair_set(struct command_pair *pair, const struct fetcher_pair *wanted,
		     const struct snapshot *snapshot, const struct dms_filters *filters,
		     struct error *error);

/* Asks the service for the ARNs that are not known. Results as above. */
int command_pair_ask(struct command_pair *pair, const struct dms *dms,
		     const struct dms_filters *filters, struct error *error);

#endif
