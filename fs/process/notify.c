#include "fs/process/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_PREFIX "STATUS="

/* An abstract name begins with a NUL and has none at its end. */
static int set_address(struct notify *notify, const char *text)
{
	size_t len = strlen(text);
	size_t size = len;

	if ((text[0] != '/' && text[0] != '@') || len < 2)
		return -EINVAL;
	if (text[0] == '/')
		size++;
	if (size > sizeof(notify->address.sun_path))
		return -E2BIG;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, text, size);
	if (text[0] == '@')
		notify->address.sun_path[0] = '\0';
	notify->address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return 0;
}

int notify_init(struct notify *notify, const char *address)
{
	const struct timeval patience = {.tv_sec = 1};
	int r = 0;

	*notify = (struct notify){.fd = -1};
	if (!address || address[0] == '\0')
		return 0;
	r = set_address(notify, address);
	if (r < 0)
		return r;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd < 0)
		return -errno;
	/* A manager that has stopped reading must not hold the caller up. */
	setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return 0;
}

void notify_open(struct notify *notify, struct log *log)
{
	int r = notify_init(notify, getenv("NOTIFY_SOCKET"));
	char text[128];

	if (r < 0)
		log_write(log, LOG_LEVEL_WARNING, "warning: ignoring NOTIFY_SOCKET: %s",
			  r == -EINVAL ? "not a valid socket address"
				       : strerror_r(-r, text, sizeof(text)));
	unsetenv("NOTIFY_SOCKET");
}

void notify_fini(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

static int send_message(const struct notify *notify, const char *message, int flags)
{
	ssize_t n = 0;

	if (notify->fd < 0)
		return 0;
	do {
		n = sendto(notify->fd, message, strlen(message), flags | MSG_NOSIGNAL,
			   (const struct sockaddr *)&notify->address,
			   notify->address_len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int notify_ready(const struct notify *notify)
{
	return send_message(notify, "READY=1", 0);
}

int notify_stopping(const struct notify *notify)
{
	return send_message(notify, "STOPPING=1", 0);
}

/* A newline would begin another assignment. */
static void blank_controls(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

/* The manager drops a status that is not UTF-8, as one cut within a character is. */
static void drop_cut_character(char *text)
{
	size_t len = strlen(text);
	size_t start = len;

	while (start > 0 && len - start < 4 &&
	       ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0x80) != 0)
		text[start - 1] = '\0';
}

int notify_status(const struct notify *notify, const char *format, ...)
{
	char message[sizeof(STATUS_PREFIX) + NOTIFY_STATUS_MAX] = STATUS_PREFIX;
	char *status = message + strlen(STATUS_PREFIX);
	va_list arguments;
	int len = 0;

	va_start(arguments, format);
	len = vsnprintf(status, NOTIFY_STATUS_MAX + 1, format, arguments);
	va_end(arguments);
	if (len < 0)
		return -EINVAL;
	if (len > NOTIFY_STATUS_MAX)
		drop_cut_character(status);
	blank_controls(status);
	return send_message(notify, message, MSG_DONTWAIT);
}
