#include "src/base/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_file(const char *path, int cause, struct error *error)
{
	char buffer[128];

	error_set(error, ERROR_CONFIG, "%s: %s", path,
		  strerror_r(cause, buffer, sizeof(buffer)));
	return cause == ENOENT ? -ENOENT : -EINVAL;
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

int secret_file_read(const char *path, struct buffer *buffer, struct error *error)
{
	/* A FIFO without a writer would hold the mount up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int r;

	if (fd < 0)
		return fail_file(path, errno, error);
	if (fstat(fd, &status) < 0)
		r = fail_file(path, errno, error);
	else if (!S_ISREG(status.st_mode))
		r = error_set(error, ERROR_CONFIG, "%s: not a regular file", path);
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

int secret_file_replace(const char *path, const char *text, struct error *error)
{
	char *target = realpath(path, NULL);
	int r = replace(target ? target : path, text, error);

	free(target);
	return r;
}
