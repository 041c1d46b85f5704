#include "fs/editor/editor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/editor/process.h"
#include "fs/process/mountinfo.h"

/* A process that dies this often without a reply will not live. */
#define DEATHS_MAX 20

/* A process that has made no request and given no reply for so long will not. Two that
 * hang one after the other are found within ten seconds. */
#define SILENCE_MS 4000
#define SLICE_MS 100 /* so soon the end of the program is noticed */

/* A process ends so soon when its socket is closed, or else it is killed, and ends so
 * soon unless the kernel has a reason. */
#define END_MS 500

/* Processes that the kernel did not let go yet. */
#define UNREAPED_MAX 8

struct editor {
	char *mountpoint; /* owned */
	atomic_int pid;	  /* 0: no process */
	int socket;
	pid_t unreaped[UNREAPED_MAX];
	size_t unreaped_count;
	unsigned deaths; /* since the last reply */
	atomic_bool is_cancelled;
	atomic_ulong requests; /* of the process that have been served */
	atomic_ulong root_requests;
	struct mountinfo_mount mount; /* device 0: not known yet */
	uint64_t root_device;	      /* of the root that was opened last */
	int begin_result;	      /* of the last EDITOR_BEGIN */
	void (*done)(void *data, const struct editor_command *command, int r);
	void *data;
	/* Commands that were sent and have no reply yet: a ring, owned. There is none
	 * between two pieces of work, since it takes 100 KiB. */
	struct editor_command *window;
	size_t first;
	size_t count;
};

/*
 * With all signals blocked, so that none of the daemon's is handled in the child
 * before it ignores them. The first one is a copy of a daemon that has no secret yet;
 * any other must not be, and executes the program again.
 */
static pid_t fork_process(const struct editor *editor, int socket, bool is_first)
{
	sigset_t all;
	sigset_t before;
	pid_t pid = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0 && is_first)
		editor_process_run(socket, editor->mountpoint);
	if (pid == 0)
		editor_process_execute(socket, editor->mountpoint);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* A call that would wait for room in the socket waits for the process. */
static int limit_sends(int socket)
{
	const struct timeval limit = {.tv_sec = SILENCE_MS / 1000};

	return setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0
		       ? -errno
		       : 0;
}

static int start_process(struct editor *editor, bool is_first)
{
	int sockets[2];
	pid_t pid = 0;
	int r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	r = limit_sends(sockets[0]);
	if (r == 0) {
		pid = fork_process(editor, sockets[1], is_first);
		r = pid < 0 ? -errno : 0;
	}
	close(sockets[1]);
	if (r < 0) {
		close(sockets[0]);
		return r;
	}
	editor->socket = sockets[0];
	atomic_store(&editor->pid, pid);
	return 0;
}

static bool is_reaped(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) != 0;
}

static bool reap_within(pid_t pid, int timeout_ms)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < timeout_ms; i++) {
		if (is_reaped(pid))
			return true;
		nanosleep(&pause, NULL);
	}
	return is_reaped(pid);
}

static void reap_rest(struct editor *editor)
{
	size_t kept = 0;

	for (size_t i = 0; i < editor->unreaped_count; i++)
		if (!is_reaped(editor->unreaped[i]))
			editor->unreaped[kept++] = editor->unreaped[i];
	editor->unreaped_count = kept;
}

/*
 * The handlers must forget the process id before the process is reaped, since only
 * then the id may become another's. @patience_ms: before it is killed.
 */
static void end_process(struct editor *editor, int patience_ms)
{
	pid_t pid = atomic_exchange(&editor->pid, 0);

	if (editor->socket >= 0)
		close(editor->socket);
	editor->socket = -1;
	reap_rest(editor);
	if (pid <= 0 || reap_within(pid, patience_ms))
		return;
	kill(pid, SIGKILL);
	if (!reap_within(pid, END_MS))
		editor->unreaped[editor->unreaped_count++] = pid;
}

int editor_start(const char *mountpoint, struct editor **result)
{
	struct editor *editor = calloc(1, sizeof(*editor));
	int r = -ENOMEM;

	if (!editor)
		return -ENOMEM;
	editor->socket = -1;
	editor->mount.connection = -1;
	editor->mountpoint = strdup(mountpoint);
	if (editor->mountpoint)
		r = start_process(editor, true);
	if (r < 0)
		editor_stop(editor);
	else
		*result = editor;
	return r;
}

void editor_stop(struct editor *editor)
{
	if (!editor)
		return;
	end_process(editor, END_MS);
	free(editor->window);
	free(editor->mountpoint);
	free(editor);
}

pid_t editor_pid(const struct editor *editor)
{
	return editor ? atomic_load(&editor->pid) : 0;
}

void editor_cancel(struct editor *editor)
{
	atomic_store(&editor->is_cancelled, true);
}

const char *editor_mountpoint(const struct editor *editor)
{
	return editor->mountpoint;
}

void editor_set_mount(struct editor *editor, const struct mountinfo_mount *mount)
{
	editor->mount = *mount;
}

const struct mountinfo_mount *editor_mount(const struct editor *editor)
{
	return &editor->mount;
}

void editor_count_request(struct editor *editor)
{
	atomic_fetch_add_explicit(&editor->requests, 1, memory_order_relaxed);
}

void editor_count_root_request(struct editor *editor)
{
	atomic_fetch_add(&editor->root_requests, 1);
}

/* 0, -EPIPE when the process has died, or -ETIMEDOUT. */
static int send_command(const struct editor *editor,
			const struct editor_command *command)
{
	ssize_t n = 0;

	do {
		n = send(editor->socket, command, sizeof(*command), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*command))
		return 0;
	return n < 0 && errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
}

/* Waits until there is a reply, or the process has died. 0, -ECANCELED, -ETIMEDOUT. */
static int wait_for_replies(struct editor *editor)
{
	struct pollfd fd = {.fd = editor->socket, .events = POLLIN};
	unsigned long seen = atomic_load(&editor->requests);
	int silence_ms = 0;

	while (poll(&fd, 1, SLICE_MS) <= 0) {
		unsigned long requests = atomic_load(&editor->requests);

		if (atomic_load(&editor->is_cancelled))
			return -ECANCELED;
		silence_ms = requests == seen ? silence_ms + SLICE_MS : 0;
		seen = requests;
		if (silence_ms >= SILENCE_MS)
			return -ETIMEDOUT;
	}
	return 0;
}

/* 0, -ECANCELED, -ETIMEDOUT, or -EPIPE when the process has died. */
static int receive_replies(struct editor *editor, struct editor_replies *replies)
{
	int r = wait_for_replies(editor);
	ssize_t n = 0;

	if (r < 0)
		return r;
	do {
		n = recv(editor->socket, replies, sizeof(*replies), 0);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*replies) ? 0 : -EPIPE;
}

static struct editor_command *command_at(struct editor *editor, size_t index)
{
	return &editor->window[(editor->first + index) % EDITOR_WINDOW];
}

/*
 * A new process has no root open, so it has to begin, unless that is the first command
 * anyway. Then it gets all that had no reply. As receive_replies().
 */
static int repeat_commands(struct editor *editor)
{
	const struct editor_command begin = {.kind = EDITOR_BEGIN,
					     .device = editor->mount.device};
	struct editor_replies replies;
	int r = 0;

	if (editor->count > 0 && command_at(editor, 0)->kind != EDITOR_BEGIN &&
	    command_at(editor, 0)->kind != EDITOR_END) {
		r = send_command(editor, &begin);
		if (r == 0)
			r = receive_replies(editor, &replies);
	}
	for (size_t i = 0; r == 0 && i < editor->count; i++)
		r = send_command(editor, command_at(editor, i));
	return r;
}

static void accept_reply(struct editor *editor, const struct editor_reply *reply)
{
	const struct editor_command command = *command_at(editor, 0);

	editor->first = (editor->first + 1) % EDITOR_WINDOW;
	editor->count--;
	if (command.kind == EDITOR_BEGIN) {
		editor->root_device = reply->device;
		editor->begin_result = reply->r;
	}
	editor->done(editor->data, &command, reply->r);
}

/* Whatever the failure, no command goes without a reply. */
static int fail_commands(struct editor *editor, int r)
{
	const struct editor_reply reply = {.r = r};

	while (editor->count > 0)
		accept_reply(editor, &reply);
	return r;
}

/* A process that has died is started again, and one that does not respond is killed:
 * what it was at is unknown, and is for another piece of work to look at. */
static int recover(struct editor *editor, int r)
{
	while (r == -EPIPE) {
		end_process(editor, END_MS);
		if (atomic_load(&editor->is_cancelled))
			r = -ECANCELED;
		else if (++editor->deaths > DEATHS_MAX)
			r = -ECHILD;
		else if (editor->unreaped_count == UNREAPED_MAX)
			r = -ETIMEDOUT;
		else
			r = start_process(editor, false);
		if (r == 0)
			r = repeat_commands(editor);
	}
	if (r == 0)
		return 0;
	end_process(editor, 0);
	return fail_commands(editor, r);
}

/* Waits for at least one reply, whatever dies meanwhile. */
static int accept_replies(struct editor *editor)
{
	struct editor_replies replies;
	int r = receive_replies(editor, &replies);

	while (r < 0) {
		r = recover(editor, r);
		if (r < 0)
			return r;
		r = receive_replies(editor, &replies);
	}
	editor->deaths = 0;
	for (uint32_t i = 0; i < replies.count && editor->count > 0; i++)
		accept_reply(editor, &replies.replies[i]);
	return 0;
}

static int open_window(struct editor *editor)
{
	if (editor->window)
		return 0;
	editor->window = malloc(EDITOR_WINDOW * sizeof(*editor->window));
	return editor->window ? 0 : -ENOMEM;
}

/* Without a command that waits for its reply. */
static void close_window(struct editor *editor)
{
	free(editor->window);
	editor->window = NULL;
	editor->first = 0;
}

int editor_send(struct editor *editor, const struct editor_command *command)
{
	struct editor_command *slot = NULL;
	int r = open_window(editor);

	if (r == 0 && editor->count == EDITOR_WINDOW)
		r = accept_replies(editor);
	if (r < 0)
		return r;
	slot = command_at(editor, editor->count++);
	*slot = *command;
	slot->device = editor->mount.device;
	r = send_command(editor, slot);
	return r < 0 ? recover(editor, r) : 0;
}

int editor_finish(struct editor *editor)
{
	int r = 0;

	while (r == 0 && editor->count > 0)
		r = accept_replies(editor);
	return r;
}

/*
 * The editor opens the root and asks for its attributes: only if that request reached
 * this daemon is it this mount that lies at the path. From then on its device is
 * known, and no other will do.
 */
static int begin_work(struct editor *editor)
{
	const struct editor_command begin = {.kind = EDITOR_BEGIN};
	unsigned long before = atomic_load(&editor->root_requests);
	int r = editor_send(editor, &begin);

	if (r == 0)
		r = editor_finish(editor);
	if (r == 0)
		r = editor->begin_result;
	if (r == 0 && atomic_load(&editor->root_requests) == before)
		r = -EXDEV;
	if (r == 0)
		editor->mount.device = editor->root_device;
	return r;
}

/* The path does not lead to the mount, for which @r stands: the mount may have moved. A
 * process knows one path alone, so a new one has to be started. */
static int follow_mount(struct editor *editor, int r)
{
	struct mountinfo_place place;
	char *path = NULL;
	int found = mountinfo_find(&editor->mount, editor->mountpoint, &place);

	if (found == -ENODEV)
		return -ENODEV;
	if (found < 0 || strcmp(place.path, editor->mountpoint) == 0)
		return r;
	path = strdup(place.path);
	if (!path)
		return -ENOMEM;
	free(editor->mountpoint);
	editor->mountpoint = path;
	end_process(editor, END_MS);
	return begin_work(editor);
}

int editor_begin(struct editor *editor,
		 void (*done)(void *data, const struct editor_command *command, int r),
		 void *data)
{
	int r = 0;

	editor->done = done;
	editor->data = data;
	/* A new piece of work is a new chance for a process that would not live. */
	editor->deaths = 0;
	r = begin_work(editor);
	if ((r == -EXDEV || (r < 0 && r == editor->begin_result)) &&
	    editor->mount.device)
		r = follow_mount(editor, r);
	return r;
}

int editor_end(struct editor *editor)
{
	const struct editor_command end = {.kind = EDITOR_END};
	int r = editor_send(editor, &end);

	if (r == 0)
		r = editor_finish(editor);
	close_window(editor);
	return r;
}
