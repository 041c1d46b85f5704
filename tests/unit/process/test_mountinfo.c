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

#include <cmocka.h>

#include "fs/process/mountinfo.h"

static void finds_a_mount_by_its_path_and_by_its_device(void **)
{
	struct mountinfo_place place = {.device = 0};
	struct mountinfo_place again = {.device = 0};
	struct stat status;

	assert_int_equal(stat("/proc", &status), 0);
	assert_int_equal(mountinfo_find_top("/proc", &place), 0);
	assert_string_equal(place.path, "/proc");
	assert_int_equal(place.device,
			 mountinfo_device(major(status.st_dev), minor(status.st_dev)));
	assert_int_equal(mountinfo_find(place.device, "/proc", &again), 0);
	assert_string_equal(again.path, "/proc");
	/* The path is but a wish. */
	assert_int_equal(mountinfo_find(place.device, "/no/such", &again), 0);
	assert_int_equal(again.device, place.device);
	assert_int_equal(mountinfo_find(place.device, NULL, &again), 0);
}

static void finds_none_where_there_is_none(void **)
{
	struct mountinfo_place place = {.device = 0};

	assert_int_equal(mountinfo_find_top("/proc/self/no/such", &place), -ENODEV);
	assert_int_equal(mountinfo_find(UINT64_MAX, "/proc", &place), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_mount_by_its_path_and_by_its_device),
		cmocka_unit_test(finds_none_where_there_is_none),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
