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

static int check_directory(const char *path, char *reason, size_t size)
{
	struct statx attributes;
	char cause[512];
	int r = get_attributes(path, &attributes);

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

int mountpoint_resolve(const char *path, char **absolute, char *reason, size_t size)
{
	int r = check_directory(path, reason, size);

	if (r < 0)
		return r;
	*absolute = realpath(path, NULL);
	return *absolute ? 0 : explain_errno(errno, path, reason, size);
}

static bool is_dead(const char *path)
{
	struct statx attributes;

	return get_attributes(path, &attributes) == -ENOTCONN;
}

/* Users may not unmount by themselves. */
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
		snprintf(reason, size, "%s: cannot clear the dead mount there: %s",
			 path, strerrordesc_np(-r));
	return r;
}
