/*
 * The attempts at a request: again after a wait when the service or the way to it
 * fails, again at once when the local clock was wrong.
 */
#ifndef DMSFS_SRC_AWS_RETRY_SEND_H
#define DMSFS_SRC_AWS_RETRY_SEND_H

#include "src/aws/clock_skew.h"
#include "src/aws/retry.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/http/http.h"

/* What all requests of a client share. For one thread at a time. */
struct retry_client {
	struct retry retry;
	struct clock_skew skew;
};

/* Copies @clock, whose sleep should end when the program does. */
void retry_client_init(struct retry_client *client,
		       const struct retry_settings *settings,
		       const struct clock *clock);

struct retry_request {
	void *data;
	/*
	 * One attempt: signs a request for the time @now_s, sends it, and takes what
	 * the answer says. 0; or a negative errno with @error, its kind, code and HTTP
	 * status, by which is judged whether to try again. @response is handed in
	 * empty and stays the caller's; what there is of an answer is left in it, for
	 * its Date and x-amz-retry-after.
	 */
	int (*attempt)(void *data, int64_t now_s, struct http_response *response,
		       struct error *error);
};

/* 0, or what the last attempt failed with; -ECANCELED when a wait was ended. @error
 * may not be NULL, and is written only on failure. */
int retry_send(struct retry_client *client, const struct retry_request *request,
	       struct error *error);

#endif
