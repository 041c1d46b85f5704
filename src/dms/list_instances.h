/*
 * DescribeReplicationInstances, all pages.
 */
#ifndef DMSFS_SRC_DMS_LIST_INSTANCES_H
#define DMSFS_SRC_DMS_LIST_INSTANCES_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/dms.h"

/* ARNs of replication instances. */
struct dms_instances {
	char **arns; /* owned, and each of them */
	size_t count;
};

void dms_instances_fini(struct dms_instances *instances);

/* At most @max instances: more are an error. 0, or a negative errno with @error, which
 * may not be NULL, and nothing in @instances. */
int dms_list_instances(const struct dms *dms, size_t max,
		       struct dms_instances *instances, struct error *error);

#endif
