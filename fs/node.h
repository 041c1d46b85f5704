/*
 * What the tree and its nodes are made of; for tree.c and the files
 * beside it that include this alone.
 */
#ifndef DMSFS_FS_NODE_H
#define DMSFS_FS_NODE_H

#include <pthread.h>

#include "tree.h"

/* The bytes of a text file or a link. */
struct text {
	size_t len;
	char bytes[];
};

/*
 * A directory's entries, in the order of their numbers, which is the order in
 * which they were added. A slot is a node's address or, where a node was
 * removed, a gap: its number, shifted by one bit, with the lowest bit set. So
 * the slots can be searched by number whatever was removed. The array closes up
 * when most of it is gaps; adding and removing stay cheap in a directory of a
 * million.
 */
struct directory {
	uintptr_t *slots;
	size_t used;
	size_t capacity;
	size_t live;
	size_t subdirectories; /* that can be seen */
};

/* All fields are guarded by the tree's lock, but for those set once. */
struct node {
	union {
		struct node *parent;   /* NULL for the root */
		struct node *previous; /* once removed: among the orphans */
	};
	struct node *next; /* in its bucket of the index, or among the orphans */
	uint64_t number;   /* set once: the inode number, and the cookie */
	uint64_t lookups;  /* atomic: counted up under the shared lock */
	int64_t mtime_ns;
	uint64_t size;
	union {
		const struct connection *connection; /* borrowed */
		struct text *text;		     /* owned; may be NULL, for empty */
		struct directory *directory;	     /* owned */
	};
	uint32_t hash; /* set once */
	uint8_t kind;  /* set once: enum node_kind */
	/* Out of the tree. A connection's content has become a text then, since
	 * what it was borrowed from may go. */
	bool is_removed;
	bool is_staged;	   /* not to be seen yet (staging.h) */
	bool is_leaving;   /* staged for removal */
	bool is_replaced;  /* new content is staged */
	bool is_scribbled; /* among the tree's scribbled */
	bool is_uncached;  /* set once: attributes are to be asked for each time */
	char name[];	   /* set once */
};

/* New content of a file, staged. */
struct replacement {
	struct node *node; /* NULL once it was carried out or dropped */
	const struct connection *connection;
	struct text *text; /* owned */
	int64_t mtime_ns;
};

/* A power of 2, and no fewer. */
#define BUCKETS_MIN 1024

struct tree {
	/* guards: everything below and every node; taken alone */
	pthread_rwlock_t lock;
	struct node **buckets; /* the index: nodes by parent and name */
	size_t bucket_count;   /* a power of two */
	size_t node_count;     /* in the index: all but the root */
	size_t staged_count;   /* of them, not to be seen yet */
	uint64_t last_number;
	struct node *root;    /* set once */
	struct node *orphans; /* removed nodes that the kernel still knows */
	/* Replacements in the order in which they were staged, which is that of
	 * their being carried out: the first that is not yet is nearly always the
	 * next. */
	struct replacement *replacements;
	size_t replacement_first;
	size_t replacement_count;
	size_t replacement_capacity;
	/* Files to which a write was refused (scribbles.h); each has a lookup counted,
	 * so that it stays. */
	struct node **scribbled;
	size_t scribbled_count;
	size_t scribbled_capacity;
	int64_t removal_mtime_ns; /* for directories that lose an entry */
	uid_t uid;		  /* set once, like those below */
	gid_t gid;
	mode_t directory_mode;
	mode_t file_mode;
};

/* --- node.c; no lock needed for a node that is in no tree --- */

/* 0, -ENOMEM, or -EINVAL for a kind that is none. */
int node_new(const char *name, const struct node_content *content, int64_t mtime_ns,
	     struct node **node);
void node_free(struct node *node); /* takes NULL */
struct text *text_new(const char *bytes, size_t len);

/* Makes a connection's file, which is to be removed, independent of the record that
 * it shows. */
void node_detach(struct node *node);

/* @mtime_ns, or a nanosecond after the node's own where it is not later. */
int64_t node_later(const struct node *node, int64_t mtime_ns);

/* --- index.c: nodes by parent and name; with the lock held --- */

/* Makes room for one more; 0 or -ENOMEM. */
int index_reserve(struct tree *tree);

/* A node whose parent is set; after a reserve. */
void index_add(struct tree *tree, struct node *node);
void index_remove(struct tree *tree, const struct node *node);
struct node *tree_find_locked(const struct tree *tree, const struct node *parent,
			      const char *name);

/* --- tree.c; with the lock held --- */

/* 0, -EEXIST or -ENOMEM, and then the node is still the caller's. */
int tree_insert_locked(struct tree *tree, struct node *parent, struct node *node);
int tree_remove_locked(struct tree *tree, struct node *node, int64_t mtime_ns);

/* Takes back lookups; the node may be gone then. */
void tree_forget_locked(struct tree *tree, struct node *node, uint64_t count);

/* --- directory.c --- */

/* Makes room for one more; 0 or -ENOMEM. */
int directory_reserve(struct directory *directory);

/* Appends @node, whose number is greater than all before; after a reserve. */
void directory_append(struct directory *directory, struct node *node);

void directory_remove(struct directory *directory, const struct node *node);

/* The first entry with a number above @cookie that can be seen, or NULL. */
struct node *directory_next(const struct directory *directory, uint64_t cookie);

#endif
