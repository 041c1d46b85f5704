/*
 * The headers of a request, as libcurl wants them.
 */
#ifndef DMSFS_SRC_HTTP_HEADERS_H
#define DMSFS_SRC_HTTP_HEADERS_H

#include <curl/curl.h>

#include "src/base/error.h"
#include "src/http/http.h"

/* 0 with a list to http_headers_free(), or a negative errno with @error. */
int http_headers_new(const struct http_request *request, struct curl_slist **headers,
		     struct error *error);

/* Wipes them, as they may hold secrets. Takes NULL. */
void http_headers_free(struct curl_slist *headers);

#endif
