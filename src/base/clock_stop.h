/*
 * A clock whose sleep can be ended for good, by whoever stops the program.
 */
#ifndef DMSFS_SRC_BASE_CLOCK_STOP_H
#define DMSFS_SRC_BASE_CLOCK_STOP_H

#include "src/base/clock.h"

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
