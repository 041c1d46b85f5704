/*
 * Names that are not kept. A file's name is read from the record that it shows. A
 * link called INSTANCE:ENDPOINT that leads to ../../../INSTANCE/ENDPOINT, as nearly
 * all of by-status do, takes both from the file that it leads to. The two are each
 * other's peer then; a file has one such link at most. With the tree's lock held.
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

/* If name and target of a link are those derived from a file INSTANCE/ENDPOINT, copies
 * INSTANCE and returns ENDPOINT, a part of @name; else NULL. */
const char *node_link_split(const char *name, const struct node_content *content,
			    char instance[NODE_NAME_SIZE]);

void node_link_peer(struct node *link, struct node *file);

/* Parts @node, a file or a link, from its peer if it has one: the link then keeps its
 * name and target itself. 0 or -ENOMEM. */
int node_unlink_peer(const struct node_store *store, struct node *node);

#endif
