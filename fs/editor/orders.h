/*
 * A piece of work for the editor: it begins with a look whether the mount can be
 * reached, and ends with the mount left alone, so that it is not busy.
 */
#ifndef DMSFS_FS_EDITOR_ORDERS_H
#define DMSFS_FS_EDITOR_ORDERS_H

#include "fs/editor/editor.h"

/* All borrowed. */
struct orders {
	struct editor *editor;
	/* How often the editor has asked the daemon for the root's attributes. */
	const unsigned long *root_requests;
};

/*
 * 0; -ENXIO when the path leads to another mount, one that lies over ours; or
 * another negative errno. orders_end() is for every result.
 */
int orders_begin(const struct orders *orders);
int orders_end(const struct orders *orders);

/* An order that takes no more than a path, relative to the mount's root. As
 * editor_order(). */
int orders_give(const struct orders *orders, enum order_kind kind, const char *path);

#endif
