/*
 * The destination of a request, as its URL says.
 */
#ifndef DMSFS_SRC_HTTP_TARGET_H
#define DMSFS_SRC_HTTP_TARGET_H

#include <stdbool.h>

#include "src/base/error.h"

/* Begins as zero. */
struct http_target {
	char *url;	      /* owned; what was read last, or NULL */
	char host[288];	      /* with the port, where the URL names one */
	char shown_url[1024]; /* without what may be a secret */
	bool is_tls;
};

/*
 * Reads @url, unless it is the one that was read last, as it is from page to page. 0;
 * or -EINVAL for one that is neither of http nor of https, or -ENOMEM, with @error.
 */
int http_target_set(struct http_target *target, const char *url, struct error *error);

/* Whether @host, as a URL spells it, with or without a port, is this machine:
 * 127.0.0.0/8, [::1] or localhost. */
bool http_host_is_loopback(const char *host);

/* Wipes and frees. */
void http_target_fini(struct http_target *target);

#endif
