#include "fs/tree/staging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/directory.h"
#include "fs/tree/node_name.h"
#include "fs/tree/tree_locked.h"

#define PAGE_MIN_BYTES 4096

int staging_add(struct tree *tree, struct node *parent, const char *name,
		const struct node_content *content, int64_t mtime_ns,
		struct node **result)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = tree_add_locked(tree, parent, name, content, mtime_ns, true, result);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

/* Keeps the name if the new record does not give it; 0 or -ENOMEM. */
static int replacement_keep_name(const struct tree *tree,
				 struct replacement *replacement)
{
	const struct node *node = replacement->node;
	char buffer[NODE_NAME_SIZE];
	const char *name = node_name(&tree->store, node, buffer);

	if (node->is_named || node_name_follows(name, replacement->connection))
		return 0;
	replacement->named = named_body_new(name);
	return replacement->named ? 0 : -ENOMEM;
}

int staging_replace(struct tree *tree, struct node *node,
		    const struct node_content *content, int64_t mtime_ns)
{
	struct replacement replacement = {
		.node = node, .connection = content->connection, .mtime_ns = mtime_ns};
	int r = 0;

	if (content->kind == NODE_TEXT) {
		replacement.text = text_new(content);
		if (!replacement.text)
			return -ENOMEM;
	}
	pthread_rwlock_wrlock(&tree->lock);
	r = replacement_keep_name(tree, &replacement);
	if (r == 0)
		r = replacements_add(&tree->replacements, &replacement);
	pthread_rwlock_unlock(&tree->lock);
	if (r < 0)
		replacement_fini(&replacement);
	return r;
}

int staging_remove(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = node_unlink_peer(&tree->store, node);
	if (r == 0) {
		node->is_leaving = true;
		tree->removal_mtime_ns = mtime_ns;
	}
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

static void forget_rename(struct tree *tree)
{
	free(tree->new_name);
	tree->new_name = NULL;
	tree->renamed = NULL;
}

int staging_rename(struct tree *tree, struct node *node, const char *new_name,
		   int64_t mtime_ns)
{
	struct named_body *named = named_body_new(new_name);

	if (!named)
		return -ENOMEM;
	pthread_rwlock_wrlock(&tree->lock);
	forget_rename(tree);
	tree->renamed = node;
	tree->new_name = named;
	tree->removal_mtime_ns = mtime_ns;
	pthread_rwlock_unlock(&tree->lock);
	return 0;
}

static int show_entry(struct tree *tree, struct node *node)
{
	struct node *parent = NULL;

	if (!node)
		return -EROFS;
	if (!node->is_staged)
		return -EEXIST;
	node->is_staged = false;
	tree->staged_count--;
	parent = tree_parent(tree, node);
	if (node->kind == NODE_DIRECTORY)
		node_directory(parent)->subdirectories++;
	node_touch(parent, node->mtime_ns);
	return 0;
}

int staging_show(struct tree *tree, struct node *parent, const char *name,
		 struct node **result, struct tree_attributes *attributes)
{
	struct node *node = NULL;
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	node = name_index_find(&tree->index, parent, name);
	r = show_entry(tree, node);
	if (r == 0) {
		tree_count_lookup_locked(node);
		tree_attributes_locked(tree, node, attributes);
		*result = node;
	}
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

static void show_record(struct node *node, const struct replacement *replacement)
{
	if (replacement->named) {
		node->body.named = replacement->named;
		node->is_named = true;
	}
	node_show_connection(node, replacement->connection);
}

/*
 * The kernel sets a new size before it drops the pages, and whoever reads in between
 * gets zeros behind the old end. So a text that has grown keeps its size at first, for
 * the pages to go, and gets the new one when the editor sets the time.
 */
static void show_text(struct node *node, struct text *text)
{
	struct text *old = node_show_text(node, text);

	if (old && old->len > 0 && old->len < text->len && !old->overdue_at_ns &&
	    memcmp(old->bytes, text->bytes, old->len) == 0)
		text->old_len = old->len;
	free(old);
}

static void swap_content(struct tree *tree, struct node *node)
{
	struct replacement replacement;

	if (!replacements_take(&tree->replacements, node, &replacement))
		return;
	node_touch(node, replacement.mtime_ns);
	if (node->kind == NODE_CONNECTION)
		show_record(node, &replacement);
	else
		show_text(node, replacement.text);
}

void staging_swap(struct tree *tree, struct node *node)
{
	pthread_rwlock_wrlock(&tree->lock);
	swap_content(tree, node);
	pthread_rwlock_unlock(&tree->lock);
}

/*
 * A text that has grown is to keep its size until the pages are gone. A size beyond the
 * first page may be known to the kernel before it is told: a read of the last page
 * ends there, and then the pages before that one would stay.
 */
static bool is_told_by_size(struct tree *tree, struct node *node)
{
	const uint32_t size = node->size;

	swap_content(tree, node);
	return node->kind == NODE_CONNECTION && node->size != size &&
	       node->size < PAGE_MIN_BYTES;
}

int staging_announce(struct tree *tree, struct node *node, bool has_asked)
{
	bool is_told = false;

	pthread_rwlock_wrlock(&tree->lock);
	is_told = node->is_replaced ? is_told_by_size(tree, node) : has_asked;
	if (is_told && node->kind == NODE_TEXT && node_text(node))
		node_body(node)->text->old_len = 0;
	pthread_rwlock_unlock(&tree->lock);
	return is_told ? 0 : -EAGAIN;
}

static int drop_entry(struct tree *tree, struct node *node)
{
	if (!node || node->is_staged)
		return -ENOENT;
	if (!node->is_leaving)
		return -EROFS;
	replacements_drop(&tree->replacements, node);
	return tree_remove_locked(tree, node, tree->removal_mtime_ns);
}

int staging_drop(struct tree *tree, struct node *parent, const char *name)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = drop_entry(tree, name_index_find(&tree->index, parent, name));
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

/* The entry that has the name already makes room in the index. */
static int move_entry(struct tree *tree, struct node *node)
{
	struct named_body *named = tree->new_name;
	struct node *parent = tree_parent(tree, node);
	struct node *other = name_index_find(&tree->index, parent, named->name);
	int r = other ? tree_remove_locked(tree, other, tree->removal_mtime_ns) : 0;

	if (r < 0)
		return r;
	name_index_remove(&tree->index, node);
	named->body = node->body.named->body;
	free(node->body.named);
	node->body.named = named;
	name_index_add(&tree->index, node, named->name);
	node_touch(parent, tree->removal_mtime_ns);
	tree->new_name = NULL;
	tree->renamed = NULL;
	return 0;
}

int staging_move(struct tree *tree, struct node *parent, const char *name,
		 struct node *new_parent, const char *new_name)
{
	struct node *node = NULL;
	int r = -EROFS;

	pthread_rwlock_wrlock(&tree->lock);
	node = name_index_find(&tree->index, parent, name);
	if (!node)
		r = -ENOENT;
	else if (node == tree->renamed && parent == new_parent &&
		 strcmp(new_name, tree->new_name->name) == 0)
		r = move_entry(tree, node);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

static struct node *find_path(struct tree *tree, const char *path)
{
	struct node *node = tree->root;
	char name[NODE_NAME_SIZE];

	while (node && *path && node->kind == NODE_DIRECTORY) {
		size_t len = strcspn(path, "/");

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		node = name_index_find(&tree->index, node, name);
	}
	return *path ? NULL : node;
}

/* A directory in which something is staged too has to stay, and is shown. */
static void cancel_node(struct tree *tree, struct node *node)
{
	replacements_drop(&tree->replacements, node);
	node->is_leaving = false;
	if (node == tree->renamed)
		forget_rename(tree);
	if (node->is_staged && tree_remove_locked(tree, node, node->mtime_ns) < 0)
		show_entry(tree, node);
}

int staging_cancel(struct tree *tree, const char *path)
{
	struct node *node = NULL;
	int r = -ENOENT;

	pthread_rwlock_wrlock(&tree->lock);
	node = find_path(tree, path);
	if (node) {
		r = node->is_staged || node->is_leaving || node->is_replaced ||
		    node == tree->renamed;
		cancel_node(tree, node);
	}
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

/* In two rounds: a staged directory holds nothing but staged entries. */
static void cancel_round(struct tree *tree, bool are_directories)
{
	struct node *node = node_store_next(&tree->store, NULL);

	for (; node; node = node_store_next(&tree->store, node)) {
		bool is_directory = node->kind == NODE_DIRECTORY;

		if (!node->is_removed && is_directory == are_directories)
			cancel_node(tree, node);
	}
}

void staging_cancel_all(struct tree *tree)
{
	pthread_rwlock_wrlock(&tree->lock);
	cancel_round(tree, false);
	cancel_round(tree, true);
	pthread_rwlock_unlock(&tree->lock);
}
