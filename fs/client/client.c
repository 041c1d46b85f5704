#include "fs/client/client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fs/client/arguments.h"
#include "fs/client/gate.h"
#include "fs/client/report.h"
#include "fs/client/target.h"
#include "src/base/thread.h"

/* As many tests as a mount runs at once, of each source. */
#define WORKERS 4

#define SHOW_MS 1000

/* A thread that waits for the daemon in the kernel cannot be ended; it is given so long
 * to notice by itself that the time is up. */
#define GRACE_MS 2000

#define REASON_SIZE 128

struct client;

/* A thread that has the targets of one source. */
struct worker {
	struct client *client;
	size_t source;
	pthread_t thread;
};

struct client {
	struct arguments arguments;
	struct targets targets;
	struct report report;
	int64_t deadline_ms;
	sigset_t signals; /* that end the program */
	int signal_fd;
	int done_fd; /* an eventfd: all have ended */
};

static int64_t now_ms(void)
{
	const struct client_mount mount = watched_mount_functions(NULL);

	return mount.now_ms(NULL);
}

static void enter(void *data, const struct target *target, enum gate_phase phase)
{
	struct client *client = data;

	report_enter(&client->report, target, phase, now_ms());
	report_show(&client->report, now_ms());
}

static void warn_stale(void *data, const struct target *, const char *reason)
{
	struct client *client = data;

	report_stale(&client->report, reason);
}

/* One target after the other, until none is left. */
static void *work(void *data)
{
	const struct worker *worker = data;
	struct client *client = worker->client;
	struct watched_mount watched;
	struct gate gate = {
		.arguments = &client->arguments,
		.deadline_ms = client->deadline_ms,
		.data = client,
		.enter = enter,
		.warn_stale = warn_stale,
	};
	ptrdiff_t next;

	watched_mount_init(&watched);
	gate.mount = watched_mount_functions(&watched);
	while ((next = report_next(&client->report, worker->source)) >= 0) {
		struct target *target = &client->targets.items[next];
		struct gate_result result = {.text = NULL};

		gate_pass(&gate, target, &result);
		report_end(&client->report, target, &result);
		gate_result_fini(&result);
	}
	watched_mount_fini(&watched);
	return NULL;
}

/* So that the shell sees a program that ended by the signal, and ends its script. */
static void end_by_signal(struct client *client)
{
	struct signalfd_siginfo info;

	if (read(client->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	report_interrupt(&client->report);
	signal((int)info.ssi_signo, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &client->signals, NULL);
	kill(getpid(), (int)info.ssi_signo);
	_exit(EXIT_REFUSED);
}

static void end_in_time(struct client *client)
{
	int status = 0;

	if (now_ms() < client->deadline_ms + GRACE_MS)
		return;
	status = report_give_up(&client->report);
	_exit(status);
}

/* Watches over the others, which may be held up by the daemon. */
static void *watch(void *data)
{
	struct client *client = data;
	struct pollfd fds[] = {
		{.fd = client->done_fd, .events = POLLIN},
		{.fd = client->signal_fd, .events = POLLIN},
	};

	while (!(fds[0].revents & POLLIN)) {
		report_show(&client->report, now_ms());
		poll(fds, 2, SHOW_MS);
		if (fds[1].revents & POLLIN)
			end_by_signal(client);
		end_in_time(client);
	}
	return NULL;
}

/* Those that are not ignored, as nohup(1) and shells have it for background jobs. */
static void block_signals(struct client *client)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};

	sigemptyset(&client->signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&client->signals, numbers[i]);
	}
	pthread_sigmask(SIG_BLOCK, &client->signals, NULL);
}

static int find_targets(struct client *client)
{
	for (int i = 0; i < client->arguments.path_count; i++) {
		struct error error = {.kind = ERROR_NONE};

		if (targets_add(&client->targets, client->arguments.paths[i], &error) <
		    0)
			report_refuse(&client->report, error.text);
	}
	return report_begin(&client->report, &client->targets);
}

static int open_descriptors(struct client *client)
{
	client->signal_fd = signalfd(-1, &client->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	client->done_fd = eventfd(0, EFD_CLOEXEC);
	return client->signal_fd < 0 || client->done_fd < 0 ? -errno : 0;
}

static void close_descriptors(const struct client *client)
{
	if (client->signal_fd >= 0)
		close(client->signal_fd);
	if (client->done_fd >= 0)
		close(client->done_fd);
}

static size_t count_targets(const struct targets *targets, size_t source)
{
	size_t count = 0;

	for (size_t i = 0; i < targets->count; i++)
		count += targets->items[i].source == source;
	return count;
}

/* All but the first of the first source, which is this thread. Returns how many. */
static size_t start_workers(struct client *client, struct worker *workers)
{
	const struct targets *targets = &client->targets;
	size_t started = 0;

	for (size_t source = 0; source < targets->source_count; source++) {
		size_t count = count_targets(targets, source);

		for (size_t i = source == 0; i < WORKERS && i < count; i++) {
			struct worker *worker = &workers[started];

			*worker = (struct worker){.client = client, .source = source};
			if (thread_start(&worker->thread, work, worker) == 0)
				started++;
		}
	}
	return started;
}

/* This thread is the first worker, so that the audit log has the number of the process
 * for what is asked for first: to FUSE, threads are processes. In the end it has what
 * is left of sources for which no thread could be started. */
static int work_in_threads(struct client *client)
{
	const size_t sources = client->targets.source_count;
	struct worker *workers = calloc(sources * WORKERS + 1, sizeof(*workers));
	struct worker own = {.client = client};
	size_t started = 0;

	if (!workers)
		return -ENOMEM;
	started = start_workers(client, workers);
	if (sources > 0)
		work(&own);
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	for (own.source = 1; own.source < sources; own.source++)
		work(&own);
	free(workers);
	return 0;
}

/* To look for a file may need the daemon, too. */
static int command(struct client *client)
{
	pthread_t watcher;
	int r = open_descriptors(client);

	if (r == 0)
		r = thread_start(&watcher, watch, client);
	if (r == 0) {
		r = find_targets(client);
		if (r == 0)
			r = work_in_threads(client);
		eventfd_write(client->done_fd, 1);
		pthread_join(watcher, NULL);
	}
	return r;
}

static void refuse_errno(struct client *client, int r)
{
	char reason[REASON_SIZE];

	report_refuse(&client->report, strerror_r(-r, reason, sizeof(reason)));
}

int client_run(int argc, char **argv)
{
	struct client client = {.signal_fd = -1, .done_fd = -1};
	int status = arguments_parse(argc, argv, &client.arguments, stderr);
	int r = 0;

	if (status != 0)
		return status;
	if (client.arguments.is_help) {
		arguments_print_help(client.arguments.kind, stdout);
		return EXIT_SUCCESS;
	}
	/* A line at a time, or it would be a byte at a time. */
	setvbuf(stderr, NULL, _IOLBF, 0);
	block_signals(&client);
	client.deadline_ms = now_ms() + (int64_t)client.arguments.timeout_s * 1000;
	report_init(&client.report, &client.arguments, stdout, stderr);
	r = command(&client);
	if (r < 0)
		refuse_errno(&client, r);
	status = report_status(&client.report);
	close_descriptors(&client);
	report_fini(&client.report);
	targets_fini(&client.targets);
	return status;
}
