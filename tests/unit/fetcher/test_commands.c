#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "src/fetcher/fetcher.h"
#include "tests/unit/account.h"
#include "tests/unit/listing.h"

#define S NS_PER_S

/* How a command ended. */
struct end {
	struct fixture *fixture;
	bool is_told;	/* guarded by the fixture's lock, as all below */
	unsigned times; /* that it was told */
	int r;
	struct error error;
	char path[128];	 /* of the result's entry; or empty */
	char status[32]; /* the same record's, as the fetcher's state has it by then */
};

struct fixture {
	struct account account;
	struct fetcher_options options;
	struct fetcher *fetcher;
	struct error error;
	pthread_mutex_t lock;
	pthread_cond_t told;
	atomic_uint changes;
};

static void count_change(void *data)
{
	struct fixture *fixture = data;

	atomic_fetch_add(&fixture->changes, 1);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->options = account_make(&fixture->account);
	pthread_mutex_init(&fixture->lock, NULL);
	pthread_cond_init(&fixture->told, NULL);
	/* What fails here fails at once. */
	aws_setup_env(fixture->account.setup, "AWS_MAX_ATTEMPTS", "1");
	fixture->options.refresh_s = 3600;
	fixture->options.refresh_active_s = 5;
	fixture->options.has_commands = true;
	fixture->options.test_interval_s = 60;
	fixture->options.changed = count_change;
	fixture->options.changed_data = fixture;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct account account = fixture->account;

	fake_dms_hold(account.dms, false);
	fake_dms_hold_answers(account.dms, false);
	fetcher_free(fixture->fetcher);
	pthread_cond_destroy(&fixture->told);
	pthread_mutex_destroy(&fixture->lock);
	free(fixture);
	return account_remove(&account);
}

/* After what the test put there: lists, and starts the threads. */
static void start(struct fixture *fixture)
{
	int r = fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(r, 0);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
}

static void put_many(struct fixture *fixture, int count)
{
	for (int i = 0; i < count; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
}

static void note_end(void *data, const struct fetcher_command_result *result)
{
	struct end *end = data;
	struct fetcher_state state;

	fetcher_get_state(end->fixture->fetcher, &state);
	pthread_mutex_lock(&end->fixture->lock);
	end->is_told = true;
	end->times++;
	end->r = result->r;
	end->error = result->error;
	if (result->snapshot) {
		snprintf(end->path, sizeof(end->path), "%s/%s", result->entry.instance,
			 result->entry.endpoint);
		snprintf(end->status, sizeof(end->status), "%s",
			 listing_status(state.snapshot, result->entry.instance,
					result->entry.endpoint));
	}
	pthread_cond_broadcast(&end->fixture->told);
	pthread_mutex_unlock(&end->fixture->lock);
	fetcher_state_fini(&state);
}

static void begin_by_name(struct fixture *fixture, struct end *end,
			  enum fetcher_command_kind kind, const char *instance,
			  const char *endpoint)
{
	const struct fetcher_pair pair = {.instance = instance, .endpoint = endpoint};

	*end = (struct end){.fixture = fixture};
	fetcher_command(fixture->fetcher, kind, &pair, note_end, end);
}

static void begin(struct fixture *fixture, struct end *end,
		  enum fetcher_command_kind kind, int instance, int endpoint)
{
	char names[2][16];

	snprintf(names[0], sizeof(names[0]), "i%d", instance);
	snprintf(names[1], sizeof(names[1]), "e%d", endpoint);
	begin_by_name(fixture, end, kind, names[0], names[1]);
}

static void await_end(struct end *end)
{
	pthread_mutex_lock(&end->fixture->lock);
	while (!end->is_told)
		pthread_cond_wait(&end->fixture->told, &end->fixture->lock);
	pthread_mutex_unlock(&end->fixture->lock);
}

static struct end command(struct fixture *fixture, enum fetcher_command_kind kind,
			  int instance, int endpoint)
{
	struct end end;

	begin(fixture, &end, kind, instance, endpoint);
	await_end(&end);
	return end;
}

static struct end test(struct fixture *fixture, int instance, int endpoint)
{
	return command(fixture, FETCHER_TEST, instance, endpoint);
}

static void assert_done(const struct end *end, const char *path, const char *status)
{
	assert_string_equal(end->error.text, "");
	assert_int_equal(end->r, 0);
	assert_string_equal(end->path, path);
	assert_string_equal(end->status, status);
}

static void assert_refused(const struct end *end, int r, const char *text)
{
	assert_contains(end->error.text, text);
	assert_int_equal(end->r, r);
}

/* As the state has it; "-": there is none. */
static const char *status_now(struct fixture *fixture, int instance, int endpoint)
{
	static char status[32];
	struct fetcher_state state;
	char names[2][16];

	snprintf(names[0], sizeof(names[0]), "i%d", instance);
	snprintf(names[1], sizeof(names[1]), "e%d", endpoint);
	fetcher_get_state(fixture->fetcher, &state);
	snprintf(status, sizeof(status), "%s",
		 listing_status(state.snapshot, names[0], names[1]));
	fetcher_state_fini(&state);
	return status;
}

/* Until the thread that lists waits for a time at most @s seconds away. */
static int64_t await_plan(struct fixture *fixture, int64_t s)
{
	unsigned waits = stepped_clock_waits(fixture->account.clock);
	const struct clock *clock = &fixture->options.clock;
	int64_t until_ns = stepped_clock_await(fixture->account.clock, waits - 1);

	while (until_ns - clock->boottime_ns(clock->data) > s * S) {
		until_ns = stepped_clock_await(fixture->account.clock, waits);
		waits = stepped_clock_waits(fixture->account.clock);
	}
	return until_ns - clock->boottime_ns(clock->data);
}

/* The thread that lists may be about to plan again, for what was commanded: then a step
 * comes too early. */
static void step_until(struct fixture *fixture, int instance, int endpoint,
		       const char *status)
{
	while (strcmp(status_now(fixture, instance, endpoint), status) != 0)
		stepped_clock_step(fixture->account.clock);
}

static void shows_the_record_of_the_response_before_it_tells(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	assert_string_equal(end.error.request_id, "2");
	assert_true(atomic_load(&fixture->changes) >= 1);
	end = command(fixture, FETCHER_DELETE, 2, 20);
	assert_done(&end, "i2/e20", "deleting");
	assert_string_equal(status_now(fixture, 0, 0), "successful");
}

/* Which is not when the last listing ended. */
static void tells_when_the_record_of_a_response_came(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state before;
	struct fetcher_state after;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	fetcher_get_state(fixture->fetcher, &before);
	stepped_clock_advance(fixture->account.clock, 6 * S);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	fetcher_get_state(fixture->fetcher, &after);
	assert_true(after.snapshot_at_ns >= before.snapshot_at_ns + 6 * S);
	assert_true(after.refreshed_at_ns == before.refreshed_at_ns);
	fetcher_state_fini(&before);
	fetcher_state_fini(&after);
}

static void takes_a_pair_by_its_arns(void **state)
{
	const struct fetcher_pair pair = {.instance_arn = "arn:i1",
					  .endpoint_arn = "arn:e12"};
	struct fixture *fixture = *state;
	struct end end = {.fixture = fixture};

	put_many(fixture, 30);
	start(fixture);
	fetcher_command(fixture->fetcher, FETCHER_TEST, &pair, note_end, &end);
	await_end(&end);
	assert_done(&end, "i1/e12", "testing");
}

static void voids_the_record_of_a_listing_that_began_before(void **state)
{
	struct fixture *fixture = *state;
	unsigned waits;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	waits = stepped_clock_waits(fixture->account.clock);
	fake_dms_put(fixture->account.dms, 0, 3, "failed");
	fake_dms_put_untested(fixture->account.dms, 0, 70);
	fake_dms_hold_answers(fixture->account.dms, true);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	end = command(fixture, FETCHER_DELETE, 2, 20);
	assert_done(&end, "i2/e20", "deleting");
	end = test(fixture, 0, 70);
	assert_done(&end, "i0/e70", "testing");
	fake_dms_hold_answers(fixture->account.dms, false);
	stepped_clock_await(fixture->account.clock, waits);
	assert_string_equal(status_now(fixture, 0, 3), "failed");
	assert_string_equal(status_now(fixture, 1, 12), "testing");
	assert_string_equal(status_now(fixture, 2, 20), "deleting");
	assert_string_equal(status_now(fixture, 0, 70), "testing");
	/* The next one counts again. */
	fake_dms_put(fixture->account.dms, 1, 12, "failed");
	fake_dms_remove(fixture->account.dms, 2, 20);
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 1, 12), "failed");
	assert_string_equal(status_now(fixture, 2, 20), "-");
}

static void voids_the_record_of_a_poll_that_began_before(void **state)
{
	struct fixture *fixture = *state;
	unsigned waits;
	struct end end;

	put_many(fixture, 30);
	fake_dms_put(fixture->account.dms, 1, 12, "testing");
	start(fixture);
	waits = stepped_clock_waits(fixture->account.clock);
	fake_dms_put(fixture->account.dms, 1, 12, "failed");
	fake_dms_hold_answers(fixture->account.dms, true);
	stepped_clock_advance(fixture->account.clock, 6 * S);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	fake_dms_hold_answers(fixture->account.dms, false);
	stepped_clock_await(fixture->account.clock, waits);
	assert_string_equal(status_now(fixture, 1, 12), "testing");
}

/* What a refresh that fails has seen counts for nothing; what was commanded stays. */
static void keeps_the_record_when_a_listing_fails(void **state)
{
	struct fixture *fixture = *state;
	unsigned waits;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	waits = stepped_clock_waits(fixture->account.clock);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	fake_dms_hold_answers(fixture->account.dms, true);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	fake_dms_hold_answers(fixture->account.dms, false);
	stepped_clock_await(fixture->account.clock, waits);
	assert_string_equal(status_now(fixture, 1, 12), "testing");
	fake_dms_fail(fixture->account.dms, NULL, false);
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 1, 12), "testing");
}

static void looks_every_two_seconds_for_a_minute_at_what_was_commanded(void **state)
{
	struct fixture *fixture = *state;
	const struct clock *clock = &fixture->options.clock;
	int64_t began_ns;
	struct end end;
	size_t looks = 0;

	put_many(fixture, 30);
	start(fixture);
	began_ns = clock->boottime_ns(clock->data);
	for (int i = 0; i < 3; i++) {
		end = test(fixture, 0, i);
		assert_int_equal(end.r, 0);
	}
	assert_in_range(await_plan(fixture, 3), 18 * S / 10, 22 * S / 10);
	while (clock->boottime_ns(clock->data) - began_ns < 58 * S) {
		struct fake_dms_request request;

		stepped_clock_step(fixture->account.clock);
		looks++;
		request = fake_dms_request(fixture->account.dms, 3 + looks);
		assert_int_equal(request.endpoint_arns, 3);
		assert_int_equal(request.instance_arns, 1);
	}
	assert_int_equal(fake_dms_requests(fixture->account.dms), 4 + looks);
	assert_in_range(looks, 26, 33);
	while (clock->boottime_ns(clock->data) - began_ns < 66 * S)
		stepped_clock_step(fixture->account.clock);
	looks = fake_dms_requests(fixture->account.dms);
	began_ns = clock->boottime_ns(clock->data);
	for (int i = 0; i < 4; i++)
		stepped_clock_step(fixture->account.clock);
	assert_int_equal(fake_dms_requests(fixture->account.dms), looks + 4);
	assert_in_range(clock->boottime_ns(clock->data) - began_ns, 18 * S, 22 * S);
}

static void stops_looking_when_all_has_ended(void **state)
{
	struct fixture *fixture = *state;
	struct end end;
	size_t asked;

	put_many(fixture, 30);
	start(fixture);
	end = test(fixture, 0, 1);
	assert_int_equal(end.r, 0);
	await_plan(fixture, 3);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "failed");
	asked = fake_dms_requests(fixture->account.dms);
	stepped_clock_step(fixture->account.clock);
	/* That was the hourly listing. */
	assert_false(fake_dms_request(fixture->account.dms, asked).is_filtered);
}

static void runs_four_tests_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	for (int i = 0; i < 4; i++) {
		end = test(fixture, 0, i);
		assert_int_equal(end.r, 0);
	}
	end = test(fixture, 0, 4);
	assert_refused(&end, -EBUSY, "4 tests");
	assert_string_equal(end.error.code, FETCHER_CODE_TESTS);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 5);
	/* Deletions are not limited. */
	end = command(fixture, FETCHER_DELETE, 0, 5);
	assert_done(&end, "i0/e5", "deleting");
	fake_dms_put(fixture->account.dms, 0, 2, "failed");
	step_until(fixture, 0, 2, "failed");
	end = test(fixture, 0, 4);
	assert_done(&end, "i0/e4", "testing");
	end = test(fixture, 0, 6);
	assert_refused(&end, -EBUSY, "4 tests");
	/* One that is not seen to end is forgotten after an hour. */
	stepped_clock_advance(fixture->account.clock, 3601 * S);
	end = test(fixture, 0, 6);
	assert_done(&end, "i0/e6", "testing");
}

static void tests_a_pair_once_in_the_interval(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	end = test(fixture, 0, 1);
	assert_int_equal(end.r, 0);
	end = test(fixture, 0, 1);
	assert_refused(&end, -EALREADY, "already");
	assert_string_equal(end.path, "i0/e1");
	assert_string_equal(end.status, "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	await_plan(fixture, 3);
	stepped_clock_step(fixture->account.clock);
	end = test(fixture, 0, 1);
	assert_refused(&end, -EBUSY, "--test-interval");
	assert_string_equal(end.error.code, FETCHER_CODE_INTERVAL);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	stepped_clock_advance(fixture->account.clock, 60 * S);
	end = test(fixture, 0, 1);
	assert_done(&end, "i0/e1", "testing");
}

static void has_no_interval_where_it_is_zero(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	fixture->options.test_interval_s = 0;
	put_many(fixture, 30);
	start(fixture);
	for (int i = 0; i < 3; i++) {
		end = test(fixture, 0, 1);
		assert_done(&end, "i0/e1", "testing");
		fake_dms_put(fixture->account.dms, 0, 1, "failed");
		await_plan(fixture, 3);
		stepped_clock_step(fixture->account.clock);
	}
}

static void starts_no_interval_by_what_was_refused(void **state)
{
	static const char *const ends[] = {"InvalidResourceStateFault",
					   "AccessDeniedException",
					   "ThrottlingException", "unsent"};
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		fake_dms_fail_commands(fixture->account.dms, ends[i], "no");
		end = test(fixture, 0, 1);
		assert_true(end.r < 0);
	}
	fake_dms_fail_commands(fixture->account.dms, NULL, NULL);
	end = test(fixture, 0, 1);
	assert_done(&end, "i0/e1", "testing");
}

/* It may have been done: so the interval counts, and the connection is looked at. */
static void looks_at_a_test_of_which_nobody_knows(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	fake_dms_fail_commands(fixture->account.dms, "late", NULL);
	end = test(fixture, 0, 1);
	assert_refused(&end, -ETIMEDOUT, "no complete response");
	fake_dms_fail_commands(fixture->account.dms, NULL, NULL);
	end = test(fixture, 0, 1);
	assert_string_equal(end.error.code, FETCHER_CODE_INTERVAL);
	fake_dms_put(fixture->account.dms, 0, 1, "testing");
	await_plan(fixture, 3);
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "testing");
}

static void goes_on_looking_after_a_poll_of_others(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	start(fixture);
	stepped_clock_advance(fixture->account.clock, 4 * S);
	fake_dms_fail_commands(fixture->account.dms, "late", NULL);
	end = test(fixture, 0, 1);
	assert_refused(&end, -ETIMEDOUT, "no complete response");
	fake_dms_put(fixture->account.dms, 0, 1, "testing");
	await_plan(fixture, 3);
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "successful");
	await_plan(fixture, 3);
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "testing");
}

static void gives_each_failure_its_result(void **state)
{
	static const struct {
		const char *code;
		int r;
	} failures[] = {
		{"ResourceNotFoundFault", -ENOENT},
		{"InvalidResourceStateFault", -EBUSY},
		{"AccessDeniedFault", -EACCES},
		{"AccessDeniedException", -EACCES},
		{"KMSKeyNotAccessibleFault", -ENOKEY},
		{"ResourceQuotaExceededFault", -EDQUOT},
		{"ExpiredTokenException", -EKEYEXPIRED},
		{"UnrecognizedClientException", -EKEYEXPIRED},
		{"InvalidSignatureException", -EKEYEXPIRED},
		{"ThrottlingException", -EBUSY},
		{"SerializationException", -EIO},
		{"unsent", -EHOSTUNREACH},
		{"lost", -EIO},
		{"late", -ETIMEDOUT},
	};
	struct fixture *fixture = *state;

	put_many(fixture, 30);
	start(fixture);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		struct end end;

		fake_dms_fail_commands(fixture->account.dms, failures[i].code,
				       "told so");
		end = command(fixture, FETCHER_DELETE, 0, (int)i);
		assert_int_equal(end.r, failures[i].r);
		assert_true(end.error.text[0] != '\0');
		if (failures[i].r != -ETIMEDOUT && strlen(failures[i].code) > 6)
			assert_string_equal(end.error.code, failures[i].code);
	}
}

/* And the filter of a look is refused as that of a poll is. */
static void lists_where_filters_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	fake_dms_put(fixture->account.dms, 0, 1, "successful");
	start(fixture);
	fake_dms_fail_as(fixture->account.dms, "InvalidParameterValueException",
			 "no filters", true);
	stepped_clock_step(fixture->account.clock);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 0), "failed");
	end = test(fixture, 0, 1);
	assert_done(&end, "i0/e1", "testing");
	await_plan(fixture, 6);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "failed");
}

static void shows_a_foreign_test_before_it_tells(void **state)
{
	struct fixture *fixture = *state;
	struct end end;
	size_t asked;

	put_many(fixture, 30);
	start(fixture);
	fake_dms_put(fixture->account.dms, 1, 12, "testing");
	fake_dms_fail_commands(fixture->account.dms, "InvalidResourceStateFault",
			       "Connection is already being tested.");
	end = test(fixture, 1, 12);
	assert_refused(&end, -EALREADY, "already being tested");
	assert_string_equal(end.path, "i1/e12");
	assert_string_equal(end.status, "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	assert_int_equal(fake_dms_request(fixture->account.dms, 2).endpoint_arns, 1);
	/* It is looked at as one of its own, and is none that counts. */
	await_plan(fixture, 3);
	fake_dms_put(fixture->account.dms, 1, 12, "failed");
	asked = fake_dms_requests(fixture->account.dms);
	stepped_clock_step(fixture->account.clock);
	assert_int_equal(fake_dms_requests(fixture->account.dms), asked + 1);
	assert_string_equal(status_now(fixture, 1, 12), "failed");
	fake_dms_fail_commands(fixture->account.dms, NULL, NULL);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
}

static void sends_one_test_for_two_that_come_together(void **state)
{
	struct fixture *fixture = *state;
	struct end ends[3];

	put_many(fixture, 30);
	start(fixture);
	fake_dms_hold(fixture->account.dms, true);
	for (size_t i = 0; i < 3; i++)
		begin(fixture, &ends[i], FETCHER_TEST, 0, 1);
	fake_dms_await(fixture->account.dms, 2);
	fake_dms_hold(fixture->account.dms, false);
	for (size_t i = 0; i < 3; i++)
		await_end(&ends[i]);
	assert_done(&ends[0], "i0/e1", "testing");
	for (size_t i = 1; i < 3; i++) {
		assert_refused(&ends[i], -EALREADY, "already");
		assert_string_equal(ends[i].status, "testing");
	}
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
}

static void finds_a_pair_that_was_never_tested_by_its_names(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	fake_dms_put_untested(fixture->account.dms, 70, 71);
	fake_dms_put_untested(fixture->account.dms, 0, 12);
	start(fixture);
	end = test(fixture, 70, 71);
	assert_done(&end, "i70/e71", "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 4);
	/* Both are known from other connections. */
	end = test(fixture, 0, 12);
	assert_done(&end, "i0/e12", "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 5);
	end = test(fixture, 70, 99);
	assert_refused(&end, -ENOENT, "endpoint called e99");
	end = test(fixture, 99, 1);
	assert_refused(&end, -ENOENT, "instance called i99");
	begin_by_name(fixture, &end, FETCHER_TEST, "i0", "a%2Fb");
	await_end(&end);
	assert_refused(&end, -ENOENT, "no such file");
}

static void refuses_what_the_filters_leave_out(void **state)
{
	static const char *const arns[] = {"arn:i1"};
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	fixture->options.filters = (struct dms_filters){
		.replication_instance_arns = arns, .replication_instance_arn_count = 1};
	start(fixture);
	end = test(fixture, 1, 12);
	assert_done(&end, "i1/e12", "testing");
	end = test(fixture, 2, 20);
	assert_refused(&end, -ENOENT, "filters");
	for (size_t i = 0; i < fake_dms_requests(fixture->account.dms); i++)
		if (i != 1)
			assert_false(
				fake_dms_request(fixture->account.dms, i).is_command);
}

static void sends_nothing_for_a_connection_without_an_arn(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	fake_dms_put_bare(fixture->account.dms, 0, 1, "successful");
	start(fixture);
	end = test(fixture, 0, 1);
	assert_refused(&end, -EINVAL, "ARN");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 1);
}

static void says_that_there_are_no_credentials(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	fake_dms_fail_commands(fixture->account.dms, "ExpiredTokenException",
			       "expired");
	aws_setup_env(fixture->account.setup, "AWS_ACCESS_KEY_ID", "");
	aws_setup_env(fixture->account.setup, "AWS_SECRET_ACCESS_KEY", "");
	aws_setup_env(fixture->account.setup, "AWS_EC2_METADATA_DISABLED", "true");
	end = test(fixture, 0, 1);
	assert_refused(&end, -EKEYEXPIRED, "no new ones");
}

/* So that a source which was not listed never looks as if it had been. */
static void refuses_all_before_the_first_listing(void **state)
{
	static const struct {
		const char *code;
		int r;
	} failures[] = {
		{"AccessDeniedException", -EACCES},
		{"ExpiredTokenException", -EKEYEXPIRED},
		{"ThrottlingException", -EBUSY},
		{"SerializationException", -EIO},
		{"InvalidResourceStateFault", -EIO},
	};
	struct fixture *fixture = *state;
	struct fake_dms *dms = fixture->account.dms;
	struct end end;

	put_many(fixture, 1);
	assert_int_equal(
		fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error), 0);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		fake_dms_fail_as(dms, failures[i].code, "already being tested", false);
		assert_true(fetcher_list_first(fixture->fetcher, NULL,
					       &fixture->error) < 0);
		assert_int_equal(fetcher_begin_unlisted(fixture->fetcher), 0);
		end = test(fixture, 0, 0);
		assert_refused(&end, failures[i].r,
			       "not listed yet: already being tested");
		assert_string_equal(end.error.code, failures[i].code);
		assert_string_equal(end.path, "");
	}
	assert_int_equal(fake_dms_requests(dms), sizeof(failures) / sizeof(*failures));
	fake_dms_fail(dms, NULL, false);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
	stepped_clock_step(fixture->account.clock);
	end = test(fixture, 0, 0);
	assert_done(&end, "i0/e0", "testing");
}

static void cancels_what_comes_after_the_stop(void **state)
{
	struct fixture *fixture = *state;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	fetcher_cancel(fixture->fetcher);
	end = test(fixture, 0, 1);
	assert_int_equal(end.r, -ECANCELED);
	assert_int_equal(fetcher_stop(fixture->fetcher), 0);
	end = test(fixture, 0, 1);
	assert_int_equal(end.r, -ECANCELED);
	assert_int_equal(end.times, 1);
}

/* A look that goes well does not say that the listing does. */
static void stays_stale_when_only_looks_go_well(void **state)
{
	struct fixture *fixture = *state;
	unsigned waits;
	struct fetcher_state known;
	struct end end;

	put_many(fixture, 30);
	start(fixture);
	waits = stepped_clock_waits(fixture->account.clock);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	fetcher_refresh(fixture->fetcher);
	stepped_clock_await(fixture->account.clock, waits);
	for (int i = 0; i < 4; i++)
		stepped_clock_step(fixture->account.clock);
	fake_dms_fail(fixture->account.dms, NULL, false);
	end = test(fixture, 0, 1);
	assert_done(&end, "i0/e1", "testing");
	await_plan(fixture, 3);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	stepped_clock_step(fixture->account.clock);
	assert_string_equal(status_now(fixture, 0, 1), "failed");
	fetcher_get_state(fixture->fetcher, &known);
	assert_true(known.is_stale);
	fetcher_state_fini(&known);
	stepped_clock_step(fixture->account.clock);
	fetcher_get_state(fixture->fetcher, &known);
	assert_false(known.is_stale);
	fetcher_state_fini(&known);
}

/* Which of the statuses that were given one by one a connection has: "testing" is the
 * newest of all. */
static int age_of(const char *status)
{
	return strcmp(status, "testing") ? (int)strtol(status + 1, NULL, 10)
					 : INT32_MAX;
}

struct walk {
	struct fixture *fixture;
	unsigned seed;
	unsigned waits;	 /* before the refresh under way */
	bool is_listing; /* it is, and its answer is held */
	int newest;	 /* the last status that was given */
	int tests;	 /* that were started */
	int tested[8];	 /* the last status of each before its last test */
};

static unsigned draw(struct walk *walk, unsigned below)
{
	walk->seed = walk->seed * 1103515245 + 12345;
	return (walk->seed >> 16) % below;
}

static void give_status(struct walk *walk, int endpoint)
{
	char status[16];

	snprintf(status, sizeof(status), "s%d", ++walk->newest);
	fake_dms_put(walk->fixture->account.dms, 0, endpoint, status);
}

static void release_listing(struct walk *walk)
{
	if (!walk->is_listing)
		return;
	fake_dms_hold_answers(walk->fixture->account.dms, false);
	stepped_clock_await(walk->fixture->account.clock, walk->waits);
	walk->is_listing = false;
}

static void hold_listing(struct walk *walk)
{
	release_listing(walk);
	stepped_clock_advance(walk->fixture->account.clock, 1000 * S);
	walk->waits = stepped_clock_waits(walk->fixture->account.clock);
	fake_dms_hold_answers(walk->fixture->account.dms, true);
	fetcher_refresh(walk->fixture->fetcher);
	fake_dms_await_held_listing(walk->fixture->account.dms);
	walk->is_listing = true;
}

/* One that runs already, as far as the mount has seen, is no other. */
static void test_one(struct walk *walk, int endpoint)
{
	int newest = walk->newest;
	struct end end = test(walk->fixture, 0, endpoint);

	if (end.r == -EBUSY || end.r == -EALREADY)
		return;
	assert_int_equal(end.r, 0);
	walk->tested[endpoint] = newest;
	walk->tests++;
}

/*
 * Whatever comes in between, of a connection that was tested nobody sees a status from
 * before the test any more.
 */
static void never_shows_a_status_from_before_the_test(void **state)
{
	struct fixture *fixture = *state;
	struct walk walk = {.fixture = fixture, .seed = 7};

	fixture->options.test_interval_s = 0;
	for (int i = 0; i < 8; i++)
		give_status(&walk, i);
	start(fixture);
	for (int round = 0; walk.tests < 500; round++) {
		int endpoint = (int)draw(&walk, 8);

		switch (draw(&walk, 5)) {
		case 0:
			hold_listing(&walk);
			break;
		case 1:
			release_listing(&walk);
			break;
		case 2:
			give_status(&walk, endpoint);
			break;
		default:
			test_one(&walk, endpoint);
		}
		for (int i = 0; i < 8; i++)
			if (walk.tested[i] > 0 &&
			    age_of(status_now(fixture, 0, i)) <= walk.tested[i])
				fail_msg(
					"round %d: e%d is %s, and was tested after s%d",
					round, i, status_now(fixture, 0, i),
					walk.tested[i]);
	}
	release_listing(&walk);
}

#define CALLERS 8

struct caller {
	struct fixture *fixture;
	int endpoint;
	unsigned done;
	pthread_t thread;
};

static void *command_often(void *data)
{
	struct caller *caller = data;

	for (int i = 0; i < 50; i++) {
		enum fetcher_command_kind kind = i % 2 ? FETCHER_DELETE : FETCHER_TEST;
		struct end end = command(caller->fixture, kind, 0, caller->endpoint);

		fake_dms_put(caller->fixture->account.dms, 0, caller->endpoint,
			     "failed");
		if (i % 8 == 0)
			fetcher_refresh(caller->fixture->fetcher);
		caller->done += end.times;
	}
	return NULL;
}

static void tells_many_callers_once_each(void **state)
{
	struct fixture *fixture = *state;
	struct caller callers[CALLERS];

	fixture->options.test_interval_s = 0;
	put_many(fixture, CALLERS);
	start(fixture);
	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){.fixture = fixture, .endpoint = i / 2};
		assert_int_equal(pthread_create(&callers[i].thread, NULL, command_often,
						&callers[i]),
				 0);
	}
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].done, 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_on_looking_after_a_poll_of_others,
						set_up, tear_down),
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(shows_the_record_of_the_response_before_it_tells),
		TEST(tells_when_the_record_of_a_response_came),
		TEST(takes_a_pair_by_its_arns),
		TEST(voids_the_record_of_a_listing_that_began_before),
		TEST(voids_the_record_of_a_poll_that_began_before),
		TEST(keeps_the_record_when_a_listing_fails),
		TEST(looks_every_two_seconds_for_a_minute_at_what_was_commanded),
		TEST(stops_looking_when_all_has_ended),
		TEST(runs_four_tests_at_once),
		TEST(tests_a_pair_once_in_the_interval),
		TEST(has_no_interval_where_it_is_zero),
		TEST(starts_no_interval_by_what_was_refused),
		TEST(looks_at_a_test_of_which_nobody_knows),
		TEST(gives_each_failure_its_result),
		TEST(lists_where_filters_are_refused),
		TEST(shows_a_foreign_test_before_it_tells),
		TEST(sends_one_test_for_two_that_come_together),
		TEST(finds_a_pair_that_was_never_tested_by_its_names),
		TEST(refuses_what_the_filters_leave_out),
		TEST(sends_nothing_for_a_connection_without_an_arn),
		TEST(says_that_there_are_no_credentials),
		TEST(refuses_all_before_the_first_listing),
		TEST(cancels_what_comes_after_the_stop),
		TEST(stays_stale_when_only_looks_go_well),
		TEST(never_shows_a_status_from_before_the_test),
		TEST(tells_many_callers_once_each),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
