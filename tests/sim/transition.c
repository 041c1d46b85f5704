#include "tests/sim/transition.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <time.h>

#include "tests/sim/base/alloc.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void transition_add(struct transition **list, const char *endpoint_arn,
		    const char *instance_arn, double after_s, bool is_removal,
		    const char *failure)
{
	struct transition *transition = alloc_zeroed(1, sizeof(*transition));

	transition->endpoint_arn = alloc_text(endpoint_arn);
	transition->instance_arn = alloc_text(instance_arn);
	transition->due_ms = now_ms() + (int64_t)(after_s * 1000);
	transition->is_removal = is_removal;
	transition->failure = alloc_text(failure);
	transition->next = *list;
	*list = transition;
}

static void transition_free(struct transition *transition)
{
	free(transition->endpoint_arn);
	free(transition->instance_arn);
	free(transition->failure);
	free(transition);
}

/* The endpoint and the instance outlive their connection and can be tested again. */
static void remove_record(const struct transition_world *world, size_t at)
{
	const struct record *record = &world->listing->records[at];
	char *endpoint = record_text(record, "EndpointIdentifier");
	char *instance = record_text(record, "ReplicationInstanceIdentifier");
	char *endpoint_arn = record_text(record, "EndpointArn");
	char *instance_arn = record_text(record, "ReplicationInstanceArn");

	inventory_add(world->endpoints, endpoint_arn, endpoint);
	inventory_add(world->instances, instance_arn, instance);
	listing_remove(world->listing, at);
	listing_reindex(world->listing);
	free(endpoint);
	free(instance);
	free(endpoint_arn);
	free(instance_arn);
}

static void happen(const struct transition_world *world,
		   const struct transition *transition)
{
	size_t at = listing_find(world->listing, transition->endpoint_arn,
				 transition->instance_arn);
	struct record *record = NULL;

	if (at == LISTING_NONE)
		return;
	record = &world->listing->records[at];
	if (transition->is_removal) {
		remove_record(world, at);
	} else if (transition->failure) {
		record_set_text(record, "Status", "failed");
		record_set_text(record, "LastFailureMessage", transition->failure);
	} else {
		record_set_text(record, "Status", "successful");
	}
}

void transitions_apply(struct transition **list, const struct transition_world *world)
{
	struct transition **at = list;
	int64_t now = now_ms();

	while (*at) {
		struct transition *transition = *at;

		if (transition->due_ms > now) {
			at = &transition->next;
			continue;
		}
		*at = transition->next;
		happen(world, transition);
		transition_free(transition);
	}
}

void transitions_clear(struct transition **list)
{
	while (*list) {
		struct transition *transition = *list;

		*list = transition->next;
		transition_free(transition);
	}
}

void fail_rule_add(struct fail_rule **list, const char *pattern, const char *message)
{
	struct fail_rule *rule = alloc_zeroed(1, sizeof(*rule));

	rule->pattern = alloc_text(pattern);
	rule->message = alloc_text(message);
	rule->next = *list;
	*list = rule;
}

void fail_rules_clear(struct fail_rule **list)
{
	while (*list) {
		struct fail_rule *rule = *list;

		*list = rule->next;
		free(rule->pattern);
		free(rule->message);
		free(rule);
	}
}

const char *fail_rule_find(const struct fail_rule *list, const char *identifier,
			   const char *arn)
{
	for (const struct fail_rule *rule = list; rule; rule = rule->next) {
		if ((identifier && fnmatch(rule->pattern, identifier, 0) == 0) ||
		    (arn && fnmatch(rule->pattern, arn, 0) == 0))
			return rule->message;
	}
	return NULL;
}
