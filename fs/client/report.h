/*
 * What the user sees: a line for each result as it comes, reasons on standard error, on
 * a terminal what is under way; and the exit status.
 */
#ifndef DMSFS_FS_CLIENT_REPORT_H
#define DMSFS_FS_CLIENT_REPORT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "fs/client/gate.h"

#define EXIT_FAILED 1
#define EXIT_REFUSED 3
#define EXIT_TIME_UP 4

struct report_line {
	enum gate_phase phase;
	int64_t since_ms;
};

struct report {
	const struct arguments *arguments; /* set once */
	FILE *out;			   /* set once */
	FILE *err;			   /* set once */
	bool is_terminal;		   /* set once: progress is shown */
	pthread_mutex_t lock;		   /* guards all below and the streams */
	const struct targets *targets;	   /* NULL until they are known */
	struct report_line *lines;	   /* owned; one for each target */
	size_t next;			   /* from here on nobody has begun with any */
	size_t *next_of;		   /* owned; the same of each source */
	size_t ended;
	int status; /* the worst so far */
	bool is_stale_said;
	bool is_progress_shown;
};

/* Borrows the others. */
void report_init(struct report *report, const struct arguments *arguments, FILE *out,
		 FILE *err);
void report_fini(struct report *report);

/* What the report is about: borrowed, and does not grow any more. 0 or -ENOMEM. */
int report_begin(struct report *report, const struct targets *targets);

/* All of these may be called by any thread. */

/* Writes a reason for which something cannot be done. */
void report_refuse(struct report *report, const char *text);

/* The next target of @source, one of the targets', to begin with, or -1. */
ptrdiff_t report_next(struct report *report, size_t source);

void report_enter(struct report *report, const struct target *target,
		  enum gate_phase phase, int64_t now_ms);
void report_stale(struct report *report, const char *reason);
void report_end(struct report *report, const struct target *target,
		const struct gate_result *result);

/* Shows what is under way, on a terminal. */
void report_show(struct report *report, int64_t now_ms);

/* The exit status, once all have ended. */
int report_status(struct report *report);

/* Before the program ends without the others: a line for each that has no result. No
 * other thread writes anything from then on. Returns the exit status. */
int report_give_up(struct report *report);

/* The same after a signal: one line that says what goes on. */
void report_interrupt(struct report *report);

#endif
