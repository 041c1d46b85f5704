#include "fs/editor/orders.h"

#include <errno.h>
#include <string.h>

#include "src/base/clock.h"

int orders_give(const struct orders *orders, enum order_kind kind, const char *path)
{
	struct order order = {.kind = kind};

	order.mtime_ns = clock_system.realtime_ns(clock_system.data);
	strncat(order.path, path, sizeof(order.path) - 1);
	return editor_order(orders->editor, &order);
}

/*
 * The editor opens the root and asks for its attributes: only if that reached this
 * daemon is it this mount that lies at the path.
 */
int orders_begin(const struct orders *orders)
{
	unsigned long before = __atomic_load_n(orders->root_requests, __ATOMIC_ACQUIRE);
	int r = orders_give(orders, ORDER_BEGIN, "");

	if (r == 0)
		r = editor_finish(orders->editor);
	if (r == 0 &&
	    __atomic_load_n(orders->root_requests, __ATOMIC_ACQUIRE) == before)
		r = -ENXIO;
	if (r == 0)
		editor_trust(orders->editor);
	return r;
}

int orders_end(const struct orders *orders)
{
	int r = orders_give(orders, ORDER_END, "");

	return r < 0 ? r : editor_finish(orders->editor);
}
