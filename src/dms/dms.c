#include "src/dms/dms.h"

#include <errno.h>
#include <stdlib.h>

#include "src/dms/dms_private.h"

int dms_new(const struct dms_options *options, struct dms **dms)
{
	struct dms *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->options = *options;
	*dms = made;
	return 0;
}

void dms_free(struct dms *dms)
{
	free(dms);
}
