/*
 * The tree that is served: nodes, their inode numbers and lookup counts.
 *
 * The kernel knows a node by an id (tree_id()), which stays good until the kernel has
 * forgotten every lookup of it. Users see its inode number, which is counted up and
 * never used again.
 *
 * Two sides meet here. The FUSE thread looks up, reads and forgets (tree_read.h), and
 * carries out the editor's requests. The publisher adds and stages (staging.h). One
 * lock guards it all; it is held for the time of one call, never across a reply.
 */
#ifndef DMSFS_FS_TREE_TREE_H
#define DMSFS_FS_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/tree/node_content.h"

struct tree;
struct node;
struct clock;

/* The owner of all files, and the bits that are taken from 0755 and 0644. The owner's
 * bits stay whatever the umask: the editor may not be root. */
struct tree_options {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct clock *clock; /* borrowed; NULL: the machine's */
};

/* @mtime_ns: nanoseconds since 1970, here and below. 0 or -ENOMEM. */
int tree_new(const struct tree_options *options, int64_t mtime_ns, struct tree **tree);

/* Frees every node, whatever its lookup count: the mount must be gone. Takes NULL. */
void tree_free(struct tree *tree);

struct node *tree_root(struct tree *tree);

/* How many nodes are visible, the root included. Any thread. */
size_t tree_count(struct tree *tree);

/*
 * Adds @name (1 to 255 bytes, copied) to directory @parent. 0, -EEXIST or -ENOMEM.
 * @node may be NULL. One thread at a time, as for all functions below.
 */
int tree_add(struct tree *tree, struct node *parent, const char *name,
	     const struct node_content *content, int64_t mtime_ns, struct node **node);

/* The node of that name, or NULL. It stays until it is removed. */
struct node *tree_find(struct tree *tree, const struct node *parent, const char *name);

/* Whether a visible file shows this very record. */
bool tree_shows(struct tree *tree, const struct node *node,
		const struct connection *connection);

/* Lets a file show an equal record (connection_equal()), borrowed as before. */
void tree_repoint(struct tree *tree, struct node *node,
		  const struct connection *connection);

/* Gives a text file other content at once, without an event; for files whose
 * attributes are not cached. 0 or -ENOMEM. */
int tree_set_text(struct tree *tree, struct node *node,
		  const struct node_content *content, int64_t mtime_ns);

/* Whether a directory has no entry. */
bool tree_is_empty(struct tree *tree, const struct node *directory);

#endif
