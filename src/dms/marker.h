/*
 * The marker of an answer, found without parsing the answer: so the next request
 * can be on its way while this page is read.
 */
#ifndef DMSFS_SRC_DMS_MARKER_H
#define DMSFS_SRC_DMS_MARKER_H

#include <stddef.h>

/*
 * The value of "Marker" in @body (@len bytes), where it is the first or the last
 * member and of plain ASCII without escapes: its length, not 0, and where it begins
 * in @marker. 0 where only parsing can tell, as on a last page. If @body is no JSON
 * text, or has two markers, what is found may be anything.
 */
size_t marker_find(const char *body, size_t len, const char **marker);

#endif
