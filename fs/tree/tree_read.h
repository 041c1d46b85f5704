/*
 * Serving: attributes, contents and listings, and how often the kernel has looked a
 * node up. For the FUSE thread; the publisher may list directories, too.
 */
#ifndef DMSFS_FS_TREE_TREE_READ_H
#define DMSFS_FS_TREE_TREE_READ_H

#include <sys/stat.h>
#include <sys/types.h>

#include "fs/tree/tree.h"

struct tree_attributes {
	ino_t number;
	off_t size;
	int64_t mtime_ns; /* all three times */
	mode_t mode;
	uint32_t links;
	uid_t uid;
	gid_t gid;
	bool is_cached;	     /* false: the kernel must ask each time */
	bool is_name_cached; /* the same of where the name leads */
};

/*
 * The id by which the kernel knows a node, and its generation: where the node lies, and
 * its inode number in both, so that neither tells an address and no pair is used again.
 */
uint64_t tree_id(const struct node *node);
uint64_t tree_generation(const struct node *node);

/* The node of an id; the kernel has not forgotten it. */
struct node *tree_node(struct tree *tree, uint64_t id);

/* Looks @name up and counts the lookup; 0, -ENOENT or -ENOTDIR; or -EAGAIN and a view,
 * not counted, which is to be looked up as view.h says. */
int tree_lookup(struct tree *tree, struct node *parent, const char *name,
		struct node **node, struct tree_attributes *attributes);

/* The mtime of @parent/@directory/@name, in nanoseconds since 1970; 0 if it is not
 * there. Any thread. */
int64_t tree_find_mtime_ns(struct tree *tree, const struct node *parent,
			   const char *directory, const char *name);

/* Takes back @count lookups. The node may be gone then. One that was looked up
 * UINT32_MAX times at once is never taken back, and stays as long as the tree. */
void tree_forget(struct tree *tree, struct node *node, uint64_t count);

void tree_attributes(struct tree *tree, const struct node *node,
		     struct tree_attributes *attributes);

enum node_kind tree_kind(const struct node *node);

/* Copies up to @size bytes of a file from @offset on; returns how many. */
size_t tree_read(struct tree *tree, const struct node *node, char *out, size_t size,
		 off_t offset);

/* Copies a link's target, terminated and cut to @size; returns its length. */
size_t tree_readlink(struct tree *tree, const struct node *node, char *out,
		     size_t size);

/*
 * A directory listing is read under the lock: tree_lock_shared(), then
 * tree_next_locked() from entry to entry, then tree_unlock(). A cookie is an entry's
 * own number, and entries stand in the order of their numbers; the next entry is the
 * first with a greater one, so that none is skipped or shown twice while others come
 * and go. Cookie 0 is before the first. NULL at the end.
 */
void tree_lock_shared(struct tree *tree);
void tree_unlock(struct tree *tree);
struct node *tree_next_locked(const struct tree *tree, const struct node *directory,
			      uint64_t cookie);
uint64_t tree_cookie(const struct node *node);

/* The name of a node that is in the tree, good while the lock is held; it may be put
 * into @buffer. */
#define TREE_NAME_SIZE 256
const char *tree_name(const struct tree *tree, const struct node *node,
		      char buffer[TREE_NAME_SIZE]);

/* Writes the path of a node from the root on, "a/b", or "." for the root, into @path
 * (@size bytes). 0, -ENOENT for a node that is out of the tree, or -ENAMETOOLONG. */
int tree_path(struct tree *tree, const struct node *node, char *path, size_t size);
int tree_path_locked(const struct tree *tree, const struct node *node, char *path,
		     size_t size);

/* The record that a file shows, good while the lock is held. NULL for what is no
 * connection, or is out of the tree. */
const struct connection *tree_connection_locked(const struct node *node);

void tree_attributes_locked(const struct tree *tree, const struct node *node,
			    struct tree_attributes *attributes);

/* The inode number that ".." stands for. */
ino_t tree_parent_number_locked(const struct tree *tree, const struct node *directory);

/* Counts a lookup, as for an entry that readdirplus hands out. */
void tree_count_lookup_locked(struct node *node);

/* The sum of all lookup counts but the root's; for tests. */
uint64_t tree_lookups(struct tree *tree);

#endif
