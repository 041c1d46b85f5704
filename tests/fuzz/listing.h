/*
 * A snapshot made of one page or of connections, and what must hold of any.
 */
#ifndef DMSFS_TESTS_FUZZ_LISTING_H
#define DMSFS_TESTS_FUZZ_LISTING_H

#include <stddef.h>

#include "src/snapshot/snapshot.h"

/* With one reference, never NULL. */
struct snapshot *listing_of_page(struct page *page);
struct snapshot *listing_of_connections(const struct connection *connections,
					size_t count);

/*
 * Paths in strict order and all found again; names that can be files' (1 to 255
 * bytes, clean, no '/', no leading dot); links that differ within a status; as many
 * entries as there are connections.
 */
void listing_check(const struct snapshot *snapshot);

#endif
