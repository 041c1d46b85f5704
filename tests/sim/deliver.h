/* Answers onto the wire, whole or damaged as a fault asks. */
#ifndef DMS_SIM_DELIVER_H
#define DMS_SIM_DELIVER_H

#include <microhttpd.h>

#include "tests/sim/request.h"
#include "tests/sim/response.h"

/* Takes the body of @answer. MHD_NO drops the connection. May wait. */
enum MHD_Result deliver(struct request *request, struct response *response);

#endif
