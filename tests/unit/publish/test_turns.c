#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fs/publish/turns.h"

#define THREADS 8
#define ROUNDS 2000
#define LONG_MS 600000

struct fixture {
	struct turns turns;
	atomic_int inside;
	atomic_int most; /* at once */
	unsigned done;	 /* guarded by the turns */
	int r;
};

static void *take_many(void *data)
{
	struct fixture *fixture = data;

	for (int i = 0; i < ROUNDS; i++) {
		if (turns_take(&fixture->turns, LONG_MS) < 0)
			return NULL;
		if (atomic_fetch_add(&fixture->inside, 1) > 0)
			atomic_fetch_add(&fixture->most, 1);
		fixture->done++;
		atomic_fetch_sub(&fixture->inside, 1);
		turns_pass(&fixture->turns);
	}
	return NULL;
}

static void lets_one_in_at_a_time(void **)
{
	struct fixture fixture = {.done = 0};
	pthread_t threads[THREADS];

	turns_init(&fixture.turns);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &fixture),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(fixture.most, 0);
	assert_int_equal(fixture.done, THREADS * ROUNDS);
	assert_false(turns_are_wanted(&fixture.turns));
	turns_fini(&fixture.turns);
}

static void *take_one(void *data)
{
	struct fixture *fixture = data;

	fixture->r = turns_take(&fixture->turns, LONG_MS);
	if (fixture->r == 0)
		turns_pass(&fixture->turns);
	return NULL;
}

static void wait_until_wanted(struct turns *turns)
{
	while (!turns_are_wanted(turns))
		sched_yield();
}

static void serves_who_waits_before_who_comes_again(void **)
{
	struct fixture fixture = {.r = 1};
	pthread_t thread;

	turns_init(&fixture.turns);
	assert_int_equal(turns_take(&fixture.turns, LONG_MS), 0);
	assert_int_equal(pthread_create(&thread, NULL, take_one, &fixture), 0);
	wait_until_wanted(&fixture.turns);
	turns_pass(&fixture.turns);
	assert_int_equal(turns_take(&fixture.turns, LONG_MS), 0);
	assert_int_equal(fixture.r, 0);
	turns_pass(&fixture.turns);
	pthread_join(thread, NULL);
	turns_fini(&fixture.turns);
}

static void gives_up_a_wait_and_serves_who_is_behind(void **)
{
	struct fixture fixture = {.r = 1};
	pthread_t thread;

	turns_init(&fixture.turns);
	assert_int_equal(turns_take(&fixture.turns, LONG_MS), 0);
	assert_int_equal(turns_take(&fixture.turns, 1), -ETIMEDOUT);
	assert_false(turns_are_wanted(&fixture.turns));
	assert_int_equal(pthread_create(&thread, NULL, take_one, &fixture), 0);
	wait_until_wanted(&fixture.turns);
	assert_int_equal(turns_take(&fixture.turns, 1), -ETIMEDOUT);
	turns_pass(&fixture.turns);
	pthread_join(thread, NULL);
	assert_int_equal(fixture.r, 0);
	assert_int_equal(turns_take(&fixture.turns, 0), 0);
	turns_pass(&fixture.turns);
	turns_fini(&fixture.turns);
}

static void ends_all_waits(void **)
{
	struct fixture fixture = {.r = 1};
	pthread_t thread;

	turns_init(&fixture.turns);
	assert_int_equal(turns_take(&fixture.turns, LONG_MS), 0);
	assert_int_equal(pthread_create(&thread, NULL, take_one, &fixture), 0);
	wait_until_wanted(&fixture.turns);
	turns_cancel(&fixture.turns);
	pthread_join(thread, NULL);
	assert_int_equal(fixture.r, -ECANCELED);
	assert_int_equal(turns_take(&fixture.turns, LONG_MS), -ECANCELED);
	turns_fini(&fixture.turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_one_in_at_a_time),
		cmocka_unit_test(serves_who_waits_before_who_comes_again),
		cmocka_unit_test(gives_up_a_wait_and_serves_who_is_behind),
		cmocka_unit_test(ends_all_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
