/*
 * Tells the service manager (systemd, or any other that sets NOTIFY_SOCKET) how the
 * service is doing, by the protocol of sd_notify(3), without its library: one datagram
 * a message, whose lines are NAME=VALUE.
 */
#ifndef DMSFS_FS_PROCESS_NOTIFY_H
#define DMSFS_FS_PROCESS_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un address;
	socklen_t address_len;
};

/*
 * @address is the value of NOTIFY_SOCKET, a path or, after '@', an abstract name; or
 * NULL, and then nothing is ever sent. The variable is for the caller to unset, so
 * that no child speaks for the service. 0; -EINVAL or -E2BIG for an address that is
 * none; or another negative errno. After an error, too, the calls below do nothing.
 */
int notify_init(struct notify *notify, const char *address);
void notify_fini(struct notify *notify);

/*
 * Each sends one message. 0, also when nobody wants to know, or a negative errno.
 * From any thread, as long as @notify lives.
 *
 * ready and stopping wait up to a second for the manager to take them (-EAGAIN). status is a line for
 * people (`systemctl status`): control characters become blanks, what is over
 * NOTIFY_STATUS_MAX bytes is cut, and it is dropped (-EAGAIN) rather than waited for.
 */
#define NOTIFY_STATUS_MAX 512
int notify_ready(const struct notify *notify);
int notify_stopping(const struct notify *notify);
int notify_status(const struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
