/*
 * One thread serves. The kernel is the cache, so requests are few, and the reply to
 * each comes from memory in microseconds: more threads would only compete for the
 * tree. The thread reads the device without blocking, and when it is empty waits for
 * the device and for signals together. Signals come by signalfd: there is no handler
 * and no state outside the session, and none is lost between a check and a wait.
 */
#include "fs/fuse/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "fs/editor/editor.h"
#include "fs/fuse/one_cpu.h"
#include "fs/fuse/operations.h"

/* Under constant load, signals and the timer are read once in so many requests. */
#define REQUESTS_BETWEEN_SIGNALS 64

/* The next request is polled for so long after one of the editor. */
#define EDITOR_NEAR_NS 50000

/* After so many waits for it in a row, there are many more to come. */
#define WAITS_BEFORE_BINDING 32
#define NS_IN_S INT64_C(1000000000)

struct session {
	struct fuse_session *fuse;
	struct request_context context;
	unsigned waits; /* for the editor, since it was last too far away */
	struct one_cpu cpu;
	void (*refreshed)(void *data);
	void (*debug_toggled)(void *data);
	void (*expired)(void *data);
	void *data;
	int timer;   /* borrowed; -1: none */
	int signals; /* a signalfd */
	int over;    /* the end of a pipe that nobody reads; for session_close() */
	bool is_mounted;
	bool is_ended; /* by a signal */
};

/* Writes the failure and the text of a negative errno; returns that. */
static int write_reason(char *reason, size_t size, const char *failure, int r)
{
	char text[128];

	snprintf(reason, size, "%s: %s", failure, strerror_r(-r, text, sizeof(text)));
	return r;
}

/* A signal that was ignored at the start, as by nohup(1), stays ignored. */
static void add_unless_ignored(sigset_t *signals, int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
		sigaddset(signals, number);
}

/* Blocks the signals that the session handles, for all threads started from here on,
 * and opens a descriptor to read them from. */
static int open_signals(struct session *session)
{
	sigset_t signals;

	sigemptyset(&signals);
	add_unless_ignored(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	add_unless_ignored(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	session->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return session->signals < 0 ? -errno : 0;
}

/* Here, since at the end there may be no descriptor to be had. */
static int open_over(struct session *session)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	close(ends[0]);
	session->over = ends[1];
	return 0;
}

/* As libfuse's parser of -o requires. */
static char *escape_option(const char *value)
{
	char *escaped = malloc(2 * strlen(value) + 1);
	char *to = escaped;

	if (!escaped)
		return NULL;
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	*to = '\0';
	return escaped;
}

/*
 * With default_permissions the kernel checks modes, for which it asks for a directory's
 * attributes after each change in it. Where it lets the mount's owner in alone, to whom
 * no mode refuses anything, it need not.
 *
 * Debugging is always on, as libfuse cannot turn it on later; fuse_log.c drops the
 * lines that are not wanted.
 */
static int build_arguments(const struct session_options *options,
			   struct fuse_args *arguments)
{
	char *source = escape_option(options->source);
	char *list = NULL;
	int r = -ENOMEM;

	if (!source ||
	    asprintf(&list, "%snosuid,nodev,noexec,subtype=dmsfs,debug,fsname=%s%s%s",
		     options->are_others_admitted ? "default_permissions," : "", source,
		     options->mount_options ? "," : "",
		     options->mount_options ? options->mount_options : "") < 0)
		goto out;
	if (fuse_opt_add_arg(arguments, "dmsfs") == 0 &&
	    fuse_opt_add_arg(arguments, "-o") == 0 &&
	    fuse_opt_add_arg(arguments, list) == 0)
		r = 0;
out:
	free(list);
	free(source);
	return r;
}

int session_new(const struct session_options *options, struct tree *tree,
		struct session **result, char *reason, size_t size)
{
	struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);
	struct session *session = calloc(1, sizeof(*session));
	int r = -ENOMEM;

	if (!session)
		return write_reason(reason, size, "cannot start the FUSE session",
				    -ENOMEM);
	session->signals = -1;
	session->over = -1;
	session->refreshed = options->refreshed;
	session->debug_toggled = options->debug_toggled;
	session->expired = options->expired;
	session->timer = options->timer;
	session->data = options->data;
	request_context_init(&session->context, tree, &options->hooks);
	r = build_arguments(options, &arguments);
	if (r < 0) {
		write_reason(reason, size, "cannot start the FUSE session", r);
		goto out;
	}
	session->fuse = fuse_session_new(&arguments, &operations_table,
					 sizeof(operations_table), &session->context);
	if (!session->fuse) {
		snprintf(reason, size, "libfuse rejected the mount options '%s'",
			 options->mount_options ? options->mount_options : "");
		r = -EINVAL;
		goto out;
	}
	r = open_signals(session);
	if (r == 0)
		r = open_over(session);
	if (r < 0)
		write_reason(reason, size, "cannot start the FUSE session", r);
out:
	fuse_opt_free_args(&arguments);
	if (r < 0)
		session_free(session);
	else
		*result = session;
	return r;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int session_mount(struct session *session, const char *mountpoint, char *reason,
		  size_t size)
{
	int r = 0;

	if (fuse_session_mount(session->fuse, mountpoint) != 0) {
		snprintf(reason, size,
			 "%s: cannot mount (see the message of libfuse above)",
			 mountpoint);
		return -EIO;
	}
	session->is_mounted = true;
	r = set_nonblocking(fuse_session_fd(session->fuse));
	if (r < 0)
		write_reason(reason, size, "cannot use /dev/fuse", r);
	return r;
}

int session_fd(const struct session *session)
{
	return fuse_session_fd(session->fuse);
}

static void read_signals(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			session->refreshed(session->data);
		else if (info.ssi_signo == SIGUSR2)
			session->debug_toggled(session->data);
		else
			session->is_ended = true;
	}
}

/* poll(2) leaves a timer out that is -1. */
static void wait_for_request_or_signal(struct session *session)
{
	struct pollfd fds[] = {
		{.fd = fuse_session_fd(session->fuse), .events = POLLIN},
		{.fd = session->signals, .events = POLLIN},
		{.fd = session->timer, .events = POLLIN},
	};

	poll(fds, 3, -1);
	if (fds[1].revents)
		read_signals(session);
	if (fds[2].revents)
		session->expired(session->data);
}

static bool is_over(const struct session *session)
{
	return session->is_ended || fuse_session_exited(session->fuse);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_IN_S + now.tv_nsec;
}

static pid_t editor_of(const struct session *session)
{
	return editor_pid(session->context.hooks.editor);
}

/* While the editor works, its next request is microseconds away, and to sleep and be
 * woken would take most of the time of a change. */
static int poll_for_editor(struct session *session, struct fuse_buf *buffer)
{
	int64_t end_ns = now_ns() + EDITOR_NEAR_NS;
	int r = -EAGAIN;

	session->waits++;
	if (session->waits == WAITS_BEFORE_BINDING && editor_of(session) > 0)
		one_cpu_bind(&session->cpu, editor_of(session));
	while (r == -EAGAIN && now_ns() < end_ns) {
		sched_yield();
		r = fuse_session_receive_buf(session->fuse, buffer);
	}
	return r;
}

static void forget_editor(struct session *session)
{
	session->context.is_editor_near = false;
	session->waits = 0;
	one_cpu_release(&session->cpu, editor_of(session));
}

/* Serves one request, or waits for one. >0: served; 0: not; or a negative errno. */
static int serve_request(struct session *session, struct fuse_buf *buffer)
{
	int r = fuse_session_receive_buf(session->fuse, buffer);

	if (r == -EAGAIN && session->context.is_editor_near)
		r = poll_for_editor(session, buffer);
	if (r == -EAGAIN) {
		forget_editor(session);
		wait_for_request_or_signal(session);
		return 0;
	}
	if (r == -EINTR)
		return 0;
	if (r > 0)
		fuse_session_process_buf(session->fuse, buffer);
	return r;
}

int session_run(struct session *session)
{
	struct fuse_buf buffer = {.mem = NULL};
	unsigned long served = 0;
	int r = 0;

	while (r >= 0 && !is_over(session)) {
		r = serve_request(session, &buffer);
		if (r <= 0)
			continue;
		served++;
		if (served % REQUESTS_BETWEEN_SIGNALS != 0)
			continue;
		read_signals(session);
		if (session->timer >= 0)
			session->expired(session->data);
	}
	forget_editor(session);
	free(buffer.mem);
	return r < 0 ? r : 0;
}

bool session_is_cut(const struct session *session)
{
	struct pollfd fd = {.fd = fuse_session_fd(session->fuse)};

	return session->is_mounted && poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR);
}

/*
 * libfuse would unmount whatever lies at the path by now, unless its descriptor says
 * that the connection is over, as the end of a pipe does that nobody reads. It is told
 * that the session has ended, lest it complain of replies to commands that come yet.
 */
void session_close(struct session *session)
{
	if (!session->is_mounted)
		return;
	fuse_session_exit(session->fuse);
	dup3(session->over, fuse_session_fd(session->fuse), O_CLOEXEC);
	fuse_session_unmount(session->fuse);
	session->is_mounted = false;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	session_close(session);
	if (session->fuse)
		fuse_session_destroy(session->fuse);
	if (session->signals >= 0)
		close(session->signals);
	if (session->over >= 0)
		close(session->over);
	request_context_fini(&session->context);
	free(session);
}
