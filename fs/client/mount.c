#include "fs/client/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "src/base/buffer.h"
#include "src/base/clock.h"

/* Far more than the service sends. */
#define FILE_MAX ((size_t)16 * 1024 * 1024)

/* A text that changes again and again is taken as it comes. */
#define READS_MAX 5

#define WATCHED (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVE)
#define EVENTS_SIZE 4096

void connection_file_fini(struct connection_file *file)
{
	free(file->failure);
	file->failure = NULL;
}

/* Without blocking, should it be no regular file after all. */
static int open_to_read(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r = fd < 0 || fstat(fd, status) < 0 ? -errno : fd;

	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

static int read_to_end(int fd, struct buffer *buffer)
{
	char part[4096];
	ssize_t count;

	do {
		count = read(fd, part, sizeof(part));
		if (count > 0 && !buffer_append(buffer, part, (size_t)count))
			return -EFBIG;
	} while (count > 0 || (count < 0 && errno == EINTR));
	return count < 0 ? -errno : 0;
}

static bool is_same_content(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_size == b->st_size;
}

/* Several calls of read(2) may see the content change in between. */
static int read_text(const char *path, struct buffer *buffer, struct stat *status)
{
	struct stat after = {.st_size = 0};
	int r = 0;

	for (int reads = 0; reads < READS_MAX; reads++) {
		int fd = open_to_read(path, status);

		if (fd < 0)
			return fd;
		buffer->len = 0;
		r = buffer_append(buffer, "", 0) ? read_to_end(fd, buffer) : -ENOMEM;
		if (r == 0 && fstat(fd, &after) < 0)
			r = -errno;
		close(fd);
		if (r < 0 || is_same_content(status, &after))
			break;
	}
	return r;
}

/* The value of a field, with the further lines if @is_whole; for the caller to free.
 * NULL: there is none. */
static char *field_of(const char *text, const char *name, bool is_whole)
{
	size_t name_len = strlen(name);
	const char *end = NULL;

	while (strncmp(text, name, name_len) != 0 ||
	       strncmp(text + name_len, ": ", 2) != 0) {
		text = strchr(text, '\n');
		if (!text || !text[1])
			return NULL;
		text++;
	}
	text += name_len + 2;
	end = strchrnul(text, '\n');
	while (is_whole && *end && end[1] == ' ')
		end = strchrnul(end + 1, '\n');
	return strndup(text, (size_t)(end - text));
}

static void copy_field(const char *text, const char *name, char *out, size_t size)
{
	char *value = field_of(text, name, false);

	snprintf(out, size, "%s", value ? value : "");
	free(value);
}

static int read_connection(void *, const struct target *target,
			   struct connection_file *file)
{
	struct buffer buffer = {.max_bytes = FILE_MAX};
	struct stat status = {.st_size = 0};
	int r = read_text(target->path, &buffer, &status);

	*file = (struct connection_file){.failure = NULL};
	if (r == 0) {
		copy_field(buffer.data, "Status", file->status, sizeof(file->status));
		file->failure = field_of(buffer.data, "LastFailureMessage", true);
		file->inode = status.st_ino;
		file->changed = status.st_mtim;
	}
	buffer_fini(&buffer);
	return r;
}

static int command_mount(void *, enum client_kind kind, const struct target *target,
			 struct dmsfs_command *command)
{
	unsigned long number = kind == CLIENT_TEST ? DMSFS_IOC_TEST : DMSFS_IOC_DELETE;
	struct stat status = {.st_dev = 0};
	int fd = open_to_read(target->opened, &status);
	int r = fd < 0 ? fd : 0;

	*command = (struct dmsfs_command){.flags = 0};
	snprintf(command->name, sizeof(command->name), "%s", target->name);
	/* Unmounted in the meantime, and another file system has that name. */
	if (r == 0 && status.st_dev != target->device)
		r = -ENODEV;
	if (r == 0 && ioctl(fd, number, command) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* Why @source is stale, with its name in front where it is one of several. */
static void copy_reason(const char *text, const char *source,
			const struct target *target, char reason[MOUNT_REASON_SIZE])
{
	char *error = field_of(text, "LastError", false);
	const char *name = source + strlen(target->root);

	name += strspn(name, "/");
	snprintf(reason, MOUNT_REASON_SIZE, "%s%s%s", name, *name ? ": " : "",
		 error ? error : "");
	free(error);
}

/* The status is read from the daemon each time, while the kernel may go on serving
 * what it knows of all other files after the daemon has died. */
static int check_mount(void *, const struct target *target,
		       char stale[MOUNT_REASON_SIZE])
{
	struct buffer buffer = {.max_bytes = FILE_MAX};
	struct stat status;
	char state[MOUNT_STATUS_SIZE];
	char *source = NULL;
	char *path = NULL;
	int r = 0;

	stale[0] = '\0';
	if (stat(target->root, &status) < 0)
		return -errno;
	if (status.st_dev != target->device)
		return -ENODEV;
	source = target_source(target);
	if (!source || asprintf(&path, "%s/.dmsfs/status", source) < 0)
		goto out;
	r = read_text(path, &buffer, &status);
	if (r == 0) {
		copy_field(buffer.data, "State", state, sizeof(state));
		if (strcmp(state, "stale") == 0)
			copy_reason(buffer.data, source, target, stale);
	}
out:
	buffer_fini(&buffer);
	free(path);
	free(source);
	/* Where a directory alone was mounted elsewhere, the status is not. */
	return r == -ENOENT ? 0 : r;
}

static int64_t now_ms(void *)
{
	return clock_system.boottime_ns(clock_system.data) / NS_PER_MS;
}

static void drain_events(int inotify)
{
	char events[EVENTS_SIZE];

	while (read(inotify, events, sizeof(events)) > 0)
		;
}

/* The directory, since the file may be still to come. An inotify watch does not keep
 * anybody from unmounting. Added each time, as the directory may have gone and come. */
static void watch_directory(int inotify, const struct target *target)
{
	char *directory = strdup(target->path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (slash && slash != directory) {
		*slash = '\0';
		inotify_add_watch(inotify, directory, WATCHED | IN_ONLYDIR);
	}
	free(directory);
}

static void wait_for_change(void *data, const struct target *target, int64_t until_ms)
{
	const struct watched_mount *watched = data;
	struct pollfd changes = {.fd = watched->inotify, .events = POLLIN};
	int64_t left_ms = until_ms - now_ms(NULL);

	if (watched->inotify >= 0)
		watch_directory(watched->inotify, target);
	if (left_ms > INT_MAX)
		left_ms = INT_MAX;
	if (poll(&changes, 1, left_ms < 0 ? 0 : (int)left_ms) > 0)
		drain_events(watched->inotify);
}

void watched_mount_init(struct watched_mount *watched)
{
	watched->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void watched_mount_fini(struct watched_mount *watched)
{
	if (watched->inotify >= 0)
		close(watched->inotify);
}

struct client_mount watched_mount_functions(struct watched_mount *watched)
{
	return (struct client_mount){
		.data = watched,
		.command = command_mount,
		.read = read_connection,
		.check = check_mount,
		.wait = wait_for_change,
		.now_ms = now_ms,
	};
}
