#include "fs/content/status_link.h"

#include <string.h>

static const char *const known_statuses[LINK_KNOWN_STATUSES] = {"successful", "testing",
								"failed", "deleting"};

static char *put_text(char *out, const char *text)
{
	return mempcpy(out, text, strlen(text));
}

bool link_of(const struct snapshot_entry *entry, const char *source, struct link *link)
{
	char joined[NAME_SIZE];
	char *name = source ? joined : link->name;
	const char *status = entry->connection ? connection_text(entry->connection,
								 CONNECTION_STATUS)
					       : NULL;

	if (!status)
		return false;
	name_escape(status, link->status);
	if (entry->link)
		*put_text(name, entry->link) = '\0';
	else
		name_join(entry->instance, ':', entry->endpoint, name);
	if (source)
		name_join(source, ':', name, link->name);
	return true;
}

void link_target(const struct snapshot_entry *entry, const char *source,
		 char target[LINK_TARGET_SIZE])
{
	target = put_text(target, LINK_TARGET_UP);
	if (source) {
		target = put_text(target, source);
		*target++ = '/';
	}
	target = put_text(target, entry->instance);
	*target++ = '/';
	*put_text(target, entry->endpoint) = '\0';
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
