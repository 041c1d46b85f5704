/*
 * The signals that must not end the daemon.
 */
#ifndef DMSFS_FS_PROCESS_SIGNALS_H
#define DMSFS_FS_PROCESS_SIGNALS_H

/*
 * Before the first thread. SIGUSR1 and SIGUSR2 wait for the session to read them.
 * SIGPIPE and SIGXFSZ are ignored: a log that nobody reads any more, or that may not
 * grow, must not end the mount. A program that is started has them at their defaults
 * only if the caller sees to it, as subprocess_run() does.
 */
void signals_prepare(void);

#endif
