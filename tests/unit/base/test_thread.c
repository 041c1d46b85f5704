#include <alloca.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/thread.h"

#define FRAME_BYTES 4096 /* with a page's boundary in each frame */
#define STEP_BYTES 64
#define STEPS 64

/* At another place of the stack for each step. */
static bool is_frame_kept(int step)
{
	volatile char *moved = alloca((size_t)step * STEP_BYTES + 1);
	volatile char frame[FRAME_BYTES];

	moved[0] = 'm';
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = 'f';
	thread_release_stack();
	for (size_t i = 0; i < sizeof(frame); i++)
		if (frame[i] != 'f')
			return false;
	return moved[0] == 'm';
}

static void *release_stacks(void *data)
{
	bool *are_kept = data;

	*are_kept = true;
	for (int step = 0; step < STEPS; step++)
		*are_kept = is_frame_kept(step) && *are_kept;
	return NULL;
}

static void keeps_the_frames_of_those_who_wait(void **)
{
	bool are_kept = false;
	pthread_t thread;

	assert_int_equal(thread_start(&thread, release_stacks, &are_kept), 0);
	pthread_join(thread, NULL);
	assert_true(are_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_frames_of_those_who_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
