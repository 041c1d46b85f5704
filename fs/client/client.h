/*
 * `dmsfs test` and `dmsfs delete`: commands to a mount, and the wait for what comes of
 * them. All is done through the mount, by this process alone.
 */
#ifndef DMSFS_FS_CLIENT_CLIENT_H
#define DMSFS_FS_CLIENT_CLIENT_H

/* The whole program where argv[1] is one of them; returns the exit status. Ends the
 * process itself where the daemon does not reply in time, and by a signal that it was
 * sent. */
int client_run(int argc, char **argv);

#endif
