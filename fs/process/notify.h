/*
 * Messages to the service manager (systemd, or any other that sets NOTIFY_SOCKET) by
 * the protocol of sd_notify(3), without its library: each is a datagram of lines
 * NAME=VALUE.
 */
#ifndef DMSFS_FS_PROCESS_NOTIFY_H
#define DMSFS_FS_PROCESS_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "fs/process/log.h"

struct notify {
	int fd; /* -1: there is no service manager */
	struct sockaddr_un address;
	socklen_t address_len;
};

/*
 * @address is the value of NOTIFY_SOCKET: a path or, after '@', an abstract name; or
 * NULL, and then nothing is ever sent. 0; -EINVAL or -E2BIG for an address that is not
 * valid; or another negative errno. After an error the calls below do nothing.
 */
int notify_init(struct notify *notify, const char *address);
void notify_fini(struct notify *notify);

/* The same by the variable, with a warning in the log for an address that is not valid.
 * The variable is unset, so that no child writes to the service manager. */
void notify_open(struct notify *notify, struct log *log);

/*
 * Each sends one message. 0, also without a service manager, or a negative errno. Any
 * thread.
 *
 * Ready and stopping wait up to a second for the manager (-EAGAIN). Status is a line
 * for people (`systemctl status`): control characters become blanks, it is cut to
 * NOTIFY_STATUS_MAX bytes, and dropped (-EAGAIN) rather than waited for.
 */
#define NOTIFY_STATUS_MAX 512
int notify_ready(const struct notify *notify);
int notify_stopping(const struct notify *notify);
int notify_status(const struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
