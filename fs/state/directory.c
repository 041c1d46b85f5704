#include "fs/state/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/path.h"
#include "src/base/regular_file.h"

#define FILE_NAME "state"
#define NEW_NAME "state.new"
#define LOCK_POLL_MS 20
#define ASIDE_TRIES 1000
#define HOLDER_SIZE 16

int state_directory_init(struct state_directory *directory, const char *path)
{
	char *current = path[0] == '/' ? NULL : getcwd(NULL, 0);

	*directory = (struct state_directory){.fd = -1};
	directory->path = path_resolve(path, current);
	free(current);
	return directory->path ? 0 : -ENOMEM;
}

static void close_directory(struct state_directory *directory)
{
	if (directory->fd < 0)
		return;
	flock(directory->fd, LOCK_UN);
	close(directory->fd);
	directory->fd = -1;
}

void state_directory_fini(struct state_directory *directory)
{
	close_directory(directory);
	free(directory->path);
	directory->path = NULL;
}

static int fail(const struct state_directory *directory, const char *name, int cause,
		const char *reason, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s%s%s: %s", directory->path, name ? "/" : "",
		  name ? name : "", reason ? reason : strerrordesc_np(cause));
	return -cause;
}

/* The process that holds the lock, in decimal; none where the file system shows stat(2)
 * another device than it shows there. */
static bool find_holder(const struct stat *attributes, char holder[HOLDER_SIZE])
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	char place[64];
	char found[64];
	bool is_found = false;

	snprintf(place, sizeof(place), "%02x:%02x:%ju", major(attributes->st_dev),
		 minor(attributes->st_dev), (uintmax_t)attributes->st_ino);
	while (locks && !is_found && fgets(line, sizeof(line), locks))
		is_found = sscanf(line, "%*s FLOCK %*s %*s %15s %63s", holder, found) ==
				   2 &&
			   strcmp(found, place) == 0;
	if (locks)
		fclose(locks);
	return is_found;
}

static int fail_held(const struct state_directory *directory,
		     const struct stat *attributes, struct error *error)
{
	static const char cause[] = "another mount keeps its state there";
	char holder[HOLDER_SIZE];
	char reason[sizeof(cause) + HOLDER_SIZE + 16];

	if (!find_holder(attributes, holder))
		return fail(directory, NULL, EBUSY, cause, error);
	snprintf(reason, sizeof(reason), "%s, process %s", cause, holder);
	return fail(directory, NULL, EBUSY, reason, error);
}

/* A file system that has no locks is used without. */
static int lock_directory(const struct state_directory *directory, int patience_ms,
			  const struct stat *attributes, struct error *error)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * NS_PER_MS};

	while (flock(directory->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (errno == EWOULDBLOCK && patience_ms <= 0)
			return fail_held(directory, attributes, error);
		nanosleep(&pause, NULL);
		patience_ms -= LOCK_POLL_MS;
	}
	return 0;
}

static int check_directory(const struct state_directory *directory,
			   struct stat *attributes, struct error *error)
{
	char reason[64];

	if (fstat(directory->fd, attributes) < 0)
		return fail(directory, NULL, errno, NULL, error);
	if (attributes->st_uid != geteuid()) {
		snprintf(reason, sizeof(reason), "it belongs to uid %u, not to uid %u",
			 attributes->st_uid, geteuid());
		return fail(directory, NULL, EPERM, reason, error);
	}
	if (attributes->st_mode & S_IWOTH)
		return fail(directory, NULL, EPERM, "everybody can write to it", error);
	return 0;
}

int state_directory_open(struct state_directory *directory, int patience_ms,
			 struct error *error)
{
	struct stat attributes;
	int r = 0;

	close_directory(directory);
	if (mkdir(directory->path, S_IRWXU) < 0 && errno != EEXIST)
		return fail(directory, NULL, errno, NULL, error);
	directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory->fd < 0)
		return fail(directory, NULL, errno, NULL, error);
	r = check_directory(directory, &attributes, error);
	if (r == 0)
		r = lock_directory(directory, patience_ms, &attributes, error);
	if (r < 0)
		close_directory(directory);
	return r;
}

bool state_directory_is_gone(const struct state_directory *directory)
{
	struct stat attributes;

	return fstat(directory->fd, &attributes) == 0 && attributes.st_nlink == 0;
}

static int check_file(const struct state_directory *directory, int fd,
		      struct stat *attributes, struct error *error)
{
	const char *flaw = NULL;

	if (fstat(fd, attributes) < 0)
		return fail(directory, FILE_NAME, errno, NULL, error);
	flaw = regular_file_flaw(attributes->st_mode);
	if (flaw || attributes->st_uid != geteuid())
		return fail(directory, FILE_NAME, EPERM, flaw ? flaw : "another user's",
			    error);
	return 0;
}

static int read_file(const struct state_directory *directory, int fd,
		     struct buffer *text, struct error *error)
{
	char part[65536];
	struct stat attributes;
	int r = check_file(directory, fd, &attributes, error);

	if (r == 0)
		buffer_reserve(text, (size_t)attributes.st_size);
	while (r == 0) {
		ssize_t n = read(fd, part, sizeof(part));

		if (n < 0 && errno != EINTR)
			r = -errno;
		else if (n >= 0 && !buffer_append(text, part, (size_t)n))
			r = text->is_over ? -EFBIG : -ENOMEM;
		if (r < 0)
			fail(directory, FILE_NAME, -r, NULL, error);
		if (n == 0)
			break;
	}
	return r;
}

int state_directory_read(const struct state_directory *directory, struct buffer *text,
			 struct error *error)
{
	/* A FIFO would be waited for until somebody writes to it. */
	int fd = openat(directory->fd, FILE_NAME,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return fail(directory, FILE_NAME, errno,
			    errno == ELOOP ? "a symbolic link" : NULL, error);
	r = read_file(directory, fd, text, error);
	close(fd);
	return r;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* Only what has reached the disk may take the place of the old file. */
static int write_new(const struct state_directory *directory, const char *text,
		     size_t len)
{
	int fd = -1;
	int r = 0;

	if (unlinkat(directory->fd, NEW_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(directory->fd, NEW_NAME,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(directory->fd, NEW_NAME, directory->fd, FILE_NAME) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory->fd, NEW_NAME, 0);
	return r;
}

int state_directory_write(const struct state_directory *directory, const char *text,
			  size_t len, struct error *error)
{
	int r = write_new(directory, text, len);

	if (r == 0 && fsync(directory->fd) < 0)
		r = -errno;
	return r < 0 ? fail(directory, NULL, -r, NULL, error) : 0;
}

static bool is_free(const struct state_directory *directory, const char *name)
{
	return faccessat(directory->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

int state_directory_set_aside(const struct state_directory *directory,
			      char name[STATE_ASIDE_SIZE], struct error *error)
{
	time_t now = time(NULL);
	struct tm broken_down = {.tm_sec = 0};
	char stamp[STATE_ASIDE_SIZE / 2] = "";
	int try = 0;

	gmtime_r(&now, &broken_down);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &broken_down);
	snprintf(name, STATE_ASIDE_SIZE, FILE_NAME ".%s", stamp);
	while (!is_free(directory, name) && ++try < ASIDE_TRIES)
		snprintf(name, STATE_ASIDE_SIZE, FILE_NAME ".%s.%d", stamp, try);
	if (try == ASIDE_TRIES)
		return fail(directory, FILE_NAME, EEXIST, NULL, error);
	if (renameat(directory->fd, FILE_NAME, directory->fd, name) < 0)
		return fail(directory, FILE_NAME, errno, NULL, error);
	return 0;
}
