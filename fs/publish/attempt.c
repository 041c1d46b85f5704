#include "fs/publish/attempt.h"

#include "fs/publish/cause.h"
#include "src/base/clock.h"

#define RETRY_NS (1 * NS_PER_S)
#define RETRY_MAX_NS (10 * NS_PER_S)
#define RETRY_DOUBLINGS_MAX 4

void attempt_failed(struct attempt *attempt, const struct change_failure *failure,
		    int r)
{
	const struct clock *clock = &clock_system;
	const struct change_failure other = {.r = r};
	int64_t wait_ns = RETRY_MAX_NS;

	if (attempt->tries < RETRY_DOUBLINGS_MAX)
		wait_ns = RETRY_NS << attempt->tries;
	attempt->tries++;
	attempt->retry_at_ns = clock->boottime_ns(clock->data) + wait_ns;
	cause_of_failure(failure->r < 0 ? failure : &other,
			 clock->realtime_ns(clock->data), &attempt->cause);
}

void attempt_succeeded(struct attempt *attempt)
{
	*attempt = (struct attempt){.cause = {.kind = STATUS_CAUSE_NONE}};
}

bool attempt_is_due(const struct attempt *attempt)
{
	return clock_system.boottime_ns(clock_system.data) >= attempt->retry_at_ns;
}
