/*
 * TestConnection and DeleteConnection, and the ARNs that they ask for.
 */
#ifndef DMSFS_SRC_DMS_CONNECTION_COMMAND_H
#define DMSFS_SRC_DMS_CONNECTION_COMMAND_H

#include <stdbool.h>

#include "src/base/error.h"
#include "src/dms/connection.h"
#include "src/dms/dms.h"
#include "src/dms/page.h"

enum dms_command {
	DMS_COMMAND_TEST,
	DMS_COMMAND_DELETE,
};

/*
 * Sends it for the connection of both ARNs of @known, whose identifiers stand in for
 * those that the response leaves out. 0 with a page of the record in the response, for
 * page_unref(), and the request id alone in @error; else a negative errno with @error,
 * which may not be NULL: dms_command_did_nothing() says whether all is as it was.
 */
int dms_command_send(const struct dms *dms, enum dms_command command,
		     const struct connection *known, struct page **page,
		     struct error *error);

/* Whether the service refused it, or nothing was sent; else nobody knows. */
bool dms_command_did_nothing(const struct error *error);

enum dms_thing {
	DMS_THING_INSTANCE,
	DMS_THING_ENDPOINT,
};

/*
 * Asks for the ARN of the instance or the endpoint called @identifier. 0 with the ARN
 * in @arn, to be freed, or NULL if there is none; else a negative errno with @error,
 * which may not be NULL.
 */
int dms_find_arn(const struct dms *dms, enum dms_thing thing, const char *identifier,
		 char **arn, struct error *error);

#endif
