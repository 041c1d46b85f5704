/*
 * Names that are not kept. A file's name is read from the record that it shows. A link
 * called INSTANCE:ENDPOINT that leads to ../../../INSTANCE/ENDPOINT, as nearly all of
 * by-status do, takes both from the file that it leads to; and so does one that has
 * SOURCE in front of both, as those of several sources have. It is the file's peer
 * then. A file has one such link for each directory that the dots lead to. With the
 * tree's lock held.
 */
#ifndef DMSFS_FS_TREE_NODE_NAME_H
#define DMSFS_FS_TREE_NODE_NAME_H

#include "fs/content/status_link.h"
#include "fs/tree/node_store.h"

#define NODE_NAME_SIZE 256

/* The name of a node that is in the tree; it may be put into @buffer. */
const char *node_name(const struct node_store *store, const struct node *node,
		      char buffer[NODE_NAME_SIZE]);

/* Copies the target of a link that has a peer; returns its length. */
size_t node_link_target(const struct node_store *store, const struct node *link,
			char target[LINK_TARGET_SIZE]);

/* Whether name and target of a link are those that follow from a file: *@path, a part
 * of the target, is where that is, from where the dots lead to. */
bool node_link_follows(const char *name, const struct node_content *content,
		       const char **path);

/* Where the dots lead from @directory, which has the link; NULL: above the root. */
const struct node *node_link_top(const struct node_store *store,
				 const struct node *directory);

/* Whether a link with this top follows from @file already. */
bool node_has_link(const struct node_store *store, const struct node *file,
		   const struct node *top);

/* Lets @link, which is in the tree, follow from @file. */
void node_link_peer(struct node *link, struct node *file);

/* Parts @node, a file or a link, from its peers if it has any: the links then keep
 * their names and targets themselves. 0 or -ENOMEM. */
int node_unlink_peer(const struct node_store *store, struct node *node);

#endif
