#include "fs/tree/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/document.h"
#include "fs/tree/directory.h"
#include "fs/tree/node_name.h"
#include "src/http/http.h"

/* No text takes more in its file than four bytes for each of the answer that it came
 * in; the rest is room for the names of the fields. */
_Static_assert(HTTP_BODY_MAX_BYTES <= (UINT32_MAX - 4096) / 4,
	       "a file may be longer than its node can say");

void node_fini(struct node *node)
{
	union node_body *body = node_body(node);

	if (node->kind == NODE_DIRECTORY)
		directory_free(body->directory);
	else if (node->kind != NODE_CONNECTION || node->is_removed)
		free(body->text);
	if (node->is_named)
		free(node->body.named);
}

struct text *text_new(const char *bytes, size_t len)
{
	struct text *text = len < UINT32_MAX ? malloc(sizeof(*text) + len) : NULL;

	if (!text)
		return NULL;
	text->len = (uint32_t)len;
	if (len > 0)
		memcpy(text->bytes, bytes, len);
	return text;
}

/* Fills what kind and content decide; 0 or -ENOMEM. */
static int fill_body(struct node *node, const struct node_content *content)
{
	union node_body *body = node_body(node);

	switch (content->kind) {
	case NODE_DIRECTORY:
		body->directory = calloc(1, sizeof(*body->directory));
		return body->directory ? 0 : -ENOMEM;
	case NODE_CONNECTION:
		body->connection = content->connection;
		node->size = (uint32_t)document_size(content->connection);
		return 0;
	case NODE_TEXT:
	case NODE_LINK:
		node->size = (uint32_t)content->text_len;
		if (!node->is_named)
			return 0;
		body->text = text_new(content->text, content->text_len);
		return body->text ? 0 : -ENOMEM;
	}
	return -EINVAL;
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

/* Keeps the name with the node if need be. */
static int fill_name(struct node *node, const char *name,
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
	r = fill_name(node, name, content);
	return r < 0 ? r : fill_body(node, content);
}

void node_detach(struct node *node)
{
	union node_body *body = node_body(node);
	struct text *text = NULL;

	if (node->kind != NODE_CONNECTION)
		return;
	text = malloc(sizeof(*text) + node->size);
	if (text)
		text->len = (uint32_t)document_render(body->connection, text->bytes,
						      node->size);
	else
		node->size = 0;
	body->text = text;
}

int64_t node_later(const struct node *node, int64_t mtime_ns)
{
	return mtime_ns > node->mtime_ns ? mtime_ns : node->mtime_ns + 1;
}
