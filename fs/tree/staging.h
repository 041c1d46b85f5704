/*
 * Changes to a tree that is mounted. The publisher stages a change, which is not
 * visible yet; the editor makes the system call that stands for it; and when that call
 * arrives as a request, the FUSE thread carries the change out. So an entry is never
 * seen before its event, and a file's new content is there at its event and not long
 * before.
 *
 * Staging is for one thread at a time, carrying out for the FUSE thread; to carry out
 * again what was carried out already does nothing.
 */
#ifndef DMSFS_FS_TREE_STAGING_H
#define DMSFS_FS_TREE_STAGING_H

#include "fs/tree/tree_read.h"

/* As tree_add(), but not visible until it is carried out. */
int staging_add(struct tree *tree, struct node *parent, const char *name,
		const struct node_content *content, int64_t mtime_ns,
		struct node **node);

/*
 * New content for a file: a connection, borrowed, or a text, copied. The file's
 * mtime will move on even if @mtime_ns is not later than it. 0 or -ENOMEM.
 */
int staging_replace(struct tree *tree, struct node *node,
		    const struct node_content *content, int64_t mtime_ns);

/* Lets @node be removed. 0 or -ENOMEM. */
int staging_remove(struct tree *tree, struct node *node, int64_t mtime_ns);

/* Lets @node, whose name is kept, get another one (copied) in its directory. One node
 * at a time. 0 or -ENOMEM. */
int staging_rename(struct tree *tree, struct node *node, const char *new_name,
		   int64_t mtime_ns);

/*
 * Shows a staged entry and counts a lookup of it, as for an entry that mknod made.
 * -EEXIST if it was there already, -EROFS if no such entry is staged.
 */
int staging_show(struct tree *tree, struct node *parent, const char *name,
		 struct node **node, struct tree_attributes *attributes);

/* Swaps a file's content, if new content is staged. A text that has only grown keeps
 * its old size in the attributes until staging_announce(). */
void staging_swap(struct tree *tree, struct node *node);

/*
 * Before the event on a file's new content, which is swapped now if it was not. 0;
 * -EAGAIN where the kernel may keep pages of the content before: it drops them when it
 * sees another mtime in attributes that it has asked for, as it has right before where
 * @has_asked, or another size in the reply to this, unless there is a second page.
 */
int staging_announce(struct tree *tree, struct node *node, bool has_asked);

/* Gives an entry the name that is staged for it; what had that name goes. 0, -ENOENT,
 * -EROFS if this was not staged, or -ENOMEM. */
int staging_move(struct tree *tree, struct node *parent, const char *name,
		 struct node *new_parent, const char *new_name);

/* Removes an entry that was staged for it. 0, -ENOENT, -EROFS if it was not staged,
 * -ENOTEMPTY for a directory that has entries, or -ENOMEM. */
int staging_drop(struct tree *tree, struct node *parent, const char *name);

/*
 * Forgets whatever is staged for the node of @path ("a/b"), when the call failed. 1; 0
 * when nothing was staged, as the request had come before the call failed; -ENOENT for
 * no such node.
 */
int staging_cancel(struct tree *tree, const char *path);

/* Forgets all that is staged, when some of its calls may never have been made. */
void staging_cancel_all(struct tree *tree);

#endif
