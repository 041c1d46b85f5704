/*
 * Connections that would get the same name, and how each gets one of its own.
 */
#ifndef DMSFS_SRC_SNAPSHOT_NAME_COLLISIONS_H
#define DMSFS_SRC_SNAPSHOT_NAME_COLLISIONS_H

#include <stddef.h>

#include "src/base/strings.h"
#include "src/dms/connection.h"

struct wanted_name {
	const char *name; /* the name wanted; then the name given */
	const struct connection *connection;
};

/*
 * Makes all names differ, and each a function of the set of names alone. Of those
 * to one name the connection with the smallest EndpointArn, then
 * ReplicationInstanceArn (by bytes, an absent one first), keeps it. The others get,
 * one after the other until one of them is free:
 *  - NAME~PART, PART being the last part of their EndpointArn, escaped (who has
 *    none wants the next name already here);
 *  - NAME~HASH, of the SHA-256 of EndpointArn, a newline and
 *    ReplicationInstanceArn, identifiers standing in for absent ARNs;
 *  - NAME~HASH of the same with a newline and 1 added, then 2, and so on.
 * Each step is taken by all who are left together: a name wanted first goes before
 * one wanted second, and among those who want it at one step the order above rules.
 * A name too long is cut as in names.h. No two connections may be the same
 * (connection_compare_identity()).
 *
 * New names are put into @arena; the order of @names stays. 0 or -ENOMEM.
 */
int name_collisions_resolve(struct wanted_name *names, size_t count,
			    struct arena *arena);

#endif
