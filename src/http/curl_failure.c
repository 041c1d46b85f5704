#include "src/http/curl_failure.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define CA_HINT                                                                       \
	"; set AWS_CA_BUNDLE, or ca_bundle in the AWS config file, for a CA of your " \
	"own"

/* A result's kind, its words, and what to do; curl's own cause goes between. */
struct failure {
	CURLcode result;
	enum error_kind kind;
	const char *words;
	const char *hint;
};

static const struct failure failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERROR_NETWORK, "host not found",
	 "; check the region and the network"},
	{CURLE_COULDNT_RESOLVE_PROXY, ERROR_NETWORK, "the proxy was not found",
	 "; check HTTPS_PROXY"},
	{CURLE_GOT_NOTHING, ERROR_NETWORK, "closed the connection without a response",
	 ""},
	{CURLE_PARTIAL_FILE, ERROR_NETWORK,
	 "closed the connection before the end of its response", ""},
	{CURLE_SEND_ERROR, ERROR_NETWORK, "the connection was lost", ""},
	{CURLE_RECV_ERROR, ERROR_NETWORK, "the connection was lost", ""},
	{CURLE_SSL_CONNECT_ERROR, ERROR_NETWORK, "the TLS handshake failed", ""},
	{CURLE_PEER_FAILED_VERIFICATION, ERROR_TLS,
	 "TLS: the certificate of the server is not trusted", CA_HINT},
	{CURLE_SSL_ISSUER_ERROR, ERROR_TLS,
	 "TLS: the certificate of the server is not trusted", CA_HINT},
	{CURLE_SSL_INVALIDCERTSTATUS, ERROR_TLS,
	 "TLS: the certificate of the server is not trusted", CA_HINT},
	{CURLE_SSL_CACERT_BADFILE, ERROR_TLS, "TLS: cannot load the CA certificates",
	 CA_HINT},
	{CURLE_UNSUPPORTED_PROTOCOL, ERROR_RESPONSE, "the response is not HTTP", ""},
	{CURLE_WEIRD_SERVER_REPLY, ERROR_RESPONSE, "the response is not HTTP", ""},
#ifdef HAVE_CURLE_TOO_LARGE
	{CURLE_TOO_LARGE, ERROR_RESPONSE, "the response is too large", ""},
#endif
	{CURLE_URL_MALFORMAT, ERROR_CONFIG, "the URL is malformed", ""},
	{CURLE_OUT_OF_MEMORY, ERROR_MEMORY, "no memory for the request", ""},
	{CURLE_OK, ERROR_NETWORK, "the request failed", ""}, /* any other */
};

static const struct failure *find_failure(CURLcode result)
{
	const struct failure *failure = failures;

	while (failure->result != CURLE_OK && failure->result != result)
		failure++;
	return failure;
}

/*
 * Whether there was a connection to send the request by, TLS included. What is told
 * of the time before the transfer is not for new connections: the newest libcurl counts
 * the handshake to the transfer.
 */
static bool was_connected(CURL *easy, const struct http_request *request)
{
	bool is_tls = strncasecmp(request->url, "https:", strlen("https:")) == 0;
	curl_off_t time_us = 0;
	long new_connections = 0;

	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &new_connections);
	if (new_connections == 0)
		curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &time_us);
	else if (is_tls)
		curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &time_us);
	else
		curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &time_us);
	return time_us != 0;
}

/* The read timeout may be longer than the time that there was for all. */
static unsigned longest_ms(const struct http_request *request, unsigned timeout_ms)
{
	return request->total_timeout_ms > 0 && request->total_timeout_ms < timeout_ms
		       ? request->total_timeout_ms
		       : timeout_ms;
}

static int fail_timeout(struct error *error, CURL *easy,
			const struct http_request *request, const char *host)
{
	if (!was_connected(easy, request))
		return error_set(
			error, ERROR_TIMEOUT, "%s: no connection within %g s", host,
			longest_ms(request, request->connect_timeout_ms) / 1000.0);
	return error_set(error, ERROR_TIMEOUT, "%s: no complete response within %g s",
			 host, longest_ms(request, request->read_timeout_ms) / 1000.0);
}

/* If a proxy refuses, curl's cause names the proxy, not the host. */
static int fail_connect(struct error *error, CURL *easy, const char *host,
			const char *cause)
{
	char buffer[128] = "connection failed";
	size_t host_len = strcspn(host, ":");
	long os_errno = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
	if (os_errno) {
		const char *words = strerror_r((int)os_errno, buffer, sizeof(buffer));

		if (words != buffer)
			snprintf(buffer, sizeof(buffer), "%s", words);
		buffer[0] = (char)tolower((unsigned char)buffer[0]);
	}
	if (*cause && !memmem(cause, strlen(cause), host, host_len))
		return error_set(error, ERROR_NETWORK, "%s: %s (%s)", host, buffer,
				 cause);
	return error_set(error, ERROR_NETWORK, "%s: %s", host, buffer);
}

int http_failure_set(struct error *error, CURL *easy, CURLcode result,
		     const struct http_request *request, const char *host,
		     const char *cause)
{
	const struct failure *failure = find_failure(result);
	int r = 0;

	if (result == CURLE_OPERATION_TIMEDOUT)
		r = fail_timeout(error, easy, request, host);
	else if (result == CURLE_COULDNT_CONNECT)
		r = fail_connect(error, easy, host, cause);
	else
		r = error_set(
			error, failure->kind, "%s: %s (%s)%s", host, failure->words,
			*cause ? cause : curl_easy_strerror(result), failure->hint);
	error->is_unsent = !was_connected(easy, request);
	return r;
}
