#include "fs/tree/node_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/node_name.h"

/* --- the file of a new link --- */

/* Whether @target begins with "../../../INSTANCE/", and what comes then. */
static bool split_target(const char *target, size_t len, char instance[TREE_NAME_SIZE],
			 char endpoint[TREE_NAME_SIZE])
{
	const char *first = target + strlen(LINK_TARGET_UP);
	const char *end = target + len;
	const char *slash = NULL;

	if (len < strlen(LINK_TARGET_UP) ||
	    memcmp(target, LINK_TARGET_UP, strlen(LINK_TARGET_UP)) != 0)
		return false;
	slash = memchr(first, '/', (size_t)(end - first));
	if (!slash || slash - first >= TREE_NAME_SIZE ||
	    end - slash - 1 >= TREE_NAME_SIZE)
		return false;
	memcpy(instance, first, (size_t)(slash - first));
	instance[slash - first] = '\0';
	memcpy(endpoint, slash + 1, (size_t)(end - slash - 1));
	endpoint[end - slash - 1] = '\0';
	return true;
}

static bool is_joined(const char *name, const char *instance, const char *endpoint)
{
	size_t len = strlen(instance);

	return strncmp(name, instance, len) == 0 && name[len] == ':' &&
	       strcmp(name + len + 1, endpoint) == 0;
}

struct node *node_link_find_file(const struct tree *tree, const char *name,
				 const struct node_content *content)
{
	char instance[TREE_NAME_SIZE];
	char endpoint[TREE_NAME_SIZE];
	struct node *node = NULL;

	if (!split_target(content->text, content->text_len, instance, endpoint) ||
	    !is_joined(name, instance, endpoint))
		return NULL;
	node = tree_find_locked(tree, tree->root, instance);
	if (!node || node->kind != NODE_DIRECTORY)
		return NULL;
	node = tree_find_locked(tree, node, endpoint);
	if (!node || node->kind != NODE_CONNECTION || node->is_leaving || node->peer)
		return NULL;
	return node;
}

void node_link_tie(struct node *link, struct node *file)
{
	link->peer = node_store_id(file);
	file->peer = node_store_id(link);
}

/* --- what follows from it --- */

static char *put(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len + 1);
	return out + len;
}

/* INSTANCE, @separator and ENDPOINT; returns the end. */
static char *put_path(const struct tree *tree, const struct node *link, char separator,
		      char *out)
{
	const struct node *file = node_store_at(&tree->store, link->peer);
	char buffer[TREE_NAME_SIZE];

	out = put(out, node_name(tree, tree_parent(tree, file), buffer));
	*out++ = separator;
	return put(out, node_name(tree, file, buffer));
}

const char *node_link_name(const struct tree *tree, const struct node *link,
			   char buffer[TREE_NAME_SIZE])
{
	put_path(tree, link, ':', buffer);
	return buffer;
}

size_t node_link_target(const struct tree *tree, const struct node *link,
			char target[LINK_TARGET_SIZE])
{
	char *end = put_path(tree, link, '/', put(target, LINK_TARGET_UP));

	return (size_t)(end - target);
}

/* --- parting --- */

/* The name and the target of a link, in memory of their own; NULL: no memory. */
static struct named_body *new_body(const struct tree *tree, const struct node *link)
{
	char buffer[TREE_NAME_SIZE];
	char target[LINK_TARGET_SIZE];
	size_t len = node_link_target(tree, link, target);
	struct named_body *named = named_body_new(node_link_name(tree, link, buffer));

	if (!named)
		return NULL;
	named->body.text = text_new(target, len);
	if (named->body.text)
		return named;
	free(named);
	return NULL;
}

int node_link_part(struct tree *tree, struct node *node)
{
	struct node *peer = tree_node(tree, node->peer);
	struct node *link = node->kind == NODE_LINK ? node : peer;

	if (!peer)
		return 0;
	link->body.named = new_body(tree, link);
	if (!link->body.named)
		return -ENOMEM;
	link->is_named = true;
	node->peer = 0;
	peer->peer = 0;
	return 0;
}
