#include "src/base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PART_SIZE 4096
#define EXIT_POLL_MS 10
/* Of SUBPROCESS_SAID_SIZE: the first lines, and the last where these are not all. */
#define FIRST_LINES_SIZE 336
#define LAST_LINE_SIZE 160

/* The longest time that a stop of this program may go unnoticed. */
#define SLICE_MS 100

/* What a program wrote to its stderr. */
struct said {
	char *first; /* FIRST_LINES_SIZE bytes at least */
	size_t first_used;
	char last[LAST_LINE_SIZE];
	size_t last_used;
	bool is_line_over; /* what comes next begins a line */
	bool is_full;	   /* first is */
	bool is_more;	   /* lines began after that */
};

struct subprocess {
	const char *name;
	pid_t pid;
	int out_fd; /* -1: at its end */
	int err_fd; /* -1: at its end */
	struct buffer *out;
	struct said said;
	int64_t deadline_ms;
	int timeout_ms;
	const struct clock *clock;
};

static int64_t now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int failed;

	sigemptyset(&none);
	sigfillset(&all);
	failed = posix_spawnattr_setsigmask(attributes, &none);
	failed |= posix_spawnattr_setsigdefault(attributes, &all);
	failed |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
							       POSIX_SPAWN_SETSIGDEF |
							       POSIX_SPAWN_SETSID);
	return failed;
}

static int set_files(posix_spawn_file_actions_t *files, const char *directory,
		     int out_fd, int err_fd)
{
	int failed;

	failed = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null",
						  O_RDONLY, 0);
	failed |= posix_spawn_file_actions_adddup2(files, out_fd, STDOUT_FILENO);
	failed |= posix_spawn_file_actions_adddup2(files, err_fd, STDERR_FILENO);
#ifdef HAVE_SPAWN_CLOSEFROM
	failed |= posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
#endif
	/* Last, as the directory may by now lie within the mount: without a descriptor
	 * of it the child hangs no more than any program. */
	if (directory)
		failed |= posix_spawn_file_actions_addchdir_np(files, directory);
	return failed;
}

/* The errno of what failed, or 0. */
static int spawn_child(struct subprocess *subprocess, char *const argv[],
		       const char *directory, int out_fd, int err_fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int cause = ENOMEM;

	if (posix_spawnattr_init(&attributes) != 0)
		return ENOMEM;
	if (posix_spawn_file_actions_init(&files) != 0) {
		posix_spawnattr_destroy(&attributes);
		return ENOMEM;
	}
	if (set_attributes(&attributes) == 0 &&
	    set_files(&files, directory, out_fd, err_fd) == 0)
		cause = posix_spawnp(&subprocess->pid, argv[0], &files, &attributes,
				     argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return cause;
}

/* A pipe's ends must not be 0 to 2, or the child would close what it was given. */
static int make_pipe(int ends[2])
{
	int raw[2];

	if (pipe2(raw, O_CLOEXEC) < 0)
		return errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(raw[i]);
	}
	return ends[0] < 0 || ends[1] < 0 ? EMFILE : 0;
}

static int start_subprocess(struct subprocess *subprocess, char *const argv[],
			    const char *directory, struct error *error)
{
	int out[2] = {-1, -1};
	int err[2] = {-1, -1};
	char words[128];
	int cause = make_pipe(out);

	if (cause == 0)
		cause = make_pipe(err);
	if (cause == 0)
		cause = spawn_child(subprocess, argv, directory, out[1], err[1]);
	/* Most programs do not care where they run. */
	if (cause != 0 && err[1] >= 0 && directory && access(directory, X_OK) < 0)
		cause = spawn_child(subprocess, argv, NULL, out[1], err[1]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	if (cause != 0) {
		close_fd(&out[0]);
		close_fd(&err[0]);
		return error_set(error, ERROR_CONFIG, "cannot start %s: %s",
				 subprocess->name,
				 strerror_r(cause, words, sizeof(words)));
	}
	subprocess->out_fd = out[0];
	subprocess->err_fd = err[0];
	return 0;
}

static void append_first(struct said *said, const char *text, size_t len)
{
	if (said->first_used + len >= FIRST_LINES_SIZE)
		said->is_full = true;
	if (said->is_full)
		return;
	memcpy(said->first + said->first_used, text, len);
	said->first_used += len;
}

static void begin_line(struct said *said)
{
	said->last_used = 0;
	said->is_more = said->is_full;
	if (said->first_used > 0)
		append_first(said, "; ", 2);
}

/* The first line often tells the cause and the last one of a traceback, so both are
 * kept. */
static void take_stderr(struct said *said, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool is_end = bytes[i] == '\n' || bytes[i] == '\r';
		char c = bytes[i] ? bytes[i] : '?';

		if (!is_end && said->is_line_over)
			begin_line(said);
		if (!is_end && said->last_used + 1 < sizeof(said->last))
			said->last[said->last_used++] = c;
		if (!is_end)
			append_first(said, &c, 1);
		said->is_line_over = is_end;
	}
}

static void finish_said(struct said *said)
{
	said->first[said->first_used] = '\0';
	said->last[said->last_used] = '\0';
	if (said->is_more)
		snprintf(said->first + said->first_used,
			 SUBPROCESS_SAID_SIZE - said->first_used, " ... %s",
			 said->last);
}

/* Reads from one pipe; false if no more may be taken. */
static bool take_output(struct subprocess *subprocess, int *fd)
{
	char part[PART_SIZE];
	ssize_t count = read(*fd, part, sizeof(part));
	bool is_fitting = true;

	if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
		close_fd(fd);
	else if (count > 0 && fd == &subprocess->out_fd)
		is_fitting = buffer_append(subprocess->out, part, (size_t)count);
	else if (count > 0)
		take_stderr(&subprocess->said, part, (size_t)count);
	explicit_bzero(part, sizeof(part));
	return is_fitting;
}

/* Whether it is no more worth waiting. */
static int check_time(const struct subprocess *subprocess, struct error *error)
{
	if (subprocess->clock->sleep(subprocess->clock->data, 0) == -ECANCELED)
		return error_set(error, ERROR_CANCELED, "%s was stopped with dmsfs",
				 subprocess->name);
	if (now_ms() < subprocess->deadline_ms)
		return 0;
	return error_set(error, ERROR_TIMEOUT, "%s did not finish within %g s",
			 subprocess->name, subprocess->timeout_ms / 1000.0);
}

static int fail_to_take(const struct subprocess *subprocess, struct error *error)
{
	if (subprocess->out->is_out_of_memory)
		return error_set(error, ERROR_MEMORY, "no memory for the output of %s",
				 subprocess->name);
	return error_set(error, ERROR_RESPONSE, "%s wrote more than %zu KiB",
			 subprocess->name, subprocess->out->max_bytes / 1024);
}

/* Until both pipes are at their end. */
static int collect_output(struct subprocess *subprocess, struct error *error)
{
	int r = 0;

	while (subprocess->out_fd >= 0 || subprocess->err_fd >= 0) {
		struct pollfd fds[] = {
			{.fd = subprocess->out_fd, .events = POLLIN},
			{.fd = subprocess->err_fd, .events = POLLIN},
		};

		r = check_time(subprocess, error);
		if (r < 0)
			return r;
		if (poll(fds, 2, SLICE_MS) < 0 && errno != EINTR)
			return error_set(error, ERROR_MEMORY,
					 "no memory to wait for %s", subprocess->name);
		if ((fds[0].revents && !take_output(subprocess, &subprocess->out_fd)) ||
		    (fds[1].revents && !take_output(subprocess, &subprocess->err_fd)))
			return fail_to_take(subprocess, error);
	}
	return 0;
}

static int wait_for_end(struct subprocess *subprocess, int *wait_status,
			struct error *error)
{
	const struct timespec pause = {.tv_nsec = EXIT_POLL_MS * 1000000};
	pid_t ended;
	int r;

	for (;;) {
		ended = waitpid(subprocess->pid, wait_status, WNOHANG);
		if (ended == subprocess->pid || (ended < 0 && errno != EINTR))
			break;
		r = check_time(subprocess, error);
		if (r < 0)
			return r;
		nanosleep(&pause, NULL);
	}
	if (ended < 0)
		return error_set(error, ERROR_RESPONSE, "%s: its exit status was lost",
				 subprocess->name);
	subprocess->pid = 0;
	return 0;
}

int subprocess_run(char *const argv[], const char *directory, int timeout_ms,
		   const struct clock *clock, struct buffer *out,
		   char said[SUBPROCESS_SAID_SIZE], int *status, struct error *error)
{
	struct subprocess subprocess = {
		.name = argv[0],
		.out_fd = -1,
		.err_fd = -1,
		.out = out,
		.said = {.first = said},
		.deadline_ms = now_ms() + timeout_ms,
		.timeout_ms = timeout_ms,
		.clock = clock,
	};
	int wait_status = 0;
	int r;

	said[0] = '\0';
	r = start_subprocess(&subprocess, argv, directory, error);
	if (r < 0)
		return r;
	r = collect_output(&subprocess, error);
	if (r == 0)
		r = wait_for_end(&subprocess, &wait_status, error);
	finish_said(&subprocess.said);
	close_fd(&subprocess.out_fd);
	close_fd(&subprocess.err_fd);
	if (subprocess.pid > 0) {
		kill(-subprocess.pid, SIGKILL);
		while (waitpid(subprocess.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*status = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
					   : WEXITSTATUS(wait_status);
	return r;
}
