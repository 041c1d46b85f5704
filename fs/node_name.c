#include "node_name.h"

#include <string.h>

#include "node_link.h"
#include "src/names.h"

/* The text in @connection that names its file; NULL: there is none. */
static const char *naming_text(const struct connection *connection)
{
	const char *text = connection->field[CONNECTION_ENDPOINT_IDENTIFIER];

	if (text && *text)
		return text;
	return name_of_arn(connection->field[CONNECTION_ENDPOINT_ARN]);
}

bool node_name_follows(const char *name, const struct connection *connection)
{
	const char *text = naming_text(connection);

	return text && strcmp(text, name) == 0;
}

const char *node_name(const struct tree *tree, const struct node *node,
		      char buffer[TREE_NAME_SIZE])
{
	if (node->is_named)
		return node->body.named->name;
	if (node->kind == NODE_LINK)
		return node_link_name(tree, node, buffer);
	return naming_text(node->body.connection);
}
