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
#include "fs/cli/first_listing.h"
#include "fs/cli/mount_helper.h"
#include "fs/cli/options.h"
#include "fs/cli/usage.h"
#include "fs/client/arguments.h"
#include "fs/client/client.h"
#include "fs/editor/editor.h"
#include "fs/editor/process.h"
#include "fs/fuse/ioctl.h"
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
#include "fs/publish/commands.h"
#include "fs/publish/publisher.h"
#include "fs/state/state.h"
#include "fs/tree/tree.h"
#include "src/base/digits.h"
#include "src/fetcher/fetcher.h"

#define REASON_SIZE 1024
#define ERROR_SIZE 2048
#define ERRNO_SIZE 128

/* Larger blocks go back to the system when they are freed. */
#define MMAP_BYTES (128 * 1024)

/* Everything that a run of the program holds; all owned. */
struct program {
	struct options options;
	struct background background;
	struct log *log;
	struct log_source source; /* for the trace of the fetcher */
	struct notify notify;
	struct mountpoint mountpoint;
	struct editor *editor;
	struct fetcher *fetcher;
	struct tree *tree;
	struct commands *commands; /* NULL: none is allowed */
	struct state *state;	   /* NULL: nothing is remembered */
	struct publisher *publisher;
	struct session *session;
	bool is_mounted;
	atomic_bool is_refused; /* the mount cannot be changed */
	uint64_t device;	/* of the mount; 0: not known */
};

static int report_errno(struct program *program, const char *failure, int r)
{
	char text[ERRNO_SIZE];

	log_write(program->log, LOG_LEVEL_ERROR, "%s: %s", failure,
		  strerror_r(-r, text, sizeof(text)));
	return r;
}

/* The callbacks of other threads only wake one. */
static void wake_publisher(void *data)
{
	struct program *program = data;

	if (program->publisher)
		publisher_wake(program->publisher);
}

static void request_refresh(void *data)
{
	struct program *program = data;

	fetcher_refresh(program->fetcher);
}

static void make_view(void *data, struct node *view)
{
	struct program *program = data;

	publisher_make_view(program->publisher, view);
}

static void take_command(void *data, struct ioctl_call *call)
{
	struct program *program = data;
	const struct commands_request request = {
		.kind = call->is_deletion ? FETCHER_DELETE : FETCHER_TEST,
		.pair = {.instance_arn = call->instance_arn,
			 .endpoint_arn = call->endpoint_arn,
			 .instance = call->instance,
			 .endpoint = call->endpoint},
		.path = call->path,
		.uid = call->uid,
		.pid = call->pid,
		.r = call->r,
		.reason = call->reason};

	commands_take(program->commands, &request, call);
}

static void reply_to_command(void *caller, const struct commands_reply *reply)
{
	const struct error *error = reply->error;

	ioctl_reply(caller, &(struct ioctl_result){.r = reply->r,
						   .is_published = reply->is_published,
						   .path = reply->path,
						   .code = error->code,
						   .request_id = error->request_id,
						   .message = error->text});
}

static void expire_commands(void *data)
{
	struct program *program = data;

	commands_expire(program->commands);
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

	log_write(program->log, LOG_LEVEL_ERROR,
		  "%s: %s: run dmsfs as uid %u, whose the files are, or as root with "
		  "CAP_DAC_OVERRIDE and CAP_FOWNER",
		  program->mountpoint.path, reason, program->options.uid);
	atomic_store(&program->is_refused, true);
	kill(getpid(), SIGTERM);
}

static int open_state(struct program *program)
{
	const struct state_options options = {
		.directory = program->options.state_directory,
		.log = program->log,
		.changed = wake_publisher,
		.data = program};
	int r = options.directory ? state_new(&options, &program->state) : 0;

	return r < 0 && r != -EBUSY ? report_errno(program, "cannot keep a state", r)
				    : r;
}

static int load_state(struct program *program, const struct dms_filters *filters)
{
	int r = program->state
			? state_load(program->state, fetcher_region(program->fetcher),
				     fetcher_endpoint_url(program->fetcher), filters)
			: 0;

	return r < 0 ? report_errno(program, "cannot load the state", r) : 0;
}

static int compare_with_state(void *data, struct error *error)
{
	struct program *program = data;
	const struct record *saved = program->state ? state_saved(program->state)
						    : NULL;
	struct fetcher_state listed;
	bool is_ours = true;

	if (!saved)
		return 0;
	fetcher_get_state(program->fetcher, &listed);
	is_ours = record_is_of_account(saved->snapshot, listed.snapshot);
	fetcher_state_fini(&listed);
	if (is_ours)
		return fetcher_compare_first(program->fetcher, saved->snapshot, error);
	state_reject(program->state);
	return 0;
}

static bool start_stale(void *data, const struct error *error)
{
	struct program *program = data;
	const struct record *saved = program->state ? state_saved(program->state)
						    : NULL;
	char text[ERROR_SIZE];
	char time[TIMESTAMP_SIZE];

	if (!program->options.is_stale_start || !saved)
		return false;
	log_write(program->log, LOG_LEVEL_WARNING,
		  "warning: %s; showing the connections of %s, as the state has them",
		  error_format(error, text, sizeof(text)),
		  timestamp_format(saved->refreshed_at_ns / NS_PER_S, time));
	fetcher_begin_stale(program->fetcher, saved->snapshot, saved->refreshed_at_ns);
	return true;
}

/* The fetcher, and its first listing. */
static int list(struct program *program)
{
	struct first_listing listing = {.hooks = {.listed = compare_with_state,
						  .failed = start_stale,
						  .data = program}};
	struct fetcher_options options = options_for_fetcher(&program->options, NULL);
	char text[ERROR_SIZE];

	program->source = (struct log_source){.log = program->log};
	options.trace = log_source_trace(&program->source);
	options.changed = wake_publisher;
	options.changed_data = program;

	if (fetcher_new(&options, &program->fetcher, &listing.error) < 0) {
		log_write(program->log, LOG_LEVEL_ERROR, "%s",
			  error_format(&listing.error, text, sizeof(text)));
		return -1;
	}
	if (load_state(program, &options.filters) < 0)
		return -1;
	listing.fetcher = program->fetcher;
	return first_listing_make(&listing, 1, &program->options, program->log);
}

/* What the mount shows as its device. */
static const char *source_of(const struct program *program)
{
	return program->options.source ? program->options.source
				       : fetcher_region(program->fetcher);
}

static bool has_commands(const struct program *program)
{
	return program->options.is_test_allowed || program->options.is_deletion_allowed;
}

static int open_commands(struct program *program)
{
	const struct commands_options options = {.fetcher = program->fetcher,
						 .reply = reply_to_command,
						 .changed = wake_publisher,
						 .data = program};

	return has_commands(program) ? commands_new(&options, &program->commands) : 0;
}

static int build_tree(struct program *program)
{
	const struct tree_options options = {.uid = program->options.uid,
					     .gid = program->options.gid,
					     .umask = program->options.umask};
	int64_t now = clock_system.realtime_ns(clock_system.data);
	struct publisher_options publisher = {
		.fetcher = program->fetcher,
		.source = source_of(program),
		.editor = program->editor,
		.log = program->log,
		.notify = &program->notify,
		.max_warm_files = program->options.max_warm_files,
		.ready = announce_ready,
		.refused = refuse,
		.data = program};
	int r = tree_new(&options, now, &program->tree);

	if (r == 0)
		r = open_commands(program);
	if (r == 0) {
		publisher.commands = program->commands;
		publisher.state = program->state;
		publisher.tree = program->tree;
		publisher.root = tree_root(program->tree);
		r = publisher_new(&publisher, &program->publisher);
	}
	if (program->state)
		state_forget(program->state);
	return r < 0 ? report_errno(program, "cannot build the tree", r) : 0;
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
	return r < 0 ? report_errno(program, "cannot find the mount in mountinfo", r)
		     : 0;
}

static int mount_tree(struct program *program)
{
	const struct session_options options = {
		.hooks = {.editor = program->editor,
			  .refresh = publisher_refresh_node(program->publisher),
			  .refreshed = request_refresh,
			  .view_asked = make_view,
			  .page_dirtied = wake_publisher,
			  .commanded = program->commands ? take_command : NULL,
			  .data = program,
			  .owner = program->options.uid,
			  .is_test_allowed = program->options.is_test_allowed,
			  .is_deletion_allowed = program->options.is_deletion_allowed},
		.refreshed = request_refresh,
		.debug_toggled = toggle_debug,
		.expired = expire_commands,
		.timer = program->commands ? commands_timer(program->commands) : -1,
		.data = program,
		.source = source_of(program),
		.mount_options = program->options.mount_options,
	};
	char reason[REASON_SIZE];
	int r = session_new(&options, program->tree, &program->session, reason,
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

	return r < 0 ? report_errno(program, "cannot start the editor process", r) : 0;
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

	if (program->options.source_count > 0) {
		log_write(program->log, LOG_LEVEL_ERROR,
			  "several SOURCES cannot be mounted yet");
		return -1;
	}
	if (check_owner(program) < 0 || find_mountpoint(program) < 0)
		return -1;
	if (!program->options.is_foreground)
		r = background_start(&program->background);
	if (r < 0)
		return report_errno(program, "cannot go to the background", r);
	if (start_editor(program) < 0 || open_state(program) < 0 || list(program) < 0 ||
	    build_tree(program) < 0)
		return -1;
	return mount_tree(program);
}

/* The publisher comes last, since it announces that all is ready. */
static int start_threads(struct program *program)
{
	int r = fetcher_start(program->fetcher);

	if (r < 0)
		return report_errno(program, "cannot start the fetcher thread", r);
	if (program->state)
		r = state_start(program->state);
	if (r < 0)
		return report_errno(program, "cannot start the thread of the state", r);
	r = publisher_start(program->publisher);
	if (r < 0)
		return report_errno(program, "cannot start the publisher thread", r);
	return 0;
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

		publisher_cancel(program->publisher);
		detached = detach(program);

		r = r < 0 ? r : detached;
		ending_limit(editor_pid(program->editor),
			     r < 0 ? EXIT_FAILURE : EXIT_SUCCESS, program->log);
	}
	notify_stopping(&program->notify);
	/* A thread that hangs uses what is freed below. */
	if (fetcher_stop(program->fetcher) < 0)
		ending_wait(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	publisher_stop(program->publisher);
	state_stop(program->state);
	commands_free(program->commands);
	editor_stop(program->editor);
	session_free(program->session);
	tree_free(program->tree);
	publisher_free(program->publisher);
	state_free(program->state);
	fetcher_free(program->fetcher);
	mountpoint_fini(&program->mountpoint);
	return r;
}

static int run(struct program *program)
{
	int r = start(program);

	background_survive();
	hardening_drop_for_daemon();
	if (r == 0)
		r = start_threads(program);
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

/* Else glibc raises this bound by itself, and keeps what a listing and a state took. */
static void bound_kept_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
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
