/*
 * dmsfs: list first, then mount, then go to the background. All start-up errors are
 * reported on the terminal before the parent exits.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
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
#include "fs/publish/sum.h"
#include "fs/publish/turns.h"
#include "fs/source.h"
#include "fs/tree/tree.h"
#include "src/base/clock.h"

#define REASON_SIZE 1024
#define ERRNO_SIZE 128

/* Larger blocks go back to the system when they are freed. */
#define MMAP_BYTES (128 * 1024)
#define ARENAS_MAX 2

/* Everything that a run of the program holds; all owned. */
struct program {
	struct options options;
	struct background background;
	struct log *log;
	struct notify notify;
	struct mountpoint mountpoint;
	struct editor *editor;
	struct tree *tree;
	struct turns turns; /* on the editor */
	struct source *sources;
	size_t source_count;
	/* Of several sources; else NULL. */
	struct sum *sum;
	struct commands *commands; /* that are about none of them */
	int timer;		   /* of all that take commands; -1: none */
	struct session *session;
	bool is_mounted;
	pthread_mutex_t shares; /* held while all shares of budgets are set */
	atomic_uint unready;	/* sources whose files the kernel does not have yet */
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

static bool has_several(const struct program *program)
{
	return program->options.source_count > 0;
}

/* Any publisher drops the pages that were dirtied. */
static void wake_publisher(void *data)
{
	struct program *program = data;

	publisher_wake(program->sources[0].publisher);
}

static void refresh_all(void *data)
{
	struct program *program = data;

	for (size_t i = 0; i < program->source_count; i++)
		fetcher_refresh(program->sources[i].fetcher);
}

static bool is_refresh_of_sum(const struct program *program, const struct node *node)
{
	return program->sum &&
	       subtree_is_refresh(sum_subtree(program->sum), program->tree, node);
}

/* The one whose .dmsfs/refresh @node is, or NULL. */
static struct source *find_refreshed(const struct program *program,
				     const struct node *node)
{
	for (size_t i = 0; i < program->source_count; i++)
		if (publisher_is_refresh(program->sources[i].publisher, node))
			return &program->sources[i];
	return NULL;
}

static bool is_refresh(void *data, const struct node *node)
{
	const struct program *program = data;

	return is_refresh_of_sum(program, node) || find_refreshed(program, node);
}

static void refresh(void *data, const struct node *node)
{
	struct program *program = data;
	struct source *source = find_refreshed(program, node);

	if (source)
		fetcher_refresh(source->fetcher);
	else
		refresh_all(program);
}

static void make_view(void *data, struct node *view)
{
	struct program *program = data;
	bool is_made = program->sum && sum_make_view(program->sum, view);

	for (size_t i = 0; !is_made && i < program->source_count; i++)
		is_made = publisher_make_view(program->sources[i].publisher, view);
}

/* NULL: the call is about none of them. */
static struct source *find_commanded(const struct program *program,
				     const struct ioctl_call *call)
{
	if (!has_several(program))
		return program->sources;
	for (size_t i = 0; i < program->source_count; i++)
		if (strcmp(program->sources[i].option->directory, call->source) == 0)
			return &program->sources[i];
	return NULL;
}

static void take_command(void *data, struct ioctl_call *call)
{
	struct program *program = data;
	struct source *source = find_commanded(program, call);

	if (!source && call->r == 0) {
		call->r = -ENOENT;
		call->reason = "there is no such source";
	}
	source_take_command(source ? source->commands : program->commands, call);
}

static void expire_commands(void *data)
{
	struct program *program = data;

	for (size_t i = 0; i < program->source_count; i++)
		commands_expire(program->sources[i].commands);
	if (program->commands)
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

	if (atomic_fetch_sub(&program->unready, 1) > 1)
		return;
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

static int create_sources(struct program *program)
{
	const struct options *options = &program->options;

	const size_t count = has_several(program) ? options->source_count : 1;

	program->sources = calloc(count, sizeof(*program->sources));
	if (!program->sources)
		return report_errno(program, "cannot start", -ENOMEM);
	program->source_count = count;
	for (size_t i = 0; i < program->source_count; i++)
		program->sources[i] = (struct source){
			.options = options,
			.option = has_several(program) ? &options->sources[i] : NULL,
			.log = program->log};
	return 0;
}

/* Each failure is reported, and none keeps the next from being found. */
static int open_sources(struct program *program)
{
	int r = 0;

	for (size_t i = 0; i < program->source_count; i++) {
		int opened = source_open(&program->sources[i]);

		r = r < 0 ? r : opened;
	}
	return r;
}

static int open_states(struct program *program)
{
	int r = 0;

	/* What is wrong with it is found for each source's, in it. */
	if (has_several(program) && program->options.state_directory)
		(void)mkdir(program->options.state_directory, S_IRWXU);
	for (size_t i = 0; r == 0 && i < program->source_count; i++)
		r = source_open_state(&program->sources[i]);
	return r;
}

/* True: something can be shown, and --partial allows to mount without the rest, which
 * begins without a listing. */
static bool begin_partially(struct program *program,
			    const struct first_listing *listings)
{
	bool is_any_listed = false;

	for (size_t i = 0; i < program->source_count; i++)
		is_any_listed |= listings[i].r == 0;
	if (!program->options.is_partial || !is_any_listed)
		return false;
	for (size_t i = 0; i < program->source_count; i++)
		if (listings[i].r < 0 &&
		    fetcher_begin_unlisted(program->sources[i].fetcher) < 0)
			return false;
	return true;
}

static int list(struct program *program)
{
	struct first_listing *listings = calloc(program->source_count,
						sizeof(*listings));
	int r = 0;

	if (!listings)
		return report_errno(program, "cannot list", -ENOMEM);
	for (size_t i = 0; i < program->source_count; i++)
		source_prepare_listing(&program->sources[i], &listings[i]);
	r = first_listing_make(listings, program->source_count, &program->options,
			       program->log);
	if (r < 0 && begin_partially(program, listings))
		r = 0;
	free(listings);
	return r;
}

/* What the mount shows as its device. */
static const char *device_source(const struct program *program)
{
	return program->options.source ? program->options.source
				       : source_name(&program->sources[0]);
}

/* Sources of one account and Region share one budget of requests. Two may be listed
 * late at the same time, and the later look at all of them counts. */
static void share_budgets(void *data)
{
	struct program *program = data;

	pthread_mutex_lock(&program->shares);
	for (size_t i = 0; i < program->source_count; i++) {
		unsigned sharing = 0;

		for (size_t j = 0; j < program->source_count; j++)
			sharing += source_is_of_same_account(&program->sources[i],
							     &program->sources[j]);
		fetcher_set_share(program->sources[i].fetcher, sharing);
	}
	pthread_mutex_unlock(&program->shares);
}

static void wake_sum(void *data)
{
	struct program *program = data;

	sum_wake(program->sum);
}

static int open_commands(struct program *program)
{
	const struct commands_options options = {
		.reply = source_reply, .changed = wake_sum, .data = program};

	return options_allow_commands(&program->options)
		       ? commands_new(&options, &program->commands)
		       : 0;
}

static int build_sum(struct program *program)
{
	struct sum_options options = {.tree = program->tree,
				      .editor = program->editor,
				      .turns = &program->turns,
				      .notify = &program->notify,
				      .source_count = program->source_count};
	int r = 0;

	if (!has_several(program))
		return 0;
	r = open_commands(program);
	options.commands = program->commands;
	return r < 0 ? r : sum_new(&options, &program->sum);
}

static int build_source(struct program *program, size_t index)
{
	struct source *source = &program->sources[index];
	struct publisher_options publisher = {
		.tree = program->tree,
		.root = tree_root(program->tree),
		.editor = program->editor,
		.turns = &program->turns,
		.sum = program->sum,
		.index = index,
		.notify = program->sum ? NULL : &program->notify,
		.is_move_logged = index == 0,
		.max_warm_files = program->options.max_warm_files /
				  (unsigned)program->source_count,
		.ready = announce_ready,
		.refused = refuse,
		.listed = share_budgets,
		.data = program};
	const struct node_content directory = {.kind = NODE_DIRECTORY};
	int r = 0;

	if (program->sum)
		r = tree_add(program->tree, publisher.root, source->option->directory,
			     &directory, clock_system.realtime_ns(clock_system.data),
			     &publisher.root);
	return r < 0 ? report_errno(program, "cannot build the tree", r)
		     : source_build(source, &publisher);
}

static int build_tree(struct program *program)
{
	const struct tree_options options = {.uid = program->options.uid,
					     .gid = program->options.gid,
					     .umask = program->options.umask};
	int64_t now = clock_system.realtime_ns(clock_system.data);
	int r = tree_new(&options, now, &program->tree);

	if (r == 0)
		r = build_sum(program);
	if (r < 0)
		return report_errno(program, "cannot build the tree", r);
	atomic_store(&program->unready, (unsigned)program->source_count);
	for (size_t i = 0; r == 0 && i < program->source_count; i++)
		r = build_source(program, i);
	if (r == 0 && program->sum)
		r = sum_populate(program->sum);
	share_budgets(program);
	return r;
}

static int watch_timer(int epoll, const struct commands *commands)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, commands_timer(commands), &event) < 0
		       ? -errno
		       : 0;
}

/* One descriptor that can be read when one of the timers can. */
static int open_timer(struct program *program)
{
	int r = 0;

	if (!options_allow_commands(&program->options))
		return 0;
	program->timer = epoll_create1(EPOLL_CLOEXEC);
	if (program->timer < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < program->source_count; i++)
		r = watch_timer(program->timer, program->sources[i].commands);
	if (r == 0 && program->commands)
		r = watch_timer(program->timer, program->commands);
	return r < 0 ? report_errno(program, "cannot take commands", r) : 0;
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
			  .is_refresh = is_refresh,
			  .refreshed = refresh,
			  .view_asked = make_view,
			  .page_dirtied = wake_publisher,
			  .commanded = program->timer >= 0 ? take_command : NULL,
			  .data = program,
			  .has_sources = has_several(program),
			  .owner = program->options.uid,
			  .is_test_allowed = program->options.is_test_allowed,
			  .is_deletion_allowed = program->options.is_deletion_allowed},
		.refreshed = refresh_all,
		.debug_toggled = toggle_debug,
		.expired = expire_commands,
		.timer = program->timer,
		.data = program,
		.source = device_source(program),
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

	if (check_owner(program) < 0 || find_mountpoint(program) < 0)
		return -1;
	if (!program->options.is_foreground)
		r = background_start(&program->background);
	if (r < 0)
		return report_errno(program, "cannot go to the background", r);
	if (start_editor(program) < 0 || create_sources(program) < 0 ||
	    open_states(program) < 0 || open_sources(program) < 0 ||
	    list(program) < 0 || build_tree(program) < 0 || open_timer(program) < 0)
		return -1;
	return mount_tree(program);
}

static int start_threads(struct program *program)
{
	int r = program->sum ? sum_start(program->sum) : 0;

	if (r < 0)
		return report_errno(program, "cannot start the publisher thread", r);
	for (size_t i = 0; r == 0 && i < program->source_count; i++)
		r = source_start(&program->sources[i]);
	return r;
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

static void cancel_publishers(struct program *program)
{
	if (program->sum)
		sum_cancel(program->sum);
	for (size_t i = 0; i < program->source_count; i++)
		publisher_cancel(program->sources[i].publisher);
}

/* All at the same time. A thread that hangs is waited for in vain: a negative errno. */
static int stop_fetchers(struct program *program)
{
	int r = 0;

	for (size_t i = 0; i < program->source_count; i++)
		if (program->sources[i].fetcher)
			fetcher_cancel(program->sources[i].fetcher);
	for (size_t i = 0; r == 0 && i < program->source_count; i++)
		r = fetcher_stop(program->sources[i].fetcher);
	return r;
}

static void free_sources(struct program *program)
{
	for (size_t i = 0; i < program->source_count; i++)
		source_free(&program->sources[i]);
	sum_free(program->sum);
	free(program->sources);
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

		cancel_publishers(program);
		detached = detach(program);

		r = r < 0 ? r : detached;
		ending_limit(editor_pid(program->editor),
			     r < 0 ? EXIT_FAILURE : EXIT_SUCCESS, program->log);
	}
	notify_stopping(&program->notify);
	/* A thread that hangs uses what is freed below. */
	if (stop_fetchers(program) < 0)
		ending_wait(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	for (size_t i = 0; i < program->source_count; i++)
		source_stop(&program->sources[i]);
	sum_stop(program->sum);
	commands_free(program->commands);
	editor_stop(program->editor);
	session_free(program->session);
	tree_free(program->tree);
	free_sources(program);
	if (program->timer >= 0)
		close(program->timer);
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
	turns_init(&program->turns);
	r = program->options.is_check
		    ? check_run(&program->options, program->log, stdout)
		    : run(program);
	fuse_log_stop();
	turns_fini(&program->turns);
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
				  .mountpoint = {.fd = -1, .lock = -1},
				  .shares = PTHREAD_MUTEX_INITIALIZER,
				  .timer = -1};
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
