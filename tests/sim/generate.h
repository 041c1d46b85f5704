/* Listings made up from a seed: the same numbers give the same bytes. */
#ifndef DMS_SIM_GENERATE_H
#define DMS_SIM_GENERATE_H

#include <stdint.h>

#include "tests/sim/listing.h"

struct generate_options {
	const char *region;
	uint64_t seed;
	size_t connections;
	size_t instances; /* at least 1 */
	unsigned failed_percent;
	unsigned testing_percent;
};

/* Never NULL. Every pair of endpoint and instance appears once; an endpoint in ten is
 * tested on two instances. */
struct listing *generate_listing(const struct generate_options *options);

/* One of the failure texts that people post of DMS, for @choice. */
const char *generate_failure(uint64_t choice);

#endif
