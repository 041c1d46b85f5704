/* One HTTP request, whole. */
#ifndef DMS_SIM_REQUEST_H
#define DMS_SIM_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/base/buf.h"
#include "tests/sim/base/sigv4_check.h"

#define REQUEST_BODY_MAX 1048576UL /* of the API; control calls may send more */

struct MHD_Connection;
struct sim;

struct request {
	struct sim *sim;
	struct MHD_Connection *connection;
	uint64_t connection_id;
	int fd;
	char *method;
	char *path;
	struct header *headers; /* their strings live as long as the request */
	size_t header_count;
	struct buf body;
	bool is_refused; /* the body was too large, and is not kept */
	uint64_t sequence;
};

#endif
