/*
 * Views: files whose text is made when somebody asks for it.
 *
 * Whoever has a view open must read one text to the end, however slowly, while others
 * open it and get a newer one. Open is never seen here (see operations.c), so each
 * text, a version, is a node of its own for the kernel: the name may be kept for no
 * time, and each look at it leads to the version of that moment. A version never
 * changes and lives until the kernel has forgotten it. For people all are one file,
 * with the inode number of the view.
 *
 * The editor raises events on what the name leads to. For it that is one by one the
 * versions that the kernel still knows, as watchers may have them, and then the view
 * itself, which is empty and which nobody else sees: so no text has to be made for an
 * event.
 */
#ifndef DMSFS_FS_TREE_VIEW_H
#define DMSFS_FS_TREE_VIEW_H

#include "fs/tree/tree_read.h"
#include "src/base/buffer.h"

/* Looks up the version that @view shows, and counts the lookup. 0; or -EAGAIN if the
 * text is to be made first, by view_show(). For the FUSE thread. */
int view_lookup(struct tree *tree, struct node *view, struct node **node,
		struct tree_attributes *attributes);

/* The same for the editor, of what the next event is to be raised on. */
void view_lookup_for_editor(struct tree *tree, struct node *view, struct node **node,
			    struct tree_attributes *attributes);

/* Before the facts of a text are read: whatever expires the view from here on counts
 * for the text, too. @text is empty and public, and must not be used if that fails: the
 * text is to be appended to what the tree keeps in front of it. For the FUSE thread, as
 * the next. */
bool view_begin(struct tree *tree, struct node *view, struct buffer *text);

/* Makes @text, which the tree takes over, the version that @view shows, until
 * @overdue_at_ns (CLOCK_BOOTTIME; 0: for ever) or view_expire(). 0 or -ENOMEM. */
int view_show(struct tree *tree, struct node *view, struct buffer *text,
	      int64_t mtime_ns, int64_t overdue_at_ns);

/* The text is to be made anew for the next one who asks. Returns whether the kernel
 * knows a version still. For the publisher, as the next. */
bool view_expire(struct tree *tree, struct node *view);

/* An event is to be raised on each version that the kernel knows. Returns how often the
 * editor has to raise it, which is once at least. */
size_t view_begin_event(struct tree *tree, struct node *view);

/* The event was raised on @node, of any kind. For the FUSE thread. */
void view_end_event(struct tree *tree, struct node *node);

#endif
