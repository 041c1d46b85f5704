/*
 * What a snapshot is made of; for the files that build, read and name it.
 */
#ifndef DMSFS_SRC_SNAPSHOT_PRIVATE_H
#define DMSFS_SRC_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "arena.h"
#include "snapshot.h"

/*
 * What a snapshot has in common with those that were revised from it: the paths, and
 * what they are made of. Once built it stays as it is.
 */
struct snapshot_frame {
	atomic_uint references;
	uint32_t
		*by_identity; /* indices of entries, by connection_compare_identity() */
	uint32_t *page_of;    /* for each entry, which of the pages holds its record */
	struct arena names;   /* those that are not text of a page */
	struct page **pages;  /* one reference each: those that hold the others */
	size_t page_count;
};

struct snapshot {
	atomic_uint references;
	/* All below: set once, by the builder. */
	struct snapshot_entry *entries; /* in path order */
	size_t count;
	struct page **pages;	      /* one reference each; as many as in the frame */
	struct snapshot_frame *frame; /* a reference */
	size_t instance_count;
	size_t skipped;
};

/* One connection on its way into a snapshot. */
struct snapshot_record {
	const struct connection *connection;
	uint32_t page;
};

struct snapshot_frame *snapshot_frame_new(void);	 /* NULL: no memory */
void snapshot_frame_unref(struct snapshot_frame *frame); /* takes NULL */

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
