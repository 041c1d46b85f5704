#include "fs/client/gate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often the file and the mount are looked at where no event comes. */
#define LOOK_MS 1000

/* Between two tries while others' tests run. Each is a line in .dmsfs/commands. */
#define TURN_MIN_MS 500
#define TURN_MAX_MS 5000

/* A command on its way. */
struct passage {
	const struct gate *gate;
	struct target *target;
	struct gate_result *result;
	struct connection_file before; /* the result; no status: there was no file */
	int64_t checked_ms;
	bool is_interrupted; /* a command may have been carried out unseen */
	bool is_anothers;
	bool is_restarted; /* after another's test */
	bool is_new;	   /* what the file shows is not older than the command */
};

static int64_t now_ms(const struct passage *passage)
{
	const struct client_mount *mount = &passage->gate->mount;

	return mount->now_ms(mount->data);
}

static void wait_for_change(const struct passage *passage, int64_t ms)
{
	const struct client_mount *mount = &passage->gate->mount;
	int64_t until_ms = now_ms(passage) + ms;

	if (until_ms > passage->gate->deadline_ms)
		until_ms = passage->gate->deadline_ms;
	mount->wait(mount->data, passage->target, until_ms);
}

static bool is_time_up(const struct passage *passage)
{
	return now_ms(passage) >= passage->gate->deadline_ms;
}

static void enter(const struct passage *passage, enum gate_phase phase)
{
	passage->gate->enter(passage->gate->data, passage->target, phase);
}

/* Takes @text. */
static void end(struct passage *passage, enum gate_end how, char *text)
{
	*passage->result = (struct gate_result){.end = how, .text = text};
}

static const char *reason_of(int r)
{
	switch (-r) {
	case ENOTTY:
		return "not on a mount of dmsfs that takes commands";
	case ENODEV:
	case ENOTCONN:
	case ECONNABORTED:
		return "the mount has ended; what the service was asked to do goes on";
	default:
		return NULL;
	}
}

static void end_refused(struct passage *passage, int r)
{
	char text[MOUNT_REASON_SIZE];
	const char *reason = reason_of(r);

	if (!reason)
		reason = strerror_r(-r, text, sizeof(text));
	end(passage, GATE_REFUSED, strdup(reason));
}

static bool has_code(const struct dmsfs_command *command, const char *code)
{
	return strcmp(command->code, code) == 0;
}

/* A limit of the mount explains itself. */
static bool is_type_shown(const struct dmsfs_command *command)
{
	return command->code[0] && !has_code(command, DMSFS_CODE_TOO_MANY_TESTS) &&
	       !has_code(command, DMSFS_CODE_TEST_INTERVAL);
}

/* With all that the service said. */
static void end_with_response(struct passage *passage, int r,
			      const struct dmsfs_command *command)
{
	bool has_type = is_type_shown(command);
	bool has_id = command->request_id[0] != '\0';
	char *text = NULL;

	if (!command->message[0])
		end_refused(passage, r);
	else if (asprintf(&text, "%s%s%s%s%s%s", has_type ? command->code : "",
			  has_type ? ": " : "", command->message,
			  has_id ? " (request id " : "", command->request_id,
			  has_id ? ")" : "") < 0)
		end_refused(passage, -ENOMEM);
	else
		end(passage, GATE_REFUSED, text);
}

/* What the file holds is old from here on. */
static void note_before(struct passage *passage)
{
	const struct client_mount *mount = &passage->gate->mount;

	connection_file_fini(&passage->before);
	if (mount->read(mount->data, passage->target, &passage->before) < 0)
		passage->before = (struct connection_file){.failure = NULL};
	/* From here on changes are waited for. */
	mount->wait(mount->data, passage->target, now_ms(passage));
}

/* A test that was asked for after another's waits for the interval, too. */
static bool is_turn_awaited(const struct passage *passage, int r,
			    const struct dmsfs_command *command)
{
	return r == -EBUSY && (has_code(command, DMSFS_CODE_TOO_MANY_TESTS) ||
			       (passage->is_restarted && !passage->is_interrupted &&
				has_code(command, DMSFS_CODE_TEST_INTERVAL)));
}

/* Whether an interrupted command was carried out, as seen from the next one. */
static bool was_carried_out(const struct passage *passage, int r,
			    const struct dmsfs_command *command)
{
	return passage->is_interrupted &&
	       (r == -EALREADY ||
		(r == -EBUSY && has_code(command, DMSFS_CODE_TEST_INTERVAL)));
}

/* True if there is something to wait for. */
static bool judge_reply(struct passage *passage, int r,
			const struct dmsfs_command *command)
{
	bool is_ours = r == 0 || was_carried_out(passage, r, command);

	if (!is_ours && r != -EALREADY) {
		end_with_response(passage, r, command);
		return false;
	}
	passage->is_anothers = !is_ours;
	passage->is_new = command->state & DMSFS_STATE_PUBLISHED;
	/* A listing of before may have changed the file while the command was given. */
	if (!passage->is_new && r != -EBUSY)
		note_before(passage);
	if (passage->target->name[0] && command->path[0] &&
	    target_move(passage->target, command->path) < 0) {
		end_refused(passage, -ENOMEM);
		return false;
	}
	enter(passage, is_ours ? GATE_UNDER_WAY : GATE_ANOTHERS);
	return true;
}

/* True if the service has taken the command; else it has ended. */
static bool give_command(struct passage *passage)
{
	const struct client_mount *mount = &passage->gate->mount;
	int64_t pause_ms = TURN_MIN_MS;
	struct dmsfs_command command;

	while (!is_time_up(passage)) {
		int r;

		if (!passage->is_interrupted)
			note_before(passage);
		enter(passage, GATE_COMMANDING);
		r = mount->command(mount->data, passage->gate->arguments->kind,
				   passage->target, &command);
		if (r == -EINTR) {
			passage->is_interrupted = true;
		} else if (is_turn_awaited(passage, r, &command)) {
			enter(passage, GATE_TURN);
			wait_for_change(passage, pause_ms);
			if (pause_ms < TURN_MAX_MS)
				pause_ms *= 2;
		} else {
			return judge_reply(passage, r, &command);
		}
	}
	end(passage, GATE_TIME_UP, NULL);
	return false;
}

static bool is_changed(const struct passage *passage,
		       const struct connection_file *file)
{
	const struct connection_file *before = &passage->before;

	return !before->status[0] || file->inode != before->inode ||
	       file->changed.tv_sec != before->changed.tv_sec ||
	       file->changed.tv_nsec != before->changed.tv_nsec;
}

/* Whether the test has ended. Takes the failure out of @file. */
static bool judge_test(struct passage *passage, struct connection_file *file)
{
	bool is_failed = strcmp(file->status, "failed") == 0;

	passage->is_new |= is_changed(passage, file) ||
			   strcmp(file->status, "testing") == 0;
	if (!passage->is_new || (!is_failed && strcmp(file->status, "successful") != 0))
		return false;
	end(passage, is_failed ? GATE_FAILED : GATE_DONE,
	    is_failed ? file->failure : NULL);
	if (is_failed)
		file->failure = NULL;
	return true;
}

/* Where another file has that name, or the connection is tested anew, the one that was
 * meant has gone in the meantime. */
static bool judge_delete(struct passage *passage, const struct connection_file *file)
{
	const struct connection_file *before = &passage->before;
	bool is_deleting = strcmp(file->status, "deleting") == 0;
	char *text = NULL;

	if (before->status[0] && file->inode != before->inode) {
		end(passage, GATE_DONE, NULL);
		return true;
	}
	passage->is_new |= is_changed(passage, file) || is_deleting;
	if (!passage->is_new || is_deleting)
		return false;
	if (asprintf(&text, "its status is %s", file->status) < 0)
		text = NULL;
	end(passage, GATE_FAILED, text);
	return true;
}

/* What it means that there is no file. */
static bool judge_absence(struct passage *passage)
{
	if (passage->gate->arguments->kind == CLIENT_DELETE) {
		end(passage, GATE_DONE, NULL);
		return true;
	}
	/* It is still to come. */
	if (!passage->is_new && !passage->before.status[0])
		return false;
	end(passage, GATE_REFUSED, strdup("the connection was deleted meanwhile"));
	return true;
}

/* 0, or a negative errno once the mount is not there any more. */
static int check_mount(struct passage *passage)
{
	const struct client_mount *mount = &passage->gate->mount;
	char stale[MOUNT_REASON_SIZE];
	int r = mount->check(mount->data, passage->target, stale);

	passage->checked_ms = now_ms(passage);
	if (r == 0 && stale[0])
		passage->gate->warn_stale(passage->gate->data, passage->target, stale);
	return r;
}

/* True once there is a result. */
static bool look(struct passage *passage)
{
	const struct client_mount *mount = &passage->gate->mount;
	struct connection_file file;
	int r = mount->read(mount->data, passage->target, &file);
	bool is_absent = r == -ENOENT || r == -ENOTDIR;
	bool has_ended = false;

	if (r == 0 && passage->gate->arguments->kind == CLIENT_TEST)
		has_ended = judge_test(passage, &file);
	else if (r == 0)
		has_ended = judge_delete(passage, &file);
	if (r == 0)
		connection_file_fini(&file);
	if (has_ended)
		return true;
	/* Nothing is there, either, where the mount was. */
	if (is_absent || now_ms(passage) >= passage->checked_ms + LOOK_MS) {
		int checked = check_mount(passage);

		r = r == 0 || is_absent ? checked : r;
	}
	if (r < 0) {
		end_refused(passage, r);
		return true;
	}
	return is_absent && judge_absence(passage);
}

static void await_result(struct passage *passage)
{
	passage->checked_ms = now_ms(passage);
	while (!look(passage)) {
		if (is_time_up(passage)) {
			end(passage, GATE_TIME_UP, NULL);
			return;
		}
		wait_for_change(passage, LOOK_MS);
	}
}

/* After another's test. A failure of that one is not what was asked for. */
static void begin_again(struct passage *passage)
{
	gate_result_fini(passage->result);
	passage->is_interrupted = false;
	passage->is_restarted = true;
}

static bool is_result(const struct gate_result *result)
{
	return result->end == GATE_DONE || result->end == GATE_FAILED;
}

void gate_pass(const struct gate *gate, struct target *target,
	       struct gate_result *result)
{
	struct passage passage = {.gate = gate, .target = target, .result = result};

	while (give_command(&passage)) {
		bool is_again = passage.is_anothers && gate->arguments->is_restart;

		if (gate->arguments->is_no_wait && !is_again) {
			end(&passage, GATE_TAKEN, NULL);
			break;
		}
		await_result(&passage);
		if (!is_again || !is_result(result))
			break;
		begin_again(&passage);
	}
	connection_file_fini(&passage.before);
}

void gate_result_fini(struct gate_result *result)
{
	free(result->text);
	result->text = NULL;
}
