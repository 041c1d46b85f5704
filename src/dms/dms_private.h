/*
 * What a dms is made of; for the files that ask by it.
 */
#ifndef DMSFS_SRC_DMS_DMS_PRIVATE_H
#define DMSFS_SRC_DMS_DMS_PRIVATE_H

#include "src/dms/dms.h"
#include "src/dms/shared_texts.h"

struct dms {
	struct dms_options options;
	/* A reference: what the listings have in common; NULL before the first. */
	struct shared_texts *shared;
	size_t shared_bytes; /* that it had after its first listing */
};

#endif
