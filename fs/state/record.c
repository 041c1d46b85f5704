#include "fs/state/record.h"

#include <stdlib.h>
#include <string.h>

void record_fini(struct record *record)
{
	snapshot_unref(record->snapshot);
	free(record->ages);
	free(record->changes.text);
	free(record->old_changes.text);
	*record = (struct record){.snapshot = NULL};
}

static int compare_paths(const struct snapshot_entry *a, const struct snapshot_entry *b)
{
	int order = a->instance == b->instance ? 0 : strcmp(a->instance, b->instance);

	return order ? order : strcmp(a->endpoint, b->endpoint);
}

static bool has_status_of(const struct connection *a, const struct connection *b)
{
	const char *old_status = connection_text(a, CONNECTION_STATUS);
	const char *new_status = connection_text(b, CONNECTION_STATUS);

	if (!old_status || !new_status)
		return old_status == new_status;
	return strcmp(old_status, new_status) == 0;
}

static struct age follow_age(const struct connection *before, const struct age *age,
			     const struct connection *after, int64_t now_ns)
{
	if (before == after || connection_equal(before, after))
		return *age;
	return (struct age){.content_ns = now_ns,
			    .status_ns = has_status_of(before, after) ? age->status_ns
								      : now_ns};
}

struct age *record_follow(const struct snapshot *before, const struct age *ages,
			  const struct snapshot *after, int64_t now_ns)
{
	const size_t old_count = before && ages ? snapshot_count(before) : 0;
	const size_t count = snapshot_count(after);
	struct age *followed = calloc(count + 1, sizeof(*followed));
	size_t old = 0;

	for (size_t i = 0; followed && i < count; i++) {
		const struct snapshot_entry entry = snapshot_at(after, i);
		struct snapshot_entry known = {.connection = NULL};
		int order = -1;

		while (old < old_count && order < 0) {
			known = snapshot_at(before, old);
			order = compare_paths(&known, &entry);
			old += order < 0;
		}
		followed[i] = (struct age){.content_ns = now_ns, .status_ns = now_ns};
		if (old < old_count && order == 0)
			followed[i] = follow_age(known.connection, &ages[old],
						 entry.connection, now_ns);
	}
	return followed;
}

bool record_is_of_account(const struct snapshot *saved, const struct snapshot *listed)
{
	char account[CONNECTION_ACCOUNT_SIZE];
	char other[CONNECTION_ACCOUNT_SIZE];

	if (!snapshot_account(saved, account) || !snapshot_account(listed, other))
		return true;
	for (size_t i = 0; i < snapshot_count(listed); i++)
		if (connection_account(snapshot_connection_at(listed, i), other) &&
		    strcmp(other, account) == 0)
			return true;
	return false;
}
