#include "fs/content/status_link.h"

#include <stdio.h>
#include <string.h>

static const char *const known_statuses[LINK_KNOWN_STATUSES] = {"successful", "testing",
								"failed", "deleting"};

bool link_of(const struct snapshot_entry *entry, const char *source, struct link *link)
{
	char name[NAME_SIZE];

	const char *status = entry->connection ? connection_text(entry->connection,
								 CONNECTION_STATUS)
					       : NULL;

	if (!status)
		return false;
	name_escape(status, link->status);
	if (entry->link)
		snprintf(name, sizeof(name), "%s", entry->link);
	else
		name_join(entry->instance, ':', entry->endpoint, name);
	if (source)
		name_join(source, ':', name, link->name);
	else
		snprintf(link->name, sizeof(link->name), "%s", name);
	return true;
}

void link_target(const struct snapshot_entry *entry, const char *source,
		 char target[LINK_TARGET_SIZE])
{
	snprintf(target, LINK_TARGET_SIZE, LINK_TARGET_UP "%s%s%s/%s",
		 source ? source : "", source ? "/" : "", entry->instance,
		 entry->endpoint);
}

const char *link_known_status(size_t index)
{
	return known_statuses[index];
}

bool link_is_known_status(const char *name)
{
	for (size_t i = 0; i < LINK_KNOWN_STATUSES; i++) {
		if (strcmp(known_statuses[i], name) == 0)
			return true;
	}
	return false;
}
