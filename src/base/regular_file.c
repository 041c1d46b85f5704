#include "src/base/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int fail_file(const char *path, int cause, struct error *error)
{
	char buffer[128];

	error_set(error, ERROR_CONFIG, "%s: %s", path,
		  strerror_r(cause, buffer, sizeof(buffer)));
	return cause == ENOENT || cause == ENOTDIR ? -ENOENT : -EINVAL;
}

static int read_all(int fd, const char *path, struct buffer *buffer,
		    struct error *error)
{
	char part[4096];
	ssize_t count;
	bool is_taken = true;

	do {
		count = read(fd, part, sizeof(part));
		if (count > 0)
			is_taken = buffer_append(buffer, part, (size_t)count);
	} while (is_taken && (count > 0 || (count < 0 && errno == EINTR)));
	explicit_bzero(part, sizeof(part));
	if (count < 0)
		return fail_file(path, errno, error);
	is_taken = is_taken && buffer_append(buffer, "", 0);
	if (!is_taken && buffer->is_out_of_memory)
		return error_set(error, ERROR_MEMORY, "%s: no memory", path);
	if (!is_taken)
		return error_set(error, ERROR_CONFIG, "%s: larger than %zu KiB", path,
				 buffer->max_bytes / 1024);
	return 0;
}

const char *regular_file_flaw(mode_t mode)
{
	if (S_ISREG(mode))
		return NULL;
	if (S_ISDIR(mode))
		return "a directory";
	return S_ISFIFO(mode) ? "a FIFO" : "a device";
}

static bool is_null_device(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

static int fail_type(const char *path, const char *type, struct error *error)
{
	return error_set(error, ERROR_CONFIG,
			 "%s: it is %s; put a regular file in its place", path, type);
}

int regular_file_read(const char *path, struct buffer *buffer, struct error *error)
{
	/* Or a FIFO would be waited for until somebody writes to it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int r;

	/* As a socket gives it. */
	if (fd < 0 && errno == ENXIO)
		return fail_type(path, "no file that can be read", error);
	if (fd < 0)
		return fail_file(path, errno, error);
	if (fstat(fd, &status) < 0)
		r = fail_file(path, errno, error);
	else if (regular_file_flaw(status.st_mode) && !is_null_device(&status))
		r = fail_type(path, regular_file_flaw(status.st_mode), error);
	else
		r = read_all(fd, path, buffer, error);
	close(fd);
	return r;
}

static bool write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t count = write(fd, text, len);

		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0) {
			text += count;
			len -= (size_t)count;
		}
	}
	return true;
}

static int replace(const char *path, const char *text, struct error *error)
{
	char *draft = NULL;
	int cause = 0;
	int fd;

	if (asprintf(&draft, "%s.XXXXXX", path) < 0)
		return error_set(error, ERROR_MEMORY, "%s: no memory", path);
	fd = mkostemp(draft, O_CLOEXEC); /* with mode 0600 */
	if (fd < 0) {
		cause = errno;
		free(draft);
		return fail_file(path, cause, error);
	}
	if (!write_all(fd, text) || fsync(fd) < 0)
		cause = errno;
	if (close(fd) < 0 && cause == 0)
		cause = errno;
	if (cause == 0 && rename(draft, path) < 0)
		cause = errno;
	if (cause != 0)
		unlink(draft);
	free(draft);
	return cause == 0 ? 0 : fail_file(path, cause, error);
}

int regular_file_replace(const char *path, const char *text, struct error *error)
{
	char *target = realpath(path, NULL);
	int r = replace(target ? target : path, text, error);

	free(target);
	return r;
}
