/*
 * Which connections a listing is to hold.
 */
#ifndef DMSFS_SRC_DMS_FILTERS_H
#define DMSFS_SRC_DMS_FILTERS_H

#include <stddef.h>

/* The two filters of the API. Values of one are alternatives, both filters are
 * required; a count of 0 leaves a filter out. Borrowed for the call. */
struct dms_filters {
	const char *const *endpoint_arns;
	size_t endpoint_arn_count;
	const char *const *replication_instance_arns;
	size_t replication_instance_arn_count;
};

#endif
