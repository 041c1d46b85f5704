#include "fs/tree/replacement.h"

#include <errno.h>
#include <stdlib.h>

#include "src/base/array.h"

void replacement_fini(struct replacement *replacement)
{
	free(replacement->text);
	free(replacement->named);
}

void replacements_fini(struct replacements *replacements)
{
	for (size_t i = 0; i < replacements->count; i++)
		replacement_fini(&replacements->items[i]);
	free(replacements->items);
}

int replacements_add(struct replacements *replacements,
		     const struct replacement *replacement)
{
	struct replacement *items = NULL;

	replacements_drop(replacements, replacement->node);
	items = array_grow(replacements->items, replacements->count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	replacements->items = items;
	items[replacements->count++] = *replacement;
	replacement->node->is_replaced = true;
	return 0;
}

/* Passes those at the front that are done, and frees the list when all are. */
static void replacements_advance(struct replacements *replacements)
{
	while (replacements->first < replacements->count &&
	       !replacements->items[replacements->first].node)
		replacements->first++;
	if (replacements->first < replacements->count)
		return;
	free(replacements->items);
	*replacements = (struct replacements){.items = NULL};
}

bool replacements_take(struct replacements *replacements, struct node *node,
		       struct replacement *taken)
{
	struct replacement *found = NULL;

	if (!node->is_replaced)
		return false;
	found = replacements->items + replacements->first;
	while (found->node != node)
		found++;
	*taken = *found;
	*found = (struct replacement){.node = NULL};
	node->is_replaced = false;
	replacements_advance(replacements);
	return true;
}

void replacements_drop(struct replacements *replacements, struct node *node)
{
	struct replacement replacement;

	if (replacements_take(replacements, node, &replacement))
		replacement_fini(&replacement);
}
