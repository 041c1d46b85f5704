/*
 * Faults waiting for API requests. Tests queue them; the first one that matches a
 * request is used up by one and shapes its answer. Not locked: the sim's lock guards
 * the queue. What each kind does and takes stands in main.c.
 */
#ifndef DMS_SIM_FAULT_H
#define DMS_SIM_FAULT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/base/buf.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_ERROR,
	FAULT_RAW,
	FAULT_CUT,
	FAULT_CLOSE,
	FAULT_RESET,
	FAULT_LENGTH,
	FAULT_DELAY,
	FAULT_DRIP,
	FAULT_HANG,
	FAULT_HOLD,
	FAULT_REPEATED_MARKER,
	FAULT_ENDLESS_MARKERS,
	FAULT_DUPLICATE_RECORDS,
	FAULT_BIG,
};

struct fault; /* in the queue */

struct faults {
	struct fault *first;
	unsigned last_id;
};

/* One use of a fault, for one request. */
struct fault_use {
	enum fault_kind kind;
	cJSON *spec; /* owned; NULL for FAULT_NONE */
};

/* What a fault may look at in a request. */
struct fault_request {
	const char *action;
	bool has_filters;
	bool has_marker;
	uint32_t page; /* of its listing, from 1; 0 when the marker is not valid */
};

void faults_clear(struct faults *faults);

/* NULL, or what is wrong with @spec (static). @id names the fault in faults_print(). */
const char *faults_add(struct faults *faults, const cJSON *spec, unsigned *id);

void faults_take(struct faults *faults, const struct fault_request *request,
		 struct fault_use *use);
void faults_print(const struct faults *faults, struct buf *out);

void fault_use_fini(struct fault_use *use);
const char *fault_name(enum fault_kind kind);
double fault_number(const struct fault_use *use, const char *name, double otherwise);
const char *fault_text(const struct fault_use *use, const char *name,
		       const char *otherwise);
bool fault_flag(const struct fault_use *use, const char *name);

#endif
