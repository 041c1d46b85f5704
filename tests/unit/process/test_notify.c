#include "fs/process/notify.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGE_SIZE 2048

/* A service manager: its socket, and the daemon that was told of it. */
struct manager {
	int fd;
	char directory[32];
	char path[64];
	struct notify notify;
};

static int bind_socket(const struct sockaddr_un *address, size_t path_len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len)),
		0);
	return fd;
}

static int set_up(void **state)
{
	struct manager *manager = calloc(1, sizeof(*manager));
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_non_null(manager);
	snprintf(manager->directory, sizeof(manager->directory), "/tmp/notify.XXXXXX");
	assert_non_null(mkdtemp(manager->directory));
	snprintf(manager->path, sizeof(manager->path), "%s/socket", manager->directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", manager->path);
	manager->fd = bind_socket(&address, strlen(manager->path) + 1);
	assert_int_equal(notify_init(&manager->notify, manager->path), 0);
	*state = manager;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *manager = *state;

	notify_fini(&manager->notify);
	close(manager->fd);
	unlink(manager->path);
	rmdir(manager->directory);
	free(manager);
	return 0;
}

/* The next message, in @text. */
static void receive(int fd, char text[MESSAGE_SIZE])
{
	ssize_t n = recv(fd, text, MESSAGE_SIZE - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	text[n] = '\0';
}

static void sends_each_state_as_one_message(void **state)
{
	struct manager *manager = *state;
	char text[MESSAGE_SIZE];

	assert_int_equal(notify_ready(&manager->notify), 0);
	assert_int_equal(notify_status(&manager->notify, "%d failed", 3), 0);
	assert_int_equal(notify_stopping(&manager->notify), 0);
	receive(manager->fd, text);
	assert_string_equal(text, "READY=1");
	receive(manager->fd, text);
	assert_string_equal(text, "STATUS=3 failed");
	receive(manager->fd, text);
	assert_string_equal(text, "STOPPING=1");
}

static void reaches_an_abstract_address(void **)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct notify notify;
	char name[64];
	char text[MESSAGE_SIZE];
	int fd;

	snprintf(name, sizeof(name), "@dmsfs-test-notify-%d", (int)getpid());
	memcpy(address.sun_path, name, strlen(name));
	address.sun_path[0] = '\0';
	fd = bind_socket(&address, strlen(name));
	assert_int_equal(notify_init(&notify, name), 0);
	assert_int_equal(notify_ready(&notify), 0);
	receive(fd, text);
	assert_string_equal(text, "READY=1");
	notify_fini(&notify);
	close(fd);
}

static void tells_nobody_without_an_address(void **)
{
	static const char *const addresses[] = {NULL, ""};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct notify notify;

		assert_int_equal(notify_init(&notify, addresses[i]), 0);
		assert_int_equal(notify_ready(&notify), 0);
		assert_int_equal(notify_status(&notify, "fine"), 0);
		assert_int_equal(notify_stopping(&notify), 0);
		notify_fini(&notify);
	}
}

static void refuses_an_address_that_is_none(void **)
{
	char longest[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	struct notify notify;

	assert_int_equal(notify_init(&notify, "relative/path"), -EINVAL);
	assert_int_equal(notify_ready(&notify), 0);
	assert_int_equal(notify_init(&notify, "@"), -EINVAL);
	assert_int_equal(notify_init(&notify, "vsock:2:1234"), -EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(notify_init(&notify, longest), -E2BIG);
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(notify_init(&notify, longest), 0);
	notify_fini(&notify);
}

static void says_when_the_manager_is_gone(void **state)
{
	struct manager *manager = *state;

	unlink(manager->path);
	assert_int_equal(notify_ready(&manager->notify), -ENOENT);
}

static void lets_no_text_forge_an_assignment(void **state)
{
	struct manager *manager = *state;
	char text[MESSAGE_SIZE];

	assert_int_equal(notify_status(&manager->notify, "%s", "a\nMAINPID=1\r\x7f\tb"),
			 0);
	receive(manager->fd, text);
	assert_string_equal(text, "STATUS=a MAINPID=1   b");
}

static void cuts_a_long_status_between_characters(void **state)
{
	struct manager *manager = *state;
	char status[NOTIFY_STATUS_MAX + 100];
	char text[MESSAGE_SIZE];

	memset(status, 'a', sizeof(status));
	status[NOTIFY_STATUS_MAX] = '\0';
	assert_int_equal(notify_status(&manager->notify, "%s", status), 0);
	receive(manager->fd, text);
	assert_string_equal(text + strlen("STATUS="), status);

	/* The bound falls within the euro sign. */
	memcpy(status + NOTIFY_STATUS_MAX - 2, "\xe2\x82\xac", 4);
	assert_int_equal(notify_status(&manager->notify, "%s", status), 0);
	receive(manager->fd, text);
	assert_int_equal(strlen(text), strlen("STATUS=") + NOTIFY_STATUS_MAX - 2);
	assert_int_equal(text[strlen(text) - 1], 'a');
}

static void drops_a_status_that_would_have_to_wait(void **state)
{
	struct manager *manager = *state;
	int r = 0;

	for (int i = 0; i < 100000 && r == 0; i++)
		r = notify_status(&manager->notify, "%d", i);
	assert_int_equal(r, -EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends_each_state_as_one_message, set_up,
						tear_down),
		cmocka_unit_test(reaches_an_abstract_address),
		cmocka_unit_test(tells_nobody_without_an_address),
		cmocka_unit_test(refuses_an_address_that_is_none),
		cmocka_unit_test_setup_teardown(says_when_the_manager_is_gone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lets_no_text_forge_an_assignment,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(cuts_a_long_status_between_characters,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(drops_a_status_that_would_have_to_wait,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
