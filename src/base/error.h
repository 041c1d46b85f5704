/*
 * Errors, everywhere in dmsfs: a function returns 0 or a negative errno, as `r`, and
 * its caller tests `r < 0`. A function that can fail for a reason that a person has
 * to know also fills a struct error: once, where the cause is known; on the way up its
 * text only gets a prefix. It is written on failure alone. A bool says that something
 * is so, or was done, where there is one reason only why not. No credential ever enters
 * a text.
 */
#ifndef DMSFS_SRC_BASE_ERROR_H
#define DMSFS_SRC_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum error_kind {
	ERROR_NONE,
	ERROR_CONFIG,	   /* what the user set is wrong or missing */
	ERROR_CREDENTIALS, /* no usable credentials */
	ERROR_NETWORK,	   /* host not found, refused, reset, closed early */
	ERROR_TIMEOUT,	   /* a bound on time ran out */
	ERROR_TLS,	   /* the server's certificate was not accepted */
	ERROR_SERVICE,	   /* the service responded with an error */
	ERROR_RESPONSE,	   /* the response is not what the API promises */
	ERROR_MEMORY,
	ERROR_CANCELED, /* this program is stopping */
};

struct error {
	enum error_kind kind;
	int http_status;     /* 0: there was no HTTP response */
	bool is_unsent;	     /* nothing of the request left, so nothing was done */
	char code[96];	     /* the service's own error type, or empty */
	char request_id[96]; /* x-amzn-RequestId, or empty */
	char text[1024];     /* one line for the human, without code and id */
};

/*
 * Fills @error (every field but kind and text is cleared) and returns the
 * negative errno that stands for @kind: -EINVAL, -EACCES, -ENOTCONN,
 * -ETIMEDOUT, -EPROTO, -EREMOTEIO, -EBADMSG, -ENOMEM, -ECANCELED in the order
 * of the enumeration after ERROR_NONE. A text too long is cut. Control
 * characters in it are written \xHH, since parts of it come from strangers.
 * @error may be NULL: then only the errno is returned.
 */
int error_set(struct error *error, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "FORMAT..." in front of the text, as in "page 3: ". NULL is allowed. */
void error_prefix(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The negative errno of error->kind, as error_set() returned it; 0 for none. */
int error_result(const struct error *error);

/* Whether both are the same failure: their kind, the service's code and the HTTP status
 * are. The text does not count, which may hold a time or an id, nor the request id. */
bool error_is_same(const struct error *a, const struct error *b);

/*
 * Writes the whole error as one line, "CODE: TEXT (request id ID)", the parts
 * that there are, into @out (@size bytes, always terminated). Returns @out.
 */
char *error_format(const struct error *error, char *out, size_t size);

#endif
