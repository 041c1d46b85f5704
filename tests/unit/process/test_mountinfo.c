/*
 * The table of mounts of the machine at hand, which has /proc at least.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/process/mountinfo.h"

static void finds_a_mount_by_its_path_and_by_its_device(void **)
{
	struct mountinfo_place place = {.device = 0};
	struct mountinfo_place again = {.device = 0};
	struct mountinfo_mount mount = {.connection = -1};
	struct stat status;

	assert_int_equal(stat("/proc", &status), 0);
	assert_int_equal(mountinfo_find_top("/proc", &place), 0);
	assert_string_equal(place.path, "/proc");
	assert_int_equal(place.device,
			 mountinfo_device(major(status.st_dev), minor(status.st_dev)));
	mount.device = place.device;
	assert_int_equal(mountinfo_find(&mount, "/proc", &again), 0);
	assert_string_equal(again.path, "/proc");
	/* The path is but a wish. */
	assert_int_equal(mountinfo_find(&mount, "/no/such", &again), 0);
	assert_int_equal(again.device, place.device);
	assert_int_equal(mountinfo_find(&mount, NULL, &again), 0);
}

static void finds_none_where_there_is_none(void **)
{
	struct mountinfo_place place = {.device = 0};
	const struct mountinfo_mount mount = {.device = UINT64_MAX, .connection = -1};

	assert_int_equal(mountinfo_find_top("/proc/self/no/such", &place), -ENODEV);
	assert_int_equal(mountinfo_find(&mount, "/proc", &place), -ENODEV);
}

/* By then the number of its device may be that of another mount. */
static void finds_none_whose_connection_is_over(void **)
{
	struct mountinfo_place place = {.device = 0};
	struct mountinfo_mount mount = {.connection = -1};
	int ends[2];

	assert_int_equal(mountinfo_find_top("/proc", &place), 0);
	assert_int_equal(pipe(ends), 0);
	mount = (struct mountinfo_mount){.device = place.device, .connection = ends[1]};
	assert_int_equal(mountinfo_find(&mount, "/proc", &place), 0);
	close(ends[0]);
	assert_int_equal(mountinfo_find(&mount, "/proc", &place), -ENODEV);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_mount_by_its_path_and_by_its_device),
		cmocka_unit_test(finds_none_where_there_is_none),
		cmocka_unit_test(finds_none_whose_connection_is_over),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
