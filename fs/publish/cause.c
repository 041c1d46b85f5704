#include "fs/publish/cause.h"

#include <errno.h>
#include <string.h>

static const char *call_of(enum editor_command_kind kind)
{
	switch (kind) {
	case EDITOR_ADD_DIRECTORY:
		return "mkdir";
	case EDITOR_ADD_FILE:
		return "mknod";
	case EDITOR_ADD_LINK:
		return "symlink";
	case EDITOR_SHOW_CONTENT:
		return "open for writing";
	case EDITOR_TRY_CONTENT:
		return "set the times of";
	case EDITOR_RENAME:
		return "rename";
	case EDITOR_REMOVE_FILE:
		return "unlink";
	case EDITOR_REMOVE_DIRECTORY:
		return "rmdir";
	case EDITOR_BEGIN:
	case EDITOR_ASK_ATTRIBUTES:
	case EDITOR_WARM_DIRECTORY:
	case EDITOR_END:
		break;
	}
	return "open";
}

/* Beside the text of errno, which says it in the kernel's words. */
static const char *explain_edit(int r)
{
	switch (-r) {
	case EXDEV:
	case EBUSY:
		return " (another file system is mounted there)";
	case EAGAIN:
		return " (a process holds a lease on it)";
	default:
		return "";
	}
}

static void set_edit(const struct change_failure *failure, struct status_cause *cause)
{
	cause->kind = STATUS_CAUSE_EDIT;
	error_set(&cause->error, ERROR_NONE, "cannot show changes: %s %s: %s%s",
		  call_of(failure->kind), failure->path, strerrordesc_np(-failure->r),
		  explain_edit(failure->r));
}

static void set_mount(struct status_cause *cause, const char *text)
{
	cause->kind = STATUS_CAUSE_MOUNT;
	error_set(&cause->error, ERROR_NONE, "cannot show changes: %s", text);
}

static void set_editor(struct status_cause *cause, const char *text)
{
	cause->kind = STATUS_CAUSE_EDITOR;
	error_set(&cause->error, ERROR_NONE, "cannot show changes: %s", text);
}

/* Of a failure that is not one entry's. */
static void set_work(int r, struct status_cause *cause)
{
	if (r == -EXDEV)
		set_mount(cause, "another file system is mounted over the mount or "
				 "a part of it");
	else if (r == -ENODEV)
		set_mount(cause, "the mount is not where it was, and nowhere else");
	else if (r == -ETIMEDOUT)
		set_editor(cause, "the editor process does not respond");
	else if (r == -ECHILD)
		set_editor(cause, "the editor process ends whenever it is started");
	else
		set_editor(cause, strerrordesc_np(-r));
}

void cause_of_failure(const struct change_failure *failure, int64_t at_ns,
		      struct status_cause *cause)
{
	*cause = (struct status_cause){.kind = STATUS_CAUSE_NONE};
	if (failure->r == 0)
		return;
	cause->r = failure->r;
	cause->at_ns = at_ns;
	if (failure->path[0])
		set_edit(failure, cause);
	else
		set_work(failure->r, cause);
}

void cause_compose(const struct status_cause *publication,
		   const struct fetcher_state *fetcher,
		   const struct status_cause *overdue, int64_t now_ns,
		   struct status_cause *cause)
{
	*cause = *publication;
	if (cause->kind != STATUS_CAUSE_NONE)
		return;
	if (fetcher->is_stale)
		*cause = (struct status_cause){.kind = STATUS_CAUSE_LISTING,
					       .error = fetcher->error,
					       .at_ns = fetcher->failed_at_ns};
	else if (fetcher->overdue_at_ns && now_ns >= fetcher->overdue_at_ns)
		*cause = *overdue;
}
