/*
 * Arrays that grow by one item at a time.
 */
#ifndef DMSFS_SRC_BASE_ARRAY_H
#define DMSFS_SRC_BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_MIN_COUNT ((size_t)16)

/*
 * @items with room for one more than @count items of @item_size bytes; NULL without
 * memory, and @items is as it was. An array that only ever grew by this needs no
 * count of the items that it has room for: that is @count rounded up to a power of
 * two, and at least ARRAY_MIN_COUNT. Takes NULL for @items with a count of 0.
 */
static inline void *array_grow(void *items, size_t count, size_t item_size)
{
	if (count == 0)
		return reallocarray(items, ARRAY_MIN_COUNT, item_size);
	if (count >= ARRAY_MIN_COUNT && (count & (count - 1)) == 0)
		return reallocarray(items, 2 * count, item_size);
	return items;
}

#endif
