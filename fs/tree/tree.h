/*
 * The tree that is served: nodes, their inode numbers and lookup counts.
 *
 * A node is known to the kernel by its address (the FUSE node id), which stays
 * good until the kernel has forgotten every lookup of it, and to people by its
 * inode number, which is counted up and never used again.
 *
 * Two sides meet here. The FUSE thread looks up, reads and forgets; it also
 * carries out what the editor asks for. The publisher adds and stages. One
 * lock guards it all; it is held for the time of one call, never across a reply.
 */
#ifndef DMSFS_FS_TREE_TREE_H
#define DMSFS_FS_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "src/dms/connection.h"

struct tree;
struct node;

enum node_kind {
	NODE_DIRECTORY,
	NODE_CONNECTION, /* a file that shows a connection (document.h) */
	NODE_TEXT,	 /* a file whose bytes the tree holds */
	NODE_LINK,	 /* a symbolic link */
};

/* Whose files they are, and the bits that are taken from 0755 and 0644. The
 * owner's bits stay whatever the umask: the editor may not be root. */
struct tree_options {
	uid_t uid;
	gid_t gid;
	mode_t umask;
};

/* @mtime_ns: nanoseconds since 1970, here and below. 0 or -ENOMEM. */
int tree_new(const struct tree_options *options, int64_t mtime_ns, struct tree **tree);

/* Frees every node, whatever its lookup count: the mount must be gone. */
void tree_free(struct tree *tree);

struct node *tree_root(struct tree *tree);

/* How many nodes can be seen, the root counted. Any thread. */
size_t tree_count(struct tree *tree);

/* --- changing; one thread at a time --- */

/* What a new node is made of. */
struct node_content {
	enum node_kind kind;
	/* NODE_CONNECTION: borrowed, and must live as long as the node shows it. */
	const struct connection *connection;
	/* NODE_TEXT, NODE_LINK: copied. Not terminated; a link's has no NUL. */
	const char *text;
	size_t text_len;
	/* The kernel is to ask for the attributes each time. */
	bool is_uncached;
};

/*
 * Adds @name (1 to 255 bytes, copied) to directory @parent. 0, -EEXIST or
 * -ENOMEM. @node may be NULL.
 */
int tree_add(struct tree *tree, struct node *parent, const char *name,
	     const struct node_content *content, int64_t mtime_ns, struct node **node);

/* The node of that name, or NULL. It stays until it is removed. */
struct node *tree_find(struct tree *tree, const struct node *parent, const char *name);

/*
 * Takes a node, a directory only when it is empty, out of the tree. 0, -ENOTEMPTY,
 * or -ENOMEM where a link to a file needs a name of its own for it. While the kernel
 * knows it, it can still be read, as it was, with a link count of 0; it is freed when
 * it has been forgotten.
 */
int tree_remove(struct tree *tree, struct node *node, int64_t mtime_ns);

/* Whether a file that can be seen shows this very record. */
bool tree_shows(struct tree *tree, const struct node *node,
		const struct connection *connection);

/* Lets a file show an equal record (connection_equal()), borrowed as before. */
void tree_repoint(struct tree *tree, struct node *node,
		  const struct connection *connection);

/* Gives a text file other content at once, without an event; for files whose
 * attributes are not cached. 0 or -ENOMEM. */
int tree_set_text(struct tree *tree, struct node *node, const char *text, size_t len,
		  int64_t mtime_ns);

/* Whether a directory has no entry. */
bool tree_is_empty(struct tree *tree, const struct node *directory);

/* --- serving; the FUSE thread --- */

struct tree_attributes {
	struct stat stat;
	bool is_cached; /* false: the kernel is to ask each time */
};

/* Looks @name up and counts the lookup; 0, -ENOENT or -ENOTDIR. */
int tree_lookup(struct tree *tree, struct node *parent, const char *name,
		struct node **node, struct tree_attributes *attributes);

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
 * tree_next_locked() from entry to entry, then tree_unlock(). A cookie is an
 * entry's own number, the one order in which entries stand; the next entry is
 * the first with a greater one, so that none is skipped or shown twice while
 * others come and go. Cookie 0 is before the first. NULL at the end.
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
void tree_attributes_locked(const struct tree *tree, const struct node *node,
			    struct tree_attributes *attributes);
/* The inode number of what ".." stands for. */
ino_t tree_parent_number_locked(const struct tree *tree, const struct node *directory);
/* Counts a lookup, as for an entry that readdirplus hands out. */
void tree_count_lookup_locked(struct node *node);

/* The sum of all lookup counts but the root's; for tests. */
uint64_t tree_lookups(struct tree *tree);

#endif
