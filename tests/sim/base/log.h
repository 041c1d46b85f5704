/*
 * The request log: what was asked of the API and what it was given. It has its own
 * lock. Secrets never reach it: of the credentials it has the access key alone.
 */
#ifndef DMS_SIM_LOG_H
#define DMS_SIM_LOG_H

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdint.h>

#include "tests/sim/base/buf.h"

#define LOG_ENTRIES_MAX 65536

/* Strings are owned and may be NULL. */
struct log_entry {
	uint64_t sequence;   /* from 1, never used again */
	double time;	     /* when the request was taken up, seconds since 1970 */
	double answered;     /* when its last byte was handed over; 0 before */
	uint64_t connection; /* the TCP connection, from 1 */
	unsigned status;     /* 0 when the connection was dropped instead */
	char *action;	     /* "" when the target named none */
	char *access_key;
	char *user_agent;
	char *error_type;
	char *request_id;
	char *fault; /* the kind of the fault that was met */
	char *body;
};

struct log {
	pthread_mutex_t lock; /* guards: all below */
	struct log_entry *entries;
	size_t first; /* of a ring of LOG_ENTRIES_MAX */
	size_t count;
	uint64_t sequence;
	cJSON *actions;	 /* requests by action */
	cJSON *statuses; /* requests by status */
};

void log_init(struct log *log);
void log_fini(struct log *log);

/* Takes the strings of @entry over; the entry's sequence. */
uint64_t log_add(struct log *log, struct log_entry *entry);
void log_answered(struct log *log, uint64_t sequence);
void log_clear(struct log *log);

/* {"requests":[...]} with the entries above @since, oldest first. */
void log_print(struct log *log, uint64_t since, struct buf *out);
void log_print_counters(struct log *log, uint64_t connections, struct buf *out);

#endif
