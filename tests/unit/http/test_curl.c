#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/http/http.h"
#include "src/http/target.h"
#include "src/http/trust.h"
#include "tests/unit/http_server.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Id: 7\r\n\r\nok"

/* A server that answers by a script, and a client. */
struct fixture {
	struct http_server *server;
	struct http *http;
	struct http_transport transport;
	struct http_request request;
	struct http_response response;
	struct error error;
	char url[128];
	struct trust *trust; /* or NULL */
	char ca_path[32];    /* a file to remove, or "" */
};

static void set_up(struct fixture *fixture, const struct http_server_script *script)
{
	const struct http_options options = {.user_agent = "dmsfs/test"};

	*fixture = (struct fixture){0};
	fixture->server = http_server_start(script);
	if (http_new(&options, &fixture->http, &fixture->error))
		fail_msg("%s", fixture->error.text);
	fixture->transport = http_transport(fixture->http);
	snprintf(fixture->url, sizeof(fixture->url), "http://127.0.0.1:%d/",
		 http_server_port(fixture->server));
	fixture->request = (struct http_request){
		.method = "GET",
		.url = fixture->url,
		.connect_timeout_ms = 20000,
		.read_timeout_ms = 20000,
	};
}

static int send_request(struct fixture *fixture)
{
	http_response_fini(&fixture->response);
	return fixture->transport.send(fixture->transport.data, &fixture->request,
				       &fixture->response, &fixture->error);
}

static void tear_down(struct fixture *fixture)
{
	http_response_fini(&fixture->response);
	http_free(fixture->http);
	http_server_stop(fixture->server);
	trust_free(fixture->trust);
	if (fixture->ca_path[0])
		unlink(fixture->ca_path);
}

/* Sets other options than set_up(). */
static void renew_client(struct fixture *fixture, const struct http_options *options)
{
	http_free(fixture->http);
	fixture->http = NULL;
	if (http_new(options, &fixture->http, &fixture->error))
		fail_msg("%s", fixture->error.text);
	fixture->transport = http_transport(fixture->http);
}

static void assert_fails(struct fixture *fixture, enum error_kind kind,
			 const char *text)
{
	int err = send_request(fixture);

	if (fixture->error.kind != kind || !strstr(fixture->error.text, text))
		fail_msg("kind %d \"%s\" instead of %d \"%s\"", fixture->error.kind,
			 fixture->error.text, kind, text);
	assert_int_equal(err, error_result(&fixture->error));
	assert_null(fixture->response.body);
	assert_null(fixture->response.headers);
}

static void posts_a_body_and_headers_and_returns_the_response(void **)
{
	const struct http_header headers[] = {{"X-Amz-Target", "a target"},
					      {"Content-Type", "text/x"},
					      {"X-Empty", ""}};
	struct fixture fixture;
	char value[8];
	const char *seen;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	fixture.request.method = "POST";
	fixture.request.headers = headers;
	fixture.request.header_count = 3;
	fixture.request.body = "{}";
	fixture.request.body_len = 2;
	assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(fixture.response.status, 200);
	assert_int_equal(fixture.response.body_len, 2);
	assert_string_equal(fixture.response.body, "ok");
	assert_true(http_response_header(&fixture.response, "x-id", value, 8));
	assert_string_equal(value, "7");
	seen = http_server_last_request(fixture.server);
	assert_memory_equal(seen, "POST / HTTP/1.1\r\n", 17);
	assert_non_null(strstr(seen, "\r\nX-Amz-Target: a target\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: text/x\r\n"));
	assert_non_null(strstr(seen, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(seen, "\r\nUser-Agent: dmsfs/test\r\n"));
	assert_non_null(strstr(seen, "\r\n\r\n{}"));
	tear_down(&fixture);
}

static void claims_no_content_type_that_was_not_given(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	fixture.request.method = "PUT";
	assert_int_equal(send_request(&fixture), 0);
	assert_memory_equal(http_server_last_request(fixture.server), "PUT ", 4);
	assert_null(
		strcasestr(http_server_last_request(fixture.server), "content-type"));
	assert_non_null(strstr(http_server_last_request(fixture.server),
			       "\r\nContent-Length: 0\r\n"));
	tear_down(&fixture);
}

static void asks_again_over_the_same_connection(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(http_server_requests(fixture.server), 5);
	assert_int_equal(http_server_connections(fixture.server), 1);
	tear_down(&fixture);
}

static void count_idle(void *data)
{
	++*(int *)data;
}

static void leaves_time_for_work_once_while_it_waits(void **)
{
	const struct http_server_script scripts[] = {
		{.response = OK_ANSWER}, {.response = OK_ANSWER, .drip_ms = 1}};
	struct fixture fixture;

	for (int i = 0; i < 2; i++) {
		int idles = 0;

		set_up(&fixture, &scripts[i]);
		fixture.request.idle = count_idle;
		fixture.request.idle_data = &idles;
		assert_int_equal(send_request(&fixture), 0);
		assert_int_equal(idles, 1);
		tear_down(&fixture);
	}
}

static void gives_an_empty_string_for_an_response_without_a_body(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){
				 .response = "HTTP/1.1 204 No Content\r\n\r\n"});
	assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(fixture.response.status, 204);
	assert_string_equal(fixture.response.body, "");
	tear_down(&fixture);
}

static void follows_no_redirect(void **)
{
	struct fixture fixture;
	char location[64];

	set_up(&fixture,
	       &(struct http_server_script){
		       .response = "HTTP/1.1 302 Found\r\nLocation: /other\r\n"
				   "Content-Length: 0\r\n\r\n"});
	assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(fixture.response.status, 302);
	assert_true(http_response_header(&fixture.response, "location", location, 64));
	assert_string_equal(location, "/other");
	assert_int_equal(http_server_requests(fixture.server), 1);
	tear_down(&fixture);
}

static void keeps_the_headers_of_the_final_response_alone(void **)
{
	struct fixture fixture;
	char value[8];

	set_up(&fixture, &(struct http_server_script){
				 .response = "HTTP/1.1 100 Continue\r\nX-Id: 1\r\n\r\n"
					     "HTTP/1.1 200 OK\r\nX-Id: 2\r\n"
					     "Content-Length: 0\r\n\r\n"});
	assert_int_equal(send_request(&fixture), 0);
	assert_true(http_response_header(&fixture.response, "X-Id", value, 8));
	assert_string_equal(value, "2");
	tear_down(&fixture);
}

static void returns_a_body_of_many_pieces_whole(void **)
{
	static const char headers[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n";
	size_t len = sizeof(headers) - 1 + 3000000;
	char *response = malloc(len + 1);
	struct fixture fixture;

	memcpy(response, headers, sizeof(headers) - 1);
	for (size_t i = sizeof(headers) - 1; i < len; i++)
		response[i] = (char)('a' + i % 23);
	response[len] = '\0';
	set_up(&fixture, &(struct http_server_script){.response = response});
	assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(fixture.response.body_len, 3000000);
	assert_memory_equal(fixture.response.body, response + sizeof(headers) - 1,
			    3000001);
	tear_down(&fixture);
	free(response);
}

static const struct {
	struct http_server_script script;
	enum error_kind kind;
	const char *text;
} failures[] = {
	{{.response = ""}, ERROR_NETWORK, ": closed the connection without a response"},
	{{.response = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
	  .is_closing = true},
	 ERROR_NETWORK,
	 "before the end of its response"},
	{{.response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
	  .is_closing = true},
	 ERROR_NETWORK,
	 ": "},
	{{.response = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
	  .is_resetting = true},
	 ERROR_NETWORK,
	 "Connection reset by peer"},
	{{.response = "", .is_resetting = true},
	 ERROR_NETWORK,
	 "Connection reset by peer"},
	{{.response = "SSH-2.0-OpenSSH_9\r\n", .is_closing = true},
	 ERROR_RESPONSE,
	 ": the response is not HTTP"},
	{{.response = "HTTP/1.1 200 OK\r\n\r\n", .endless = "x"},
	 ERROR_RESPONSE,
	 ": the response is larger than 16 MiB"},
	{{.response = "HTTP/1.1 200 OK\r\n", .endless = "A: b\r\n"},
	 ERROR_RESPONSE,
	 ": "},
};

static void says_what_the_server_did_wrong(void **)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct fixture fixture;

		set_up(&fixture, &failures[i].script);
		assert_fails(&fixture, failures[i].kind, failures[i].text);
		assert_memory_equal(fixture.error.text, "127.0.0.1:", 10);
		tear_down(&fixture);
	}
}

static void works_on_after_a_failure(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER,
						      .failing_requests = 1});
	assert_fails(&fixture, ERROR_NETWORK, "without a response");
	assert_int_equal(send_request(&fixture), 0);
	assert_string_equal(fixture.response.body, "ok");
	tear_down(&fixture);
}

static void says_that_a_connection_is_refused(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	http_server_stop(fixture.server);
	fixture.server = NULL;
	assert_fails(&fixture, ERROR_NETWORK, ": connection refused");
	assert_true(fixture.error.is_unsent);
	assert_null(strchr(fixture.error.text, '('));
	tear_down(&fixture);
}

static void takes_http_and_https_alone(void **)
{
	static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/x",
					   "gopher://127.0.0.1/"};
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		fixture.request.url = urls[i];
		assert_fails(&fixture, ERROR_CONFIG,
			     "is neither an http nor an https URL");
	}
	fixture.request.url = "http://";
	assert_fails(&fixture, ERROR_CONFIG, "is not a URL");
	tear_down(&fixture);
}

static void refuses_a_header_that_would_forge_others(void **)
{
	const struct http_header header = {"Authorization", "secret\r\nX: y"};
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	fixture.request.headers = &header;
	fixture.request.header_count = 1;
	assert_fails(&fixture, ERROR_CONFIG,
		     "header Authorization contains a line break");
	assert_null(strstr(fixture.error.text, "secret"));
	assert_int_equal(http_server_requests(fixture.server), 0);
	tear_down(&fixture);
}

/* Which is its read timeout: the time left of connecting is no gift to it. */
static void assert_is_cut_off(const struct http_server_script *script)
{
	int64_t started_ns = clock_system.boottime_ns(NULL);
	struct fixture fixture;

	set_up(&fixture, script);
	fixture.request.read_timeout_ms = 200;
	assert_fails(&fixture, ERROR_TIMEOUT, ": no complete response within 0.2 s");
	assert_false(fixture.error.is_unsent);
	assert_true(clock_system.boottime_ns(NULL) - started_ns < 10 * NS_PER_S);
	tear_down(&fixture);
}

static void cuts_off_a_server_that_stays_silent(void **)
{
	assert_is_cut_off(&(struct http_server_script){.is_hanging = true});
}

static void cuts_off_a_server_that_drips(void **)
{
	assert_is_cut_off(&(struct http_server_script){
		.response = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
		.drip_ms = 5});
}

/* Its kernel takes the connection, but nobody shakes hands. */
static void cuts_off_a_server_that_never_shakes_hands(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.is_hanging = true});
	snprintf(fixture.url, sizeof(fixture.url), "https://127.0.0.1:%d/",
		 http_server_port(fixture.server));
	fixture.request.connect_timeout_ms = 200;
	assert_fails(&fixture, ERROR_TIMEOUT, ": no connection within 0.2 s");
	assert_true(fixture.error.is_unsent);
	tear_down(&fixture);
}

static void cuts_off_what_takes_longer_than_all_may(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.is_hanging = true});
	fixture.request.total_timeout_ms = 200;
	assert_fails(&fixture, ERROR_TIMEOUT, ": no complete response within 0.2 s");
	tear_down(&fixture);
}

/* Libcurl repeats a request by itself where a kept connection turns out to be lost. */
static void sends_by_a_new_connection_what_is_sent_once(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	fixture.request.is_once = true;
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(send_request(&fixture), 0);
		http_response_fini(&fixture.response);
		assert_int_equal(http_server_connections(fixture.server), i);
	}
	assert_int_equal(http_server_requests(fixture.server), 3);
	tear_down(&fixture);
}

static void *cancel_once_asked(void *data)
{
	struct fixture *fixture = data;

	http_server_await_request(fixture->server);
	http_cancel(fixture->http);
	return NULL;
}

static void ends_a_hanging_request_when_canceled(void **)
{
	int64_t started_ns = clock_system.boottime_ns(NULL);
	struct fixture fixture;
	pthread_t thread;

	set_up(&fixture, &(struct http_server_script){.is_hanging = true});
	assert_int_equal(pthread_create(&thread, NULL, cancel_once_asked, &fixture), 0);
	assert_fails(&fixture, ERROR_CANCELED, ": the request was canceled");
	pthread_join(thread, NULL);
	assert_true(clock_system.boottime_ns(NULL) - started_ns < 10 * NS_PER_S);
	/* And all later ones, which never reach the server. */
	assert_fails(&fixture, ERROR_CANCELED, ": the request was canceled");
	assert_int_equal(http_server_requests(fixture.server), 1);
	tear_down(&fixture);
}

static void asks_the_proxy_of_the_environment(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("http_proxy", fixture.url, 1);
	fixture.request.url = "http://dms.example.invalid/path";
	assert_int_equal(send_request(&fixture), 0);
	assert_memory_equal(http_server_last_request(fixture.server),
			    "GET http://dms.example.invalid/path HTTP/1.1\r\n", 46);
	unsetenv("http_proxy");
	tear_down(&fixture);
}

/* libcurl itself would not look at it. */
static void asks_the_proxy_of_a_variable_in_upper_case(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("HTTP_PROXY", fixture.url, 1);
	fixture.request.url = "http://dms.example.invalid/path";
	assert_int_equal(send_request(&fixture), 0);
	assert_memory_equal(http_server_last_request(fixture.server),
			    "GET http://dms.example.invalid/path HTTP/1.1\r\n", 46);
	unsetenv("HTTP_PROXY");
	tear_down(&fixture);
}

static void connects_to_https_through_the_proxy(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){
				 .response = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n"
					     "\r\n"});
	setenv("HTTPS_PROXY", fixture.url, 1);
	fixture.request.url = "https://dms.example.invalid/path";
	assert_fails(&fixture, ERROR_NETWORK, "dms.example.invalid: ");
	assert_memory_equal(http_server_last_request(fixture.server),
			    "CONNECT dms.example.invalid:443 HTTP/1.1\r\n", 42);
	unsetenv("HTTPS_PROXY");
	tear_down(&fixture);
}

static void takes_no_proxy_but_that_of_the_scheme(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("HTTPS_PROXY", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	assert_int_equal(send_request(&fixture), 0);
	unsetenv("HTTPS_PROXY");
	unsetenv("ALL_PROXY");
	tear_down(&fixture);
}

static void refuses_what_is_no_proxy_unless_direct(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("http_proxy", "http://me:hidden@h:port", 1);
	assert_int_equal(send_request(&fixture), 0);
	fixture.request.url = "http://dms.example.invalid/";
	assert_fails(&fixture, ERROR_CONFIG, "http_proxy is not a proxy URL");
	assert_null(strstr(fixture.error.text, "hidden"));
	fixture.request.is_direct = true;
	assert_fails(&fixture, ERROR_NETWORK, "dms.example.invalid");
	unsetenv("http_proxy");
	tear_down(&fixture);
}

static void names_the_proxy_that_refuses(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	http_server_stop(fixture.server);
	fixture.server = NULL;
	setenv("http_proxy", fixture.url, 1);
	fixture.request.url = "http://dms.example.invalid/";
	assert_fails(&fixture, ERROR_NETWORK,
		     "dms.example.invalid: connection refused (");
	assert_non_null(strstr(fixture.error.text, "127.0.0.1"));
	unsetenv("http_proxy");
	tear_down(&fixture);
}

static void passes_a_proxy_by_when_direct_or_told_so(void **)
{
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("http_proxy", fixture.url, 1);
	fixture.request.url = "http://dms.example.invalid/";
	assert_int_equal(send_request(&fixture), 0);
	fixture.request.is_direct = true;
	assert_fails(&fixture, ERROR_NETWORK, "dms.example.invalid");
	fixture.request.is_direct = false;
	setenv("NO_PROXY", "example.invalid", 1);
	assert_fails(&fixture, ERROR_NETWORK, "dms.example.invalid");
	unsetenv("NO_PROXY");
	unsetenv("http_proxy");
	tear_down(&fixture);
}

static void knows_the_names_of_this_machine(void **)
{
	static const struct {
		const char *host;
		bool is_loopback;
	} rows[] = {
		{"127.0.0.1", true},
		{"127.0.0.1:80", true},
		{"127.255.255.254", true},
		{"[::1]", true},
		{"[::1]:8443", true},
		{"[0:0:0:0:0:0:0:1]:8443", true},
		{"localhost", true},
		{"LocalHost:1", true},
		{"128.0.0.1", false},
		{"127.0.0.1.example", false},
		{"localhost.example", false},
		{"[fd00:ec2::254]", false},
		{"[::]", false},
		{"[::1:8443]", false},
		{"::1", false},
		{"", false},
		{"[", false},
		{"dms.example:8080", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (http_host_is_loopback(rows[i].host) != rows[i].is_loopback)
			fail_msg("'%s'", rows[i].host);
}

static void asks_this_machine_by_no_proxy(void **)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	struct fixture fixture;
	char url[64];

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		snprintf(url, sizeof(url), "http://%s:%d/", hosts[i],
			 http_server_port(fixture.server));
		fixture.request.url = url;
		renew_client(&fixture, &(struct http_options){0});
		assert_int_equal(send_request(&fixture), 0);
	}
	unsetenv("http_proxy");
	tear_down(&fixture);
}

static void set_up_tls(struct fixture *fixture, struct http_server_script script,
		       bool is_trusted)
{
	script.response = OK_ANSWER;
	script.is_tls = true;
	set_up(fixture, &script);
	snprintf(fixture->url, sizeof(fixture->url), "https://localhost:%d/",
		 http_server_port(fixture->server));
	fixture->trust = trust_new();
	if (!is_trusted) {
		renew_client(fixture, &(struct http_options){.trust = fixture->trust});
		return;
	}
	strncpy(fixture->ca_path, "/tmp/test_http_curl.XXXXXX",
		sizeof(fixture->ca_path) - 1);
	close(mkstemp(fixture->ca_path));
	http_server_write_certificate(fixture->server, fixture->ca_path);
	renew_client(fixture, &(struct http_options){.ca_bundle = fixture->ca_path,
						     .ca_bundle_source = "a test",
						     .trust = fixture->trust});
}

static void refuses_a_certificate_of_an_unknown_issuer(void **)
{
	struct fixture fixture;

	set_up_tls(&fixture, (struct http_server_script){0}, false);
	assert_fails(&fixture, ERROR_TLS,
		     "TLS: the certificate of the server is not trusted");
	assert_memory_equal(fixture.error.text, "localhost:", 10);
	assert_non_null(strstr(fixture.error.text, "AWS_CA_BUNDLE"));
	tear_down(&fixture);
}

static void accepts_a_certificate_of_the_bundle(void **)
{
	struct fixture fixture;

	set_up_tls(&fixture, (struct http_server_script){0}, true);
	for (int i = 0; i < 2; i++) {
		if (send_request(&fixture))
			fail_msg("%s", fixture.error.text);
		assert_string_equal(fixture.response.body, "ok");
	}
	assert_int_equal(http_server_connections(fixture.server), 1);
	tear_down(&fixture);
}

static void reads_a_bundle_once_until_it_is_another_file(void **)
{
	const struct http_server_script script = {.response = OK_ANSWER,
						  .is_tls = true};
	struct http_server *other = http_server_start(&script);
	struct fixture fixture;
	X509_STORE *stores[3];

	set_up_tls(&fixture, (struct http_server_script){0}, true);
	for (int i = 0; i < 2; i++)
		stores[i] = trust_borrow(fixture.trust, fixture.ca_path);
	assert_int_equal(unlink(fixture.ca_path), 0);
	http_server_write_certificate(other, fixture.ca_path);
	stores[2] = trust_borrow(fixture.trust, fixture.ca_path);
	assert_fails(&fixture, ERROR_TLS,
		     "TLS: the certificate of the server is not trusted");
	if (stores[0]) { /* else libcurl has another TLS library */
		assert_ptr_equal(stores[0], stores[1]);
		assert_ptr_not_equal(stores[0], stores[2]);
	}
	for (int i = 0; i < 3; i++)
		X509_STORE_free(stores[i]);
	http_server_stop(other);
	tear_down(&fixture);
}

static void refuses_a_certificate_of_another_host(void **)
{
	struct fixture fixture;

	set_up_tls(&fixture, (struct http_server_script){0}, true);
	snprintf(fixture.url, sizeof(fixture.url), "https://127.0.0.1:%d/",
		 http_server_port(fixture.server));
	assert_fails(&fixture, ERROR_TLS,
		     "TLS: the certificate of the server is not trusted");
	tear_down(&fixture);
}

static void refuses_tls_before_1_2(void **)
{
	struct fixture fixture;

	set_up_tls(&fixture, (struct http_server_script){.is_old_tls = true}, true);
	assert_fails(&fixture, ERROR_NETWORK, ": the TLS handshake failed (");
	tear_down(&fixture);
}

static void says_which_bundle_cannot_be_read(void **)
{
	const struct http_options options = {.ca_bundle = "/nonexistent/ca.pem",
					     .ca_bundle_source = "AWS_CA_BUNDLE"};
	struct http *http = NULL;
	struct error error = {0};

	assert_int_equal(http_new(&options, &http, &error), -EINVAL);
	assert_string_equal(error.text, "cannot read the CA bundle /nonexistent/ca.pem "
					"(AWS_CA_BUNDLE): No such file or directory");
	assert_null(http);
}

/* And waits for nobody to write to a FIFO. */
static void says_what_lies_in_the_place_of_a_bundle(void **)
{
	struct fixture fixture;

	set_up_tls(&fixture, (struct http_server_script){0}, true);
	assert_int_equal(send_request(&fixture), 0);
	assert_int_equal(unlink(fixture.ca_path), 0);
	assert_fails(&fixture, ERROR_CONFIG, "(a test): No such file or directory");
	assert_int_equal(mkfifo(fixture.ca_path, 0600), 0);
	assert_fails(&fixture, ERROR_CONFIG, "(a test): it is a FIFO; ");
	assert_int_equal(unlink(fixture.ca_path), 0);
	http_server_write_certificate(fixture.server, fixture.ca_path);
	assert_int_equal(send_request(&fixture), 0);
	tear_down(&fixture);
}

/* What hears of the traffic. */
struct ear {
	bool is_open;
	char text[512];
};

static bool is_open(void *data)
{
	const struct ear *ear = data;

	return ear->is_open;
}

static void hear(void *data, const char *line)
{
	struct ear *ear = data;

	snprintf(ear->text, sizeof(ear->text), "%s", line);
}

static struct trace trace_to(struct ear *ear)
{
	return (struct trace){.is_wanted = is_open, .write = hear, .data = ear};
}

static void logs_a_request_without_its_secrets(void **)
{
	const struct http_header header = {"Authorization", "hidden"};
	struct fixture fixture;
	struct ear ear = {.is_open = true};
	char wanted[256];
	char url[256];

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	renew_client(&fixture, &(struct http_options){.trace = trace_to(&ear)});
	snprintf(url, sizeof(url), "http://user:hidden@127.0.0.1:%d/path?token=hidden",
		 http_server_port(fixture.server));
	fixture.request.url = url;
	fixture.request.headers = &header;
	fixture.request.header_count = 1;
	(void)send_request(&fixture);
	snprintf(wanted, sizeof(wanted),
		 "GET http://127.0.0.1:%d/path: status 200, 2 bytes, ",
		 http_server_port(fixture.server));
	if (strncmp(ear.text, wanted, strlen(wanted)) != 0)
		assert_string_equal(ear.text, wanted);
	assert_null(strstr(ear.text, "hidden"));
	tear_down(&fixture);
}

static void logs_nothing_unless_asked_to(void **)
{
	struct ear ear = {.is_open = false};
	struct fixture fixture;

	set_up(&fixture, &(struct http_server_script){.response = OK_ANSWER});
	renew_client(&fixture, &(struct http_options){.trace = trace_to(&ear)});
	(void)send_request(&fixture);
	assert_string_equal(ear.text, "");
	ear.is_open = true;
	(void)send_request(&fixture);
	assert_string_not_equal(ear.text, "");
	tear_down(&fixture);
}

static void forget_proxies(void)
{
	static const char *const names[] = {
		"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",   "all_proxy",
		"ALL_PROXY",  "no_proxy",   "NO_PROXY",	   "REQUEST_METHOD"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_a_body_and_headers_and_returns_the_response),
		cmocka_unit_test(claims_no_content_type_that_was_not_given),
		cmocka_unit_test(asks_again_over_the_same_connection),
		cmocka_unit_test(leaves_time_for_work_once_while_it_waits),
		cmocka_unit_test(gives_an_empty_string_for_an_response_without_a_body),
		cmocka_unit_test(follows_no_redirect),
		cmocka_unit_test(keeps_the_headers_of_the_final_response_alone),
		cmocka_unit_test(returns_a_body_of_many_pieces_whole),
		cmocka_unit_test(says_what_the_server_did_wrong),
		cmocka_unit_test(works_on_after_a_failure),
		cmocka_unit_test(says_that_a_connection_is_refused),
		cmocka_unit_test(cuts_off_what_takes_longer_than_all_may),
		cmocka_unit_test(sends_by_a_new_connection_what_is_sent_once),
		cmocka_unit_test(takes_http_and_https_alone),
		cmocka_unit_test(refuses_a_header_that_would_forge_others),
		cmocka_unit_test(cuts_off_a_server_that_stays_silent),
		cmocka_unit_test(cuts_off_a_server_that_drips),
		cmocka_unit_test(cuts_off_a_server_that_never_shakes_hands),
		cmocka_unit_test(ends_a_hanging_request_when_canceled),
		cmocka_unit_test(asks_the_proxy_of_the_environment),
		cmocka_unit_test(asks_the_proxy_of_a_variable_in_upper_case),
		cmocka_unit_test(connects_to_https_through_the_proxy),
		cmocka_unit_test(takes_no_proxy_but_that_of_the_scheme),
		cmocka_unit_test(refuses_what_is_no_proxy_unless_direct),
		cmocka_unit_test(names_the_proxy_that_refuses),
		cmocka_unit_test(passes_a_proxy_by_when_direct_or_told_so),
		cmocka_unit_test(knows_the_names_of_this_machine),
		cmocka_unit_test(asks_this_machine_by_no_proxy),
		cmocka_unit_test(refuses_a_certificate_of_an_unknown_issuer),
		cmocka_unit_test(accepts_a_certificate_of_the_bundle),
		cmocka_unit_test(reads_a_bundle_once_until_it_is_another_file),
		cmocka_unit_test(refuses_a_certificate_of_another_host),
		cmocka_unit_test(refuses_tls_before_1_2),
		cmocka_unit_test(says_which_bundle_cannot_be_read),
		cmocka_unit_test(says_what_lies_in_the_place_of_a_bundle),
		cmocka_unit_test(logs_a_request_without_its_secrets),
		cmocka_unit_test(logs_nothing_unless_asked_to),
	};

	forget_proxies();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
