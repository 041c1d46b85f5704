/*
 * Names that are not kept: a file's is read off the record that it shows, a link's put
 * together from those of its file (node_link.h). With the tree's lock held.
 */
#ifndef DMSFS_FS_TREE_NODE_NAME_H
#define DMSFS_FS_TREE_NODE_NAME_H

#include "fs/tree/tree_private.h"

/* Whether a file that shows @connection need not keep the name. */
bool node_name_follows(const char *name, const struct connection *connection);

/* The name of a node that is in the tree: there, or in @buffer. */
const char *node_name(const struct tree *tree, const struct node *node,
		      char buffer[TREE_NAME_SIZE]);

#endif
