/*
 * The offset of the local clock, as the services' Date headers show it. AWS
 * refuses a signature that is five minutes old, so a machine with a wrong clock
 * could ask nothing at all.
 */
#ifndef DMSFS_SRC_AWS_CLOCK_SKEW_H
#define DMSFS_SRC_AWS_CLOCK_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/http/http.h"

/* For one thread at a time. */
struct clock_skew {
	struct clock clock;
	int64_t offset_s; /* to be added to the local time; 0: none is known */
};

void clock_skew_init(struct clock_skew *skew, const struct clock *clock);

/* The time of the services, in seconds since 1970. */
int64_t clock_skew_now_s(const struct clock_skew *skew);

/*
 * After a request that failed, as soon as its response is in: true if it failed
 * because of the time that it was signed with (the service says so, and its Date is
 * over 4 minutes from that time), and the right one is known now.
 */
bool clock_skew_correct(struct clock_skew *skew, const struct http_response *response,
			const struct error *error);

/* After one that succeeded, the same: a correction in force is measured again, as the
 * local clock may have been set meanwhile. */
void clock_skew_follow(struct clock_skew *skew, const struct http_response *response);

#endif
