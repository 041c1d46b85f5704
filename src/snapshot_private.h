/*
 * What a snapshot is made of; for the files that build, read and name it.
 */
#ifndef DMSFS_SRC_SNAPSHOT_PRIVATE_H
#define DMSFS_SRC_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "arena.h"
#include "snapshot.h"

struct snapshot {
	atomic_uint references;
	/* All below: set once, by the builder. */
	struct snapshot_entry *entries; /* in path order */
	uint32_t
		*by_identity; /* indices of entries, by connection_compare_identity() */
	uint32_t *page_of;    /* for each entry, which of the pages holds its record */
	size_t count;
	struct page **pages; /* one reference each */
	size_t page_count;
	struct arena names; /* those that are not text of a page */
	size_t instance_count;
	size_t skipped;
};

/* One connection on its way into a snapshot. */
struct snapshot_record {
	const struct connection *connection;
	uint32_t page;
};

/*
 * Fills entries, page_of, by_identity and instance_count of @snapshot, which has
 * room for @count. @records are in the order of connection_compare_identity(), no
 * connection twice, none without a name. 0 or -ENOMEM.
 */
int snapshot_set_paths(struct snapshot *snapshot, const struct snapshot_record *records,
		       size_t count);

/* Fills the links of entries whose paths are set. 0 or -ENOMEM. */
int snapshot_set_links(struct snapshot *snapshot);

/* The text, not yet escaped, that names the instance or the endpoint of
 * @connection; NULL if it has neither an identifier nor a usable ARN. */
const char *snapshot_instance_text(const struct connection *connection);
const char *snapshot_endpoint_text(const struct connection *connection);

#endif
