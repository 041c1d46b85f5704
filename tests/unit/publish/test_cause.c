#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/publish/cause.h"

#define NOW_NS INT64_C(1000)

static void names_call_path_and_reason_of_a_failure(void **)
{
	static const struct {
		struct change_failure failure;
		enum status_cause_kind kind;
		const char *text;
	} rows[] = {
		{{.r = 0}, STATUS_CAUSE_NONE, ""},
		{{-EROFS, EDITOR_ADD_FILE, "inst/c"},
		 STATUS_CAUSE_EDIT,
		 "cannot show changes: mknod inst/c: Read-only file system"},
		{{-EACCES, EDITOR_ADD_DIRECTORY, "new"},
		 STATUS_CAUSE_EDIT,
		 "cannot show changes: mkdir new: Permission denied"},
		{{-EAGAIN, EDITOR_SHOW_CONTENT, "inst/a"},
		 STATUS_CAUSE_EDIT,
		 "cannot show changes: open for writing inst/a: Resource temporarily "
		 "unavailable (a process holds a lease on it)"},
		{{-EXDEV, EDITOR_REMOVE_FILE, "inst/a"},
		 STATUS_CAUSE_EDIT,
		 "cannot show changes: unlink inst/a: Invalid cross-device link "
		 "(another file system is mounted there)"},
		{{-EXDEV, EDITOR_BEGIN, ""},
		 STATUS_CAUSE_MOUNT,
		 "cannot show changes: another file system is mounted over the mount "
		 "or a part of it"},
		{{-ENODEV, EDITOR_BEGIN, ""},
		 STATUS_CAUSE_MOUNT,
		 "cannot show changes: the mount is not where it was, and nowhere "
		 "else"},
		{{-ETIMEDOUT, EDITOR_BEGIN, ""},
		 STATUS_CAUSE_EDITOR,
		 "cannot show changes: the editor process does not respond"},
		{{-ENOMEM, EDITOR_BEGIN, ""},
		 STATUS_CAUSE_EDITOR,
		 "cannot show changes: Cannot allocate memory"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct status_cause cause;

		cause_of_failure(&rows[i].failure, NOW_NS, &cause);
		assert_int_equal(cause.kind, rows[i].kind);
		assert_int_equal(cause.r, rows[i].failure.r);
		assert_string_equal(cause.error.text, rows[i].text);
	}
}

static void tells_the_first_of_all_causes(void **)
{
	const struct status_cause none = {.kind = STATUS_CAUSE_NONE};
	const struct status_cause edit = {.kind = STATUS_CAUSE_EDIT, .r = -EROFS};
	const struct status_cause overdue = {.kind = STATUS_CAUSE_OVERDUE};
	struct fetcher_state state = {.overdue_at_ns = NOW_NS};
	struct status_cause cause;

	cause_compose(&none, &state, &overdue, NOW_NS - 1, &cause);
	assert_int_equal(cause.kind, STATUS_CAUSE_NONE);
	cause_compose(&none, &state, &overdue, NOW_NS, &cause);
	assert_int_equal(cause.kind, STATUS_CAUSE_OVERDUE);
	state.is_stale = true;
	state.error.kind = ERROR_TIMEOUT;
	cause_compose(&none, &state, &overdue, NOW_NS, &cause);
	assert_int_equal(cause.kind, STATUS_CAUSE_LISTING);
	assert_int_equal(cause.error.kind, ERROR_TIMEOUT);
	cause_compose(&edit, &state, &overdue, NOW_NS, &cause);
	assert_int_equal(cause.kind, STATUS_CAUSE_EDIT);
	state = (struct fetcher_state){.overdue_at_ns = 0};
	cause_compose(&none, &state, &overdue, NOW_NS, &cause);
	assert_int_equal(cause.kind, STATUS_CAUSE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_call_path_and_reason_of_a_failure),
		cmocka_unit_test(tells_the_first_of_all_causes),
	};

	return cmocka_run_group_tests_name("cause", tests, NULL, NULL);
}
