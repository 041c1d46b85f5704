/* The API that clients know: POST / with an X-Amz-Target. */
#ifndef DMS_SIM_API_H
#define DMS_SIM_API_H

#include "tests/sim/request.h"
#include "tests/sim/response.h"

/* Decides the answer to @request, with the fault that it met, and logs both. */
void api_response(struct request *request, struct response *response);

#endif
