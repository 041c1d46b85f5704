#include "tests/unit/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define REQUEST_SIZE 65536

struct http_server {
	struct http_server_script script;
	int listener;
	int port;
	int stop[2]; /* a pipe; its end is the sign to stop */
	pthread_t thread;
	SSL_CTX *tls;

	pthread_mutex_t lock; /* guards: what follows */
	pthread_cond_t asked;
	int requests;
	int connections;
	char last_request[REQUEST_SIZE];
};

struct connection {
	struct http_server *server;
	int fd;
	SSL *ssl; /* or NULL */
	char request[REQUEST_SIZE];
	size_t len;
};

static void require(bool is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	abort();
}

/* False when the server is to stop, or the time is over. */
static bool wait_readable(struct http_server *server, int fd, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = server->stop[0], .events = POLLIN},
			       {.fd = fd, .events = POLLIN}};

	return poll(fds, 2, timeout_ms) > 0 && fds[0].revents == 0;
}

static bool receive(struct connection *connection)
{
	size_t room = sizeof(connection->request) - 1 - connection->len;
	char *to = connection->request + connection->len;
	ssize_t count;

	if (!connection->ssl || !SSL_pending(connection->ssl))
		if (!wait_readable(connection->server, connection->fd, -1))
			return false;
	if (connection->ssl)
		count = SSL_read(connection->ssl, to, (int)room);
	else
		count = read(connection->fd, to, room);
	if (count <= 0)
		return false;
	connection->len += (size_t)count;
	connection->request[connection->len] = '\0';
	return true;
}

static bool transmit(struct connection *connection, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t count = connection->ssl
					? SSL_write(connection->ssl, bytes, (int)len)
					: write(connection->fd, bytes, len);

		if (count <= 0)
			return false;
		bytes += count;
		len -= (size_t)count;
	}
	return true;
}

static bool is_whole(const struct connection *connection)
{
	const char *end = strstr(connection->request, "\r\n\r\n");
	const char *length = strcasestr(connection->request, "\r\nContent-Length:");
	size_t body = 0;

	if (!end)
		return false;
	if (length && length < end)
		body = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
	return connection->len >= (size_t)(end + 4 - connection->request) + body;
}

static int note_request(struct connection *connection)
{
	struct http_server *server = connection->server;
	int requests;

	pthread_mutex_lock(&server->lock);
	memcpy(server->last_request, connection->request, connection->len + 1);
	requests = ++server->requests;
	pthread_cond_broadcast(&server->asked);
	pthread_mutex_unlock(&server->lock);
	connection->len = 0;
	connection->request[0] = '\0';
	return requests;
}

/* Until the client has enough of it. */
static void transmit_endless(struct connection *connection, const char *text)
{
	char block[REQUEST_SIZE];
	size_t len = strlen(text);
	size_t used = 0;

	for (; used + len <= sizeof(block); used += len)
		memcpy(block + used, text, len);
	while (transmit(connection, block, used))
		;
}

/* False when the connection is to be closed. */
static bool response(struct connection *connection, int number)
{
	const struct http_server_script *script = &connection->server->script;
	bool is_sending = number > script->failing_requests && *script->response &&
			  transmit(connection, script->response,
				   strlen(script->response));

	if (is_sending && script->endless)
		transmit_endless(connection, script->endless);
	while (is_sending && script->drip_ms &&
	       !wait_readable(connection->server, connection->fd, (int)script->drip_ms))
		is_sending = transmit(connection, "x", 1);
	return is_sending && !script->endless && !script->drip_ms &&
	       !script->is_closing && !script->is_resetting;
}

static void serve(struct connection *connection)
{
	bool is_open = !connection->ssl || SSL_accept(connection->ssl) == 1;

	while (is_open && receive(connection)) {
		if (!is_whole(connection))
			continue;
		if (connection->server->script.is_hanging)
			note_request(connection);
		else
			is_open = response(connection, note_request(connection));
	}
}

static void serve_client(struct http_server *server, int fd)
{
	const struct linger at_once = {.l_onoff = 1};
	struct connection *connection = calloc(1, sizeof(*connection));

	require(connection != NULL, "calloc");
	connection->server = server;
	connection->fd = fd;
	if (server->tls) {
		connection->ssl = SSL_new(server->tls);
		SSL_set_fd(connection->ssl, fd);
	}
	pthread_mutex_lock(&server->lock);
	server->connections++;
	pthread_mutex_unlock(&server->lock);
	serve(connection);
	if (server->script.is_resetting)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	SSL_free(connection->ssl);
	close(fd);
	free(connection);
}

static void *run(void *data)
{
	struct http_server *server = data;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (wait_readable(server, server->listener, -1)) {
		int fd = accept(server->listener, NULL, NULL);

		if (fd >= 0)
			serve_client(server, fd);
	}
	return NULL;
}

static EVP_PKEY *make_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	require(context && EVP_PKEY_keygen_init(context) == 1 &&
			EVP_PKEY_CTX_set_ec_paramgen_curve_nid(
				context, NID_X9_62_prime256v1) == 1 &&
			EVP_PKEY_keygen(context, &key) == 1,
		"key");
	EVP_PKEY_CTX_free(context);
	return key;
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_EXTENSION *alternative =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"dmsfs test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_add_ext(certificate, alternative, -1);
	X509_set_pubkey(certificate, key);
	require(X509_sign(certificate, key, EVP_sha256()) > 0, "certificate");
	X509_EXTENSION_free(alternative);
	return certificate;
}

static SSL_CTX *make_tls(bool is_old)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = make_key();
	X509 *certificate = make_certificate(key);

	require(tls && SSL_CTX_use_certificate(tls, certificate) == 1 &&
			SSL_CTX_use_PrivateKey(tls, key) == 1,
		"TLS");
	if (is_old) {
		SSL_CTX_set_cipher_list(tls, "DEFAULT@SECLEVEL=0");
		SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tls;
}

void http_server_write_certificate(struct http_server *server, const char *path)
{
	FILE *file = fopen(path, "w");

	require(file && PEM_write_X509(file, SSL_CTX_get0_certificate(server->tls)),
		path);
	fclose(file);
}

static void listen_on_loopback(struct http_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	require(server->listener >= 0 &&
			!bind(server->listener, (struct sockaddr *)&address, len) &&
			!listen(server->listener, 16) &&
			!getsockname(server->listener, (struct sockaddr *)&address,
				     &len),
		"listen");
	server->port = ntohs(address.sin_port);
}

struct http_server *http_server_start(const struct http_server_script *script)
{
	struct http_server *server = calloc(1, sizeof(*server));

	require(server != NULL, "calloc");
	server->script = *script;
	if (!server->script.response)
		server->script.response = "";
	if (script->is_tls)
		server->tls = make_tls(script->is_old_tls);
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->asked, NULL);
	require(!pipe(server->stop), "pipe");
	listen_on_loopback(server);
	require(!pthread_create(&server->thread, NULL, run, server), "thread");
	return server;
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	close(server->stop[1]);
	pthread_join(server->thread, NULL);
	close(server->stop[0]);
	close(server->listener);
	SSL_CTX_free(server->tls);
	pthread_cond_destroy(&server->asked);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

int http_server_requests(struct http_server *server)
{
	int requests;

	pthread_mutex_lock(&server->lock);
	requests = server->requests;
	pthread_mutex_unlock(&server->lock);
	return requests;
}

int http_server_connections(struct http_server *server)
{
	int connections;

	pthread_mutex_lock(&server->lock);
	connections = server->connections;
	pthread_mutex_unlock(&server->lock);
	return connections;
}

const char *http_server_last_request(struct http_server *server)
{
	return server->last_request;
}

void http_server_await_request(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	while (server->requests == 0)
		pthread_cond_wait(&server->asked, &server->lock);
	pthread_mutex_unlock(&server->lock);
}
