/*
 * What else than credentials an EC2 instance's metadata tell.
 */
#ifndef DMSFS_SRC_CREDENTIALS_IMDS_H
#define DMSFS_SRC_CREDENTIALS_IMDS_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/credentials/options.h"

/*
 * Asks for the Region that the instance is in, which tools take where none is set; with
 * the settings of the credentials' provider. Fills @region (@size bytes, for
 * REGION_MAX and a NUL). -EINVAL where there is no service, it was disabled, or its
 * response is no Region; @error may not be NULL.
 */
int imds_region(const struct credentials_options *options, char *region, size_t size,
		struct error *error);

#endif
