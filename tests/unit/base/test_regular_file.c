/*
 * Files of secrets: read whole and with bounds, replaced at once or not at all.
 */
#include "tests/unit/credentials/token_files.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "src/base/regular_file.h"

struct path {
	char text[128];
};

static struct path path_of(const struct aws_setup *setup, const char *name)
{
	struct path path;

	snprintf(path.text, sizeof(path.text), "%s/%s", setup->home, name);
	return path;
}

static void assert_holds(const char *path, const char *text)
{
	char found[64];

	token_file_read(path, found, sizeof(found));
	assert_string_equal(found, text);
	assert_int_equal(token_file_mode(path), 0600);
}

static void refuses(const char *path, size_t max_bytes, int rc, const char *reason)
{
	struct buffer buffer = {.max_bytes = max_bytes};
	struct error error = {0};

	assert_int_equal(regular_file_read(path, &buffer, &error), rc);
	assert_contains(error.text, path);
	assert_contains(error.text, reason);
	buffer_fini(&buffer);
}

static void reads_up_to_its_bound_and_no_further(void **state)
{
	struct path path = path_of(*state, "secret");
	struct buffer buffer = {.max_bytes = 6};
	struct error error = {0};

	aws_setup_write(path.text, "secret");
	assert_int_equal(regular_file_read(path.text, &buffer, &error), 0);
	assert_string_equal(buffer.data, "secret");
	buffer_fini(&buffer);
	refuses(path.text, 5, -EINVAL, "larger than");
	unlink(path.text);
	refuses(path.text, 5, -ENOENT, "No such file or directory");
}

static void refuses_what_is_no_file_that_can_be_read(void **state)
{
	struct aws_setup *setup = *state;
	struct path fifo = path_of(setup, "fifo");

	refuses(setup->home, 5, -EINVAL, "it is a directory");
	assert_int_equal(mkfifo(fifo.text, 0600), 0);
	refuses(fifo.text, 5, -EINVAL, "it is a FIFO");
	unlink(fifo.text);
	/* It is one by its type, and nothing can be read at its beginning. */
	refuses("/proc/self/mem", 5, -EINVAL, "Input/output error");
}

static void replaces_a_file_and_what_a_link_leads_to(void **state)
{
	struct aws_setup *setup = *state;
	struct path path = path_of(setup, "secret");
	struct path link = path_of(setup, "link");
	struct error error = {0};

	assert_int_equal(regular_file_replace(path.text, "first", &error), 0);
	assert_holds(path.text, "first");
	assert_int_equal(chmod(path.text, 0644), 0);
	assert_int_equal(symlink("secret", link.text), 0);
	assert_int_equal(regular_file_replace(link.text, "second", &error), 0);
	assert_holds(path.text, "second");
	/* The link stays one. */
	assert_int_equal(unlink(path.text), 0);
	assert_int_not_equal(access(link.text, F_OK), 0);
	unlink(link.text);
}

static void says_why_a_file_cannot_be_replaced(void **state)
{
	struct aws_setup *setup = *state;
	struct path nowhere = path_of(setup, "nowhere/secret");
	struct path folder = path_of(setup, "folder");
	struct error error = {0};

	assert_int_equal(regular_file_replace(nowhere.text, "x", &error), -ENOENT);
	assert_contains(error.text, nowhere.text);
	assert_int_equal(mkdir(folder.text, 0700), 0);
	assert_int_equal(regular_file_replace(folder.text, "x", &error), -EINVAL);
	assert_contains(error.text, "Is a directory");
	/* Nothing of the try is left, or its folder could not be removed. */
	assert_int_equal(rmdir(folder.text), 0);
}

static void leaves_the_old_file_where_the_new_one_does_not_fit(void **state)
{
	struct path path = path_of(*state, "secret");
	struct rlimit before;
	struct rlimit none;
	struct error error = {0};
	int rc;

	assert_int_equal(regular_file_replace(path.text, "old", &error), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	rc = regular_file_replace(path.text, "new", &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, -EINVAL);
	assert_contains(error.text, "File too large");
	assert_holds(path.text, "old");
	unlink(path.text);
}

int main(void)
{
	/* That the home can be removed at the end tells that no draft was left. */
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(reads_up_to_its_bound_and_no_further),
		AWS_SETUP_TEST(refuses_what_is_no_file_that_can_be_read),
		AWS_SETUP_TEST(replaces_a_file_and_what_a_link_leads_to),
		AWS_SETUP_TEST(says_why_a_file_cannot_be_replaced),
		AWS_SETUP_TEST(leaves_the_old_file_where_the_new_one_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
