#include "fs/tree/view.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "fs/tree/tree_locked.h"
#include "src/base/clock.h"

static struct node *next_version(const struct tree *tree, const struct node *version)
{
	return node_store_get(&tree->store, version->next);
}

/* The newest comes first. */
static struct node *first_version(const struct tree *tree, const struct node *view)
{
	return node_store_get(&tree->store, view->peer);
}

static bool is_overdue(const struct tree *tree, const struct node *version)
{
	int64_t at_ns = node_text(version)->overdue_at_ns;

	return at_ns > 0 && tree->clock->boottime_ns(tree->clock->data) >= at_ns;
}

/* The version that is shown, or NULL. */
static struct node *shown_version(const struct tree *tree, const struct node *view)
{
	struct node *version = view->is_outdated ? NULL : first_version(tree, view);

	return version && !is_overdue(tree, version) ? version : NULL;
}

static void respond_to_lookup(const struct tree *tree, struct node *found,
			      struct node **node, struct tree_attributes *attributes)
{
	tree_count_lookup_locked(found);
	tree_attributes_locked(tree, found, attributes);
	*node = found;
}

int view_lookup(struct tree *tree, struct node *view, struct node **node,
		struct tree_attributes *attributes)
{
	struct node *version = NULL;

	tree_lock_shared(tree);
	version = shown_version(tree, view);
	if (version)
		respond_to_lookup(tree, version, node, attributes);
	tree_unlock(tree);
	return version ? 0 : -EAGAIN;
}

void view_lookup_for_editor(struct tree *tree, struct node *view, struct node **node,
			    struct tree_attributes *attributes)
{
	struct node *found = NULL;

	tree_lock_shared(tree);
	found = first_version(tree, view);
	while (found && !found->is_outdated)
		found = next_version(tree, found);
	respond_to_lookup(tree, found ? found : view, node, attributes);
	tree_unlock(tree);
}

static void remove_version(struct tree *tree, struct node *view, struct node *version)
{
	uint32_t id = node_store_id(version);
	uint32_t *link = &view->peer;

	while (*link != id)
		link = &node_store_at(&tree->store, *link)->next;
	*link = version->next;
	node_fini(version);
	node_store_return(&tree->store, version);
}

void view_forget_locked(struct tree *tree, struct node *version)
{
	struct node *view = node_store_at(&tree->store, version->peer);

	if (version != shown_version(tree, view))
		remove_version(tree, view, version);
}

static void remove_unknown_versions(struct tree *tree, struct node *view)
{
	struct node *version = first_version(tree, view);

	while (version) {
		struct node *next = next_version(tree, version);

		if (atomic_load(&version->lookups) == 0)
			remove_version(tree, view, version);
		version = next;
	}
}

static int add_version(struct tree *tree, struct node *view, struct text *text,
		       int64_t mtime_ns)
{
	const struct node_content content = {.kind = NODE_VERSION};
	struct node *version = node_store_take(&tree->store);
	uint64_t number = ++tree->last_number;
	int r = 0;

	if (!version)
		return -ENOMEM;
	version->number_low = (uint32_t)number;
	version->number_high = (uint16_t)(number >> 32);
	r = node_init(version, NULL, &content, mtime_ns);
	if (r < 0) {
		node_fini(version);
		node_store_return(&tree->store, version);
		return r;
	}
	node_show_text(version, text);
	version->parent = view->parent;
	version->is_removed = true;
	version->peer = node_store_id(view);
	version->next = view->peer;
	view->peer = node_store_id(version);
	return 0;
}

bool view_begin(struct tree *tree, struct node *view, struct buffer *text)
{
	static const struct text nothing;

	pthread_rwlock_wrlock(&tree->lock);
	view->is_outdated = false;
	pthread_rwlock_unlock(&tree->lock);
	return buffer_append(text, &nothing, offsetof(struct text, bytes));
}

/* Without what is spare at the end. */
static struct text *take_text(struct buffer *buffer, int64_t overdue_at_ns)
{
	size_t size = 0;
	struct text *spacious = (void *)buffer_take(buffer, &size);
	struct text *text = realloc(spacious, size);

	if (!text)
		text = spacious;
	text->len = (uint32_t)(size - offsetof(struct text, bytes));
	text->overdue_at_ns = overdue_at_ns;
	return text;
}

int view_show(struct tree *tree, struct node *view, struct buffer *text,
	      int64_t mtime_ns, int64_t overdue_at_ns)
{
	struct text *taken = take_text(text, overdue_at_ns);
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	remove_unknown_versions(tree, view);
	r = add_version(tree, view, taken, mtime_ns);
	pthread_rwlock_unlock(&tree->lock);
	if (r < 0)
		free(taken);
	return r;
}

bool view_expire(struct tree *tree, struct node *view)
{
	bool is_known = false;

	pthread_rwlock_wrlock(&tree->lock);
	view->is_outdated = true;
	remove_unknown_versions(tree, view);
	is_known = view->peer != 0;
	pthread_rwlock_unlock(&tree->lock);
	return is_known;
}

size_t view_begin_event(struct tree *tree, struct node *view)
{
	struct node *version = NULL;
	size_t count = 0;

	pthread_rwlock_wrlock(&tree->lock);
	version = first_version(tree, view);
	for (; version; version = next_version(tree, version)) {
		version->is_outdated = true;
		count++;
	}
	pthread_rwlock_unlock(&tree->lock);
	return count > 0 ? count : 1;
}

void view_end_event(struct tree *tree, struct node *node)
{
	if (node->kind != NODE_VERSION)
		return;
	pthread_rwlock_wrlock(&tree->lock);
	node->is_outdated = false;
	pthread_rwlock_unlock(&tree->lock);
}
