#include "fs/editor/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/editor/process.h"

/* A process that dies so often without an answer will not live. */
#define DEATHS_MAX 20

struct editor {
	struct editor_options options;
	char *mountpoint;	      /* owned */
	struct editor_filter *filter; /* owned; NULL for none */
	pid_t pid;		      /* atomic: the FUSE thread reads it */
	int socket;
	unsigned deaths;       /* since the last answer */
	uint64_t device;       /* of the mount; 0: not known yet */
	uint64_t begun_device; /* of what the last ORDER_BEGIN opened */
	/* Orders that were sent and are not answered yet: a ring. */
	struct order window[EDITOR_WINDOW];
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

static int start(struct editor *editor)
{
	int sockets[2];
	pid_t pid = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	pid = fork_process(editor, sockets[1]);
	if (pid < 0) {
		int error = errno;

		close(sockets[0]);
		close(sockets[1]);
		return -error;
	}
	close(sockets[1]);
	editor->socket = sockets[0];
	__atomic_store_n(&editor->pid, pid, __ATOMIC_RELEASE);
	return 0;
}

/* The handlers forget the process id before the process is reaped, and only then
 * can the id become another's. */
static void bury(struct editor *editor)
{
	pid_t pid = editor->pid;

	if (editor->socket >= 0)
		close(editor->socket);
	editor->socket = -1;
	__atomic_store_n(&editor->pid, 0, __ATOMIC_RELEASE);
	if (pid <= 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int editor_start(const struct editor_options *options, struct editor **result)
{
	struct editor *editor = calloc(1, sizeof(*editor));
	int r = -ENOMEM;

	if (!editor)
		return -ENOMEM;
	editor->options = *options;
	editor->socket = -1;
	editor->filter = editor_filter_new();
	editor->mountpoint = strdup(options->mountpoint);
	if (editor->mountpoint)
		r = start(editor);
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
	bury(editor);
	editor_filter_free(editor->filter);
	free(editor->mountpoint);
	free(editor);
}

pid_t editor_pid(const struct editor *editor)
{
	return editor ? __atomic_load_n(&editor->pid, __ATOMIC_ACQUIRE) : 0;
}

static bool send_order(const struct editor *editor, const struct order *order)
{
	ssize_t n = 0;

	do {
		n = send(editor->socket, order, sizeof(*order), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*order);
}

static const struct order *order_at(const struct editor *editor, size_t index)
{
	return &editor->window[(editor->first + index) % EDITOR_WINDOW];
}

static bool is_work(const struct order *order)
{
	return order->kind != ORDER_BEGIN && order->kind != ORDER_END;
}

static bool receive_answers(const struct editor *editor, struct order_answers *answers)
{
	ssize_t n = 0;

	do {
		n = recv(editor->socket, answers, sizeof(*answers), 0);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*answers);
}

/*
 * A new process has no root open: it is told to begin first, unless that is what
 * comes first anyway. Then it gets all that was not answered.
 */
static bool repeat_orders(struct editor *editor)
{
	const struct order begin = {.kind = ORDER_BEGIN, .device = editor->device};
	struct order_answers answers;

	if (editor->count > 0 && is_work(order_at(editor, 0)) &&
	    (!send_order(editor, &begin) || !receive_answers(editor, &answers)))
		return false;
	for (size_t i = 0; i < editor->count; i++) {
		if (!send_order(editor, order_at(editor, i)))
			return false;
	}
	return true;
}

static int revive(struct editor *editor)
{
	int r = 0;

	do {
		bury(editor);
		if (++editor->deaths > DEATHS_MAX)
			return -ECHILD;
		r = start(editor);
		if (r < 0)
			return r;
	} while (!repeat_orders(editor));
	return 0;
}

static void take_answer(struct editor *editor, const struct order_answer *answer)
{
	struct order order = *order_at(editor, 0);

	editor->begun_device = answer->device;
	editor->first = (editor->first + 1) % EDITOR_WINDOW;
	editor->count--;
	editor->options.answered(editor->options.data, &order, answer->result);
}

/* Waits for at least one answer, whatever dies meanwhile. */
static int take_answers(struct editor *editor)
{
	struct order_answers answers;
	int r = 0;

	while (!receive_answers(editor, &answers)) {
		r = revive(editor);
		if (r < 0)
			return r;
	}
	editor->deaths = 0;
	for (uint32_t i = 0; i < answers.count && editor->count > 0; i++)
		take_answer(editor, &answers.answers[i]);
	return 0;
}

void editor_trust(struct editor *editor)
{
	editor->device = editor->begun_device;
}

int editor_order(struct editor *editor, const struct order *order)
{
	struct order *slot = NULL;
	int r = 0;

	/* A new piece of work is a new chance for a process that would not live. */
	if (order->kind == ORDER_BEGIN)
		editor->deaths = 0;
	if (editor->count == EDITOR_WINDOW) {
		r = take_answers(editor);
		if (r < 0)
			return r;
	}
	slot = &editor->window[(editor->first + editor->count) % EDITOR_WINDOW];
	*slot = *order;
	slot->device = editor->device;
	editor->count++;
	return send_order(editor, slot) ? 0 : revive(editor);
}

int editor_finish(struct editor *editor)
{
	int r = 0;

	while (r == 0 && editor->count > 0)
		r = take_answers(editor);
	return r;
}
