/*
 * Has the kernel read a directory before people come: its entries, what is in the
 * files and where the links lead. A file that was read has to be looked at once more,
 * as reading ages its access time and the next who asks for the attributes would have
 * to wait for them.
 */
#ifndef DMSFS_FS_EDITOR_WARM_DIRECTORY_H
#define DMSFS_FS_EDITOR_WARM_DIRECTORY_H

/*
 * Warms what is directly in @directory. For the editor's process: async-signal-safe.
 * 0 or a negative errno; what cannot be read is passed over.
 */
int warming_directory(int directory);

#endif
