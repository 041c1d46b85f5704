#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/http/sigpipe.h"

static void write_to_nobody(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[1]);
}

static int is_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGPIPE);
}

static void outlives_a_write_to_nobody(void **)
{
	struct sigpipe sigpipe;

	signal(SIGPIPE, SIG_DFL);
	sigpipe_block(&sigpipe);
	write_to_nobody();
	sigpipe_restore(&sigpipe);
	assert_int_equal(is_pending(), 0);
}

static void leaves_the_mask_as_it_was(void **)
{
	struct sigpipe sigpipe;
	sigset_t mask;

	sigpipe_block(&sigpipe);
	sigpipe_restore(&sigpipe);
	sigemptyset(&mask);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGPIPE), 0);
}

static void keeps_a_signal_that_was_held_back_before(void **)
{
	struct sigpipe outer;
	struct sigpipe inner;

	sigpipe_block(&outer);
	write_to_nobody();
	sigpipe_block(&inner);
	write_to_nobody();
	sigpipe_restore(&inner);
	assert_int_equal(is_pending(), 1);
	sigpipe_restore(&outer);
	assert_int_equal(is_pending(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outlives_a_write_to_nobody),
		cmocka_unit_test(leaves_the_mask_as_it_was),
		cmocka_unit_test(keeps_a_signal_that_was_held_back_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
