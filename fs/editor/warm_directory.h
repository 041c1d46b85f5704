/*
 * Has the kernel read a directory before people do: its entries, the files and the
 * targets of links. After a read the attributes are asked for once more: reading ages
 * the access time, and the next stat(2) would have to ask the daemon.
 */
#ifndef DMSFS_FS_EDITOR_WARM_DIRECTORY_H
#define DMSFS_FS_EDITOR_WARM_DIRECTORY_H

/*
 * Reads the entries of @directory, a descriptor, and passes over those that cannot be
 * read. Async-signal-safe, for the editor's process. 0 or a negative errno.
 */
int warm_directory(int directory);

#endif
