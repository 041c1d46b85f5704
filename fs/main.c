/*
 * dmsfs: list first, then mount, then go to the background. All start-up errors are
 * reported on the terminal before the parent exits.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/check.h"
#include "fs/cli/command_line.h"
#include "fs/cli/mount_helper.h"
#include "fs/cli/options.h"
#include "fs/cli/usage.h"
#include "fs/client/arguments.h"
#include "fs/client/client.h"
#include "fs/editor/editor.h"
#include "fs/editor/process.h"
#include "fs/fuse/session.h"
#include "fs/process/background.h"
#include "fs/process/ending.h"
#include "fs/process/fuse_log.h"
#include "fs/process/hardening.h"
#include "fs/process/log.h"
#include "fs/process/mountinfo.h"
#include "fs/process/mountpoint.h"
#include "fs/process/notify.h"
#include "fs/process/signals.h"
#include "fs/sources.h"
#include "src/http/http.h"

#define REASON_SIZE 1024

/* Larger blocks go back to the system when they are freed. */
#define MMAP_BYTES (128 * 1024)
#define ARENAS_MAX 1

/* Everything that a run of the program holds; all owned. */
struct program {
	struct options options;
	struct background background;
	struct log *log;
	struct notify notify;
	struct mountpoint mountpoint;
	struct editor *editor;
	struct sources sources;
	struct session *session;
	bool has_libraries;
	bool is_mounted;
	atomic_bool is_refused; /* the mount cannot be changed */
	uint64_t device;	/* of the mount; 0: not known */
};

static void refresh(void *data)
{
	struct program *program = data;

	sources_refresh(&program->sources);
}

static void expire_commands(void *data)
{
	struct program *program = data;

	sources_expire_commands(&program->sources);
}

static void toggle_debug(void *data)
{
	struct program *program = data;

	log_toggle_debug(program->log, "SIGUSR2");
}

/* If the parent is gone, unmount as on SIGTERM. */
static void announce_ready(void *data)
{
	struct program *program = data;

	if (!program->options.is_foreground)
		log_leave_terminal(program->log);
	if (background_ready(&program->background) < 0)
		kill(getpid(), SIGTERM);
	else
		notify_ready(&program->notify);
}

static void refuse(void *data, const char *reason)
{
	struct program *program = data;

	if (atomic_exchange(&program->is_refused, true))
		return;
	log_write(program->log, LOG_LEVEL_ERROR,
		  "%s: %s: run dmsfs as uid %u, whose the files are, or as root with "
		  "CAP_DAC_OVERRIDE and CAP_FOWNER",
		  program->mountpoint.path, reason, program->options.uid);
	kill(getpid(), SIGTERM);
}

/*
 * Root mounts on the directory that was checked, and not on what its path leads to by
 * now. For a user, and to unmount automatically, another process mounts by the path.
 */
static const char *mount_target(const struct program *program)
{
	const char *options = program->options.mount_options;

	if (geteuid() != 0 || (options && strstr(options, "auto_unmount")))
		return program->mountpoint.path;
	return program->mountpoint.target;
}

static int note_device(struct program *program)
{
	struct mountinfo_place place;
	char reason[REASON_SIZE];
	int r = mountinfo_find_top(program->mountpoint.path, &place);

	if (r == 0)
		program->device = place.device;
	editor_set_mount(
		program->editor,
		&(struct mountinfo_mount){.device = program->device,
					  .connection = session_fd(program->session)});
	if (r < 0)
		mountpoint_detach(program->mountpoint.path, reason, sizeof(reason));
	return r < 0 ? log_failure(program->log, "cannot find the mount in mountinfo",
				   r)
		     : 0;
}

static int mount_tree(struct program *program)
{
	struct session_options options = {
		.hooks = {.editor = program->editor,
			  .owner = program->options.uid,
			  .is_test_allowed = program->options.is_test_allowed,
			  .is_deletion_allowed = program->options.is_deletion_allowed},
		.refreshed = refresh,
		.debug_toggled = toggle_debug,
		.expired = expire_commands,
		.timer = program->sources.timer,
		.data = program,
		.source = sources_device(&program->sources),
		.mount_options = program->options.mount_options,
		.are_others_admitted = program->options.is_allow_other ||
				       program->options.is_allow_root,
	};
	char reason[REASON_SIZE];
	int r = 0;

	sources_set_hooks(&program->sources, &options.hooks);
	r = session_new(&options, program->sources.tree, &program->session, reason,
			sizeof(reason));
	if (r == 0)
		r = mountpoint_lock(&program->mountpoint, reason, sizeof(reason));
	if (r == 0)
		r = session_mount(program->session, mount_target(program), reason,
				  sizeof(reason));
	if (r < 0) {
		log_write(program->log, LOG_LEVEL_ERROR, "%s", reason);
		return -1;
	}
	program->is_mounted = true;
	mountpoint_release(&program->mountpoint);
	return note_device(program);
}

/* Before all else, while there is no thread, no secret and no /dev/fuse that the child
 * could inherit. */
static int start_editor(struct program *program)
{
	int r = editor_start(program->mountpoint.path, &program->editor);

	return r < 0 ? log_failure(program->log, "cannot start the editor process", r)
		     : 0;
}

static int open_sources(struct program *program)
{
	const struct sources_options options = {.options = &program->options,
						.log = program->log,
						.editor = program->editor,
						.notify = &program->notify,
						.ready = announce_ready,
						.refused = refuse,
						.data = program};

	return sources_open(&program->sources, &options);
}

static int find_mountpoint(struct program *program)
{
	const char *path = program->options.mountpoint;
	char reason[REASON_SIZE];

	if ((!program->options.is_stale_cleared ||
	     mountpoint_clear(path, reason, sizeof(reason)) == 0) &&
	    mountpoint_open(path, &program->mountpoint, reason, sizeof(reason)) == 0) {
		log_tag(program->log, program->mountpoint.path);
		return 0;
	}
	log_write(program->log, LOG_LEVEL_ERROR, "%s", reason);
	return -1;
}

/* The editor runs as the user who mounts, and must own the files that it edits. */
static int check_owner(const struct program *program)
{
	if (geteuid() == 0 || program->options.uid == geteuid())
		return 0;
	log_write(program->log, LOG_LEVEL_ERROR,
		  "--uid %u: only root can mount files that another user owns",
		  program->options.uid);
	return -1;
}

static int start(struct program *program)
{
	int r = 0;

	if (check_owner(program) < 0 || find_mountpoint(program) < 0)
		return -1;
	if (!program->options.is_foreground)
		r = background_start(&program->background);
	if (r < 0)
		return log_failure(program->log, "cannot go to the background", r);
	/* Before there is the editor, a copy, which then shares their memory. */
	program->has_libraries = http_open_libraries();
	if (start_editor(program) < 0 || open_sources(program) < 0 ||
	    sources_list(&program->sources) < 0 || sources_build(&program->sources) < 0)
		return -1;
	return mount_tree(program);
}

static int detach(struct program *program)
{
	const struct mountinfo_mount mount = {
		.device = program->device, .connection = session_fd(program->session)};
	bool is_cut = session_is_cut(program->session);
	struct mountinfo_place place;
	int found = ending_find(&mount, program->mountpoint.path, is_cut, &place);

	session_close(program->session);
	return program->device ? ending_detach(&place, found, is_cut, program->log) : 0;
}

/*
 * The order matters. Nothing is published any more, and the mount goes first, since
 * nobody serves it: all that wait for a reply, the editor too, get an error instead.
 * The publisher may be waiting for the editor, and the fetcher must not wake a
 * publisher that is gone. @r is what came of the work.
 */
static int stop(struct program *program, int r)
{
	if (program->is_mounted) {
		int detached = 0;

		sources_cancel(&program->sources);
		detached = detach(program);

		r = r < 0 ? r : detached;
		ending_limit(editor_pid(program->editor),
			     r < 0 ? EXIT_FAILURE : EXIT_SUCCESS, program->log);
	}
	notify_stopping(&program->notify);
	/* A thread that hangs uses what is freed below. */
	if (sources_stop_fetchers(&program->sources) < 0)
		ending_wait(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	sources_stop(&program->sources);
	editor_stop(program->editor);
	session_free(program->session);
	sources_free(&program->sources);
	if (program->has_libraries)
		http_close_libraries();
	mountpoint_fini(&program->mountpoint);
	return r;
}

static int run(struct program *program)
{
	int r = 0;

	sources_init(&program->sources);
	r = start(program);
	background_survive();
	hardening_drop_for_daemon();
	if (r == 0)
		r = sources_start(&program->sources);
	if (r == 0)
		r = session_run(program->session);
	if (atomic_load(&program->is_refused))
		r = -EPERM;
	return stop(program, r);
}

static int open_log(struct program *program)
{
	const char *path = program->options.log_file;
	char text[REASON_SIZE];
	int r = log_new(path, &program->log);

	if (r < 0)
		fprintf(stderr, "dmsfs: cannot open the log file %s: %s\n",
			path ? path : "", strerror_r(-r, text, sizeof(text)));
	else
		log_set_debug(program->log, program->options.is_debug);
	if (r == 0 && program->options.is_quiet)
		log_be_quiet(program->log);
	return r;
}

static int work(struct program *program)
{
	int r = 0;

	hardening_apply();
	signals_prepare();
	if (open_log(program) < 0)
		return EXIT_FAILURE;
	fuse_log_start(program->log);
	notify_open(&program->notify, program->log);
	r = program->options.is_check
		    ? check_run(&program->options, program->log, stdout)
		    : run(program);
	fuse_log_stop();
	notify_fini(&program->notify);
	log_free(program->log);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* mount(8) may ask for a mount in another mount namespace. */
static int enter_namespace(const struct options *options)
{
	char reason[REASON_SIZE];

	if (!options->mount_namespace ||
	    mount_helper_enter(options->mount_namespace, reason, sizeof(reason)) == 0)
		return 0;
	fprintf(stderr, "dmsfs: %s\n", reason);
	return EXIT_FAILURE;
}

static bool is_work(const struct options *options)
{
	return !options->is_help && !options->is_version && !options->is_fake;
}

/* Else glibc raises the first bound by itself, and keeps what a listing and a state
 * took; and it gives each of a few dozen threads a heap of its own. */
static void bound_kept_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
#endif
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, ARENAS_MAX);
#endif
}

int main(int argc, char **argv)
{
	struct program program = {.background = {.report = -1},
				  .mountpoint = {.fd = -1, .lock = -1}};
	int status = 0;

	editor_process_enter(argc, argv);
	hardening_reset_inherited();
	bound_kept_memory();
	if (argc > 1 && arguments_are_meant(argv[1]) && !mount_helper_is_meant(argv[0]))
		return client_run(argc, argv);
	status = command_line_parse(argc, argv, &program.options, stderr);
	if (status == 0 && program.options.is_help)
		usage_print_help(stdout);
	else if (status == 0 && program.options.is_version)
		usage_print_version(stdout);
	else if (status == 0 && !program.options.is_fake)
		status = enter_namespace(&program.options);
	if (status == 0 && is_work(&program.options))
		status = work(&program);
	options_fini(&program.options);
	return status;
}
