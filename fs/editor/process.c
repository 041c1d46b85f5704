#include "fs/editor/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/editor/command.h"
#include "fs/editor/directories.h"
#include "fs/editor/seccomp.h"
#include "fs/editor/warm_directory.h"
#include "fs/process/hardening.h"

#define PROCESS_NAME "dmsfs-editor"
#define SOCKET_FD 3
#define NS_IN_S INT64_C(1000000000)
#define STATX_TRIES 1000

struct process {
	const char *mountpoint;
	int root;	 /* the mount's root while at work, else -1 */
	uint64_t device; /* that the root is on */
	struct editor_directories directories;
};

/* 0, or the negative of errno for a call that failed. */
static int result_of(int returned)
{
	return returned < 0 ? -errno : 0;
}

static int end_work(struct process *process)
{
	editor_directories_close(&process->directories);
	if (process->root >= 0)
		close(process->root);
	process->root = -1;
	return 0;
}

static bool are_equal(const struct statx *a, const struct statx *b)
{
	return a->stx_mtime.tv_sec == b->stx_mtime.tv_sec &&
	       a->stx_mtime.tv_nsec == b->stx_mtime.tv_nsec &&
	       a->stx_size == b->stx_size;
}

/*
 * AT_STATX_FORCE_SYNC makes the kernel ask the daemon, since cached attributes will not
 * do. While another process lists the directory, the kernel may discard the reply, as
 * the attributes of the listing arrived after it had asked, and would then keep the
 * pages too. So this is repeated until the cached attributes are those of the reply.
 */
static int ask_attributes(int directory, const char *path, int flags,
			  struct statx *attributes)
{
	struct statx known = {0};
	int r = 0;

	flags |= AT_SYMLINK_NOFOLLOW;
	for (int i = 0; i < STATX_TRIES; i++) {
		r = result_of(statx(directory, path, flags | AT_STATX_FORCE_SYNC,
				    STATX_BASIC_STATS, attributes));
		if (r == 0)
			r = result_of(statx(directory, path, flags | AT_STATX_DONT_SYNC,
					    STATX_BASIC_STATS, &known));
		if (r < 0 || are_equal(attributes, &known))
			return r;
	}
	return 0;
}

/* Nothing may be done to another file system that lies over ours. */
static int begin_work(struct process *process, const struct editor_command *command)
{
	struct statx root;
	int r = 0;

	end_work(process);
	process->root = open(process->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process->root < 0)
		return -errno;
	r = ask_attributes(process->root, "", AT_EMPTY_PATH, &root);
	if (r == 0) {
		process->device = editor_directories_device(&root);
		if (command->device && process->device != command->device)
			r = -EXDEV;
	}
	if (r < 0)
		end_work(process);
	return r;
}

/* Nor to one that lies over a part of it. */
static int check_device(const struct process *process, const struct statx *attributes)
{
	return editor_directories_device(attributes) == process->device ? 0 : -EXDEV;
}

/* Before it is opened, which another file system would notice. An empty name stands for
 * @directory, of whatever kind, itself. */
static int check_entry(const struct process *process, int directory, const char *name)
{
	struct statx attributes;
	int r = result_of(
		statx(directory, name,
		      AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		      STATX_BASIC_STATS, &attributes));

	return r < 0 ? r : check_device(process, &attributes);
}

/*
 * The directory of a command's path, borrowed, or a negative errno; @name is the last
 * part of the path.
 */
static int open_directory(struct process *process, const struct editor_command *command,
			  const char **name)
{
	char path[EDITOR_PATH_SIZE] = ".";
	const char *slash = strrchr(command->path, '/');

	/* EDITOR_BEGIN failed: another file system lies at the path. */
	if (process->root < 0)
		return -EXDEV;
	if (slash) {
		memcpy(path, command->path, (size_t)(slash - command->path));
		path[slash - command->path] = '\0';
	}
	*name = slash ? slash + 1 : command->path;
	return editor_directories_open(&process->directories, process->root,
				       process->device, path);
}

/* The kernel sees another mtime, and drops the pages. */
static int drop_pages(const struct process *process, int fd)
{
	struct statx attributes;
	int r = ask_attributes(fd, "", AT_EMPTY_PATH, &attributes);

	return r < 0 ? r : check_device(process, &attributes);
}

/*
 * The file is opened before the attributes are asked for, by which the daemon swaps the
 * content: whatever the kernel refuses, it refuses the opening, and then nothing has
 * changed. The pages go before the event, so that a watcher that reads upon it reads
 * the new content. Setting the mtime alone raises MODIFY, closing a file that is open
 * for writing raises CLOSE_WRITE.
 *
 * To set the time brings the size, too, and if that is another one the kernel drops the
 * pages then. Where it may not, the daemon answers EAGAIN.
 */
static int show_content(const struct process *process,
			const struct editor_command *command, int directory,
			const char *name)
{
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = command->mtime_ns / NS_IN_S,
		 .tv_nsec = command->mtime_ns % NS_IN_S},
	};
	int r = check_entry(process, directory, name);
	int fd = -1;

	if (r < 0)
		return r;
	fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = command->has_new_size ? check_entry(process, fd, "")
				  : drop_pages(process, fd);
	if (r == 0)
		r = result_of(futimens(fd, times));
	if (r == -EAGAIN) {
		r = drop_pages(process, fd);
		if (r == 0)
			r = result_of(futimens(fd, times));
	}
	/* Watchers will read it: the kernel may begin now, which raises no event. */
	if (r == 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	close(fd);
	return r;
}

/* Opening it would raise events. */
static int try_content(const struct process *process, int directory, const char *name)
{
	/* Both times, which is no edit. */
	const struct timespec times[] = {{.tv_nsec = 0}, {.tv_nsec = 0}};
	int r = check_entry(process, directory, name);

	if (r == 0)
		r = result_of(faccessat(directory, name, R_OK | W_OK, 0));
	if (r == 0)
		r = result_of(utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW));
	return r;
}

static int warm_entry(int directory, const char *name)
{
	int fd = openat(directory, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : warm_directory(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static int edit_entry(const struct process *process,
		      const struct editor_command *command, int directory,
		      const char *name)
{
	struct statx attributes;

	switch (command->kind) {
	case EDITOR_ADD_DIRECTORY:
		return result_of(mkdirat(directory, name, 0755));
	case EDITOR_ADD_FILE:
		return result_of(mknodat(directory, name, S_IFREG | 0644, 0));
	case EDITOR_ADD_LINK:
		return result_of(symlinkat(command->target, directory, name));
	case EDITOR_SHOW_CONTENT:
		return show_content(process, command, directory, name);
	case EDITOR_ASK_ATTRIBUTES:
		return ask_attributes(directory, name, 0, &attributes);
	case EDITOR_WARM_DIRECTORY:
		return warm_entry(directory, name);
	case EDITOR_RENAME:
		return result_of(renameat(directory, name, directory, command->target));
	case EDITOR_REMOVE_FILE:
		return result_of(unlinkat(directory, name, 0));
	case EDITOR_REMOVE_DIRECTORY:
		return result_of(unlinkat(directory, name, AT_REMOVEDIR));
	case EDITOR_TRY_CONTENT:
		return try_content(process, directory, name);
	case EDITOR_BEGIN:
	case EDITOR_END:
		break;
	}
	return -EINVAL;
}

static int edit(struct process *process, const struct editor_command *command)
{
	const char *name = NULL;
	int directory = open_directory(process, command, &name);

	return directory < 0 ? directory
			     : edit_entry(process, command, directory, name);
}

static int carry_out(struct process *process, const struct editor_command *command)
{
	int r = 0;

	if (command->kind == EDITOR_BEGIN)
		return begin_work(process, command);
	if (command->kind == EDITOR_END)
		return end_work(process);
	if (command->kind == EDITOR_REMOVE_DIRECTORY)
		editor_directories_close(&process->directories);
	r = edit(process, command);
	/* Where few descriptors are allowed, the directories can do with one. */
	if (r == -EMFILE && process->directories.count > 0) {
		editor_directories_close(&process->directories);
		r = edit(process, command);
	}
	return r;
}

static void ignore_signals(void)
{
	static const int ignored[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGTSTP,
				      SIGTTIN, SIGTTOU, SIGPIPE, SIGUSR1, SIGUSR2};
	const struct sigaction action = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		sigaction(ignored[i], &action, NULL);
}

static void close_from(int first)
{
	long end = sysconf(_SC_OPEN_MAX);

	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
	for (int fd = first; fd < end; fd++)
		close(fd);
}

/* Above all no descriptor of /dev/fuse may stay open, nor the user's terminal. */
static bool keep_only(int socket)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (dup2(socket, SOCKET_FD) < 0 || fcntl(SOCKET_FD, F_SETFD, 0) < 0)
		return false;
	close_from(SOCKET_FD + 1);
	return true;
}

static ssize_t receive(struct editor_command *command, int flags)
{
	ssize_t n = 0;

	do {
		n = recv(SOCKET_FD, command, sizeof(*command), flags);
	} while (n < 0 && errno == EINTR);
	return n;
}

static bool send_replies(struct editor_replies *replies)
{
	ssize_t n = 0;

	if (replies->count == 0)
		return true;
	do {
		n = send(SOCKET_FD, replies, sizeof(*replies), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	replies->count = 0;
	return n == sizeof(*replies);
}

/* Before it waits for a command, it sends the replies that are due. */
static bool next_command(struct editor_command *command, struct editor_replies *replies)
{
	if (replies->count < EDITOR_REPLIES_MAX &&
	    receive(command, MSG_DONTWAIT) == sizeof(*command))
		return true;
	return send_replies(replies) && receive(command, 0) == sizeof(*command);
}

/* It is a copy of the daemon's, where the user may have put keys. */
static void wipe_environment(void)
{
	for (char **variable = environ; *variable; variable++)
		explicit_bzero(*variable, strlen(*variable));
}

_Noreturn void editor_process_run(int socket, const char *mountpoint)
{
	struct editor_filter *filter = NULL;
	struct process process = {.mountpoint = mountpoint, .root = -1};
	struct editor_replies replies = {.count = 0};
	struct editor_command command;

	ignore_signals();
	wipe_environment();
	prctl(PR_SET_NAME, PROCESS_NAME);
	if (!keep_only(socket) || chdir("/") < 0)
		_exit(1);
	filter = editor_filter_new();
	hardening_drop_for_editor();
	editor_filter_apply(filter);
	while (next_command(&command, &replies)) {
		struct editor_reply *reply = &replies.replies[replies.count++];

		reply->r = carry_out(&process, &command);
		reply->device = process.device;
	}
	_exit(0);
}

_Noreturn void editor_process_execute(int socket, char *mountpoint)
{
	char name[] = PROCESS_NAME;
	char *arguments[] = {name, mountpoint, NULL};
	char *environment[] = {NULL};

	if (keep_only(socket))
		execve("/proc/self/exe", arguments, environment);
	_exit(1);
}

void editor_process_enter(int argc, char *const argv[])
{
	if (argc != 2 || strcmp(argv[0], PROCESS_NAME) != 0)
		return;
	hardening_apply();
	editor_process_run(SOCKET_FD, argv[1]);
}
