#include "fs/editor/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/editor/command.h"
#include "fs/editor/directories.h"
#include "fs/editor/warm_directory.h"
#include "fs/process/hardening.h"

#define SOCKET_FD 3
#define NS_IN_S INT64_C(1000000000)
#define ASKINGS_MAX 1000

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

static int end(struct process *process)
{
	editor_directories_close(&process->directories);
	if (process->root >= 0)
		close(process->root);
	process->root = -1;
	return 0;
}

static bool are_same(const struct statx *a, const struct statx *b)
{
	return a->stx_mtime.tv_sec == b->stx_mtime.tv_sec &&
	       a->stx_mtime.tv_nsec == b->stx_mtime.tv_nsec &&
	       a->stx_size == b->stx_size;
}

/*
 * The kernel is made to ask the file system: an answer of its own will not do. While
 * somebody lists the directory it may throw the answer away, since the attributes that
 * came with the listing arrived after it had asked, and then it would keep the pages
 * too: so it is asked what it knows, until that is what it was told.
 */
static int ask_attributes(int directory, const char *path, int flags,
			  struct statx *attributes)
{
	struct statx known = {0};
	int r = 0;

	flags |= AT_SYMLINK_NOFOLLOW;
	for (int i = 0; i < ASKINGS_MAX; i++) {
		r = result_of(statx(directory, path, flags | AT_STATX_FORCE_SYNC,
				    STATX_BASIC_STATS, attributes));
		if (r == 0)
			r = result_of(statx(directory, path, flags | AT_STATX_DONT_SYNC,
					    STATX_BASIC_STATS, &known));
		if (r < 0 || are_same(attributes, &known))
			return r;
	}
	return 0;
}

/* Nothing may ever be done to another file system that lies over ours. */
static int begin(struct process *process, const struct order *order)
{
	struct statx root;
	int r = 0;

	end(process);
	process->root = open(process->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process->root < 0)
		return -errno;
	r = ask_attributes(process->root, "", AT_EMPTY_PATH, &root);
	if (r == 0) {
		process->device = editor_directories_device(&root);
		if (order->device && process->device != order->device)
			r = -ESTALE;
	}
	if (r < 0)
		end(process);
	return r;
}

/* Nor to one that lies over a part of it. */
static int check_device(const struct process *process, const struct statx *attributes)
{
	return editor_directories_device(attributes) == process->device ? 0 : -EXDEV;
}

/*
 * The directory of an order's path, borrowed, or a negative errno; @name is the last
 * part of the path.
 */
static int open_directory(struct process *process, const struct order *order,
			  const char **name)
{
	char path[ORDER_PATH_SIZE] = ".";
	const char *slash = strrchr(order->path, '/');

	/* Begun in vain: ours is not what lies at the path. */
	if (process->root < 0)
		return -EXDEV;
	if (slash) {
		memcpy(path, order->path, (size_t)(slash - order->path));
		path[slash - order->path] = '\0';
	}
	*name = slash ? slash + 1 : order->path;
	return editor_directories_open(&process->directories, process->root,
				       process->device, path);
}

/*
 * The attributes come first: the kernel sees another mtime and drops the pages,
 * so that whoever reads on the event reads the new content. An mtime set alone
 * raises MODIFY, the close of a file open for writing CLOSE_WRITE.
 */
static int show_content(const struct process *process, const struct order *order,
			int directory, const char *name)
{
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = order->mtime_ns / NS_IN_S,
		 .tv_nsec = order->mtime_ns % NS_IN_S},
	};
	struct statx attributes;
	int r = ask_attributes(directory, name, 0, &attributes);
	int fd = -1;

	if (r == 0)
		r = check_device(process, &attributes);
	if (r < 0)
		return r;
	fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = result_of(futimens(fd, times));
	/* Who is told will read: the kernel begins to, without an event. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	close(fd);
	return r;
}

static int warm(int directory, const char *name)
{
	int fd = openat(directory, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : warming_directory(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static int edit(const struct process *process, const struct order *order, int directory,
		const char *name)
{
	struct statx attributes;

	switch (order->kind) {
	case ORDER_ADD_DIRECTORY:
		return result_of(mkdirat(directory, name, 0755));
	case ORDER_ADD_FILE:
		return result_of(mknodat(directory, name, S_IFREG | 0644, 0));
	case ORDER_ADD_LINK:
		return result_of(symlinkat(order->target, directory, name));
	case ORDER_CONTENT:
		return show_content(process, order, directory, name);
	case ORDER_ATTRIBUTES:
		return ask_attributes(directory, name, 0, &attributes);
	case ORDER_WARM:
		return warm(directory, name);
	case ORDER_REMOVE_FILE:
		return result_of(unlinkat(directory, name, 0));
	case ORDER_REMOVE_DIRECTORY:
		return result_of(unlinkat(directory, name, AT_REMOVEDIR));
	case ORDER_BEGIN:
	case ORDER_END:
		break;
	}
	return -EINVAL;
}

static int carry_out(struct process *process, const struct order *order)
{
	const char *name = NULL;
	int directory = -1;

	if (order->kind == ORDER_BEGIN)
		return begin(process, order);
	if (order->kind == ORDER_END)
		return end(process);
	if (order->kind == ORDER_REMOVE_DIRECTORY)
		editor_directories_close(&process->directories);
	directory = open_directory(process, order, &name);
	return directory < 0 ? directory : edit(process, order, directory, name);
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

/* Above all, no descriptor of /dev/fuse may stay; nor the user's terminal. */
static bool keep_only(int socket)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (dup2(socket, SOCKET_FD) < 0)
		return false;
	close_from(SOCKET_FD + 1);
	return true;
}

static ssize_t receive(struct order *order, int flags)
{
	ssize_t n = 0;

	do {
		n = recv(SOCKET_FD, order, sizeof(*order), flags);
	} while (n < 0 && errno == EINTR);
	return n;
}

static bool send_answers(struct order_answers *answers)
{
	ssize_t n = 0;

	if (answers->count == 0)
		return true;
	do {
		n = send(SOCKET_FD, answers, sizeof(*answers), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	answers->count = 0;
	return n == sizeof(*answers);
}

/* The next order; before waiting for it, what was done is answered. */
static bool next_order(struct order *order, struct order_answers *answers)
{
	if (answers->count < ORDER_ANSWERS_MAX &&
	    receive(order, MSG_DONTWAIT) == sizeof(*order))
		return true;
	return send_answers(answers) && receive(order, 0) == sizeof(*order);
}

_Noreturn void editor_process_run(int socket, const char *mountpoint,
				  const struct editor_filter *filter)
{
	struct process process = {.mountpoint = mountpoint, .root = -1};
	struct order_answers answers = {.count = 0};
	struct order order;

	ignore_signals();
	prctl(PR_SET_NAME, "dmsfs-editor");
	if (!keep_only(socket) || chdir("/") < 0)
		_exit(1);
	hardening_drop_for_editor();
	editor_filter_apply(filter);
	while (next_order(&order, &answers)) {
		struct order_answer *answer = &answers.answers[answers.count++];

		answer->result = carry_out(&process, &order);
		answer->device = process.device;
	}
	_exit(0);
}
