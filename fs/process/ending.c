#include "fs/process/ending.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fs/process/mountinfo.h"
#include "fs/process/mountpoint.h"
#include "src/base/thread.h"

#define LIMIT_S 2

struct limit {
	int editor; /* a descriptor of the process, or -1 */
	int status;
	struct log *log;
};

int ending_find(const struct mountinfo_mount *mount, const char *path, bool is_cut,
		struct mountinfo_place *place)
{
	struct mountinfo_mount wanted = *mount;
	int r = 0;

	if (is_cut)
		wanted.connection = -1;
	r = mountinfo_find(&wanted, path, place);
	return r == 0 && is_cut && strcmp(place->path, path) != 0 ? -ENODEV : r;
}

/* Somebody else may unmount it in the meantime. */
static int detach_dead(const struct mountinfo_place *place, struct log *log)
{
	const struct mountinfo_mount mount = {.device = place->device,
					      .connection = -1};
	struct mountinfo_place now;
	char reason[1024];
	int r = mountpoint_detach(place->path, reason, sizeof(reason));

	if (r < 0 && mountinfo_find(&mount, place->path, &now) == -ENODEV)
		r = 0;
	if (r < 0)
		log_write(log, LOG_LEVEL_ERROR, "%s", reason);
	return r;
}

int ending_detach(const struct mountinfo_place *place, int found, bool is_cut,
		  struct log *log)
{
	int r = 0;

	if (found == -ENODEV)
		return 0;
	if (found < 0) {
		log_write(log, LOG_LEVEL_ERROR,
			  "cannot read where the mount is, which stays: %s",
			  strerrordesc_np(-found));
		return found;
	}
	if (place->cover[0] != '\0') {
		log_write(
			log, LOG_LEVEL_ERROR,
			"%s: not unmounted, as another file system is mounted at %s; "
			"this one is left, dead: unmount the other one, then clear it "
			"with fusermount3 -u %s",
			place->path, place->cover, place->path);
		return -EBUSY;
	}
	/* A mount that answers, or lets only its user in, is another's, which was given
	 * the number of ours. */
	r = mountpoint_look(place->path);
	if (r == 0 || r == -EACCES)
		return 0;
	if (r != -ENOTCONN) {
		log_write(log, LOG_LEVEL_ERROR,
			  "%s: cannot look at the mount, which stays: %s", place->path,
			  strerrordesc_np(-r));
		return r;
	}
	if (is_cut)
		log_write(log, LOG_LEVEL_ERROR,
			  "%s: the kernel has cut the connection, as if somebody had "
			  "aborted it (/sys/fs/fuse/connections); unmounting",
			  place->path);
	r = detach_dead(place, log);
	return r == 0 && is_cut ? -ECONNABORTED : r;
}

static void wait_second(void)
{
	struct timespec left = {.tv_sec = 1};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void *run_limit(void *data)
{
	struct limit *limit = data;

	wait_second();
	if (limit->editor >= 0)
		syscall(SYS_pidfd_send_signal, limit->editor, SIGKILL, NULL, 0);
	for (int i = 1; i < LIMIT_S; i++)
		wait_second();
	log_write(limit->log, LOG_LEVEL_WARNING,
		  "warning: a thread does not end; ending without it");
	_exit(limit->status);
}

_Noreturn void ending_wait(int status)
{
	for (int i = 0; i < LIMIT_S + 1; i++)
		wait_second();
	_exit(status);
}

/* Nobody waits for the thread, which ends with the process, and so does its memory. */
void ending_limit(pid_t editor, int status, struct log *log)
{
	struct limit *limit = malloc(sizeof(*limit));
	pthread_t thread;

	if (!limit)
		return;
	*limit = (struct limit){.editor = -1, .status = status, .log = log};
	if (editor > 0)
		limit->editor = (int)syscall(SYS_pidfd_open, editor, 0);
	if (thread_start(&thread, run_limit, limit) == 0)
		pthread_detach(thread);
	else
		free(limit);
}
