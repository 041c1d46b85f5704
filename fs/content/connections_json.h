/*
 * .dmsfs/connections.json: listings in the shape of `aws dms describe-connections`, one
 * connection a line, in path order.
 */
#ifndef DMSFS_FS_CONTENT_CONNECTIONS_JSON_H
#define DMSFS_FS_CONTENT_CONNECTIONS_JSON_H

#include "src/base/buffer.h"
#include "src/snapshot/snapshot.h"

/*
 * Appends one document of @count listings, one behind the other; NULL among them counts
 * for nothing. Members are as the service sent them: empty ones are kept, absent and
 * null ones left out. Texts are verbatim, but that bytes which are no UTF-8 are U+FFFD;
 * controls (C0, DEL, C1), U+FFFE and U+FFFF are \u escapes, since readers of YAML
 * refuse them. False as buffer_append() is.
 *
 * cJSON does not write it: it ends a text at a NUL, has no escapes for DEL, C1, U+FFFE
 * and U+FFFF, and a tree of it takes ten times the memory of the document.
 */
bool connections_json_render(struct snapshot *const *snapshots, size_t count,
			     struct buffer *json);

#endif
