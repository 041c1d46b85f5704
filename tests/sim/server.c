#include "tests/sim/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/api.h"
#include "tests/sim/base/alloc.h"
#include "tests/sim/control.h"
#include "tests/sim/deliver.h"
#include "tests/sim/sim.h"

#define CONNECTION_MEMORY 262144
#define CONTROL_BODY_MAX ((size_t)4 << 30)

static enum MHD_Result add_header(void *data, enum MHD_ValueKind, const char *name,
				  const char *value)
{
	struct request *request = data;

	request->headers = alloc_resized(request->headers, request->header_count + 1,
					 sizeof(*request->headers));
	request->headers[request->header_count++] = (struct header){
		.name = name,
		.value = value ? value : "",
	};
	return MHD_YES;
}

static struct request *request_new(struct sim *sim, struct MHD_Connection *connection,
				   const char *method, const char *path)
{
	struct request *request = alloc_zeroed(1, sizeof(*request));
	const union MHD_ConnectionInfo *info = NULL;

	request->sim = sim;
	request->connection = connection;
	request->method = alloc_text(method);
	request->path = alloc_text(path);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	request->fd = info ? info->connect_fd : -1;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	request->connection_id = info ? (uintptr_t)info->socket_context : 0;
	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, request);
	return request;
}

static void request_free(struct request *request)
{
	free(request->method);
	free(request->path);
	free(request->headers);
	buf_fini(&request->body);
	free(request);
}

static void collect(struct request *request, const char *bytes, size_t len)
{
	size_t max = control_is(request->path) ? CONTROL_BODY_MAX : REQUEST_BODY_MAX;

	if (request->is_refused)
		return;
	if (len > max - request->body.len) {
		request->is_refused = true;
		buf_fini(&request->body);
		return;
	}
	buf_add(&request->body, bytes, len);
}

static enum MHD_Result respond(struct request *request)
{
	const char *since = NULL;
	struct response response;
	enum MHD_Result result = MHD_NO;

	response_init(&response);
	if (control_is(request->path)) {
		since = MHD_lookup_connection_value(request->connection,
						    MHD_GET_ARGUMENT_KIND, "since");
		control_response(request, since ? strtoull(since, NULL, 10) : 0,
				 &response);
	} else {
		api_response(request, &response);
	}
	request->sequence = response.sequence;
	result = deliver(request, &response);
	response_fini(&response);
	return result;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection,
			      const char *url, const char *method, const char *,
			      const char *upload, size_t *upload_len, void **context)
{
	struct server *server = data;
	struct request *request = *context;

	if (!request) {
		*context = request_new(server->sim, connection, method, url);
		return MHD_YES;
	}
	if (*upload_len > 0) {
		collect(request, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	return respond(request);
}

static void complete(void *data, struct MHD_Connection *, void **context,
		     enum MHD_RequestTerminationCode code)
{
	struct server *server = data;
	struct request *request = *context;

	if (!request)
		return;
	if (request->sequence > 0 && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		log_answered(&server->sim->log, request->sequence);
	request_free(request);
	*context = NULL;
}

/* Numbers the connections, so that the log tells which requests shared one. */
static void number(void *data, struct MHD_Connection *, void **context,
		   enum MHD_ConnectionNotificationCode code)
{
	struct server *server = data;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = (void *)(uintptr_t)(atomic_fetch_add(
						       &server->sim->connections, 1) +
					       1);
}

__attribute__((format(printf, 2, 0))) static void log_message(void *data,
							      const char *format,
							      va_list args)
{
	const struct server *server = data;

	if (!atomic_load(&server->is_ready)) {
		fputs("dms-sim: ", stderr);
		vfprintf(stderr, format, args);
	}
}

bool server_start(struct server *server, struct sim *sim)
{
	const struct options *options = &sim->options;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC |
			 MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)options->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	*server = (struct server){.sim = sim};
	if (options->cert_path) {
		if (!tls_load(&server->tls, options->cert_path, options->key_path))
			return false;
		flags |= MHD_USE_TLS;
		tls[0].ptr_value = server->tls.cert;
		tls[1].ptr_value = server->tls.key;
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER,
		log_message, server, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_NOTIFY_COMPLETED, complete, server,
		MHD_OPTION_NOTIFY_CONNECTION, number, server,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	if (!server->daemon)
		fprintf(stderr, "dms-sim: cannot serve on 127.0.0.1 port %u\n",
			options->port);
	atomic_store(&server->is_ready, true);
	return server->daemon != NULL;
}

/* sim's stop_fd must be readable: it ends the answers that wait. */
void server_stop(struct server *server)
{
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	tls_fini(&server->tls);
}

void server_print_url(const struct server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

	printf("%s://127.0.0.1:%u\n", server->tls.cert ? "https" : "http",
	       info ? info->port : 0);
	fflush(stdout);
}
