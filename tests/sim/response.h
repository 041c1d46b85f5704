/* One answer on its way: what was decided, before it is delivered. */
#ifndef DMS_SIM_RESPONSE_H
#define DMS_SIM_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "tests/sim/base/buf.h"
#include "tests/sim/fault.h"

struct response {
	unsigned status;
	const char *content_type; /* static, or within the fault */
	struct buf body;
	char request_id[37];	/* "" for an answer that is not the service's */
	const char *error_type; /* static, or within the fault; NULL */
	time_t date;
	double delay_ms;
	unsigned hang_round; /* of the sim, when the request was logged */
	uint64_t sequence;   /* in the log; 0 for a control call */
	struct fault_use fault;
};

void response_init(struct response *response);
void response_fini(struct response *response);

/* {"__type":...,"message":...}, as JSON services answer errors. */
void response_error(struct response *response, unsigned status, const char *type,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
