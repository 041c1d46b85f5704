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

#endif
