/*
 * What a snapshot is made of; for the files that build, read and name it.
 *
 * There may be a million entries, so that each takes few bytes: its record is found by
 * number, its directory too, and its name is nearly always the text of the record that
 * it was made of. The others, and names of links that nobody could join, stand apart.
 */
#ifndef DMSFS_SRC_SNAPSHOT_SNAPSHOT_PRIVATE_H
#define DMSFS_SRC_SNAPSHOT_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "src/base/arena.h"
#include "src/snapshot/snapshot.h"

/* One entry. */
struct snapshot_place {
	uint32_t page;	 /* which holds its record */
	uint32_t record; /* in the page */
	uint32_t directory : 31;
	uint32_t has_given : 1; /* a name among those given */
};

/* A name that the record does not tell. */
struct snapshot_given {
	uint32_t index;	      /* of the entry */
	const char *endpoint; /* or NULL, where the record does tell it */
	const char *link;     /* or NULL, as in struct snapshot_entry */
};

/*
 * What a snapshot has in common with those that were revised from it: all but the
 * records. Once built it stays as it is.
 */
struct snapshot_frame {
	atomic_uint references;
	struct snapshot_place *places; /* in path order */
	size_t count;
	uint32_t *by_identity; /* indices of places, by connection_compare_identity() */
	const char **directories; /* their names, sorted */
	size_t directory_count;
	struct snapshot_given *given; /* by index */
	size_t given_count;
	struct arena names; /* those of directories, and those given */
	size_t page_count;
	size_t instance_count;
	size_t skipped;
};

struct snapshot {
	atomic_uint references;
	struct page **pages;	      /* set once; a reference each */
	struct snapshot_frame *frame; /* set once; a reference */
};

/* One connection on its way into a snapshot. */
struct snapshot_record {
	const struct connection *connection;
	uint32_t page;
	uint32_t number; /* in the page */
};

struct snapshot_frame *snapshot_frame_new(void);	 /* NULL: no memory */
void snapshot_frame_unref(struct snapshot_frame *frame); /* takes NULL */

/*
 * Fills all of @frame but the links of names given and the counts of pages and
 * instances. @records are in the order of connection_compare_identity(), no connection
 * twice, none without a name. 0 or -ENOMEM.
 */
int snapshot_set_paths(struct snapshot_frame *frame,
		       const struct snapshot_record *records, size_t count);

/* Gives names to the links of a snapshot that has all else. 0 or -ENOMEM. */
int snapshot_set_links(struct snapshot *snapshot);

/* Sets the count of instances of a snapshot that has its paths. 0 or -ENOMEM. */
int snapshot_count_instances(struct snapshot *snapshot);

#endif
