#include "tests/sim/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

void inventory_fini(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->things[i].arn);
		free(inventory->things[i].identifier);
		free(inventory->things[i].status);
	}
	free(inventory->things);
	memset(inventory, 0, sizeof(*inventory));
}

void inventory_add(struct inventory *inventory, const char *arn, const char *identifier)
{
	if (inventory_find(inventory, arn))
		return;
	inventory->things = alloc_resized(inventory->things, inventory->count + 1,
					  sizeof(*inventory->things));
	inventory->things[inventory->count++] = (struct thing){
		.arn = alloc_text(arn),
		.identifier = alloc_text(identifier),
	};
}

void inventory_set_status(struct inventory *inventory, const char *arn,
			  const char *status)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (strcmp(inventory->things[i].arn, arn) != 0)
			continue;
		free(inventory->things[i].status);
		inventory->things[i].status = alloc_text(status);
	}
}

const struct thing *inventory_find(const struct inventory *inventory, const char *arn)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (strcmp(inventory->things[i].arn, arn) == 0)
			return &inventory->things[i];
	}
	return NULL;
}
