/* One authentic call of the API: parameters in, answer out. */
#ifndef DMS_SIM_CALL_H
#define DMS_SIM_CALL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/response.h"
#include "tests/sim/sim.h"

#define CALL_MAX_RECORDS_MIN 20
#define CALL_MAX_RECORDS_MAX 100

struct call {
	struct sim *sim; /* its lock is held */
	const char *action;
	const cJSON *params;
	struct response *response;
	/* of a Describe call, by call_read_marker() */
	char *scope; /* owned */
	bool has_filters;
	const char *marker; /* NULL on the first page */
	size_t position;
	uint32_t page; /* from 1; 0: the marker is not valid */
};

/* NULL when absent or null. */
const cJSON *call_param(const struct call *call, const char *name);

/* A string parameter; NULL with an error answered when it is required and absent, or
 * no string. */
const char *call_required_text(struct call *call, const char *name);

/* Which page is asked for. Answers nothing: faults look at it before checks do. */
void call_read_marker(struct call *call);
void call_fini(struct call *call);

/* False with an error answered. */
bool call_check_paging(struct call *call, size_t *max_records);

/* The values of the filters called @names, NULL for those not given. False with an
 * error answered, also for a filter of another name. */
bool call_read_filters(struct call *call, const char *const *names, size_t count,
		       const cJSON **values);

/* ,"Marker":... behind a page that is followed by another at @next when @has_more. */
void call_add_marker(struct call *call, bool has_more, size_t next);

/* The actions. */
void describe_connections(struct call *call);
void describe_replication_instances(struct call *call);
void describe_endpoints(struct call *call);
void test_connection(struct call *call);
void delete_connection(struct call *call);

#endif
