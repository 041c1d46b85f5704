#include "fs/tree/node_name.h"

#include <string.h>

#include "fs/tree/node_link.h"
#include "src/dms/connection.h"

bool node_name_follows(const char *name, const struct connection *connection)
{
	const char *text = connection_endpoint_text(connection);

	return text && strcmp(text, name) == 0;
}

const char *node_name(const struct tree *tree, const struct node *node,
		      char buffer[TREE_NAME_SIZE])
{
	if (node->is_named)
		return node->body.named->name;
	if (node->kind == NODE_LINK)
		return node_link_name(tree, node, buffer);
	return connection_endpoint_text(node->body.connection);
}
