/*
 * libcurl's results in words: which host, what happened, what to do.
 */
#ifndef DMSFS_SRC_HTTP_CURL_FAILURE_H
#define DMSFS_SRC_HTTP_CURL_FAILURE_H

#include <curl/curl.h>

#include "src/base/error.h"
#include "src/http/http.h"

/*
 * Fills @error for @result of the transfer that @easy has just ended, and returns
 * its errno. @cause is curl's error buffer, maybe empty.
 */
int http_failure_set(struct error *error, CURL *easy, CURLcode result,
		     const struct http_request *request, const char *host,
		     const char *cause);

#endif
