/*
 * dms-sim: a stand-in for the AWS Database Migration Service, for tests and for trying
 * dmsfs without an account. `dms-sim --help` prints the options.
 *
 * It serves one port of 127.0.0.1 and prints its URL, one line on stdout, when it is
 * ready. SIGTERM, SIGINT or, with --exit-with-stdin, the end of its standard input stop
 * it with status 0.
 *
 *     $ dms-sim --connections 1234 --port 8080 &
 *     http://127.0.0.1:8080
 *     $ AWS_ACCESS_KEY_ID=AKIDEXAMPLE \
 *       AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY \
 *       aws --region us-east-1 --endpoint-url http://127.0.0.1:8080 \
 *       dms describe-connections
 *
 * The API: DescribeConnections, DescribeReplicationInstances, DescribeEndpoints,
 * TestConnection and DeleteConnection in AWS JSON 1.1. Every request must be signed
 * (Signature Version 4) and is answered, or refused, as the service does it. A marker
 * holds only for the action and the filters that it was given for, and only in this
 * process.
 *
 * Control calls, for tests, are under /_sim/ on the same port, unsigned, in JSON. One
 * that is wrong answers 400 and {"error":"..."}. Where a body is an object, an array of
 * them is taken too.
 *
 * GET /_sim/             numbers of connections, instances and endpoints
 * GET /_sim/listing      the listing in use
 * PUT /_sim/listing      another one, of the form that `aws dms describe-connections`
 *                        prints, or the array alone. Records are given out byte for
 *                        byte: fields may be missing, null, or no UTF-8, and a record
 *                        need not be an object. Ends the tests and deletions under way.
 * POST /_sim/generate    a generated one: {connections, instances, seed,
 *                        failed_percent, testing_percent}, all optional
 * POST /_sim/edit        {"edits":[...], "when":"now" or "next-listing"}, all of them
 *                        at once. "next-listing": when the next first page of a listing
 *                        without filters is asked for, so that no listing that is under
 *                        way sees a part of them. An edit is one of
 *            {"set":{FIELD:VALUE}, "unset":[FIELD], ...}   VALUE is any JSON, verbatim
 *            {"remove":true, ...}
 *            {"add":[RECORD], "at":N}                      without at: at the end
 *                        where ... chooses records (all when absent):
 *            "where":{FIELD:TEXT}, "range":[FIRST, BEHIND_THE_LAST]
 * POST /_sim/faults      queues a fault, see below; GET shows what is left, DELETE
 *                        clears them and ends all hangs
 * GET /_sim/log?since=N  {"requests":[...]} of the API above sequence N: sequence, time
 *                        and answered (seconds since 1970; answered when the last byte
 *                        was handed over, 0 before), connection (number of the TCP
 *                        connection), action, filters, max_records, marker, body,
 *                        access_key, user_agent, status (0: dropped), error_type,
 *                        request_id, fault. Holds the newest 65536. DELETE clears it.
 * GET /_sim/counters     requests in all (not cleared), TCP connections (of control
 *                        calls too), and requests by action and by status
 * GET, PUT /_sim/settings  {latency_ms, clock_offset, test_seconds, delete_seconds,
 *                        not_found_fault, end_marker}; those given are changed
 * PUT /_sim/credentials  replaces, POST adds: {access_key, secret_key, session_token,
 *                        expires (seconds since 1970) or expires_in, deny:[ACTION]}
 * POST /_sim/fail        {endpoint: PATTERN of identifiers or ARNs, message}: tests of
 *                        such endpoints fail; DELETE forgets all rules
 * POST /_sim/inventory   {kind: "endpoint" or "replication-instance", arn, identifier,
 *                        status}: one that may have no connection yet and can be
 *                        tested; by an instance with a status, such as "modifying",
 *                        nothing can. Once more without a status: it is available
 *
 * A fault is {"kind":KIND, ...}. It waits for an authentic API request and is used up
 * by one; the first that matches counts. Members for all kinds:
 *     count      uses; default 1, -1 for ever
 *     after      let that many matching requests pass first
 *     action     match this action alone
 *     filters    match requests with (true) or without (false) filters
 *     marker     match requests with or without a marker
 *     page       match this page of a listing, from 1
 *     delay_ms   wait before the answer
 *     headers    {NAME:VALUE} added to the answer
 *     chunked    send the answer without a Content-Length
 * and the kinds with their own:
 *     error              status (400), type, message, message_key ("message"), type_in
 *                        ("body"; "header": x-amzn-ErrorType instead)
 *     raw                body or body_base64, status (200), content_type; no
 *                        x-amzn-RequestId, as a proxy would answer
 *     cut                the answer ends after bytes (half of it) of its body; reset:
 *                        with an RST
 *     close, reset       the connection ends before the answer, with a FIN or an RST
 *     length             Content-Length is wrong by delta (1)
 *     delay              delay_ms alone
 *     drip               the body comes at bytes_per_second (10)
 *     hang               no answer at all, until the client goes or the faults are
 *                        cleared
 *     hold               the answer is made, and waits until the faults are cleared
 *     repeated-marker    the answer's marker is the one that was sent
 *     endless-markers    the last page has a marker too, and the first follows; empty:
 *                        no records at all
 *     duplicate-records  each record comes times (2) times
 *     big                bytes (1 MiB) of padding in an unknown member go before
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tests/sim/options.h"
#include "tests/sim/server.h"
#include "tests/sim/sim.h"

static const char help[] =
	"Usage: dms-sim [OPTION]...\n"
	"A stand-in for the AWS Database Migration Service, on 127.0.0.1.\n"
	"\n"
	"Service:\n"
	"  --port N               default: any free one, printed on stdout\n"
	"  --cert FILE --key FILE  PEM files: serve https\n"
	"  --region NAME          that signatures must be scoped to (us-east-1)\n"
	"  --access-key ID        that requests must be signed with (AKIDEXAMPLE)\n"
	"  --secret-key KEY       (wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY)\n"
	"  --session-token TOKEN  makes that key a temporary one\n"
	"  --clock-offset SECONDS  the service's clock is ahead by that\n"
	"  --latency-ms N         wait before each answer\n"
	"  --not-found-fault      filters that match nothing: ResourceNotFoundFault\n"
	"  --end-marker KIND      of the last page: absent (default), empty or null\n"
	"  --test-seconds S       how long a TestConnection takes (3)\n"
	"  --delete-seconds S     how long a DeleteConnection takes (3)\n"
	"  --fail PATTERN         tests of endpoints of such a name fail; repeatable\n"
	"  --exit-with-stdin      stop at the end of standard input\n"
	"\n"
	"Data:\n"
	"  --listing FILE         as `aws dms describe-connections` prints it\n"
	"  --connections N        or so many generated ones (0)\n"
	"  --instances M          on so many instances (12)\n"
	"  --seed S               same seed, same data (1)\n"
	"  --failed-percent P     of the generated ones (8)\n"
	"  --testing-percent P    of the generated ones, for ever (2)\n"
	"\n"
	"Tests steer it by /_sim/ on the same port: faults, edits, credentials, "
	"request\n"
	"log. The comment at the top of main.c tells how.\n";

/* Blocks the signals before there are threads, so that all of them do. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool is_at_end(int fd)
{
	char drain[256];
	ssize_t len = read(fd, drain, sizeof(drain));

	return len == 0 || (len < 0 && errno != EINTR && errno != EAGAIN);
}

static void wait_for_stop(const struct sim *sim, int signal_fd)
{
	struct pollfd fds[] = {
		{.fd = signal_fd, .events = POLLIN},
		{.fd = sim->options.exit_with_stdin ? STDIN_FILENO : -1,
		 .events = POLLIN},
	};

	while (1) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents || (fds[1].revents && is_at_end(STDIN_FILENO)))
			return;
	}
}

static bool wake(int fd)
{
	const uint64_t one = 1;

	return write(fd, &one, sizeof(one)) == sizeof(one);
}

int main(int argc, char **argv)
{
	struct options options;
	struct server server = {0};
	struct sim sim;
	int signal_fd = -1;
	int status = 1;
	int parsed = options_parse(&options, argc, argv);

	if (parsed != 0) {
		fputs(parsed > 0 ? help : "Try 'dms-sim --help'.\n",
		      parsed > 0 ? stdout : stderr);
		return parsed > 0 ? 0 : 2;
	}
	signal_fd = open_signals();
	if (sim_init(&sim, &options) && signal_fd >= 0 && server_start(&server, &sim)) {
		server_print_url(&server);
		wait_for_stop(&sim, signal_fd);
		status = wake(sim.stop_fd) ? 0 : 1;
	}
	server_stop(&server);
	sim_fini(&sim);
	if (signal_fd >= 0)
		close(signal_fd);
	return status;
}
