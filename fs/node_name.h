/*
 * Names that are not kept: what follows from the record that a file shows is read off
 * there.
 */
#ifndef DMSFS_FS_NODE_NAME_H
#define DMSFS_FS_NODE_NAME_H

#include "node_store.h"

/* Whether a file that shows @connection need not keep the name. */
bool node_name_follows(const char *name, const struct connection *connection);

/* The name of a node that is in the tree: there, or in @buffer. */
const char *node_name(const struct node *node, char buffer[TREE_NAME_SIZE]);

#endif
