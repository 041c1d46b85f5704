/*
 * What a dms is made of; for the files that ask by it.
 */
#ifndef DMSFS_SRC_DMS_PRIVATE_H
#define DMSFS_SRC_DMS_PRIVATE_H

#include "dms_request.h"

struct dms {
	struct dms_options options;
};

#endif
