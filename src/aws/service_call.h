/*
 * One call of an AWS service that the providers of credentials need: STS, the two
 * of SSO, sign-in. DMS itself has its own way, in dms.c.
 */
#ifndef DMSFS_SRC_AWS_SERVICE_CALL_H
#define DMSFS_SRC_AWS_SERVICE_CALL_H

#include "src/aws/endpoint.h"
#include "src/base/error.h"
#include "src/credentials/credentials.h"
#include "src/http/http.h"

/* All borrowed for the time of the call. */
struct service_call {
	enum endpoint_service service;
	const char *region; /* NULL: the profile's */
	const char *method;
	const char *path;		  /* "/token", below the path of the endpoint */
	const char *query;		  /* encoded, or "" */
	const char *content_type;	  /* or NULL */
	struct http_header header;	  /* a further one; its name may be NULL */
	const char *body;		  /* or NULL */
	const char *signing_service;	  /* "sts", with signer */
	const struct credentials *signer; /* NULL: the call is not signed */
};

/*
 * Finds the endpoint and sends the call; again, by the client of the options, while
 * that may help. @read takes what the caller wants from an answer of any status: 0,
 * or a negative errno with @error, as by service_call_refused(). @error may not be
 * NULL.
 */
int service_call_send(const struct credentials_options *options,
		      const struct service_call *call,
		      int (*read)(void *data, const struct http_response *response,
				  struct error *error),
		      void *data, struct error *error);

/* The URL that the call goes to, without its query, into @url (@size bytes). */
int service_call_url(const struct credentials_options *options,
		     const struct service_call *call, char *url, size_t size,
		     struct error *error);

/*
 * The service's refusal as an error, with the HTTP status and the request id: of
 * JSON ({"__type" or the header x-amzn-ErrorType, or "error", and "message" or
 * "error_description"}). @error may not be NULL. Returns its errno.
 */
int service_call_refused(const struct http_response *response, struct error *error);

/* Fills what an answer says about itself into an error that is set. */
void service_call_note(const struct http_response *response, struct error *error);

#endif
