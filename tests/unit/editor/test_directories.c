#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs/editor/directories.h"

#define MANY (EDITOR_DIRECTORIES_MAX + 3)
#define NAME_SIZE 16

struct place {
	char path[64];
	int root;
	uint64_t device;
	struct editor_directories directories;
};

static uint64_t device_of(int fd)
{
	struct statx attributes;

	assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &attributes),
			 0);
	return editor_directories_device(&attributes);
}

static const char *name_of(size_t number, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "d%zu", number);
	return name;
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char name[NAME_SIZE];

	assert_non_null(place);
	snprintf(place->path, sizeof(place->path), "/tmp/dmsfs-directories.XXXXXX");
	assert_non_null(mkdtemp(place->path));
	place->root = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(place->root >= 0);
	place->device = device_of(place->root);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(mkdirat(place->root, name_of(i, name), 0700), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char name[NAME_SIZE];

	editor_directories_close(&place->directories);
	for (size_t i = 0; i < MANY; i++)
		unlinkat(place->root, name_of(i, name), AT_REMOVEDIR);
	close(place->root);
	rmdir(place->path);
	free(place);
	return 0;
}

static int open_one(struct place *place, const char *path)
{
	return editor_directories_open(&place->directories, place->root, place->device,
				       path);
}

static void keeps_a_directory_open(void **state)
{
	struct place *place = *state;
	int first = open_one(place, "d0");

	assert_true(first >= 0);
	assert_int_not_equal(open_one(place, "d1"), first);
	assert_int_equal(open_one(place, "d0"), first);
}

static void opens_the_right_one_of_more_than_it_keeps(void **state)
{
	struct place *place = *state;
	char name[NAME_SIZE];

	for (size_t i = 0; i < 2 * MANY; i++) {
		struct stat by_fd;
		struct stat by_name;
		int fd = open_one(place, name_of(i % MANY, name));

		assert_int_equal(fstat(fd, &by_fd), 0);
		assert_int_equal(fstatat(place->root, name, &by_name, 0), 0);
		assert_int_equal(by_fd.st_ino, by_name.st_ino);
	}
	assert_int_equal(place->directories.count, EDITOR_DIRECTORIES_MAX);
}

static void opens_a_name_anew_after_the_close(void **state)
{
	struct place *place = *state;
	struct stat status;
	int fd = -1;

	assert_true(open_one(place, "d0") >= 0);
	editor_directories_close(&place->directories);
	assert_int_equal(unlinkat(place->root, "d0", AT_REMOVEDIR), 0);
	assert_int_equal(open_one(place, "d0"), -ENOENT);
	assert_int_equal(mkdirat(place->root, "d0", 0700), 0);
	fd = open_one(place, "d0");
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_not_equal(status.st_nlink, 0);
}

static void refuses_what_lies_on_another_device(void **state)
{
	struct place *place = *state;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	place->device++;
	assert_int_equal(open_one(place, "d0"), -EXDEV);
	place->device = device_of(root);
	assert_int_equal(editor_directories_open(&place->directories, root,
						 place->device, "proc"),
			 -EXDEV);
	assert_int_equal(place->directories.count, 0);
	close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_a_directory_open, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			opens_the_right_one_of_more_than_it_keeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(opens_a_name_anew_after_the_close,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_lies_on_another_device,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
