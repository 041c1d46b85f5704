/*
 * One command from the start to its result. A result counts only if it is of the test
 * that was asked for: the file of a connection holds that of the test before until the
 * daemon has put the service's response into it.
 */
#ifndef DMSFS_FS_CLIENT_GATE_H
#define DMSFS_FS_CLIENT_GATE_H

#include "fs/client/mount.h"

enum gate_phase {
	GATE_QUEUED,
	GATE_COMMANDING, /* the service has not responded */
	GATE_TURN,	 /* as many tests run as may at once */
	GATE_UNDER_WAY,
	GATE_ANOTHERS, /* the same, and somebody else started it */
	GATE_ENDED,    /* for the caller to say */
};

enum gate_end {
	GATE_DONE,  /* tested successfully, or deleted */
	GATE_TAKEN, /* by the service; nobody waits for the result */
	GATE_FAILED,
	GATE_TIME_UP,
	GATE_REFUSED, /* nothing came of it: refused, or the mount has gone */
};

struct gate_result {
	enum gate_end end;
	/* Owned, may be NULL: with GATE_FAILED the failure as it stands in the file,
	 * with GATE_REFUSED the reason. */
	char *text;
};

struct gate {
	struct client_mount mount;
	const struct arguments *arguments;
	int64_t deadline_ms;
	void *data;
	void (*enter)(void *data, const struct target *target, enum gate_phase phase);
	void (*warn_stale)(void *data, const struct target *target, const char *reason);
};

/* Waits until the end, or the deadline; but a daemon that does not reply holds it up
 * for longer. @target may be moved to where the mount puts it. */
void gate_pass(const struct gate *gate, struct target *target,
	       struct gate_result *result);

void gate_result_fini(struct gate_result *result);

#endif
