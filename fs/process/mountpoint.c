#include "fs/process/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static int explain(int error, const char *path, const char *cause, char *reason,
		   size_t size)
{
	snprintf(reason, size, "%s: %s", path, cause);
	return -error;
}

/*
 * An automount point is meant to be mounted over; any other mount there is in
 * the way.
 */
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
			 "a FUSE mount whose program has died is there; clear it with "
			 "fusermount3 -u %.300s, or use --clean-stale",
			 path);
		return explain(error, path, cause, reason, size);
	}
	return explain(error, path, strerror_r(error, text, sizeof(text)), reason,
		       size);
}

/* statx alone may answer for a dead FUSE mount by attributes that the kernel has
 * cached; statfs is never cached. */
static int look(const char *path, struct statx *attributes)
{
	struct statfs statfs_result;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_BASIC_STATS, attributes) < 0)
		return -errno;
	if ((attributes->stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
	    statfs(path, &statfs_result) < 0 && errno == ENOTCONN)
		return -ENOTCONN;
	return 0;
}

static int check(const char *path, char *reason, size_t size)
{
	struct statx attributes;
	char cause[512];
	int r = look(path, &attributes);

	if (r < 0)
		return explain_errno(-r, path, reason, size);
	if (!S_ISDIR(attributes.stx_mode))
		return explain(ENOTDIR, path, "not a directory", reason, size);
	if (is_occupied(path, &attributes)) {
		snprintf(cause, sizeof(cause),
			 "busy: something is mounted there already; unmount it first "
			 "(fusermount3 -u %.300s) or choose another directory",
			 path);
		return explain(EBUSY, path, cause, reason, size);
	}
	if (access(path, W_OK) < 0)
		return explain(EACCES, path,
			       "not yours: you must be able to write to the directory "
			       "to mount on it",
			       reason, size);
	return 0;
}

int mountpoint_resolve(const char *path, char **absolute, char *reason, size_t size)
{
	int r = check(path, reason, size);

	if (r < 0)
		return r;
	*absolute = realpath(path, NULL);
	return *absolute ? 0 : explain_errno(errno, path, reason, size);
}

static bool is_dead(const char *path)
{
	struct statx attributes;

	return look(path, &attributes) == -ENOTCONN;
}

/* For who may not unmount by himself. */
static int run_fusermount(const char *path)
{
	char program[] = "fusermount3";
	char unmount[] = "-u";
	char end[] = "--";
	char *target = strdup(path);
	char *const arguments[] = {program, unmount, end, target, NULL};
	pid_t pid = 0;
	int status = 0;
	int r = target ? posix_spawnp(&pid, program, NULL, NULL, arguments, environ)
		       : ENOMEM;

	while (r == 0 && waitpid(pid, &status, 0) < 0)
		r = errno == EINTR ? 0 : errno;
	free(target);
	if (r != 0)
		return -r;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int mountpoint_clear(const char *path, char *reason, size_t size)
{
	int r = 0;

	if (!is_dead(path))
		return 0;
	r = umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
	if (r == -EPERM)
		r = run_fusermount(path);
	if (r < 0)
		snprintf(reason, size,
			 "%s: the dead mount there could not be cleared: %s", path,
			 strerrordesc_np(-r));
	return r;
}
