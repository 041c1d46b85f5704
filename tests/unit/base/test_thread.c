#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/base/thread.h"

#define FRAME_BYTES 4096 /* with a page's boundary in each frame */
#define STACK_BYTES ((size_t)2 * 1024 * 1024)
#define PAGE_MAX_BYTES ((size_t)64 * 1024)
#define STEP_BYTES 64
#define STEPS 64

static void *keep_frame(void *data)
{
	bool *is_kept = data;
	volatile char frame[FRAME_BYTES];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = 'f';
	thread_release_stack();
	*is_kept = true;
	for (size_t i = 0; i < sizeof(frame); i++)
		*is_kept = *is_kept && frame[i] == 'f';
	return NULL;
}

/* Wherever in a page it lies. */
static void keeps_the_frames_of_those_who_wait(void **)
{
	char *stack = aligned_alloc(PAGE_MAX_BYTES, STACK_BYTES);
	pthread_attr_t attributes;
	bool is_kept = false;
	pthread_t thread;

	assert_non_null(stack);
	pthread_attr_init(&attributes);
	for (size_t step = 0; step < STEPS; step++) {
		assert_int_equal(pthread_attr_setstack(&attributes, stack,
						       STACK_BYTES - step * STEP_BYTES),
				 0);
		assert_int_equal(
			pthread_create(&thread, &attributes, keep_frame, &is_kept), 0);
		pthread_join(thread, NULL);
		assert_true(is_kept);
	}
	pthread_attr_destroy(&attributes);
	free(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_frames_of_those_who_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
