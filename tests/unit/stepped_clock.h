/*
 * A clock that moves only when the test says so: who waits by it waits until the
 * time that it waits for is made to come. A sleep, which is short, is over at once,
 * and moves it on.
 */
#ifndef DMSFS_TESTS_UNIT_STEPPED_CLOCK_H
#define DMSFS_TESTS_UNIT_STEPPED_CLOCK_H

#include <stdint.h>

#include "src/base/clock.h"

struct stepped_clock;

struct stepped_clock *stepped_clock_new(void);
void stepped_clock_free(struct stepped_clock *clock);

/* For one thread that waits. */
struct clock stepped_clock_clock(struct stepped_clock *clock);

/* Moves both clocks on, or the one on the wall alone. Wakes nobody. */
void stepped_clock_advance(struct stepped_clock *clock, int64_t ns);
void stepped_clock_set_wall(struct stepped_clock *clock, int64_t realtime_ns);

/* How many waits have begun so far. */
unsigned stepped_clock_waits(struct stepped_clock *clock);

/* Waits until more than @waits have begun: until what time the last one is. */
int64_t stepped_clock_await(struct stepped_clock *clock, unsigned waits);

/* Awaits a first wait, lets its time come, and awaits the next one. */
int64_t stepped_clock_step(struct stepped_clock *clock);

#endif
