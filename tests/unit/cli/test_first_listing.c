/*
 * The first listings, of one source and of several side by side.
 */
#include "fs/cli/first_listing.h"

#include <errno.h>
#include <stdatomic.h>

#include "tests/unit/account.h"

#define SOURCES 3

struct source {
	struct account account;
	struct fetcher *fetcher;
	atomic_size_t listed;
	bool has_state;
};

struct fixture {
	struct source sources[SOURCES];
	struct first_listing listings[SOURCES];
	struct options options;
	struct log *log;
	char path[64]; /* of the log */
};

static int note_listed(void *data, struct error *error)
{
	struct source *source = data;

	if (source->has_state)
		return error_set(error, ERROR_TIMEOUT, "not compared in time");
	atomic_fetch_add(&source->listed, 1);
	return 0;
}

static bool show_state(void *data, const struct error *error)
{
	const struct source *source = data;

	return source->has_state && error->kind == ERROR_TIMEOUT;
}

static void open_source(struct fixture *fixture, size_t at, const char *name)
{
	struct source *source = &fixture->sources[at];
	struct fetcher_options options = account_make(&source->account);
	struct first_listing *listing = &fixture->listings[at];

	aws_setup_env(source->account.setup, "AWS_MAX_ATTEMPTS", "1");
	fake_dms_put(source->account.dms, 1, (int)at, "successful");
	*listing = (struct first_listing){
		.name = name,
		.hooks = {.listed = note_listed, .failed = show_state, .data = source}};
	assert_int_equal(fetcher_new(&options, &source->fetcher, &listing->error), 0);
	listing->fetcher = source->fetcher;
}

static int set_up(void **state)
{
	static const char *const names[] = {"a@eu-west-3", "b@eu-west-3",
					    "c@eu-west-3"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd = -1;

	assert_non_null(fixture);
	options_init(&fixture->options);
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/dmsfs-unit-XXXXXX");
	fd = mkstemp(fixture->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(log_new(fixture->path, &fixture->log), 0);
	for (size_t i = 0; i < SOURCES; i++)
		open_source(fixture, i, names[i]);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < SOURCES; i++) {
		fetcher_free(fixture->sources[i].fetcher);
		account_remove(&fixture->sources[i].account);
	}
	log_free(fixture->log);
	unlink(fixture->path);
	options_fini(&fixture->options);
	free(fixture);
	return 0;
}

static int make(struct fixture *fixture, size_t count)
{
	return first_listing_make(fixture->listings, count, &fixture->options,
				  fixture->log);
}

/* The lines of the log, without their time. */
static void check_log(const struct fixture *fixture, const char *const *lines,
		      size_t count)
{
	FILE *file = fopen(fixture->path, "r");
	char line[2048];

	assert_non_null(file);
	for (size_t i = 0; i < count; i++) {
		const char *text = NULL;

		assert_non_null(fgets(line, sizeof(line), file));
		text = strstr(line, "dmsfs: ");
		assert_non_null(text);
		if (strncmp(text + strlen("dmsfs: "), lines[i], strlen(lines[i])) != 0)
			fail_msg("says '%s', wanted '%s'", text, lines[i]);
	}
	if (fgets(line, sizeof(line), file))
		fail_msg("says '%s' as well", line);
	fclose(file);
}

#define CHECK_LOG(fixture, ...)                                            \
	do {                                                               \
		const char *const lines[] = {__VA_ARGS__};                 \
		check_log(fixture, lines, sizeof(lines) / sizeof(*lines)); \
	} while (0)

static void refuse(struct fixture *fixture, size_t at, const char *code)
{
	fake_dms_fail_as(fixture->sources[at].account.dms, code, "not you", false);
}

static void names_the_region_of_the_only_source(void **state)
{
	struct fixture *fixture = *state;

	fixture->listings[0].name = NULL;
	assert_int_equal(make(fixture, 1), 0);
	assert_int_equal(fixture->sources[0].listed, 1);
	CHECK_LOG(fixture,
		  "eu-west-3: 1 connection on 1 replication instance (1 page, ");
}

static void names_each_of_several(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_remove(fixture->sources[1].account.dms, 1, 1);
	assert_int_equal(make(fixture, SOURCES), 0);
	for (size_t i = 0; i < SOURCES; i++)
		assert_int_equal(fixture->sources[i].listed, 1);
	CHECK_LOG(fixture,
		  "a@eu-west-3: 1 connection on 1 replication instance (1 page, ",
		  "b@eu-west-3: 0 connections on 0 replication instances (1 page, ",
		  "warning: b@eu-west-3: there are no connections yet; ",
		  "c@eu-west-3: 1 connection on 1 replication instance (1 page, ");
}

static int release_others(void *data, struct error *)
{
	struct fixture *fixture = data;

	for (size_t i = 0; i + 1 < SOURCES; i++)
		fake_dms_hold(fixture->sources[i].account.dms, false);
	return 0;
}

/* The first ones get no response until the last one has been listed. */
static void lists_all_at_the_same_time(void **state)
{
	struct fixture *fixture = *state;
	struct first_listing *last = &fixture->listings[SOURCES - 1];

	for (size_t i = 0; i + 1 < SOURCES; i++)
		fake_dms_hold(fixture->sources[i].account.dms, true);
	last->hooks.listed = release_others;
	last->hooks.data = fixture;
	assert_int_equal(make(fixture, SOURCES), 0);
	for (size_t i = 0; i + 1 < SOURCES; i++)
		assert_int_equal(fixture->sources[i].listed, 1);
}

static void names_every_source_that_fails(void **state)
{
	struct fixture *fixture = *state;
	int r = 0;

	refuse(fixture, 0, "AccessDeniedException");
	refuse(fixture, 2, "InternalFailure");
	r = make(fixture, SOURCES);
	assert_true(r < 0);
	assert_int_equal(fixture->listings[0].r, r);
	assert_int_equal(fixture->listings[1].r, 0);
	assert_true(fixture->listings[2].r < 0);
	assert_string_equal(fixture->listings[2].error.code, "InternalFailure");
	CHECK_LOG(fixture, "a@eu-west-3: AccessDeniedException: not you; ",
		  "b@eu-west-3: 1 connection on 1 replication instance (1 page, ",
		  "c@eu-west-3: InternalFailure: not you");
}

static void names_a_source_that_could_not_even_be_asked(void **state)
{
	struct fixture *fixture = *state;

	fixture->listings[1].fetcher = NULL;
	fixture->listings[1].r = error_set(&fixture->listings[1].error, ERROR_CONFIG,
					   "no such profile");
	assert_int_equal(make(fixture, SOURCES), -EINVAL);
	assert_int_equal(fixture->sources[1].listed, 0);
	CHECK_LOG(fixture, "a@eu-west-3: 1 connection", "b@eu-west-3: no such profile",
		  "c@eu-west-3: 1 connection");
}

static void warns_of_a_failure_where_others_can_be_mounted(void **state)
{
	struct fixture *fixture = *state;
	const char *warning = "warning: b@eu-west-3: AccessDeniedException: not you; "
			      "the identity needs the permission "
			      "dms:DescribeConnections (request id ";

	fixture->options.is_partial = true;
	refuse(fixture, 1, "AccessDeniedException");
	assert_true(make(fixture, SOURCES) < 0);
	CHECK_LOG(fixture, "a@eu-west-3: 1 connection", warning,
		  "c@eu-west-3: 1 connection");
}

static void lets_no_failure_pass_where_none_can_be_mounted(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.is_partial = true;
	refuse(fixture, 0, "AccessDeniedException");
	refuse(fixture, 1, "AccessDeniedException");
	assert_true(make(fixture, 2) < 0);
	CHECK_LOG(fixture, "a@eu-west-3: AccessDeniedException",
		  "b@eu-west-3: AccessDeniedException");
}

/* What a fetcher shows instead is told by whoever has it. */
static void takes_a_state_for_a_listing(void **state)
{
	struct fixture *fixture = *state;

	fixture->sources[1].has_state = true;
	assert_int_equal(make(fixture, SOURCES), 0);
	CHECK_LOG(fixture, "a@eu-west-3: 1 connection", "c@eu-west-3: 1 connection");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_the_region_of_the_only_source,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_each_of_several, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lists_all_at_the_same_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(names_every_source_that_fails, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			names_a_source_that_could_not_even_be_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			warns_of_a_failure_where_others_can_be_mounted, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			lets_no_failure_pass_where_none_can_be_mounted, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(takes_a_state_for_a_listing, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("first_listing", tests, NULL, NULL);
}
