#include "fs/tree/node_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *put_string(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len + 1);
	return out + len;
}

/* A directory's name is always kept, and a link's file shows a connection. */
static const char *node_own_name(const struct node *node)
{
	return node->is_named ? node->body.named->name
			      : connection_endpoint_text(node->body.connection);
}

const struct node *node_link_top(const struct node_store *store,
				 const struct node *directory)
{
	for (int i = 0; directory && i < 3; i++)
		directory = node_store_get(store, directory->parent);
	return directory;
}

static const struct node *top_of(const struct node_store *store,
				 const struct node *link)
{
	return node_link_top(store, node_store_at(store, link->parent));
}

static char *put_part(const struct node *node, char separator, char *out)
{
	out = put_string(out, node_own_name(node));
	*out++ = separator;
	return out;
}

/* The file's path from the top of the link on, with @separator between its parts;
 * returns the end. */
static char *put_peer_path(const struct node_store *store, const struct node *link,
			   char separator, char *out)
{
	const struct node *file = node_store_at(store, link->peer);
	const struct node *instance = node_store_at(store, file->parent);
	const struct node *source = node_store_at(store, instance->parent);

	if (source->parent && source != top_of(store, link))
		out = put_part(source, separator, out);
	return put_string(put_part(instance, separator, out), node_own_name(file));
}

const char *node_name(const struct node_store *store, const struct node *node,
		      char buffer[NODE_NAME_SIZE])
{
	if (node->kind != NODE_LINK || node->is_named)
		return node_own_name(node);
	put_peer_path(store, node, ':', buffer);
	return buffer;
}

size_t node_link_target(const struct node_store *store, const struct node *link,
			char target[LINK_TARGET_SIZE])
{
	char *end = put_peer_path(store, link, '/', put_string(target, LINK_TARGET_UP));

	return (size_t)(end - target);
}

bool node_link_follows(const char *name, const struct node_content *content,
		       const char **path)
{
	const size_t up = strlen(LINK_TARGET_UP);
	size_t len = strlen(name);

	if (len >= NODE_NAME_SIZE || content->text_len != up + len ||
	    memcmp(content->text, LINK_TARGET_UP, up) != 0)
		return false;
	*path = content->text + up;
	for (size_t i = 0; i < len; i++)
		if (name[i] != ((*path)[i] == '/' ? ':' : (*path)[i]))
			return false;
	return true;
}

bool node_has_link(const struct node_store *store, const struct node *file,
		   const struct node *top)
{
	uint32_t id = file->peer;

	while (id && top_of(store, node_store_at(store, id)) != top)
		id = node_store_at(store, id)->body.next_link;
	return id != 0;
}

void node_link_peer(struct node *link, struct node *file)
{
	link->peer = node_store_id(file);
	link->body.next_link = file->peer;
	file->peer = node_store_id(link);
}

/* The name and the target of a link, in memory of their own; NULL: no memory. */
static struct named_body *new_link_body(const struct node_store *store,
					const struct node *link)
{
	char buffer[NODE_NAME_SIZE];
	char target[LINK_TARGET_SIZE];
	const struct node_content content = {
		.kind = NODE_LINK,
		.text = target,
		.text_len = node_link_target(store, link, target),
	};
	struct named_body *named = named_body_new(node_name(store, link, buffer));

	if (!named)
		return NULL;
	named->body.text = text_new(&content);
	if (named->body.text)
		return named;
	free(named);
	return NULL;
}

static int unlink_link(const struct node_store *store, struct node *link)
{
	uint32_t *next = &node_store_at(store, link->peer)->peer;
	struct named_body *named = new_link_body(store, link);
	uint32_t id = node_store_id(link);

	if (!named)
		return -ENOMEM;
	while (*next != id)
		next = &node_store_at(store, *next)->body.next_link;
	*next = link->body.next_link;
	link->body.named = named;
	link->is_named = true;
	link->peer = 0;
	return 0;
}

int node_unlink_peer(const struct node_store *store, struct node *node)
{
	int r = 0;

	if (node->kind == NODE_LINK && node->peer)
		return unlink_link(store, node);
	while (r == 0 && node->kind == NODE_CONNECTION && node->peer)
		r = unlink_link(store, node_store_at(store, node->peer));
	return r;
}
