/*
 * A page from the bytes of a response.
 */
#ifndef DMSFS_SRC_DMS_PAGE_PARSE_H
#define DMSFS_SRC_DMS_PAGE_PARSE_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/page.h"

/*
 * Parses the JSON response of DescribeConnections (@body, @len bytes). 0 and a page
 * with one reference in @page; else a negative errno (-EBADMSG: not what the API
 * promises, with the reason in @error; -ENOMEM). Unknown members are ignored; \u0000 is
 * kept (text.h); a lone surrogate becomes U+FFFD.
 */
int page_parse(const char *body, size_t len, struct page **page, struct error *error);

/*
 * The same of a response that has one Connection, as of TestConnection: a page of that
 * record, which must be of the connection @known. The identifiers of @known stand in
 * for those that the response leaves out.
 */
int page_parse_one(const char *body, size_t len, const struct connection *known,
		   struct page **page, struct error *error);

#endif
