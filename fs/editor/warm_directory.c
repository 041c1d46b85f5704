#include "fs/editor/warm_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES_BYTES 32768
#define CHUNK_BYTES 65536

static void warm_file(int directory, const char *name)
{
	char chunk[CHUNK_BYTES];
	struct statx attributes;
	int fd = openat(directory, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, chunk, sizeof(chunk)) == sizeof(chunk))
		;
	statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &attributes);
	close(fd);
}

static void warm_link(int directory, const char *name)
{
	char target[PATH_MAX];

	/* For the kernel to cache it. */
	if (readlinkat(directory, name, target, sizeof(target)) < 0)
		return;
}

static void warm_entry(int directory, const struct dirent64 *entry)
{
	if (entry->d_type == DT_REG)
		warm_file(directory, entry->d_name);
	else if (entry->d_type == DT_LNK)
		warm_link(directory, entry->d_name);
}

int warm_directory(int directory)
{
	_Alignas(struct dirent64) char entries[ENTRIES_BYTES];
	struct statx attributes;
	long len = 0;

	/* Not readdir(3): it allocates. */
	while ((len = syscall(SYS_getdents64, directory, entries, sizeof(entries))) >
	       0) {
		for (long at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			warm_entry(directory, entry);
			at += entry->d_reclen;
		}
	}
	if (len < 0)
		return -errno;
	/* Reading has aged the directory's access time as well. */
	statx(directory, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &attributes);
	return 0;
}
