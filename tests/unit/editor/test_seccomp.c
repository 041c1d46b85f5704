#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/editor/seccomp.h"
#include "fs/process/hardening.h"

/* The errno of a call in a child that has the filter, 0 for success. */
static int try(const struct editor_filter *filter, long (*call)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		hardening_drop_for_editor();
		editor_filter_apply(filter);
		errno = 0;
		_exit(call() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static long call_openat(void)
{
	return openat(AT_FDCWD, "/dev/null", O_RDWR);
}

static long call_statx(void)
{
	struct statx attributes;

	return statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &attributes);
}

static long call_renameat(void)
{
	return renameat(AT_FDCWD, "/nothing of this name", AT_FDCWD, "/nor this");
}

static long call_unlinkat(void)
{
	return unlinkat(AT_FDCWD, "/nothing of this name", 0);
}

static long call_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long call_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long call_execve(void)
{
	char name[] = "true";
	char *const argv[] = {name, NULL};

	return execve("/bin/true", argv, NULL);
}

static long call_kill(void)
{
	return kill(getppid(), 0);
}

static long call_write(void)
{
	return write(STDERR_FILENO, "", 0);
}

static long call_ptrace(void)
{
	return syscall(SYS_ptrace, 0, 0, 0, 0);
}

static long call_mmap(void)
{
	return syscall(SYS_mmap, NULL, 4096, 0, 0, -1, 0);
}

static int make(void **state)
{
	*state = editor_filter_new();
	return 0;
}

static int drop(void **state)
{
	editor_filter_free(*state);
	return 0;
}

static void lets_the_editor_edit(void **state)
{
	assert_int_equal(try(*state, call_openat), 0);
	assert_int_equal(try(*state, call_statx), 0);
	assert_int_equal(try(*state, call_renameat), ENOENT);
	assert_int_equal(try(*state, call_unlinkat), ENOENT);
}

static void refuses_all_else(void **state)
{
	static long (*const calls[])(void) = {call_socket, call_fork,  call_execve,
					      call_kill,   call_write, call_ptrace,
					      call_mmap};

	if (!*state)
		skip();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_int_equal(try(*state, calls[i]), EPERM);
}

static void does_without_a_filter(void **)
{
	assert_int_equal(try(NULL, call_write), 0);
	editor_filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lets_the_editor_edit, make, drop),
		cmocka_unit_test_setup_teardown(refuses_all_else, make, drop),
		cmocka_unit_test(does_without_a_filter),
	};

	return cmocka_run_group_tests_name("editor_filter", tests, NULL, NULL);
}
