/*
 * A snapshot: one whole listing as the tree shows it. Immutable, reference
 * counted, sorted by path (instance name, then endpoint name, by bytes). Names
 * are a pure function of the listing: the order of its records does not matter,
 * but for a record that repeats, where the later one counts.
 */
#ifndef DMSFS_SRC_SNAPSHOT_SNAPSHOT_H
#define DMSFS_SRC_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "src/dms/connection.h"
#include "src/dms/page.h"

struct snapshot;

/* A plain value; what it points to is the snapshot's. */
struct snapshot_entry {
	/* Name of the directory, escaped; one pointer for all entries in it. */
	const char *instance;
	const char *endpoint; /* name of the file, escaped */
	/* Name in by-status/STATUS; NULL: name_join(instance, ':', endpoint), which
	 * is then short enough to need no hash. */
	const char *link;
	const struct connection *connection; /* in a diff NULL for what is not there */
};

struct snapshot_builder;

struct snapshot_builder *snapshot_builder_new(void); /* NULL: no memory */
void snapshot_builder_free(struct snapshot_builder *builder);

/* All connections of @page, in their order; takes a reference of its own.
 * 0 or -ENOMEM. */
int snapshot_builder_add_page(struct snapshot_builder *builder, struct page *page);

/*
 * All connections of @snapshot but those for which @is_dropped says so (NULL:
 * none is dropped). Together with a later snapshot_builder_add_page() this
 * merges: the later record of one connection counts. References of its own to the
 * pages are taken; in the end a snapshot holds just those whose records it shows.
 * 0 or -ENOMEM.
 */
int snapshot_builder_add_snapshot(
	struct snapshot_builder *builder, struct snapshot *snapshot,
	bool (*is_dropped)(void *data, const struct connection *), void *data);

/*
 * Ends the building and frees the builder, whatever the result. 0 and a snapshot
 * with one reference, or -ENOMEM.
 */
int snapshot_builder_finish(struct snapshot_builder *builder,
			    struct snapshot **snapshot);

/*
 * The snapshot of a listing, of all its pages in their order; takes references of its
 * own. @before, or NULL, is that of an earlier listing: where both have the same
 * connections under the same names in the same places, they share all but the pages,
 * and with the same pages they are one. 0 and a reference in *@snapshot, or -ENOMEM.
 */
int snapshot_of_listing(struct page *const *pages, size_t count,
			struct snapshot *before, struct snapshot **snapshot);

/* Reading: any thread. */

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* takes NULL */

size_t snapshot_count(const struct snapshot *snapshot);

/* Distinct replication instances, by ARN (identifier where that is absent). */
size_t snapshot_instance_count(const struct snapshot *snapshot);

/*
 * Records of the listing left out since they name no instance or no endpoint: for
 * either there is neither an identifier nor an ARN that ends in anything but a
 * colon. They are as if they had not come, also where they repeat a connection. A merge
 * keeps the number of the snapshot it started from.
 */
size_t snapshot_skipped(const struct snapshot *snapshot);

/* As connection_account(), of the first connection in path order that has one. Sources
 * of the same ask the same account in the same Region. */
bool snapshot_account(const struct snapshot *snapshot,
		      char account[CONNECTION_ACCOUNT_SIZE]);

/* In path order; @index below snapshot_count(). */
struct snapshot_entry snapshot_at(const struct snapshot *snapshot, size_t index);

/* The record alone of the same entry; borrowed. */
const struct connection *snapshot_connection_at(const struct snapshot *snapshot,
						size_t index);

/* The pages that its records are in, borrowed; of a listing all and in their order. */
struct page **snapshot_pages(const struct snapshot *snapshot, size_t *count);

/* The record of the same connection (connection_compare_identity()), or NULL. */
const struct connection *snapshot_find_connection(const struct snapshot *snapshot,
						  const struct connection *connection);

/* The entry of the same connection, and the one at a path; false: there is none, and
 * @entry is of no use. */
bool snapshot_find_entry(const struct snapshot *snapshot,
			 const struct connection *connection,
			 struct snapshot_entry *entry);
bool snapshot_find_path(const struct snapshot *snapshot, const char *instance,
			const char *endpoint, struct snapshot_entry *entry);

#endif
