#include "node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

void node_free(struct node *node)
{
	if (!node)
		return;
	if (node->kind == NODE_DIRECTORY) {
		if (node->directory)
			free(node->directory->slots);
		free(node->directory);
	} else if (node->kind != NODE_CONNECTION || node->is_removed) {
		free(node->text);
	}
	free(node);
}

struct text *text_new(const char *bytes, size_t len)
{
	struct text *text = malloc(sizeof(*text) + len);

	if (!text)
		return NULL;
	text->len = len;
	if (len > 0)
		memcpy(text->bytes, bytes, len);
	return text;
}

/* Fills what kind and content decide; 0 or -ENOMEM. */
static int fill_node(struct node *node, const struct node_content *content)
{
	switch (content->kind) {
	case NODE_DIRECTORY:
		node->directory = calloc(1, sizeof(*node->directory));
		return node->directory ? 0 : -ENOMEM;
	case NODE_CONNECTION:
		node->connection = content->connection;
		node->size = document_size(content->connection);
		return 0;
	case NODE_TEXT:
	case NODE_LINK:
		node->text = text_new(content->text, content->text_len);
		node->size = content->text_len;
		return node->text ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

int node_new(const char *name, const struct node_content *content, int64_t mtime_ns,
	     struct node **result)
{
	size_t name_size = strlen(name) + 1;
	struct node *node = calloc(1, sizeof(*node) + name_size);
	int r = 0;

	if (!node)
		return -ENOMEM;
	memcpy(node->name, name, name_size);
	node->kind = (uint8_t)content->kind;
	node->mtime_ns = mtime_ns;
	node->is_uncached = content->is_uncached;
	r = fill_node(node, content);
	if (r < 0) {
		node_free(node);
		return r;
	}
	*result = node;
	return 0;
}

void node_detach(struct node *node)
{
	struct text *text = NULL;

	if (node->kind != NODE_CONNECTION)
		return;
	text = malloc(sizeof(*text) + node->size);
	if (text)
		text->len = document_render(node->connection, text->bytes, node->size);
	else
		node->size = 0;
	node->text = text;
}

int64_t node_later(const struct node *node, int64_t mtime_ns)
{
	return mtime_ns > node->mtime_ns ? mtime_ns : node->mtime_ns + 1;
}
