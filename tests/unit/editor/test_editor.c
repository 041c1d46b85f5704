/*
 * The editor on a directory that is no mount: the results of its commands, also when it
 * dies and when no other process can be started.
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
#include "fs/editor/process.h"
#include "fs/process/mountinfo.h"

#define REPLIES_MAX 512

/* What the linker makes of these names, by --wrap. */
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_socketpair(int domain, int type, int protocol, int sockets[2]);
int __wrap_socketpair(int domain, int type, int protocol, int sockets[2]);

int __wrap_mountinfo_find(const struct mountinfo_mount *mount, const char *path,
			  struct mountinfo_place *place);

static const char *moved_to; /* NULL: the mount is where it was */

int __wrap_mountinfo_find(const struct mountinfo_mount *mount, const char *path,
			  struct mountinfo_place *place)
{
	*place = (struct mountinfo_place){.device = mount->device};
	snprintf(place->path, sizeof(place->path), "%s", moved_to ? moved_to : path);
	return 0;
}

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
	bool is_elsewhere; /* the root's attributes are asked of another daemon */
	enum editor_command_kind kinds[REPLIES_MAX];
	int results[REPLIES_MAX];
	size_t replies;
};

/* The daemon's part too: the request for the root's attributes has come. */
static void note_reply(void *data, const struct editor_command *command, int r)
{
	struct fixture *fixture = data;

	if (command->kind == EDITOR_BEGIN && !fixture->is_elsewhere)
		editor_count_root_request(fixture->editor);

	assert_true(fixture->replies < REPLIES_MAX);
	fixture->kinds[fixture->replies] = command->kind;
	fixture->results[fixture->replies++] = r;
}

static int start(struct fixture *fixture)
{
	return editor_start(fixture->root, &fixture->editor);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	snprintf(fixture->root, sizeof(fixture->root), P_tmpdir "/editor.XXXXXX");
	assert_non_null(mkdtemp(fixture->root));
	lack = ALL_WELL;
	moved_to = NULL;
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

static int begin_work(struct fixture *fixture)
{
	return editor_begin(fixture->editor, note_reply, fixture);
}

static int send_kind(struct fixture *fixture, enum editor_command_kind kind,
		     const char *path)
{
	struct editor_command command = {.kind = kind,
					 .mtime_ns = INT64_C(1790000000123456789)};

	snprintf(command.path, sizeof(command.path), "%s", path);
	snprintf(command.target, sizeof(command.target), "target");
	return editor_send(fixture->editor, &command);
}

static void require(struct fixture *fixture, enum editor_command_kind kind,
		    const char *path)
{
	assert_int_equal(send_kind(fixture, kind, path), 0);
}

/* Waits for the replies: as many as these, with these results. */
static void assert_results(struct fixture *fixture, const int *results, size_t count)
{
	assert_int_equal(editor_finish(fixture->editor), 0);
	assert_int_equal(fixture->replies, count);
	for (size_t i = 0; i < count; i++)
		if (fixture->results[i] != results[i])
			fail_msg("command %zu: %d, wanted %d", i, fixture->results[i],
				 results[i]);
	fixture->replies = 0;
}

static void assert_all_well(struct fixture *fixture, size_t count)
{
	static const int none[REPLIES_MAX];

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

static void carries_out_its_commands(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(begin_work(fixture), 0);
	require(fixture, EDITOR_ADD_DIRECTORY, "d");
	require(fixture, EDITOR_ADD_FILE, "d/f");
	require(fixture, EDITOR_ADD_LINK, "d/l");
	require(fixture, EDITOR_SHOW_CONTENT, "d/f");
	require(fixture, EDITOR_ASK_ATTRIBUTES, "d/f");
	require(fixture, EDITOR_WARM_DIRECTORY, "d");
	assert_all_well(fixture, 7);
	assert_true(S_ISDIR(status_of(fixture, "d").st_mode));
	assert_true(S_ISREG(status_of(fixture, "d/f").st_mode));
	assert_true(S_ISLNK(status_of(fixture, "d/l").st_mode));
	assert_int_equal(status_of(fixture, "d/f").st_mtim.tv_sec, 1790000000);
	assert_int_equal(status_of(fixture, "d/f").st_mtim.tv_nsec, 123456789);
	require(fixture, EDITOR_REMOVE_FILE, "d/l");
	require(fixture, EDITOR_REMOVE_FILE, "d/f");
	require(fixture, EDITOR_REMOVE_DIRECTORY, "d");
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_all_well(fixture, 4);
	assert_int_equal(forks, 0);
}

static void reports_what_cannot_be_done(void **state)
{
	static const int results[] = {0,       0,	-EXDEV,	 0, -ENOENT,
				      -ENOENT, -ENOENT, -ENOENT, 0};
	struct fixture *fixture = *state;

	assert_int_equal(begin_work(fixture), 0);
	assert_int_equal(editor_end(fixture->editor), 0);
	require(fixture, EDITOR_ADD_DIRECTORY, "x"); /* no root is open */
	assert_int_equal(begin_work(fixture), 0);
	require(fixture, EDITOR_REMOVE_FILE, "x");
	require(fixture, EDITOR_ADD_FILE, "x/y");
	require(fixture, EDITOR_SHOW_CONTENT, "x");
	require(fixture, EDITOR_WARM_DIRECTORY, "x");
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_results(fixture, results, 9);
}

static void takes_no_other_directory_for_the_mount(void **state)
{
	struct fixture *fixture = *state;
	char away[64];

	assert_int_equal(begin_work(fixture), 0);
	assert_int_equal(editor_end(fixture->editor), 0);
	fixture->is_elsewhere = true;
	assert_int_equal(begin_work(fixture), -EXDEV);
	fixture->is_elsewhere = false;
	assert_int_equal(begin_work(fixture), 0);
	require(fixture, EDITOR_ADD_FILE, "f");
	require(fixture, EDITOR_REMOVE_FILE, "f");
	assert_all_well(fixture, 6);
	/* What lies at the path now is on another device. */
	snprintf(away, sizeof(away), "%s.away", fixture->root);
	assert_int_equal(rename(fixture->root, away), 0);
	assert_int_equal(symlink("/proc/self", fixture->root), 0);
	assert_int_equal(begin_work(fixture), -EXDEV);
	require(fixture, EDITOR_ADD_FILE, "f");
	assert_results(fixture, (const int[]){-EXDEV, -EXDEV}, 2);
	assert_int_equal(unlink(fixture->root), 0);
	assert_int_equal(begin_work(fixture), -ENOENT);
	assert_results(fixture, (const int[]){-ENOENT}, 1);
	assert_int_equal(rename(away, fixture->root), 0);
}

static void follows_the_mount_to_where_it_was_moved(void **state)
{
	struct fixture *fixture = *state;
	char away[64];

	assert_int_equal(begin_work(fixture), 0);
	assert_int_equal(editor_end(fixture->editor), 0);
	snprintf(away, sizeof(away), "%s.away", fixture->root);
	assert_int_equal(rename(fixture->root, away), 0);
	moved_to = away;
	assert_int_equal(begin_work(fixture), 0);
	assert_string_equal(editor_mountpoint(fixture->editor), away);
	require(fixture, EDITOR_ADD_FILE, "f");
	require(fixture, EDITOR_REMOVE_FILE, "f");
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_results(fixture, (const int[]){0, 0, -ENOENT, 0, 0, 0, 0}, 7);
	assert_int_equal(rename(away, fixture->root), 0);
	moved_to = fixture->root;
	assert_int_equal(begin_work(fixture), 0);
	assert_string_equal(editor_mountpoint(fixture->editor), fixture->root);
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_results(fixture, (const int[]){-ENOENT, 0, 0}, 3);
}

static void kills_a_process_that_does_not_respond(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = editor_pid(fixture->editor);

	assert_int_equal(begin_work(fixture), 0);
	assert_all_well(fixture, 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	require(fixture, EDITOR_ADD_FILE, "f");
	assert_int_equal(editor_end(fixture->editor), -ETIMEDOUT);
	assert_results(fixture, (const int[]){-ETIMEDOUT, -ETIMEDOUT}, 2);
	assert_int_equal(editor_pid(fixture->editor), 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(begin_work(fixture), 0);
	require(fixture, EDITOR_ADD_FILE, "f");
	require(fixture, EDITOR_REMOVE_FILE, "f");
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_all_well(fixture, 4);
}

static void ends_beside_a_process_that_is_stopped(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = editor_pid(fixture->editor);

	assert_int_equal(begin_work(fixture), 0);
	assert_all_well(fixture, 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	editor_cancel(fixture->editor);
	assert_int_equal(editor_end(fixture->editor), -ECANCELED);
	assert_results(fixture, (const int[]){-ECANCELED}, 1);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(begin_work(fixture), -ECANCELED);
	assert_results(fixture, (const int[]){-ECANCELED}, 1);
	assert_int_equal(forks, 0);
}

static void repeats_to_the_next_one_what_had_no_reply(void **state)
{
	struct fixture *fixture = *state;
	pid_t first = editor_pid(fixture->editor);

	assert_int_equal(begin_work(fixture), 0);
	assert_all_well(fixture, 1);
	kill_editor(fixture);
	require(fixture, EDITOR_ADD_FILE, "f");
	assert_all_well(fixture, 1);
	assert_true(S_ISREG(status_of(fixture, "f").st_mode));
	assert_int_not_equal(editor_pid(fixture->editor), first);
	kill_editor(fixture);
	require(fixture, EDITOR_REMOVE_FILE, "f");
	assert_int_equal(editor_end(fixture->editor), 0);
	assert_all_well(fixture, 2);
	assert_int_equal(forks, 2);
}

static void keeps_more_commands_under_way_than_its_window_in_order(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(begin_work(fixture), 0);
	for (size_t i = 0; i < EDITOR_WINDOW; i++) {
		require(fixture, EDITOR_ADD_FILE, "f");
		require(fixture, EDITOR_REMOVE_FILE, "f");
	}
	assert_int_equal(editor_finish(fixture->editor), 0);
	for (size_t i = 1; i < fixture->replies; i++)
		assert_int_equal(fixture->kinds[i],
				 i % 2 ? EDITOR_ADD_FILE : EDITOR_REMOVE_FILE);
	assert_all_well(fixture, 1 + 2 * EDITOR_WINDOW);
}

static void works_again_once_a_process_can_be_started(void **state)
{
	static const struct {
		int lack;
		int result;
	} rows[] = {{NO_PROCESS, -EAGAIN}, {NO_SOCKET, -EMFILE}, {STILLBORN, -ECHILD}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(begin_work(fixture), 0);
		assert_all_well(fixture, 1);
		kill_editor(fixture);
		lack = rows[i].lack;
		forks = 0;
		assert_int_equal(send_kind(fixture, EDITOR_ADD_FILE, "f"),
				 rows[i].result);
		assert_results(fixture, &rows[i].result, 1);
		assert_int_equal(editor_end(fixture->editor), rows[i].result);
		assert_results(fixture, &rows[i].result, 1);
		assert_int_equal(editor_pid(fixture->editor), 0);
		assert_in_range(forks, 0, 50);
		lack = ALL_WELL;
		assert_int_equal(begin_work(fixture), 0);
		require(fixture, EDITOR_ADD_FILE, "f");
		require(fixture, EDITOR_REMOVE_FILE, "f");
		assert_int_equal(editor_end(fixture->editor), 0);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		EDITOR_TEST(carries_out_its_commands),
		EDITOR_TEST(reports_what_cannot_be_done),
		EDITOR_TEST(takes_no_other_directory_for_the_mount),
		EDITOR_TEST(follows_the_mount_to_where_it_was_moved),
		EDITOR_TEST(kills_a_process_that_does_not_respond),
		EDITOR_TEST(ends_beside_a_process_that_is_stopped),
		EDITOR_TEST(repeats_to_the_next_one_what_had_no_reply),
		EDITOR_TEST(keeps_more_commands_under_way_than_its_window_in_order),
		EDITOR_TEST(works_again_once_a_process_can_be_started),
		EDITOR_TEST(does_not_start_where_there_is_none),
	};

	/* Any process but the first one executes this program anew. */
	editor_process_enter(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
