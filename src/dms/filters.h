/*
 * What a listing is to hold.
 */
#ifndef DMSFS_SRC_DMS_FILTERS_H
#define DMSFS_SRC_DMS_FILTERS_H

#include <stddef.h>

/* One filter of a call; its values are alternatives. Borrowed for the call. */
struct dms_filter {
	const char *name;
	const char *const *values;
	size_t count; /* 0: it is left out */
};

/* The two filters of connections. Values of one are alternatives, both filters are
 * required; a count of 0 leaves a filter out. Borrowed for the call. */
struct dms_filters {
	const char *const *endpoint_arns;
	size_t endpoint_arn_count;
	const char *const *replication_instance_arns;
	size_t replication_instance_arn_count;
};

#endif
