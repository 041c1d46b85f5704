#include "tests/unit/shortage.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

/* What the linker makes of the names of libc, by --wrap. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__real_realpath(const char *path, char *resolved);
char *__real_getcwd(char *buffer, size_t size);
FILE *__real_open_memstream(char **text, size_t *size);
void *__real_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *));
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
char *__wrap_realpath(const char *path, char *resolved);
char *__wrap_getcwd(char *buffer, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *data);
int __wrap_asprintf(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
FILE *__wrap_open_memstream(char **text, size_t *size);
void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *));

static struct {
	atomic_bool is_on;
	atomic_size_t count;
	atomic_size_t failing;
} shortage;

static _Thread_local bool is_paused;

void shortage_begin(size_t number)
{
	static cJSON_Hooks hooks = {__wrap_malloc, free};

	cJSON_InitHooks(&hooks);
	atomic_store(&shortage.count, 0);
	atomic_store(&shortage.failing, number);
	atomic_store(&shortage.is_on, true);
}

size_t shortage_end(void)
{
	atomic_store(&shortage.is_on, false);
	return atomic_load(&shortage.count);
}

static bool is_heeded(size_t number, int rc, const struct error *error)
{
	if (rc == 0 || (rc == -ENOMEM && error->kind == ERROR_MEMORY && error->text[0]))
		return true;
	print_error("allocation %zu: %d, kind %d, '%s'\n", number, rc, error->kind,
		    error->text);
	return false;
}

size_t shortage_starve(int (*task)(void *data, struct error *error),
		       void (*prepare)(void *data), void *data)
{
	size_t failures = 0;
	size_t wrong = 0;
	size_t count = 0;

	for (size_t number = 0; number <= count; number++) {
		struct error error = {0};
		size_t made;
		int rc;

		if (prepare)
			prepare(data);
		shortage_begin(number);
		rc = task(data, &error);
		made = shortage_end();
		if (number == 0 && rc != 0)
			fail_msg("with memory: %d, '%s'", rc, error.text);
		if (number == 0)
			count = made;
		wrong += !is_heeded(number, rc, &error);
		failures += rc != 0;
	}
	print_message("%zu allocations, of which %zu are needed\n", count, failures);
	assert_int_equal(wrong, 0);
	assert_true(count > 0);
	return failures;
}

void shortage_pause(void)
{
	is_paused = true;
}

void shortage_resume(void)
{
	is_paused = false;
}

static bool is_to_fail(void)
{
	if (is_paused || !atomic_load(&shortage.is_on) ||
	    atomic_fetch_add(&shortage.count, 1) + 1 != atomic_load(&shortage.failing))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_to_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_to_fail() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
	return is_to_fail() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return is_to_fail() ? NULL : __real_strndup(text, len);
}

char *__wrap_realpath(const char *path, char *resolved)
{
	return is_to_fail() ? NULL : __real_realpath(path, resolved);
}

char *__wrap_getcwd(char *buffer, size_t size)
{
	return is_to_fail() ? NULL : __real_getcwd(buffer, size);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int len;

	if (is_to_fail())
		return -1;
	va_start(args, format);
	len = vasprintf(text, format, args);
	va_end(args);
	return len;
}

/* In its place in a build with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **text, int, const char *format, ...)
{
	va_list args;
	int len;

	if (is_to_fail())
		return -1;
	va_start(args, format);
	len = vasprintf(text, format, args);
	va_end(args);
	return len;
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return is_to_fail() ? NULL : __real_open_memstream(text, size);
}

void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *, const void *))
{
	return is_to_fail() ? NULL : __real_tsearch(key, root, compare);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *data)
{
	return is_to_fail() ? EAGAIN
			    : __real_pthread_create(thread, attributes, run, data);
}
