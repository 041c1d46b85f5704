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

/* INSTANCE, @separator and ENDPOINT; returns the end. */
static char *put_peer_path(const struct node_store *store, const struct node *link,
			   char separator, char *out)
{
	const struct node *file = node_store_at(store, link->peer);

	out = put_string(out, node_own_name(node_store_at(store, file->parent)));
	*out++ = separator;
	return put_string(out, node_own_name(file));
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

const char *node_link_split(const char *name, const struct node_content *content,
			    char instance[NODE_NAME_SIZE])
{
	const size_t up = strlen(LINK_TARGET_UP);
	const char *slash = NULL;
	size_t len = strlen(name);
	size_t at = 0;

	if (len >= NODE_NAME_SIZE || content->text_len != up + len ||
	    memcmp(content->text, LINK_TARGET_UP, up) != 0)
		return NULL;
	slash = memchr(content->text + up, '/', len);
	if (!slash)
		return NULL;
	at = (size_t)(slash - content->text) - up;
	if (name[at] != ':' || memcmp(name, content->text + up, at) != 0 ||
	    memcmp(name + at + 1, slash + 1, len - at - 1) != 0)
		return NULL;
	memcpy(instance, name, at);
	instance[at] = '\0';
	return name + at + 1;
}

void node_link_peer(struct node *link, struct node *file)
{
	link->peer = node_store_id(file);
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

int node_unlink_peer(const struct node_store *store, struct node *node)
{
	struct node *peer = node_store_get(store, node->peer);
	struct node *link = node->kind == NODE_LINK ? node : peer;

	if (!peer)
		return 0;
	link->body.named = new_link_body(store, link);
	if (!link->body.named)
		return -ENOMEM;
	link->is_named = true;
	node->peer = 0;
	peer->peer = 0;
	return 0;
}
