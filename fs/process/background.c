#include "fs/process/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t read_report(int fd)
{
	char byte = 0;
	ssize_t n = 0;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* _exit(2), since the buffers of stdio and the atexit handlers are the child's. */
static _Noreturn void wait_for_child(int fd, pid_t child)
{
	int status = 0;

	if (read_report(fd) == 1)
		_exit(EXIT_SUCCESS);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	/* A child that exits with 0 before it has reported did not mount. */
	_exit(WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS
		      ? WEXITSTATUS(status)
		      : EXIT_FAILURE);
}

/* A user who stops the parent means the listing as well, which would otherwise go on
 * here, and mount in the end. */
static void end_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

int background_start(struct background *background)
{
	int sockets[2];
	pid_t parent = getpid();
	pid_t child = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		int r = -errno;

		close(sockets[0]);
		close(sockets[1]);
		return r;
	}
	if (child > 0) {
		close(sockets[1]);
		wait_for_child(sockets[0], child);
	}
	end_with_parent(parent);
	close(sockets[0]);
	background->report = sockets[1];
	return 0;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null < 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void background_survive(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
}

int background_ready(struct background *background)
{
	const char byte = 1;
	ssize_t n = 0;

	if (background->report < 0)
		return 0;
	if (chdir("/") == 0)
		leave_terminal();
	do {
		n = send(background->report, &byte, 1, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	close(background->report);
	background->report = -1;
	return n == 1 ? 0 : -EPIPE;
}
