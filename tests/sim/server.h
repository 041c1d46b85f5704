/* The HTTP server: libmicrohttpd with a thread for each connection, so that an answer
 * that waits keeps nobody else waiting. */
#ifndef DMS_SIM_SERVER_H
#define DMS_SIM_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tests/sim/base/tls.h"

struct sim;
struct MHD_Daemon;

struct server {
	struct sim *sim;
	struct tls tls;
	struct MHD_Daemon *daemon;
	atomic_bool is_ready; /* what libmicrohttpd says from then on is no news */
};

/* False after telling stderr why. */
bool server_start(struct server *server, struct sim *sim);
void server_stop(struct server *server);

/* http://127.0.0.1:PORT, or https. */
void server_print_url(const struct server *server);

#endif
