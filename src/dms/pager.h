/*
 * All pages of one call, of whatever kind: the service leads from each to the next by a
 * marker.
 */
#ifndef DMSFS_SRC_DMS_PAGER_H
#define DMSFS_SRC_DMS_PAGER_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/filters.h"
#include "src/http/http.h"

#define PAGER_PAGES_MAX 100000

struct dms;

struct pager {
	const char *action;		  /* such as "DescribeConnections" */
	const struct dms_filter *filters; /* or NULL */
	size_t filter_count;
	/*
	 * Takes one page, a response of success, of which it may move the body out.
	 * 0 with the marker that it ends with in @marker, to be freed, or NULL on the
	 * last page; else a negative errno with @error.
	 */
	int (*page)(void *data, struct http_response *response, char **marker,
		    struct error *error);
	/* Or NULL. Called while the next page is awaited, not always, and perhaps
	 * again, for what page() has put off. */
	void (*idle)(void *data);
	void *data;
};

/*
 * Asks for one page after the other until the last. A page that fails for a time is
 * asked for again as call_send() does it, and once more with fresh credentials when
 * the service refuses those it came with. A marker that came before, more than
 * PAGER_PAGES_MAX pages, more than 4 GiB, or a page after the deadline are errors. 0,
 * or a negative errno with @error, which may not be NULL; it names the page ("page 3:
 * ...").
 */
int pager_walk(const struct dms *dms, const struct pager *pager, struct error *error);

#endif
