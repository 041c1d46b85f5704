/*
 * Endpoints and instances that exist without a connection: those whose last connection
 * was deleted, and those that a test made known. One that is in no list cannot be
 * tested. Instances whose status is not the usual one are here too. Not locked: the
 * sim's lock guards it.
 */
#ifndef DMS_SIM_INVENTORY_H
#define DMS_SIM_INVENTORY_H

#include <stddef.h>

struct thing {
	char *arn;
	char *identifier; /* may be NULL */
	char *status;	  /* NULL: the instance is available */
};

struct inventory {
	struct thing *things;
	size_t count;
};

void inventory_fini(struct inventory *inventory);
void inventory_add(struct inventory *inventory, const char *arn,
		   const char *identifier);
const struct thing *inventory_find(const struct inventory *inventory, const char *arn);

/* @status NULL makes it available. Of one that is in the inventory. */
void inventory_set_status(struct inventory *inventory, const char *arn,
			  const char *status);

#endif
