/*
 * Time and waiting, handed in, so that paging, expiry, retries and the
 * schedule are tested without a sleep.
 */
#ifndef DMSFS_SRC_BASE_CLOCK_H
#define DMSFS_SRC_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct clock {
	void *data;
	/* Nanoseconds since 1970, as CLOCK_REALTIME: may be set back. */
	int64_t (*realtime_ns)(void *data);
	/* Nanoseconds since boot, suspended time included (CLOCK_BOOTTIME). */
	int64_t (*boottime_ns)(void *data);
	/* Waits; 0, or -ECANCELED when the wait was ended because of stopping. */
	int (*sleep)(void *data, int64_t ns);
	/*
	 * Waits until boottime_ns() is @until_ns, or until the descriptor @wake can be
	 * read if that comes first. May return early; never fails.
	 */
	void (*wait)(void *data, int64_t until_ns, int wake);
};

/* The machine's clocks; its sleep cannot be ended early. Any thread. */
extern const struct clock clock_system;

/* A clock whose sleep can be ended for good, by whoever stops the program. */
struct clock_stop {
	struct clock clock; /* set once */
	int stopped;	    /* set once; an eventfd, readable from then on */
};

/* 0, or the negative errno of no descriptor; to _fini in both cases. */
int clock_stop_init(struct clock_stop *stop, const struct clock *clock);
void clock_stop_fini(struct clock_stop *stop);

/* @stop's clock, which it borrows, with such a sleep. */
struct clock clock_stop_clock(struct clock_stop *stop);

/* Ends a sleep under way and all later ones with -ECANCELED. Any thread. */
void clock_stop_now(struct clock_stop *stop);

#endif
