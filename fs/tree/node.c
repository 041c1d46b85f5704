#include "fs/tree/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/document.h"

void node_fini(struct node *node)
{
	if (node->kind == NODE_TEXT || node->kind == NODE_VERSION ||
	    (node->kind == NODE_LINK && node->is_named) ||
	    (node->kind == NODE_CONNECTION && node->is_removed))
		free(node_body(node)->text);
	if (node->is_named)
		free(node->body.named);
}

struct text *text_new(const struct node_content *content)
{
	const struct node_overdue *overdue = &content->overdue;
	size_t len = content->text_len;
	struct text *text = NULL;

	if (len >= UINT32_MAX || overdue->text_len >= UINT32_MAX)
		return NULL;
	text = malloc(sizeof(*text) + len + overdue->text_len);
	if (!text)
		return NULL;
	*text = (struct text){.len = (uint32_t)len,
			      .overdue_len = (uint32_t)overdue->text_len,
			      .overdue_at_ns = overdue->at_ns,
			      .overdue_mtime_ns = overdue->mtime_ns};
	if (len > 0)
		memcpy(text->bytes, content->text, len);
	if (overdue->text_len > 0)
		memcpy(text->bytes + len, overdue->text, overdue->text_len);
	return text;
}

/* No response is long enough for a file of 4 GiB. */
static uint32_t node_document_size(const struct connection *connection)
{
	size_t size = document_size(connection);

	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static int node_fill_body(struct node *node, const struct node_content *content)
{
	switch (content->kind) {
	case NODE_DIRECTORY:
	case NODE_VIEW:
	case NODE_VERSION:
		return 0;
	case NODE_CONNECTION:
		node_show_connection(node, content->connection);
		return 0;
	case NODE_TEXT:
	case NODE_LINK:
		node->size = (uint32_t)content->text_len;
		if (!node->is_named)
			return 0;
		node_body(node)->text = text_new(content);
		return node_body(node)->text ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

bool node_name_follows(const char *name, const struct connection *connection)
{
	const char *text = connection_endpoint_text(connection);

	return text && strcmp(text, name) == 0;
}

struct named_body *named_body_new(const char *name)
{
	size_t name_size = strlen(name) + 1;
	struct named_body *named = malloc(sizeof(*named) + name_size);

	if (!named)
		return NULL;
	named->body = (union node_body){.text = NULL};
	memcpy(named->name, name, name_size);
	return named;
}

/* Keeps the name with the node if it has to be kept. */
static int node_fill_name(struct node *node, const char *name,
			  const struct node_content *content)
{
	if (!name || (content->kind == NODE_CONNECTION &&
		      node_name_follows(name, content->connection)))
		return 0;
	node->body.named = named_body_new(name);
	node->is_named = node->body.named != NULL;
	return node->is_named ? 0 : -ENOMEM;
}

int node_init(struct node *node, const char *name, const struct node_content *content,
	      int64_t mtime_ns)
{
	int r = 0;

	node->kind = (uint8_t)content->kind;
	node->mtime_ns = mtime_ns;
	node->is_uncached = content->is_uncached;
	r = node_fill_name(node, name, content);
	return r < 0 ? r : node_fill_body(node, content);
}

void node_show_connection(struct node *node, const struct connection *connection)
{
	node_body(node)->connection = connection;
	node->size = node_document_size(connection);
}

struct text *node_show_text(struct node *node, struct text *text)
{
	struct text *before = node_body(node)->text;

	node_body(node)->text = text;
	node->size = text->len;
	return before;
}

void node_detach(struct node *node)
{
	union node_body *body = node_body(node);
	struct text *text = NULL;

	if (node->kind != NODE_CONNECTION)
		return;
	text = malloc(sizeof(*text) + node->size);
	if (text) {
		*text = (struct text){.len = node->size};
		document_render(body->connection, text->bytes, node->size);
	} else {
		node->size = 0;
	}
	body->text = text;
}

void node_touch(struct node *node, int64_t mtime_ns)
{
	node->mtime_ns = mtime_ns > node->mtime_ns ? mtime_ns : node->mtime_ns + 1;
}
