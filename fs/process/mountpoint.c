#include "fs/process/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 2000
#define START_LOOK_MS 10000 /* nobody waits for the end of another mount then */
#define UNMOUNT_MS 3000
#define KILLED_MS 500
#define LOCK_POLL_NS 20000000
#define LOCK_TRIES 100

static int explain_cause(int error, const char *path, const char *cause, char *reason,
			 size_t size)
{
	snprintf(reason, size, "%s: %s", path, cause);
	return -error;
}

/* An automount point is there to be mounted over; no other mount is. */
static bool is_occupied(const char *path, const struct statx *attributes)
{
	struct statfs statfs_result;

	if (!(attributes->stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return false;
	return statfs(path, &statfs_result) != 0 ||
	       statfs_result.f_type != AUTOFS_SUPER_MAGIC;
}

static int explain_errno(int error, const char *path, char *reason, size_t size)
{
	char text[128];
	char cause[512];

	if (error == ENOTCONN) {
		snprintf(cause, sizeof(cause),
			 "a dead mount is there, whose daemon has died; clear it with "
			 "fusermount3 -u %.300s, or use --clean-stale",
			 path);
		return explain_cause(error, path, cause, reason, size);
	}
	if (error == ETIMEDOUT)
		return explain_cause(
			error, path,
			"busy: a file system is mounted there that does not "
			"answer, as when its daemon is stopped; continue it "
			"(kill -CONT), or unmount it (fusermount3 -uz)",
			reason, size);
	return explain_cause(error, path, strerror_r(error, text, sizeof(text)), reason,
			     size);
}

/* For a dead mount statx(2) may return attributes that the kernel has cached; statfs(2)
 * is never cached. */
static int get_attributes(const char *path, struct statx *attributes)
{
	struct statfs statfs_result;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_BASIC_STATS, attributes) < 0)
		return -errno;
	if ((attributes->stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
	    statfs(path, &statfs_result) < 0 && errno == ENOTCONN)
		return -ENOTCONN;
	return 0;
}

/* Ends a child that takes too long. Its status, or a negative errno. */
static int wait_for_child(pid_t child, int timeout_ms)
{
	int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd end = {.fd = fd, .events = POLLIN};
	int status = 0;
	int r = 0;

	/* Without such descriptors, before Linux 5.3, there is no limit. */
	if (fd >= 0 && poll(&end, 1, timeout_ms) == 0) {
		kill(child, SIGKILL);
		/* One that sleeps in the kernel does not end by that. */
		r = poll(&end, 1, KILLED_MS) == 0 ? -ETIMEDOUT : 0;
	}
	while (r == 0 && waitpid(child, &status, 0) < 0)
		r = errno == EINTR ? 0 : -errno;
	if (fd >= 0)
		close(fd);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ETIMEDOUT;
}

/*
 * Looks at @path in a child, since a mount whose daemon is stopped holds up whoever
 * asks it. 0 or a negative errno: -ETIMEDOUT if there is no response in time.
 */
static int look(const char *path, int timeout_ms)
{
	pid_t child = fork();
	int r = 0;

	if (child < 0)
		return -errno;
	if (child == 0) {
		struct statx attributes;

		_exit(-get_attributes(path, &attributes));
	}
	r = wait_for_child(child, timeout_ms);
	return r > 0 ? -r : r;
}

int mountpoint_look(const char *path)
{
	return look(path, LOOK_MS);
}

/*
 * The attributes of a directory on a disk, where nothing is mounted, if the kernel has
 * all of its path at hand: nobody else is asked, so no child has to, whose start takes
 * long on a busy machine. False: it is not known.
 */
#ifdef RESOLVE_CACHED
static bool look_at_known(const char *path, struct statx *attributes)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
				     .resolve = RESOLVE_CACHED};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	bool is_known = false;

	if (fd < 0)
		return false;
	is_known = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS,
			 attributes) == 0 &&
		   attributes->stx_dev_major != 0 &&
		   !(attributes->stx_attributes & STATX_ATTR_MOUNT_ROOT);
	close(fd);
	return is_known;
}
#else
static bool look_at_known(const char *, struct statx *)
{
	return false;
}
#endif

static int check_directory(const char *path, char *reason, size_t size)
{
	struct statx attributes = {.stx_mask = 0};
	char cause[512];
	int r = 0;

	if (!look_at_known(path, &attributes)) {
		r = look(path, START_LOOK_MS);
		if (r == 0)
			r = get_attributes(path, &attributes);
	}
	if (r < 0)
		return explain_errno(-r, path, reason, size);
	if (!S_ISDIR(attributes.stx_mode))
		return explain_cause(ENOTDIR, path, "Not a directory", reason, size);
	if (is_occupied(path, &attributes)) {
		snprintf(cause, sizeof(cause),
			 "Device or resource busy: another file system is mounted "
			 "there; unmount it first (fusermount3 -u %.300s) or choose "
			 "another directory",
			 path);
		return explain_cause(EBUSY, path, cause, reason, size);
	}
	if (access(path, W_OK) < 0)
		return explain_cause(EACCES, path,
				     "Permission denied: you must be able to write to "
				     "the directory that you mount on",
				     reason, size);
	return 0;
}

/* Where the directory of a descriptor is by now, for the caller to free; NULL without
 * memory or /proc. This asks nothing of a mount. */
static char *path_of_fd(int fd)
{
	char link[64];
	char path[PATH_MAX];
	ssize_t len = -1;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	return len > 0 && (size_t)len < sizeof(path) ? strndup(path, (size_t)len)
						     : NULL;
}

/* Without O_DIRECTORY, which would trigger an automount. */
int mountpoint_open(const char *path, struct mountpoint *mountpoint, char *reason,
		    size_t size)
{
	int r = check_directory(path, reason, size);

	*mountpoint = (struct mountpoint){.fd = -1, .lock = -1};
	if (r < 0)
		return r;
	mountpoint->fd = open(path, O_PATH | O_CLOEXEC);
	if (mountpoint->fd < 0)
		return explain_errno(errno, path, reason, size);
	mountpoint->path = path_of_fd(mountpoint->fd);
	if (!mountpoint->path)
		mountpoint->path = realpath(path, NULL);
	snprintf(mountpoint->target, sizeof(mountpoint->target), "/proc/self/fd/%d",
		 mountpoint->fd);
	return mountpoint->path ? 0 : explain_errno(errno, path, reason, size);
}

/* Others hold it for as long as it takes to mount. A directory that cannot be read
 * cannot be locked. */
static int lock_directory(struct mountpoint *mountpoint)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_NS};

	mountpoint->lock = openat(mountpoint->fd, ".",
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mountpoint->lock < 0)
		return 0;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(mountpoint->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

int mountpoint_lock(struct mountpoint *mountpoint, char *reason, size_t size)
{
	char *path = path_of_fd(mountpoint->fd);
	int r = 0;

	if (path && strcmp(path, mountpoint->path) != 0)
		r = explain_cause(
			ESTALE, mountpoint->path,
			"the directory was moved or replaced during the start", reason,
			size);
	free(path);
	if (r == 0 && lock_directory(mountpoint) < 0)
		r = explain_cause(EBUSY, mountpoint->path,
				  "Device or resource busy: another program holds a "
				  "lock on the directory",
				  reason, size);
	return r < 0 ? r : check_directory(mountpoint->path, reason, size);
}

void mountpoint_release(struct mountpoint *mountpoint)
{
	if (mountpoint->lock >= 0)
		close(mountpoint->lock);
	if (mountpoint->fd >= 0)
		close(mountpoint->fd);
	mountpoint->lock = -1;
	mountpoint->fd = -1;
}

void mountpoint_fini(struct mountpoint *mountpoint)
{
	mountpoint_release(mountpoint);
	free(mountpoint->path);
	mountpoint->path = NULL;
}

/* Users may not unmount by themselves. */
static int run_fusermount(const char *path)
{
	char program[] = "fusermount3";
	char unmount[] = "-uz";
	char end[] = "--";
	char *target = strdup(path);
	char *const arguments[] = {program, unmount, end, target, NULL};
	pid_t pid = 0;
	int r = target ? -posix_spawnp(&pid, program, NULL, NULL, arguments, environ)
		       : -ENOMEM;

	if (r == 0)
		r = wait_for_child(pid, UNMOUNT_MS);
	free(target);
	return r > 0 ? -EPERM : r;
}

int mountpoint_detach(const char *path, char *reason, size_t size)
{
	int r = umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;

	if (r == -EPERM)
		r = run_fusermount(path);
	if (r < 0)
		snprintf(reason, size, "%s: cannot unmount: %s", path,
			 strerrordesc_np(-r));
	return r;
}

int mountpoint_clear(const char *path, char *reason, size_t size)
{
	char *followed = NULL;
	int fd = -1;
	int r = 0;

	if (mountpoint_look(path) != -ENOTCONN)
		return 0;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		followed = path_of_fd(fd);
		close(fd);
	}
	r = mountpoint_detach(followed ? followed : path, reason, size);
	free(followed);
	return r;
}
