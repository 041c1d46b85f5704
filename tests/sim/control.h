/* The calls that control the sim: /_sim/ on the same port, without signatures. */
#ifndef DMS_SIM_CONTROL_H
#define DMS_SIM_CONTROL_H

#include <stdbool.h>

#include "tests/sim/request.h"
#include "tests/sim/response.h"

#define CONTROL_PREFIX "/_sim/"

bool control_is(const char *path);

/* @since is the argument of that name, 0 when there was none. */
void control_response(struct request *request, uint64_t since,
		      struct response *response);

#endif
