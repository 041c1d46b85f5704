#include "fs/editor/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif
#include <sys/syscall.h>
#include <unistd.h>

uint64_t editor_directories_device(const struct statx *attributes)
{
	return (uint64_t)attributes->stx_dev_major << 32 | attributes->stx_dev_minor;
}

/* From Linux 5.6 on the kernel itself refuses to cross a mount, even one that does not
 * have the rest of the path. */
static int open_beneath(int root, const char *path)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#ifdef RESOLVE_NO_XDEV
	const struct open_how how = {.flags = (unsigned)flags,
				     .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
	long directory = syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (directory >= 0 || (errno != ENOSYS && errno != EPERM))
		return (int)directory;
#endif
	return openat(root, path, flags);
}

/* AT_STATX_DONT_SYNC: cached attributes will do, which saves a request. */
static int open_checked(int root, uint64_t device, const char *path)
{
	struct statx attributes;
	int directory = open_beneath(root, path);
	int r = 0;

	if (directory < 0)
		return -errno;
	if (statx(directory, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS,
		  &attributes) < 0)
		r = -errno;
	else if (editor_directories_device(&attributes) != device)
		r = -EXDEV;
	if (r == 0)
		return directory;
	close(directory);
	return r;
}

static struct editor_directory *free_slot(struct editor_directories *directories)
{
	size_t at = directories->next++ % EDITOR_DIRECTORIES_MAX;

	if (directories->count < EDITOR_DIRECTORIES_MAX)
		return &directories->kept[directories->count];
	directories->count--;
	close(directories->kept[at].fd);
	if (at != directories->count)
		directories->kept[at] = directories->kept[directories->count];
	return &directories->kept[directories->count];
}

int editor_directories_open(struct editor_directories *directories, int root,
			    uint64_t device, const char *path)
{
	struct editor_directory *slot = NULL;
	int fd = -1;

	for (size_t i = 0; i < directories->count; i++) {
		if (strcmp(directories->kept[i].path, path) == 0)
			return directories->kept[i].fd;
	}
	fd = open_checked(root, device, path);
	if (fd < 0)
		return fd;
	slot = free_slot(directories);
	slot->fd = fd;
	memcpy(slot->path, path, strlen(path) + 1);
	directories->count++;
	return fd;
}

void editor_directories_close(struct editor_directories *directories)
{
	for (size_t i = 0; i < directories->count; i++)
		close(directories->kept[i].fd);
	directories->count = 0;
}
