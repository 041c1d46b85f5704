/*
 * For LD_PRELOAD: makes memory or threads run short when a test asks for it. With
 * FAIL_THREAD=N in the environment, only N threads can be started. With
 * FAIL_MALLOC=FILE, program and test share three numbers of 64 bits in the file: the
 * allocations since the test set it to 0, the one that fails (0: none), and the
 * number of failures after that one.
 *
 * Allocations of the main thread do not count: it serves the kernel, and the others
 * allocate for a refresh.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct shared {
	_Atomic uint64_t count;
	_Atomic uint64_t first;
	uint64_t more;
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static struct shared *shared;

__attribute__((constructor)) static void open_shared(void)
{
	const char *path = getenv("FAIL_MALLOC");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = MAP_FAILED;

	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		shared = at;
}

static int is_to_fail(void)
{
	uint64_t number = 0;
	uint64_t first = 0;

	if (!shared || syscall(SYS_gettid) == getpid())
		return 0;
	number = atomic_fetch_add(&shared->count, 1) + 1;
	first = atomic_load(&shared->first);
	if (first == 0 || number < first || number > first + shared->more)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_to_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_to_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_to_fail() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes = 0;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

int pthread_create(pthread_t *restrict thread,
		   const pthread_attr_t *restrict attributes, void *(*run)(void *),
		   void *restrict data)
{
	static atomic_int started;
	const char *most = getenv("FAIL_THREAD");
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	void *found = dlsym(RTLD_NEXT, "pthread_create");

	if (most && atomic_fetch_add(&started, 1) >= strtol(most, NULL, 10))
		return EAGAIN;
	*(void **)&create = found;
	return create(thread, attributes, run, data);
}
