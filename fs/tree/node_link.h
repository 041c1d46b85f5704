/*
 * Links that need not keep a name and a target: both follow from the file that the
 * link leads to where the link is called INSTANCE:ENDPOINT and leads to
 * ../../../INSTANCE/ENDPOINT, as nearly all of by-status do. The two are each other's
 * peer, then; one link at most follows from a file. With the tree's lock held.
 */
#ifndef DMSFS_FS_TREE_NODE_LINK_H
#define DMSFS_FS_TREE_NODE_LINK_H

#include "fs/content/status_link.h"
#include "fs/tree/tree_private.h"

/* From which file the new link of @name and @content can follow; NULL: none. */
struct node *node_link_find_file(const struct tree *tree, const char *name,
				 const struct node_content *content);

void node_link_tie(struct node *link, struct node *file);

/* Of a link that follows from its file. The target's length is returned. */
const char *node_link_name(const struct tree *tree, const struct node *link,
			   char buffer[TREE_NAME_SIZE]);
size_t node_link_target(const struct tree *tree, const struct node *link,
			char target[LINK_TARGET_SIZE]);

/* Parts @node, a file or a link, from its peer, if it has one: the link then keeps its
 * name and target itself. 0 or -ENOMEM. */
int node_link_part(struct tree *tree, struct node *node);

#endif
