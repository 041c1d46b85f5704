#include "fs/publish/commands.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "src/base/array.h"
#include "src/base/clock.h"

/* A caller waits no longer than this for the mount to show what came. */
#define PUBLISH_NS (2 * NS_PER_S)

struct command {
	struct command *next;
	struct commands *commands;
	enum fetcher_command_kind kind;
	uid_t uid;
	pid_t pid;
	char *path;	/* owned; as the first caller has it */
	void **callers; /* owned; array.h */
	size_t caller_count;
	bool is_ended;
	/* Once it has ended: */
	int r;
	bool has_record; /* of the connection, in the fetcher's state */
	struct error error;
	char *shown_path;    /* owned, or NULL: where the record is */
	uint64_t number;     /* counts the commands that have ended */
	int64_t deadline_ns; /* since boot */
};

struct commands {
	struct commands_options options; /* set once */
	int timer;			 /* set once */
	pthread_mutex_t lock;		 /* guards: all below, and the commands */
	struct command *first;
	uint64_t last_number;
	struct journal lines; /* that the publisher has not collected */
};

int commands_new(const struct commands_options *options, struct commands **result)
{
	struct commands *commands = calloc(1, sizeof(*commands));
	int r = 0;

	if (!commands)
		return -ENOMEM;
	commands->options = *options;
	commands->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (commands->timer < 0) {
		r = -errno;
		free(commands);
		return r;
	}
	pthread_mutex_init(&commands->lock, NULL);
	*result = commands;
	return 0;
}

int commands_timer(const struct commands *commands)
{
	return commands->timer;
}

static void free_command(struct command *command)
{
	free(command->path);
	free(command->shown_path);
	free(command->callers);
	free(command);
}

static bool add_caller(struct command *command, void *caller)
{
	void **callers = array_grow(command->callers, command->caller_count,
				    sizeof(*callers));

	if (!callers)
		return false;
	command->callers = callers;
	callers[command->caller_count++] = caller;
	return true;
}

/* For the next deadline, or none. */
static void set_timer_locked(struct commands *commands)
{
	struct itimerspec timer = {.it_value = {.tv_sec = 0}};
	int64_t next_ns = 0;

	for (const struct command *command = commands->first; command;
	     command = command->next)
		if (command->is_ended &&
		    (next_ns == 0 || command->deadline_ns < next_ns))
			next_ns = command->deadline_ns;
	timer.it_value.tv_sec = next_ns / NS_PER_S;
	timer.it_value.tv_nsec = next_ns % NS_PER_S;
	timerfd_settime(commands->timer, TFD_TIMER_ABSTIME, &timer, NULL);
}

/* Takes those out that have ended, with a number up to @number or a deadline up to
 * @deadline_ns. */
static struct command *take_ended(struct commands *commands, uint64_t number,
				  int64_t deadline_ns)
{
	struct command **link = &commands->first;
	struct command *taken = NULL;

	pthread_mutex_lock(&commands->lock);
	while (*link) {
		struct command *command = *link;

		if (!command->is_ended ||
		    (command->number > number && command->deadline_ns > deadline_ns)) {
			link = &command->next;
			continue;
		}
		*link = command->next;
		command->next = taken;
		taken = command;
	}
	if (taken)
		set_timer_locked(commands);
	pthread_mutex_unlock(&commands->lock);
	return taken;
}

static void reply_to_callers(const struct command *command, bool is_shown)
{
	const struct commands_reply reply = {
		.r = command->r,
		.is_published = is_shown && command->has_record,
		.path = command->shown_path ? command->shown_path : command->path,
		.error = &command->error};

	for (size_t i = 0; i < command->caller_count; i++)
		command->commands->options.reply(command->callers[i], &reply);
}

static void reply_to_all(struct command *command, bool is_shown)
{
	while (command) {
		struct command *next = command->next;

		reply_to_callers(command, is_shown);
		free_command(command);
		command = next;
	}
}

static void log_command_locked(struct commands *commands, const struct command *command)
{
	const struct clock *clock = &clock_system;

	journal_append_command(
		&commands->lines,
		&(struct journal_command){
			.time_s = clock->realtime_ns(clock->data) / NS_PER_S,
			.uid = command->uid,
			.pid = command->pid,
			.verb = command->kind == FETCHER_TEST ? "test" : "delete",
			.path = command->path,
			.r = command->r,
			.text = command->error.text,
			.request_id = command->error.request_id});
}

static void end_command(struct command *command, int r, const struct error *error,
			bool has_record)
{
	struct commands *commands = command->commands;
	const struct clock *clock = &clock_system;

	pthread_mutex_lock(&commands->lock);
	command->is_ended = true;
	command->r = r;
	command->error = *error;
	command->has_record = has_record;
	command->number = ++commands->last_number;
	command->deadline_ns = clock->boottime_ns(clock->data) + PUBLISH_NS;
	log_command_locked(commands, command);
	set_timer_locked(commands);
	pthread_mutex_unlock(&commands->lock);
	commands->options.changed(commands->options.data);
}

static void finish_command(void *data, const struct fetcher_command_result *result)
{
	struct command *command = data;
	const struct snapshot_entry *entry = &result->entry;

	if (result->snapshot && asprintf(&command->shown_path, "%s/%s", entry->instance,
					 entry->endpoint) < 0)
		command->shown_path = NULL;
	end_command(command, result->r, &result->error, result->snapshot);
}

/* Whether the command of @request is under way, whose caller then waits for its end. */
static bool join_command(struct commands *commands,
			 const struct commands_request *request, void *caller)
{
	struct command *command = NULL;
	bool is_joined = false;

	pthread_mutex_lock(&commands->lock);
	command = commands->first;
	while (command &&
	       (command->kind != request->kind || command->uid != request->uid ||
		strcmp(command->path, request->path) != 0))
		command = command->next;
	is_joined = command && add_caller(command, caller);
	pthread_mutex_unlock(&commands->lock);
	return is_joined;
}

static struct command *new_command(struct commands *commands,
				   const struct commands_request *request, void *caller)
{
	struct command *command = calloc(1, sizeof(*command));

	if (!command)
		return NULL;
	command->commands = commands;
	command->kind = request->kind;
	command->uid = request->uid;
	command->pid = request->pid;
	command->path = strdup(request->path);
	if (!command->path || !add_caller(command, caller)) {
		free_command(command);
		return NULL;
	}
	return command;
}

void commands_take(struct commands *commands, const struct commands_request *request,
		   void *caller)
{
	struct command *command = NULL;
	struct error error = {.kind = ERROR_NONE};

	if (request->r == 0 && join_command(commands, request, caller))
		return;
	command = new_command(commands, request, caller);
	if (!command) {
		error_set(&error, ERROR_MEMORY, "out of memory");
		commands->options.reply(caller,
					&(struct commands_reply){.r = -ENOMEM,
								 .path = request->path,
								 .error = &error});
		return;
	}
	pthread_mutex_lock(&commands->lock);
	command->next = commands->first;
	commands->first = command;
	pthread_mutex_unlock(&commands->lock);
	if (request->r == 0) {
		fetcher_command(commands->options.fetcher, request->kind,
				&request->pair, finish_command, command);
		return;
	}
	error_set(&error, ERROR_CONFIG, "%s", request->reason);
	end_command(command, request->r, &error, false);
}

void commands_expire(struct commands *commands)
{
	const struct clock *clock = &clock_system;
	uint64_t expirations = 0;

	if (read(commands->timer, &expirations, sizeof(expirations)) < 0)
		return;
	reply_to_all(take_ended(commands, 0, clock->boottime_ns(clock->data)), false);
}

uint64_t commands_collect(struct commands *commands, struct journal *lines)
{
	uint64_t number = 0;

	pthread_mutex_lock(&commands->lock);
	if (journal_join(lines, &commands->lines) == 0)
		journal_fini(&commands->lines);
	number = commands->last_number;
	pthread_mutex_unlock(&commands->lock);
	return number;
}

void commands_published(struct commands *commands, uint64_t number)
{
	reply_to_all(take_ended(commands, number, 0), true);
}

void commands_free(struct commands *commands)
{
	if (!commands)
		return;
	reply_to_all(take_ended(commands, UINT64_MAX, 0), false);
	journal_fini(&commands->lines);
	pthread_mutex_destroy(&commands->lock);
	close(commands->timer);
	free(commands);
}
