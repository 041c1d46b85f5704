#include "fs/fuse/one_cpu.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t start_other(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end_other(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static cpu_set_t processors_of(pid_t pid)
{
	cpu_set_t processors;

	assert_int_equal(sched_getaffinity(pid, sizeof(processors), &processors), 0);
	return processors;
}

static void binds_both_and_releases_both(void **)
{
	const cpu_set_t before = processors_of(0);
	struct one_cpu cpu = {.other = 0};
	pid_t other = start_other();
	cpu_set_t mine;
	cpu_set_t others;

	for (int i = 0; i < 2; i++) {
		one_cpu_bind(&cpu, other);
		mine = processors_of(0);
		others = processors_of(other);
		assert_int_equal(CPU_COUNT(&mine), 1);
		assert_true(CPU_EQUAL(&mine, &others));

		one_cpu_release(&cpu, other);
		mine = processors_of(0);
		others = processors_of(other);
		assert_true(CPU_EQUAL(&mine, &before));
		assert_true(CPU_EQUAL(&others, &before));
	}
	end_other(other);
}

static void leaves_all_as_it_was_without_the_other(void **)
{
	const cpu_set_t before = processors_of(0);
	struct one_cpu cpu = {.other = 0};
	pid_t gone = start_other();
	cpu_set_t mine;

	end_other(gone);
	one_cpu_bind(&cpu, gone);
	mine = processors_of(0);
	assert_true(CPU_EQUAL(&mine, &before));
	one_cpu_release(&cpu, gone);
}

static void releases_itself_when_the_other_has_ended(void **)
{
	const cpu_set_t before = processors_of(0);
	struct one_cpu cpu = {.other = 0};
	pid_t other = start_other();
	cpu_set_t mine;

	one_cpu_bind(&cpu, other);
	end_other(other);
	one_cpu_release(&cpu, 0);
	mine = processors_of(0);
	assert_true(CPU_EQUAL(&mine, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_both_and_releases_both),
		cmocka_unit_test(leaves_all_as_it_was_without_the_other),
		cmocka_unit_test(releases_itself_when_the_other_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
