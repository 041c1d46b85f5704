/*
 * A client of calls that are made once, by a clock of the test's.
 */
#ifndef DMSFS_TESTS_UNIT_CALL_CLIENT_H
#define DMSFS_TESTS_UNIT_CALL_CLIENT_H

#include "src/aws/call.h"
#include "tests/unit/fake_service.h"

static inline void call_client_make(struct call_client *client,
				    const struct clock *clock)
{
	const struct retry_settings once = {RETRY_STANDARD, 1};

	assert_int_equal(call_client_init(client, &once, clock), 0);
}

#endif
