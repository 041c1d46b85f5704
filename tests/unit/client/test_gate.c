#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "fs/client/gate.h"

#define STEPS_MAX 8
#define REPLIES_MAX 8
#define DEADLINE_MS 300000

/* The file from a moment on. */
struct step {
	int64_t at_ms;
	const char *status; /* NULL: there is none */
	const char *failure;
	ino_t inode;
};

struct reply {
	int r;
	const char *code;
	const char *message;
	int64_t takes_ms;
	bool is_unpublished;
};

/* A mount whose files change by a plan; time passes only while somebody waits. */
struct planned_mount {
	struct step steps[STEPS_MAX];
	struct reply replies[REPLIES_MAX];
	const char *path; /* in the reply */
	int64_t ends_ms;  /* 0: never */
	int end_cause;
	int64_t stale_ms; /* 0: never */
	struct arguments arguments;

	int64_t now_ms;
	int commands;
	int turns;
	int others;
	int stale_count;
	char waited_for[64];
};

static const struct step *step_now(const struct planned_mount *planned)
{
	const struct step *now = &planned->steps[0];

	for (size_t i = 0; i < STEPS_MAX; i++) {
		const struct step *step = &planned->steps[i];

		if ((i == 0 || step->at_ms > 0) && step->at_ms <= planned->now_ms)
			now = step;
	}
	return now;
}

static bool has_ended(const struct planned_mount *planned)
{
	return planned->ends_ms && planned->now_ms >= planned->ends_ms;
}

static int give(void *data, enum client_kind kind, const struct target *,
		struct dmsfs_command *command)
{
	struct planned_mount *planned = data;
	const struct reply *reply = &planned->replies[planned->commands];

	assert_int_equal(kind, planned->arguments.kind);
	assert_true(planned->commands < REPLIES_MAX);
	planned->commands++;
	planned->now_ms += reply->takes_ms;
	*command = (struct dmsfs_command){
		.state = reply->is_unpublished || (reply->r && reply->r != -EALREADY)
				 ? 0
				 : DMSFS_STATE_PUBLISHED,
	};
	if (reply->code)
		snprintf(command->code, sizeof(command->code), "%s", reply->code);
	if (reply->message)
		snprintf(command->message, sizeof(command->message), "%s",
			 reply->message);
	if (planned->path)
		snprintf(command->path, sizeof(command->path), "%s", planned->path);
	return reply->r;
}

static int read_file(void *data, const struct target *target,
		     struct connection_file *file)
{
	struct planned_mount *planned = data;
	const struct step *step = step_now(planned);

	snprintf(planned->waited_for, sizeof(planned->waited_for), "%s", target->path);
	*file = (struct connection_file){.failure = NULL};
	if (has_ended(planned) && planned->end_cause == -ENOENT)
		return -ENOENT;
	if (!step->status)
		return -ENOENT;
	snprintf(file->status, sizeof(file->status), "%s", step->status);
	file->failure = step->failure ? strdup(step->failure) : NULL;
	file->inode = step->inode;
	file->changed = (struct timespec){.tv_sec = step->at_ms};
	return 0;
}

static int check(void *data, const struct target *, char stale[MOUNT_REASON_SIZE])
{
	const struct planned_mount *planned = data;

	stale[0] = '\0';
	if (planned->stale_ms && planned->now_ms >= planned->stale_ms)
		snprintf(stale, MOUNT_REASON_SIZE, "no route to host");
	if (has_ended(planned))
		return planned->end_cause == -ENOENT ? -ENODEV : planned->end_cause;
	return 0;
}

static void wait_for_step(void *data, const struct target *, int64_t until_ms)
{
	struct planned_mount *planned = data;

	for (size_t i = 0; i < STEPS_MAX; i++) {
		int64_t at_ms = planned->steps[i].at_ms;

		if (at_ms > planned->now_ms && at_ms < until_ms)
			until_ms = at_ms;
	}
	planned->now_ms = until_ms;
}

static int64_t now_ms(void *data)
{
	const struct planned_mount *planned = data;

	return planned->now_ms;
}

static void enter(void *data, const struct target *, enum gate_phase phase)
{
	struct planned_mount *planned = data;

	planned->turns += phase == GATE_TURN;
	planned->others += phase == GATE_ANOTHERS;
}

static void warn_stale(void *data, const struct target *, const char *reason)
{
	struct planned_mount *planned = data;

	assert_string_equal(reason, "no route to host");
	planned->stale_count++;
}

static void pass_named(struct planned_mount *planned, const char *name,
		       struct gate_result *result)
{
	const struct gate gate = {
		.mount = {.data = planned,
			  .command = give,
			  .read = read_file,
			  .check = check,
			  .wait = wait_for_step,
			  .now_ms = now_ms},
		.arguments = &planned->arguments,
		.deadline_ms = DEADLINE_MS,
		.data = planned,
		.enter = enter,
		.warn_stale = warn_stale,
	};
	char own_name[64];
	char root[] = "/mnt";
	struct target target = {
		.name = own_name, .root = root, .path = strdup("/mnt/orders/oracle")};

	snprintf(own_name, sizeof(own_name), "%s", name);
	gate_pass(&gate, &target, result);
	free(target.path);
}

static void assert_passes(struct planned_mount *planned, enum gate_end end,
			  const char *text)
{
	struct gate_result result = {.text = NULL};

	pass_named(planned, "", &result);
	assert_int_equal(result.end, end);
	if (text)
		assert_string_equal(result.text, text);
	else
		assert_null(result.text);
	gate_result_fini(&result);
}

static void waits_for_a_success(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  {100, "testing", NULL, 1},
			  {60000, "successful", "old", 1}},
		.replies = {{.takes_ms = 100}},
	};

	assert_passes(&planned, GATE_DONE, NULL);
	assert_int_equal(planned.now_ms, 60000);
	assert_int_equal(planned.commands, 1);
}

static void keeps_a_reason_whole(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "successful", NULL, 1},
			  {100, "testing", NULL, 1},
			  {2000, "failed", "no route\n second line\n .\n last", 1}},
		.replies = {{.takes_ms = 100}},
	};

	assert_passes(&planned, GATE_FAILED, "no route\n second line\n .\n last");
}

/* The test has ended before the command has returned, with the result of before. */
static void takes_a_result_that_is_there_already(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "no route", 1}},
		.replies = {{.takes_ms = 100}},
	};

	assert_passes(&planned, GATE_FAILED, "no route");
	assert_int_equal(planned.now_ms, 100);
}

static void never_takes_an_old_result_that_could_not_be_replaced_in_time(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  /* of a listing before, while the command was on its way */
			  {50, "successful", NULL, 1},
			  {9000, "testing", NULL, 1},
			  {12000, "failed", "new", 1}},
		.replies = {{.takes_ms = 100, .is_unpublished = true}},
	};

	assert_passes(&planned, GATE_FAILED, "new");
}

static void never_takes_an_old_result_at_all(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "successful", NULL, 1}},
		.replies = {{.takes_ms = 100, .is_unpublished = true}},
	};

	assert_passes(&planned, GATE_TIME_UP, NULL);
	assert_int_equal(planned.now_ms, DEADLINE_MS);
}

static void takes_a_result_that_comes_late_without_testing(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "successful", NULL, 1}, {5000, "failed", "new", 1}},
		.replies = {{.takes_ms = 100, .is_unpublished = true}},
	};

	assert_passes(&planned, GATE_FAILED, "new");
}

static void gives_up_at_the_deadline(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", NULL, 1}, {100, "testing", NULL, 1}},
		.replies = {{.takes_ms = 100}},
	};

	assert_passes(&planned, GATE_TIME_UP, NULL);
	assert_int_equal(planned.now_ms, DEADLINE_MS);
}

static void says_why_it_was_refused(void **)
{
	const struct {
		struct reply reply;
		const char *text;
	} rows[] = {
		{{.r = -EACCES, .code = "AccessDeniedFault", .message = "not yours"},
		 "AccessDeniedFault: not yours"},
		{{.r = -EPERM, .message = "this mount allows no tests"},
		 "this mount allows no tests"},
		{{.r = -EBUSY, .code = "TestInterval", .message = "tested 3 s ago"},
		 "tested 3 s ago"},
		{{.r = -EBUSY, .code = "InvalidResourceStateFault", .message = "later"},
		 "InvalidResourceStateFault: later"},
		{{.r = -ENOTTY}, "not on a mount of dmsfs that takes commands"},
		{{.r = -ECONNABORTED},
		 "the mount has ended; what the service was asked to do goes on"},
		{{.r = -ENOENT}, "No such file or directory"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planned_mount planned = {
			.steps = {{0, "successful", NULL, 1}},
			.replies = {rows[i].reply},
		};

		assert_passes(&planned, GATE_REFUSED, rows[i].text);
		assert_int_equal(planned.commands, 1);
	}
}

static void waits_for_its_turn(void **)
{
	const struct reply busy = {
		.r = -EBUSY, .code = "TooManyTests", .message = "4 run"};
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1}, {20000, "successful", NULL, 1}},
		.replies = {busy, busy, busy, {.takes_ms = 17000}},
	};

	assert_passes(&planned, GATE_DONE, NULL);
	assert_int_equal(planned.commands, 4);
	assert_int_equal(planned.turns, 3);
}

static void waits_for_its_turn_until_the_deadline_alone(void **)
{
	const struct reply busy = {
		.r = -EBUSY, .code = "TooManyTests", .takes_ms = 60000};
	struct planned_mount planned = {
		.steps = {{0, "successful", NULL, 1}},
		.replies = {busy, busy, busy, busy, busy, busy},
	};

	assert_passes(&planned, GATE_TIME_UP, NULL);
	assert_in_range(planned.now_ms, DEADLINE_MS, DEADLINE_MS + 60000);
}

static void waits_for_the_end_of_anothers_test(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  {100, "testing", NULL, 1},
			  {9000, "failed", "old", 1}},
		.replies = {{.r = -EALREADY, .takes_ms = 100}},
	};

	assert_passes(&planned, GATE_FAILED, "old");
	assert_int_equal(planned.others, 1);
	assert_int_equal(planned.now_ms, 9000);
}

static void tests_once_more_after_anothers(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  {100, "testing", NULL, 1},
			  {9000, "failed", "another's", 1},
			  {9500, "testing", NULL, 1},
			  {20000, "successful", NULL, 1}},
		.replies = {{.r = -EALREADY, .takes_ms = 100}, {.takes_ms = 500}},
		.arguments = {.is_restart = true},
	};

	assert_passes(&planned, GATE_DONE, NULL);
	assert_int_equal(planned.commands, 2);
	assert_int_equal(planned.now_ms, 20000);
}

/* Where the mount has started that test for another user. */
static void waits_for_the_interval_before_it_tests_once_more(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  {9000, "successful", "another's", 1},
			  {9500, "testing", NULL, 1},
			  {20000, "failed", "ours", 1}},
		.replies = {{.r = -EALREADY},
			    {.r = -EBUSY, .code = "TestInterval"},
			    {.takes_ms = 500}},
		.arguments = {.is_restart = true},
	};

	planned.replies[0].is_unpublished = true;
	assert_passes(&planned, GATE_FAILED, "ours");
	assert_int_equal(planned.commands, 3);
}

static void asks_again_after_an_interruption(void **)
{
	const struct reply next[] = {
		{.takes_ms = 10}, /* joined */
		{.r = -EALREADY},
		{.r = -EBUSY, .code = "TestInterval"},
	};

	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		struct planned_mount planned = {
			.steps = {{0, "failed", "old", 1},
				  {100, "testing", NULL, 1},
				  {3000, "successful", NULL, 1}},
			.replies = {{.r = -EINTR, .takes_ms = 100}, next[i]},
		};

		assert_passes(&planned, GATE_DONE, NULL);
		assert_int_equal(planned.commands, 2);
		assert_int_equal(planned.others, 0);
	}
}

static void sees_a_result_that_came_while_it_was_stopped(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "successful", NULL, 1}, {100, "failed", "new", 1}},
		.replies = {{.r = -EINTR, .takes_ms = 1000},
			    {.r = -EBUSY, .code = "TestInterval"}},
	};

	assert_passes(&planned, GATE_FAILED, "new");
}

static void returns_at_once_if_nobody_waits(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1}, {100, "testing", NULL, 1}},
		.replies = {{.takes_ms = 100}},
		.arguments = {.is_no_wait = true},
	};

	assert_passes(&planned, GATE_TAKEN, NULL);
	assert_int_equal(planned.now_ms, 100);
}

static void waits_for_a_file_that_is_to_come(void **)
{
	struct planned_mount planned = {
		.steps = {{0, NULL, NULL, 0},
			  {3000, "testing", NULL, 1},
			  {9000, "successful", NULL, 1}},
		.replies = {{.takes_ms = 100, .is_unpublished = true}},
		.path = "orders/oracle~1",
	};
	struct gate_result result = {.text = NULL};

	pass_named(&planned, "oracle", &result);
	assert_int_equal(result.end, GATE_DONE);
	assert_int_equal(planned.now_ms, 9000);
	assert_string_equal(planned.waited_for, "/mnt/orders/oracle~1");
}

static void says_that_the_connection_was_deleted(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", NULL, 1},
			  {100, "testing", NULL, 1},
			  {5000, NULL, NULL, 0}},
		.replies = {{.takes_ms = 100}},
	};

	assert_passes(&planned, GATE_REFUSED, "the connection was deleted meanwhile");
}

static void ends_when_the_daemon_dies(void **)
{
	for (int i = 0; i < 2; i++) {
		struct planned_mount planned = {
			.steps = {{0, "failed", NULL, 1}, {100, "testing", NULL, 1}},
			.replies = {{.takes_ms = 100}},
			.ends_ms = 7300,
			.end_cause = i == 0 ? -ENOTCONN : -ENOENT,
		};

		assert_passes(&planned, GATE_REFUSED,
			      "the mount has ended; what the service was asked to do "
			      "goes on");
		assert_in_range(planned.now_ms, 7300, 8400);
	}
}

static void never_takes_the_end_of_a_mount_for_a_deletion(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", NULL, 1}, {100, "deleting", NULL, 1}},
		.replies = {{.takes_ms = 100}},
		.ends_ms = 7300,
		.end_cause = -ENOENT,
		.arguments = {.kind = CLIENT_DELETE},
	};

	assert_passes(&planned, GATE_REFUSED,
		      "the mount has ended; what the service was asked to do goes on");
}

static void says_that_the_mount_is_stale(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", NULL, 1},
			  {100, "testing", NULL, 1},
			  {30000, "successful", NULL, 1}},
		.replies = {{.takes_ms = 100}},
		.stale_ms = 10000,
	};

	assert_passes(&planned, GATE_DONE, NULL);
	assert_true(planned.stale_count > 0);
}

static void waits_until_a_connection_is_gone(void **)
{
	const struct step last[] = {{8000, NULL, NULL, 0}, {8000, "testing", NULL, 2}};

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		struct planned_mount planned = {
			.steps = {{0, "failed", "old", 1},
				  {100, "deleting", "old", 1},
				  last[i]},
			.replies = {{.takes_ms = 100}},
			.arguments = {.kind = CLIENT_DELETE},
		};

		assert_passes(&planned, GATE_DONE, NULL);
		assert_int_equal(planned.now_ms, 8000);
	}
}

static void says_that_a_connection_stays(void **)
{
	struct planned_mount planned = {
		.steps = {{0, "failed", "old", 1},
			  {100, "deleting", "old", 1},
			  {8000, "failed", "old", 1}},
		.replies = {{.takes_ms = 100}},
		.arguments = {.kind = CLIENT_DELETE},
	};

	assert_passes(&planned, GATE_FAILED, "its status is failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_a_success),
		cmocka_unit_test(keeps_a_reason_whole),
		cmocka_unit_test(takes_a_result_that_is_there_already),
		cmocka_unit_test(
			never_takes_an_old_result_that_could_not_be_replaced_in_time),
		cmocka_unit_test(never_takes_an_old_result_at_all),
		cmocka_unit_test(takes_a_result_that_comes_late_without_testing),
		cmocka_unit_test(gives_up_at_the_deadline),
		cmocka_unit_test(says_why_it_was_refused),
		cmocka_unit_test(waits_for_its_turn),
		cmocka_unit_test(waits_for_its_turn_until_the_deadline_alone),
		cmocka_unit_test(waits_for_the_end_of_anothers_test),
		cmocka_unit_test(tests_once_more_after_anothers),
		cmocka_unit_test(waits_for_the_interval_before_it_tests_once_more),
		cmocka_unit_test(asks_again_after_an_interruption),
		cmocka_unit_test(sees_a_result_that_came_while_it_was_stopped),
		cmocka_unit_test(returns_at_once_if_nobody_waits),
		cmocka_unit_test(waits_for_a_file_that_is_to_come),
		cmocka_unit_test(says_that_the_connection_was_deleted),
		cmocka_unit_test(ends_when_the_daemon_dies),
		cmocka_unit_test(never_takes_the_end_of_a_mount_for_a_deletion),
		cmocka_unit_test(says_that_the_mount_is_stale),
		cmocka_unit_test(waits_until_a_connection_is_gone),
		cmocka_unit_test(says_that_a_connection_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
