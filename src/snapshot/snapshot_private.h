/*
 * The members of a snapshot, for the files that build, read and name it.
 *
 * There may be a million entries, so that each takes few bytes: its record is found by
 * number, its directory too, and its name is nearly always the text of the record that
 * it was made of. The others, and names of links that nobody could join, stand apart.
 */
#ifndef DMSFS_SRC_SNAPSHOT_SNAPSHOT_PRIVATE_H
#define DMSFS_SRC_SNAPSHOT_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "src/base/strings.h"
#include "src/dms/page.h"

/* One entry. */
struct snapshot_slot {
	uint32_t page;	 /* which holds its record */
	uint32_t record; /* in the page */
	uint32_t directory : 31;
	uint32_t is_renamed : 1; /* a name is among the renamed */
};

/* A name that is not in the record. */
struct snapshot_renamed {
	uint32_t index;	      /* of the entry */
	const char *endpoint; /* or NULL, where it is in the record */
	const char *link;     /* or NULL, as in struct snapshot_entry */
};

/*
 * All but the records of a snapshot, which one of the same connections shares. Once
 * built it stays as it is.
 */
struct snapshot_layout {
	atomic_uint references;
	struct snapshot_slot *slots; /* in path order */
	size_t count;
	uint32_t *by_identity; /* indices of slots, by connection_compare_identity() */
	const char **directories; /* their names, sorted */
	size_t directory_count;
	struct snapshot_renamed *renamed; /* by index */
	size_t renamed_count;
	struct arena names; /* of directories, and of the renamed */
	size_t page_count;
	bool is_listing; /* the pages are those of a listing, all and in their order */
	size_t instance_count;
	size_t skipped;
};

struct snapshot {
	atomic_uint references;
	struct page **pages;		/* set once; a reference each */
	struct snapshot_layout *layout; /* set once; a reference */
};

/* One connection on its way into a snapshot. */
struct snapshot_record {
	const struct connection *connection;
	uint32_t page;
	uint32_t number; /* in the page */
};

struct snapshot_layout *snapshot_layout_new(void);	    /* NULL: no memory */
void snapshot_layout_unref(struct snapshot_layout *layout); /* takes NULL */

/*
 * Fills all of @layout but the names of links and the counts of pages and
 * instances. @records are in the order of connection_compare_identity(), no connection
 * twice, none without a name. 0 or -ENOMEM.
 */
int snapshot_set_paths(struct snapshot_layout *layout,
		       const struct snapshot_record *records, size_t count);

/* Gives names to the links of a snapshot that has all else. 0 or -ENOMEM. */
int snapshot_set_links(struct snapshot *snapshot);

/* Sets the count of instances of a snapshot that has its paths. 0 or -ENOMEM. */
int snapshot_count_instances(struct snapshot *snapshot);

#endif
