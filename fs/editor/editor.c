#include "fs/editor/editor.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/editor/process.h"

/* A process that dies this often without a reply will not live. */
#define DEATHS_MAX 20

struct editor {
	char *mountpoint;	      /* owned */
	struct editor_filter *filter; /* owned; NULL for none */
	atomic_int pid;		      /* 0: no process */
	int socket;
	unsigned deaths; /* since the last reply */
	atomic_ulong root_requests;
	uint64_t device;      /* of the mount; 0: not known yet */
	uint64_t root_device; /* of the root that was opened last */
	int begin_result;     /* of the last EDITOR_BEGIN */
	void (*done)(void *data, const struct editor_command *command, int r);
	void *data;
	/* Commands that were sent and have no reply yet: a ring. */
	struct editor_command window[EDITOR_WINDOW];
	size_t first;
	size_t count;
};

/*
 * With all signals blocked, so that none of the daemon's is handled in the child
 * before it ignores them.
 */
static pid_t fork_process(const struct editor *editor, int socket)
{
	sigset_t all;
	sigset_t before;
	pid_t pid = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		editor_process_run(socket, editor->mountpoint, editor->filter);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int start_process(struct editor *editor)
{
	int sockets[2];
	pid_t pid = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	pid = fork_process(editor, sockets[1]);
	if (pid < 0) {
		int r = -errno;

		close(sockets[0]);
		close(sockets[1]);
		return r;
	}
	close(sockets[1]);
	editor->socket = sockets[0];
	atomic_store(&editor->pid, pid);
	return 0;
}

/* The handlers must forget the process id before the process is reaped, since only
 * then the id may become another's. */
static void end_process(struct editor *editor)
{
	pid_t pid = atomic_exchange(&editor->pid, 0);

	if (editor->socket >= 0)
		close(editor->socket);
	editor->socket = -1;
	if (pid <= 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int editor_start(const char *mountpoint, struct editor **result)
{
	struct editor *editor = calloc(1, sizeof(*editor));
	int r = -ENOMEM;

	if (!editor)
		return -ENOMEM;
	editor->socket = -1;
	editor->filter = editor_filter_new();
	editor->mountpoint = strdup(mountpoint);
	if (editor->mountpoint)
		r = start_process(editor);
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
	end_process(editor);
	editor_filter_free(editor->filter);
	free(editor->mountpoint);
	free(editor);
}

pid_t editor_pid(const struct editor *editor)
{
	return editor ? atomic_load(&editor->pid) : 0;
}

void editor_count_root_request(struct editor *editor)
{
	atomic_fetch_add(&editor->root_requests, 1);
}

static bool send_command(const struct editor *editor,
			 const struct editor_command *command)
{
	ssize_t n = 0;

	do {
		n = send(editor->socket, command, sizeof(*command), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*command);
}

static bool receive_replies(const struct editor *editor, struct editor_replies *replies)
{
	ssize_t n = 0;

	do {
		n = recv(editor->socket, replies, sizeof(*replies), 0);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*replies);
}

static struct editor_command *command_at(struct editor *editor, size_t index)
{
	return &editor->window[(editor->first + index) % EDITOR_WINDOW];
}

/*
 * A new process has no root open, so it has to begin, unless that is the first command
 * anyway. Then it gets all that had no reply.
 */
static bool repeat_commands(struct editor *editor)
{
	const struct editor_command begin = {.kind = EDITOR_BEGIN,
					     .device = editor->device};
	struct editor_replies replies;

	if (editor->count > 0 && command_at(editor, 0)->kind != EDITOR_BEGIN &&
	    command_at(editor, 0)->kind != EDITOR_END &&
	    (!send_command(editor, &begin) || !receive_replies(editor, &replies)))
		return false;
	for (size_t i = 0; i < editor->count; i++) {
		if (!send_command(editor, command_at(editor, i)))
			return false;
	}
	return true;
}

static int restart_process(struct editor *editor)
{
	int r = 0;

	do {
		end_process(editor);
		r = ++editor->deaths > DEATHS_MAX ? -ECHILD : start_process(editor);
	} while (r == 0 && !repeat_commands(editor));
	if (r < 0)
		editor->count = 0;
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

/* Waits for at least one reply, whatever dies meanwhile. */
static int accept_replies(struct editor *editor)
{
	struct editor_replies replies;
	int r = 0;

	while (!receive_replies(editor, &replies)) {
		r = restart_process(editor);
		if (r < 0)
			return r;
	}
	editor->deaths = 0;
	for (uint32_t i = 0; i < replies.count && editor->count > 0; i++)
		accept_reply(editor, &replies.replies[i]);
	return 0;
}

int editor_send(struct editor *editor, const struct editor_command *command)
{
	struct editor_command *slot = NULL;
	int r = 0;

	if (editor->count == EDITOR_WINDOW)
		r = accept_replies(editor);
	if (r < 0)
		return r;
	slot = command_at(editor, editor->count++);
	*slot = *command;
	slot->device = editor->device;
	return send_command(editor, slot) ? 0 : restart_process(editor);
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
int editor_begin(struct editor *editor,
		 void (*done)(void *data, const struct editor_command *command, int r),
		 void *data)
{
	const struct editor_command begin = {.kind = EDITOR_BEGIN};
	unsigned long before = atomic_load(&editor->root_requests);
	int r = 0;

	editor->done = done;
	editor->data = data;
	/* A new piece of work is a new chance for a process that would not live. */
	editor->deaths = 0;
	r = editor_send(editor, &begin);
	if (r == 0)
		r = editor_finish(editor);
	if (r == 0)
		r = editor->begin_result;
	if (r == 0 && atomic_load(&editor->root_requests) == before)
		r = -EXDEV;
	if (r == 0)
		editor->device = editor->root_device;
	return r;
}

int editor_end(struct editor *editor)
{
	const struct editor_command end = {.kind = EDITOR_END};
	int r = editor_send(editor, &end);

	return r < 0 ? r : editor_finish(editor);
}
