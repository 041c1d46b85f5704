/*
 * Which proxy a request takes, by the environment, as botocore has it from Python's
 * urllib: HTTPS_PROXY for https and HTTP_PROXY for http, nothing else (no
 * ALL_PROXY). Names in lower case come first, and an empty one of those stands for
 * none. libcurl's own reading differs: it ignores HTTP_PROXY in upper case, knows
 * ALL_PROXY, and takes networks ("10.0.0.0/8") in NO_PROXY.
 */
#ifndef DMSFS_SRC_HTTP_PROXY_H
#define DMSFS_SRC_HTTP_PROXY_H

#include "src/base/environment.h"
#include "src/base/error.h"

/*
 * The proxy for @host ("dms.example", or with the port where the URL names one) into
 * @proxy, as libcurl wants it, for the caller to wipe and free; NULL: none, as NO_PROXY
 * says "*", the host, a domain above it, or either with that port. 0, or -EINVAL if the
 * variable holds no URL of a proxy; as that may hold a password, @error does not show
 * it.
 */
int proxy_find(const struct environment *environment, const char *scheme,
	       const char *host, char **proxy, struct error *error);

#endif
