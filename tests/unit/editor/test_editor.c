/*
 * The editor on a directory of no mount: what it makes of orders, and what comes of
 * them where it dies and where there is no other process to be had.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/editor/editor.h"

#define ANSWERS_MAX 512

/* What the linker makes of these names, by --wrap. */
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_socketpair(int domain, int type, int protocol, int sockets[2]);
int __wrap_socketpair(int domain, int type, int protocol, int sockets[2]);

static enum {
	ALL_WELL,
	NO_SOCKET,
	NO_PROCESS,
	STILLBORN, /* each process dies at once */
} lack;

static unsigned forks;

pid_t __wrap_fork(void)
{
	pid_t pid = -1;

	forks++;
	if (lack == NO_PROCESS) {
		errno = EAGAIN;
		return -1;
	}
	pid = __real_fork();
	if (pid == 0 && lack == STILLBORN)
		_exit(1);
	return pid;
}

int __wrap_socketpair(int domain, int type, int protocol, int sockets[2])
{
	if (lack == NO_SOCKET) {
		errno = EMFILE;
		return -1;
	}
	return __real_socketpair(domain, type, protocol, sockets);
}

struct fixture {
	char root[32];
	struct editor *editor;
	enum order_kind kinds[ANSWERS_MAX];
	int results[ANSWERS_MAX];
	size_t answered;
};

static void note_answer(void *data, const struct order *order, int result)
{
	struct fixture *fixture = data;

	assert_true(fixture->answered < ANSWERS_MAX);
	fixture->kinds[fixture->answered] = order->kind;
	fixture->results[fixture->answered++] = result;
}

static int start(struct fixture *fixture)
{
	const struct editor_options options = {
		.mountpoint = fixture->root, .answered = note_answer, .data = fixture};

	return editor_start(&options, &fixture->editor);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	snprintf(fixture->root, sizeof(fixture->root), P_tmpdir "/editor.XXXXXX");
	assert_non_null(mkdtemp(fixture->root));
	lack = ALL_WELL;
	assert_int_equal(start(fixture), 0);
	forks = 0;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	editor_stop(fixture->editor);
	/* Each test leaves it empty. */
	assert_int_equal(rmdir(fixture->root), 0);
	free(fixture);
	return 0;
}

static int give(struct fixture *fixture, enum order_kind kind, const char *path)
{
	struct order order = {.kind = kind, .mtime_ns = INT64_C(1790000000123456789)};

	snprintf(order.path, sizeof(order.path), "%s", path);
	snprintf(order.target, sizeof(order.target), "target");
	return editor_order(fixture->editor, &order);
}

static void require(struct fixture *fixture, enum order_kind kind, const char *path)
{
	assert_int_equal(give(fixture, kind, path), 0);
}

/* Waits for the answers: to as many orders as these, with these results. */
static void assert_results(struct fixture *fixture, const int *results, size_t count)
{
	assert_int_equal(editor_finish(fixture->editor), 0);
	assert_int_equal(fixture->answered, count);
	for (size_t i = 0; i < count; i++)
		if (fixture->results[i] != results[i])
			fail_msg("order %zu: %d, wanted %d", i, fixture->results[i],
				 results[i]);
	fixture->answered = 0;
}

static void assert_all_well(struct fixture *fixture, size_t count)
{
	static const int none[ANSWERS_MAX];

	assert_results(fixture, none, count);
}

static struct stat status_of(const struct fixture *fixture, const char *name)
{
	struct stat status = {.st_mode = 0};
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fixture->root, name);
	(void)lstat(path, &status);
	return status;
}

static void kill_editor(const struct fixture *fixture)
{
	pid_t pid = editor_pid(fixture->editor);
	siginfo_t end;

	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* Seen, and left for the editor to reap. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT), 0);
}

static void carries_out_its_orders(void **state)
{
	struct fixture *fixture = *state;

	require(fixture, ORDER_BEGIN, "");
	require(fixture, ORDER_ADD_DIRECTORY, "d");
	require(fixture, ORDER_ADD_FILE, "d/f");
	require(fixture, ORDER_ADD_LINK, "d/l");
	require(fixture, ORDER_CONTENT, "d/f");
	require(fixture, ORDER_ATTRIBUTES, "d/f");
	require(fixture, ORDER_WARM, "d");
	assert_all_well(fixture, 7);
	assert_true(S_ISDIR(status_of(fixture, "d").st_mode));
	assert_true(S_ISREG(status_of(fixture, "d/f").st_mode));
	assert_true(S_ISLNK(status_of(fixture, "d/l").st_mode));
	assert_int_equal(status_of(fixture, "d/f").st_mtim.tv_sec, 1790000000);
	assert_int_equal(status_of(fixture, "d/f").st_mtim.tv_nsec, 123456789);
	require(fixture, ORDER_REMOVE_FILE, "d/l");
	require(fixture, ORDER_REMOVE_FILE, "d/f");
	require(fixture, ORDER_REMOVE_DIRECTORY, "d");
	require(fixture, ORDER_END, "");
	assert_all_well(fixture, 4);
	assert_int_equal(forks, 0);
}

static void says_what_cannot_be_done(void **state)
{
	static const int results[] = {-EXDEV, 0, -ENOENT, -ENOENT, -ENOENT, -ENOENT, 0};
	struct fixture *fixture = *state;

	require(fixture, ORDER_ADD_DIRECTORY, "x"); /* nothing was begun */
	require(fixture, ORDER_BEGIN, "");
	require(fixture, ORDER_REMOVE_FILE, "x");
	require(fixture, ORDER_ADD_FILE, "x/y");
	require(fixture, ORDER_CONTENT, "x");
	require(fixture, ORDER_WARM, "x");
	require(fixture, ORDER_END, "");
	assert_results(fixture, results, 7);
}

static void takes_no_other_directory_for_the_mount(void **state)
{
	static const int results[] = {0, 0, 0, -ESTALE, -EXDEV};
	struct fixture *fixture = *state;
	struct order begin = {.kind = ORDER_BEGIN};
	char away[64];

	require(fixture, ORDER_BEGIN, "");
	require(fixture, ORDER_END, "");
	assert_all_well(fixture, 2);
	editor_trust(fixture->editor);
	assert_int_equal(editor_order(fixture->editor, &begin), 0);
	require(fixture, ORDER_ADD_FILE, "f");
	require(fixture, ORDER_REMOVE_FILE, "f");
	assert_int_equal(editor_finish(fixture->editor), 0);
	/* What lies at the path now is on another device. */
	snprintf(away, sizeof(away), "%s.away", fixture->root);
	assert_int_equal(rename(fixture->root, away), 0);
	assert_int_equal(symlink("/proc/self", fixture->root), 0);
	require(fixture, ORDER_BEGIN, "");
	require(fixture, ORDER_ADD_FILE, "f");
	assert_results(fixture, results, 5);
	assert_int_equal(unlink(fixture->root), 0);
	require(fixture, ORDER_BEGIN, "");
	assert_results(fixture, (const int[]){-ENOENT}, 1);
	assert_int_equal(rename(away, fixture->root), 0);
}

static void repeats_to_the_next_one_what_was_not_answered(void **state)
{
	struct fixture *fixture = *state;
	pid_t first = editor_pid(fixture->editor);

	require(fixture, ORDER_BEGIN, "");
	assert_all_well(fixture, 1);
	kill_editor(fixture);
	require(fixture, ORDER_ADD_FILE, "f");
	assert_all_well(fixture, 1);
	assert_true(S_ISREG(status_of(fixture, "f").st_mode));
	assert_int_not_equal(editor_pid(fixture->editor), first);
	kill_editor(fixture);
	require(fixture, ORDER_REMOVE_FILE, "f");
	require(fixture, ORDER_END, "");
	assert_all_well(fixture, 2);
	assert_int_equal(forks, 2);
}

static void keeps_more_orders_under_way_than_its_window_in_order(void **state)
{
	struct fixture *fixture = *state;

	require(fixture, ORDER_BEGIN, "");
	for (size_t i = 0; i < EDITOR_WINDOW; i++) {
		require(fixture, ORDER_ADD_FILE, "f");
		require(fixture, ORDER_REMOVE_FILE, "f");
	}
	assert_int_equal(editor_finish(fixture->editor), 0);
	for (size_t i = 1; i < fixture->answered; i++)
		assert_int_equal(fixture->kinds[i],
				 i % 2 ? ORDER_ADD_FILE : ORDER_REMOVE_FILE);
	assert_all_well(fixture, 1 + 2 * EDITOR_WINDOW);
}

static void finishes_its_work_once_a_process_is_to_be_had_again(void **state)
{
	static const struct {
		int lack;
		int result;
	} rows[] = {{NO_PROCESS, -EAGAIN}, {NO_SOCKET, -EMFILE}, {STILLBORN, -ECHILD}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		require(fixture, ORDER_BEGIN, "");
		assert_all_well(fixture, 1);
		kill_editor(fixture);
		lack = rows[i].lack;
		forks = 0;
		assert_int_equal(give(fixture, ORDER_ADD_FILE, "f"), rows[i].result);
		assert_int_equal(editor_finish(fixture->editor), rows[i].result);
		assert_int_equal(editor_pid(fixture->editor), 0);
		assert_in_range(forks, 0, 50);
		lack = ALL_WELL;
		require(fixture, ORDER_BEGIN, "");
		require(fixture, ORDER_REMOVE_FILE, "f");
		require(fixture, ORDER_END, "");
		assert_all_well(fixture, 4);
	}
}

static void does_not_start_where_there_is_none(void **state)
{
	static const int lacks[] = {NO_PROCESS, NO_SOCKET};
	static const int results[] = {-EAGAIN, -EMFILE};
	struct fixture *fixture = *state;

	editor_stop(fixture->editor);
	fixture->editor = NULL;
	assert_int_equal(editor_pid(NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		lack = lacks[i];
		assert_int_equal(start(fixture), results[i]);
		assert_null(fixture->editor);
	}
}

#define EDITOR_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDITOR_TEST(carries_out_its_orders),
		EDITOR_TEST(says_what_cannot_be_done),
		EDITOR_TEST(takes_no_other_directory_for_the_mount),
		EDITOR_TEST(repeats_to_the_next_one_what_was_not_answered),
		EDITOR_TEST(keeps_more_orders_under_way_than_its_window_in_order),
		EDITOR_TEST(finishes_its_work_once_a_process_is_to_be_had_again),
		EDITOR_TEST(does_not_start_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
