/*
 * What becomes of connections by itself: a test ends, a deletion is done. Transitions
 * that are due happen when the next request arrives; nobody can look in between. And
 * the rules by which tests fail. Not locked: the sim's lock guards all of it.
 */
#ifndef DMS_SIM_TRANSITION_H
#define DMS_SIM_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/inventory.h"
#include "tests/sim/listing.h"

struct transition {
	char *endpoint_arn;
	char *instance_arn;
	int64_t due_ms; /* of the monotonic clock */
	bool is_removal;
	char *failure; /* NULL: the test succeeds */
	struct transition *next;
};

/* A test of an endpoint whose identifier or ARN matches the pattern (fnmatch) fails. */
struct fail_rule {
	char *pattern;
	char *message;
	struct fail_rule *next; /* older; the newest that matches counts */
};

/* The state that transitions change; all borrowed. */
struct transition_world {
	struct listing *listing;
	struct inventory *endpoints;
	struct inventory *instances;
};

/* Copies its texts. */
void transition_add(struct transition **list, const char *endpoint_arn,
		    const char *instance_arn, double after_s, bool is_removal,
		    const char *failure);

/* Those that are due. */
void transitions_apply(struct transition **list, const struct transition_world *world);
void transitions_clear(struct transition **list);

void fail_rule_add(struct fail_rule **list, const char *pattern, const char *message);
void fail_rules_clear(struct fail_rule **list);

/* The text that a test ends with, or NULL when it succeeds. Either name may be NULL. */
const char *fail_rule_find(const struct fail_rule *list, const char *identifier,
			   const char *arn);

#endif
