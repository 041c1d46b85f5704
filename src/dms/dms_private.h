/*
 * What a dms is made of; for the files that ask by it.
 */
#ifndef DMSFS_SRC_DMS_DMS_PRIVATE_H
#define DMSFS_SRC_DMS_DMS_PRIVATE_H

#include "src/dms/dms.h"

struct dms {
	struct dms_options options;
};

#endif
