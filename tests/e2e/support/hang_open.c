/*
 * For LD_PRELOAD: a file on a file system whose server does not respond. open(2) of the
 * file that OPEN_HANGS names waits while there is another file of that name with
 * ".hangs" behind it; so often at most as OPEN_HANGS_TIMES says, if it is set.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void wait_for_server(const char *path)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	static atomic_int count;
	const char *file = getenv("OPEN_HANGS");
	const char *times = getenv("OPEN_HANGS_TIMES");
	char sign[4096];

	if (!file || strcmp(path, file) != 0)
		return;
	snprintf(sign, sizeof(sign), "%s.hangs", file);
	if (access(sign, F_OK) < 0)
		return;
	if (times && atomic_fetch_add(&count, 1) >= strtol(times, NULL, 10))
		return;
	while (access(sign, F_OK) == 0)
		nanosleep(&pause, NULL);
}

int open(const char *path, int flags, ...)
{
	int (*open_file)(const char *, int, ...);
	void *found = dlsym(RTLD_NEXT, "open");
	va_list more;
	int mode = 0;

	va_start(more, flags);
	if (__OPEN_NEEDS_MODE(flags))
		mode = va_arg(more, int);
	va_end(more);
	wait_for_server(path);
	*(void **)&open_file = found;
	return open_file(path, flags, mode);
}
