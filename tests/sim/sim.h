/* The state of the stand-in service, one for the process. */
#ifndef DMS_SIM_SIM_H
#define DMS_SIM_SIM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "tests/sim/base/keys.h"
#include "tests/sim/base/log.h"
#include "tests/sim/base/marker.h"
#include "tests/sim/edit.h"
#include "tests/sim/fault.h"
#include "tests/sim/inventory.h"
#include "tests/sim/listing.h"
#include "tests/sim/options.h"

struct fail_rule;
struct transition;

struct sim {
	struct options options;			  /* set once */
	unsigned char marker_key[MARKER_KEY_LEN]; /* set once */
	int stop_fd;				  /* set once; readable: stop */
	struct log log;				  /* has its own lock */
	atomic_ullong connections;		  /* accepted so far */
	atomic_uint hang_round;			  /* moves to end all hangs */
	pthread_mutex_t lock; /* guards: all below; taken before the log's */
	struct settings settings;
	struct listing *listing;
	struct deferred_edit *deferred;
	struct inventory endpoints;
	struct inventory instances;
	struct transition *transitions;
	struct fail_rule *fail_rules;
	struct keys keys;
	struct faults faults;
};

/* False after telling stderr why. */
bool sim_init(struct sim *sim, const struct options *options);
void sim_fini(struct sim *sim);

/* Replaces the listing, and forgets the tests and deletions under way. Locked. */
void sim_take_listing_locked(struct sim *sim, struct listing *listing);

/* Makes the transitions happen that are due. Locked. */
void sim_apply_transitions_locked(struct sim *sim);

/* The sim's own clock. Locked. */
time_t sim_now_locked(const struct sim *sim);

/* Waits @ms for the sake of one client: false, at once, when the sim stops or the
 * client on socket @fd goes. */
bool sim_wait(struct sim *sim, int fd, double ms);

/* Waits until the client goes, the sim stops or the faults are cleared after @round. */
void sim_hang(struct sim *sim, int fd, unsigned round);

#endif
