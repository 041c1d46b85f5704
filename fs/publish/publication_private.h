/*
 * A publication under way; for the files that carry it out.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLICATION_PRIVATE_H
#define DMSFS_FS_PUBLISH_PUBLICATION_PRIVATE_H

#include "fs/editor/command.h"
#include "fs/publish/publish_diff.h"

struct publication {
	const struct publication_options *options;
	struct tree *tree;
	/* The instance of the change at hand. */
	const char *instance;
	struct node *directory; /* NULL: not there */
	bool has_new_directory;
	/* Connections whose links have to wait. */
	struct snapshot_entry *waiting;
	size_t waiting_count;
	size_t waiting_capacity;
	unsigned events;	/* since the last pause, at most */
	struct changes changes; /* lines that count when all has gone well */
};

/* An order to the editor; with a path of so many parts. 0 or a negative errno,
 * -ECANCELED when the publication is to end early. */
int publication_give(struct publication *publication, struct order *order);
int publication_order(struct publication *publication, enum order_kind kind,
		      const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- publication_links.c: what is in by-status; 0 or a negative errno --- */

/* The directory of a status, which is made if it is not there. */
int publication_status_directory(struct publication *publication, const char *name,
				 struct node **directory);

/* The link that a change takes away, if any; and the one that it brings. One whose name
 * another connection still holds has to wait. */
int publication_remove_old_link(struct publication *publication,
				const struct diff_change *change);
int publication_add_new_link(struct publication *publication,
			     const struct diff_change *change);

/* Those that had to, when all else is done. */
int publication_add_waiting_links(struct publication *publication);

#endif
