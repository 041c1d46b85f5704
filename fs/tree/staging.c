#include "fs/tree/staging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/document.h"
#include "fs/tree/directory.h"
#include "fs/tree/node_link.h"
#include "fs/tree/node_name.h"
#include "fs/tree/tree_private.h"

#define REPLACEMENTS_MIN 64

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

/* --- replacements --- */

static int reserve(struct tree *tree)
{
	struct replacement *replacements = NULL;
	size_t capacity = tree->replacement_capacity ? tree->replacement_capacity * 2
						     : REPLACEMENTS_MIN;

	if (tree->replacement_count < tree->replacement_capacity)
		return 0;
	replacements = reallocarray(tree->replacements, capacity,
				    sizeof(*replacements));
	if (!replacements)
		return -ENOMEM;
	tree->replacements = replacements;
	tree->replacement_capacity = capacity;
	return 0;
}

void replacement_fini(struct replacement *replacement)
{
	free(replacement->text);
	free(replacement->named);
}

static struct replacement *find_replacement(struct tree *tree, const struct node *node)
{
	size_t i = tree->replacement_first;

	while (tree->replacements[i].node != node)
		i++;
	return &tree->replacements[i];
}

/* Forgets those at the front that are done, and all when none is left. */
static void advance(struct tree *tree)
{
	while (tree->replacement_first < tree->replacement_count &&
	       !tree->replacements[tree->replacement_first].node)
		tree->replacement_first++;
	if (tree->replacement_first == tree->replacement_count) {
		tree->replacement_first = 0;
		tree->replacement_count = 0;
	}
}

static struct replacement take_replacement(struct tree *tree, struct node *node)
{
	struct replacement *found = find_replacement(tree, node);
	struct replacement taken = *found;

	*found = (struct replacement){.node = NULL};
	node->is_replaced = false;
	advance(tree);
	return taken;
}

static void drop_replacement(struct tree *tree, struct node *node)
{
	struct replacement replacement = {.node = NULL};

	if (!node->is_replaced)
		return;
	replacement = take_replacement(tree, node);
	replacement_fini(&replacement);
}

/* Keeps the name for a record that tells another; 0 or -ENOMEM. */
static int prepare_name(const struct tree *tree, struct replacement *replacement)
{
	const struct node *node = replacement->node;
	char buffer[TREE_NAME_SIZE];
	const char *name = node_name(tree, node, buffer);

	if (node->is_named || node_name_follows(name, replacement->connection))
		return 0;
	replacement->named = named_body_new(name);
	return replacement->named ? 0 : -ENOMEM;
}

static int add_replacement(struct tree *tree, struct replacement *replacement)
{
	struct node *node = replacement->node;
	int r = prepare_name(tree, replacement);

	if (r == 0)
		r = reserve(tree);
	if (r < 0)
		return r;
	drop_replacement(tree, node);
	tree->replacements[tree->replacement_count++] = *replacement;
	node->is_replaced = true;
	return 0;
}

int staging_replace(struct tree *tree, struct node *node,
		    const struct node_content *content, int64_t mtime_ns)
{
	struct replacement replacement = {
		.node = node, .connection = content->connection, .mtime_ns = mtime_ns};
	int r = 0;

	if (content->kind == NODE_TEXT) {
		replacement.text = text_new(content->text, content->text_len);
		if (!replacement.text)
			return -ENOMEM;
	}
	pthread_rwlock_wrlock(&tree->lock);
	r = add_replacement(tree, &replacement);
	pthread_rwlock_unlock(&tree->lock);
	if (r < 0)
		replacement_fini(&replacement);
	return r;
}

int staging_remove(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = node_link_part(tree, node);
	if (r == 0) {
		node->is_leaving = true;
		tree->removal_mtime_ns = mtime_ns;
	}
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

/* --- carrying out --- */

static int show(struct tree *tree, struct node *node)
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
	parent->mtime_ns = node_later(parent, node->mtime_ns);
	return 0;
}

int staging_show(struct tree *tree, struct node *parent, const char *name,
		 struct node **result, struct tree_attributes *attributes)
{
	struct node *node = NULL;
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	node = tree_find_locked(tree, parent, name);
	r = show(tree, node);
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
	node_body(node)->connection = replacement->connection;
	node->size = (uint32_t)document_size(replacement->connection);
}

static void show_text(struct node *node, struct text *text)
{
	free(node_body(node)->text);
	node_body(node)->text = text;
	node->size = text->len;
}

static void swap(struct tree *tree, struct node *node)
{
	struct replacement replacement = {.node = NULL};

	if (!node->is_replaced)
		return;
	replacement = take_replacement(tree, node);
	node->mtime_ns = node_later(node, replacement.mtime_ns);
	if (node->kind == NODE_CONNECTION)
		show_record(node, &replacement);
	else
		show_text(node, replacement.text);
}

void staging_swap(struct tree *tree, struct node *node)
{
	pthread_rwlock_wrlock(&tree->lock);
	swap(tree, node);
	pthread_rwlock_unlock(&tree->lock);
}

static int drop(struct tree *tree, struct node *node)
{
	if (!node || node->is_staged)
		return -ENOENT;
	if (!node->is_leaving)
		return -EROFS;
	drop_replacement(tree, node);
	return tree_remove_locked(tree, node, tree->removal_mtime_ns);
}

int staging_drop(struct tree *tree, struct node *parent, const char *name)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = drop(tree, tree_find_locked(tree, parent, name));
	index_trim(tree);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

static struct node *find_path(struct tree *tree, const char *path)
{
	struct node *node = tree->root;
	char name[256];

	while (node && *path && node->kind == NODE_DIRECTORY) {
		size_t len = strcspn(path, "/");

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		node = tree_find_locked(tree, node, name);
	}
	return node;
}

void staging_force(struct tree *tree, const char *path)
{
	struct node *node = NULL;

	pthread_rwlock_wrlock(&tree->lock);
	node = find_path(tree, path);
	if (node && node->is_staged)
		show(tree, node);
	if (node)
		swap(tree, node);
	if (node && node->is_leaving)
		drop(tree, node);
	index_trim(tree);
	pthread_rwlock_unlock(&tree->lock);
}

/* A directory in which something is staged too has to stay, and is shown. */
static void cancel(struct tree *tree, struct node *node)
{
	drop_replacement(tree, node);
	node->is_leaving = false;
	if (node->is_staged && tree_remove_locked(tree, node, node->mtime_ns) < 0)
		show(tree, node);
}

void staging_cancel(struct tree *tree, const char *path)
{
	struct node *node = NULL;

	pthread_rwlock_wrlock(&tree->lock);
	node = find_path(tree, path);
	if (node)
		cancel(tree, node);
	index_trim(tree);
	pthread_rwlock_unlock(&tree->lock);
}

/* In two rounds: a staged directory holds nothing but staged entries. */
static void cancel_round(struct tree *tree, bool are_directories)
{
	for (size_t i = 0; i < tree->bucket_count; i++) {
		struct node *node = tree_node(tree, tree->buckets[i]);

		while (node) {
			struct node *next = tree_node(tree, node->next);

			if ((node->kind == NODE_DIRECTORY) == are_directories)
				cancel(tree, node);
			node = next;
		}
	}
}

void staging_cancel_all(struct tree *tree)
{
	pthread_rwlock_wrlock(&tree->lock);
	cancel_round(tree, false);
	cancel_round(tree, true);
	index_trim(tree);
	pthread_rwlock_unlock(&tree->lock);
}
