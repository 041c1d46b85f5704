/*
 * Commands on their way: who waits for which, what is sent, and when they get their
 * replies. The fetcher is replaced here.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/publish/commands.h"

#define SENT_MAX 8

struct sent {
	enum fetcher_command_kind kind;
	char path[64];
	void (*done)(void *data, const struct fetcher_command_result *result);
	void *data;
};

struct fixture {
	struct commands *commands;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	unsigned changes;
	char replies[256]; /* "CALLER RESULT PUBLISHED PATH ID;..." */
	struct journal lines;
};

void fetcher_command(struct fetcher *fetcher, enum fetcher_command_kind kind,
		     const struct fetcher_pair *pair,
		     void (*done)(void *data,
				  const struct fetcher_command_result *result),
		     void *data)
{
	struct fixture *fixture = (struct fixture *)(void *)fetcher;
	struct sent *sent = &fixture->sent[fixture->sent_count++];

	assert_in_range(fixture->sent_count, 1, SENT_MAX);
	*sent = (struct sent){.kind = kind, .done = done, .data = data};
	snprintf(sent->path, sizeof(sent->path), "%s/%s", pair->instance,
		 pair->endpoint);
}

struct caller {
	struct fixture *fixture;
	const char *name;
};

static void note_reply(void *data, const struct commands_reply *reply)
{
	const struct caller *caller = data;
	char *replies = caller->fixture->replies;
	size_t len = strlen(replies);

	snprintf(replies + len, sizeof(caller->fixture->replies) - len,
		 "%s %d %d %s %s;", caller->name, reply->r, reply->is_published,
		 reply->path, reply->error->request_id);
}

static void count_change(void *data)
{
	struct fixture *fixture = data;

	fixture->changes++;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct commands_options options = {
		.fetcher = (struct fetcher *)(void *)&fixture,
		.reply = note_reply,
		.changed = count_change,
		.data = &fixture};

	fixture = (struct fixture){.sent_count = 0};
	assert_int_equal(commands_new(&options, &fixture.commands), 0);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	commands_free(fixture->commands);
	journal_fini(&fixture->lines);
	return 0;
}

static struct commands_request request_of(const char *endpoint, const char *path)
{
	return (struct commands_request){
		.kind = FETCHER_TEST,
		.pair = {.instance = "i", .endpoint = endpoint},
		.path = path,
		.uid = 1000,
		.pid = 17};
}

static void finish(struct fixture *fixture, size_t at, int r, bool has_record)
{
	struct snapshot *snapshot = NULL;
	struct fetcher_command_result result = {
		.r = r, .entry = {.instance = "shown", .endpoint = "e"}};

	assert_in_range(at, 0, fixture->sent_count - 1);
	snprintf(result.error.request_id, sizeof(result.error.request_id), "id%zu", at);
	if (has_record) {
		assert_int_equal(snapshot_of_listing(NULL, 0, NULL, &snapshot), 0);
		result.snapshot = snapshot;
	}
	fixture->sent[at].done(fixture->sent[at].data, &result);
	snapshot_unref(snapshot);
}

static uint64_t collect(struct fixture *fixture)
{
	return commands_collect(fixture->commands, &fixture->lines);
}

static void assert_replies(struct fixture *fixture, const char *expected)
{
	assert_string_equal(fixture->replies, expected);
	fixture->replies[0] = '\0';
}

/* How many lines there are with this text. */
static size_t count_lines(const struct fixture *fixture, const char *text)
{
	const char *end = fixture->lines.text + fixture->lines.len;
	size_t count = 0;

	for (const char *at = fixture->lines.text; at && at < end; at++)
		count += (size_t)(end - at) >= strlen(text) &&
			 memcmp(at, text, strlen(text)) == 0;
	return count;
}

static void replies_once_it_is_published(void **state)
{
	struct fixture *fixture = *state;
	struct caller a = {fixture, "a"};
	const struct commands_request request = request_of("e", "i/e");
	uint64_t number = 0;

	commands_take(fixture->commands, &request, &a);
	assert_int_equal(fixture->sent_count, 1);
	assert_string_equal(fixture->sent[0].path, "i/e");
	number = collect(fixture);
	finish(fixture, 0, 0, true);
	assert_int_equal(fixture->changes, 1);
	/* The state that was published is older. */
	commands_published(fixture->commands, number);
	assert_replies(fixture, "");
	number = collect(fixture);
	assert_replies(fixture, "");
	commands_published(fixture->commands, number);
	assert_replies(fixture, "a 0 1 shown/e id0;");
	assert_int_equal(count_lines(fixture, "\t1000\t17\ttest i/e\tok\t-\tid0\n"), 1);
}

static void lets_the_same_user_join_the_same_command(void **state)
{
	struct fixture *fixture = *state;
	struct caller callers[] = {{fixture, "a"}, {fixture, "b"}, {fixture, "c"},
				   {fixture, "d"}, {fixture, "e"}, {fixture, "f"}};
	struct commands_request request = request_of("e", "i/e");

	commands_take(fixture->commands, &request, &callers[0]);
	request.pid = 18;
	commands_take(fixture->commands, &request, &callers[1]);
	request.uid = 0;
	commands_take(fixture->commands, &request, &callers[2]);
	request.uid = 1000;
	request.kind = FETCHER_DELETE;
	commands_take(fixture->commands, &request, &callers[3]);
	request = request_of("other", "i/other");
	commands_take(fixture->commands, &request, &callers[4]);
	assert_int_equal(fixture->sent_count, 4);
	finish(fixture, 0, 0, true);
	/* It has ended, and the mount does not show it yet. */
	request = request_of("e", "i/e");
	commands_take(fixture->commands, &request, &callers[5]);
	assert_int_equal(fixture->sent_count, 4);
	commands_published(fixture->commands, collect(fixture));
	assert_replies(fixture,
		       "a 0 1 shown/e id0;b 0 1 shown/e id0;f 0 1 shown/e id0;");
	assert_int_equal(count_lines(fixture, "test i/e\tok"), 1);
	/* From now on it is another command. */
	commands_take(fixture->commands, &request, &callers[0]);
	assert_int_equal(fixture->sent_count, 5);
	for (size_t i = 1; i < 5; i++)
		finish(fixture, i, -EBUSY, false);
	commands_published(fixture->commands, collect(fixture));
	assert_int_equal(count_lines(fixture, "\tEBUSY\t"), 4);
	assert_int_equal(count_lines(fixture, "delete i/e\tEBUSY"), 1);
	assert_non_null(strstr(fixture->replies, "d -16 0 i/e id2;"));
}

static void logs_what_is_refused_and_sends_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct caller callers[] = {{fixture, "a"}, {fixture, "b"}};
	struct commands_request request = request_of("", "../\033");

	request.r = -EPERM;
	request.reason = "not allowed";
	commands_take(fixture->commands, &request, &callers[0]);
	commands_take(fixture->commands, &request, &callers[1]);
	assert_int_equal(fixture->sent_count, 0);
	assert_replies(fixture, "");
	commands_published(fixture->commands, collect(fixture));
	assert_non_null(strstr(fixture->replies, "a -1 0 ../"));
	assert_non_null(strstr(fixture->replies, "b -1 0 ../"));
	assert_int_equal(count_lines(fixture, "test ../\\x1B\tEPERM\tnot allowed\t-\n"),
			 2);
}

/* As where a listing says that a test runs already: its record is shown, too. */
static void tells_with_a_failure_that_its_record_is_shown(void **state)
{
	struct fixture *fixture = *state;
	struct caller a = {fixture, "a"};
	const struct commands_request request = request_of("e", "i/e");

	commands_take(fixture->commands, &request, &a);
	finish(fixture, 0, -EALREADY, true);
	commands_published(fixture->commands, collect(fixture));
	assert_replies(fixture, "a -114 1 shown/e id0;");
}

static void replies_in_time_where_nothing_can_be_published(void **state)
{
	struct fixture *fixture = *state;
	struct caller callers[] = {{fixture, "a"}, {fixture, "b"}};
	struct commands_request request = request_of("e", "i/e");
	struct pollfd timer = {.fd = commands_timer(fixture->commands),
			       .events = POLLIN};

	commands_take(fixture->commands, &request, &callers[0]);
	request = request_of("other", "i/other");
	commands_take(fixture->commands, &request, &callers[1]);
	finish(fixture, 0, 0, true);
	commands_expire(fixture->commands);
	assert_replies(fixture, "");
	while (fixture->replies[0] == '\0') {
		assert_int_equal(poll(&timer, 1, -1), 1);
		commands_expire(fixture->commands);
	}
	assert_replies(fixture, "a 0 0 shown/e id0;");
	/* The line comes all the same, and nobody waits for it. */
	commands_published(fixture->commands, collect(fixture));
	assert_replies(fixture, "");
	assert_int_equal(count_lines(fixture, "test i/e\tok"), 1);
	/* What is under way at the end is told by the fetcher. */
	finish(fixture, 1, -ECANCELED, false);
	commands_free(fixture->commands);
	fixture->commands = NULL;
	assert_replies(fixture, "b -125 0 i/other id1;");
}

#define COMMANDS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMMANDS_TEST(replies_once_it_is_published),
		COMMANDS_TEST(lets_the_same_user_join_the_same_command),
		COMMANDS_TEST(logs_what_is_refused_and_sends_nothing),
		COMMANDS_TEST(tells_with_a_failure_that_its_record_is_shown),
		COMMANDS_TEST(replies_in_time_where_nothing_can_be_published),
	};

	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
