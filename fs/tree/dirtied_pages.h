/*
 * A process that maps a file shared and writes to it changes the kernel's page before
 * the write arrives here and is refused. The page must go: the file's mtime moves a
 * little, and the editor asks for its attributes, upon which the kernel sees another
 * mtime and drops the page. No event is raised, as nothing changed.
 */
#ifndef DMSFS_FS_TREE_DIRTIED_PAGES_H
#define DMSFS_FS_TREE_DIRTIED_PAGES_H

#include "fs/tree/tree.h"

/* Moves the mtime of a file by a nanosecond and notes the file. False if it is noted
 * already, or if there is no memory. For the FUSE thread. */
bool dirtied_pages_add(struct tree *tree, struct node *node);

/* Whether any file is noted. For the publisher. */
bool dirtied_pages_any(struct tree *tree);

/* Removes one of the noted files and puts its path into @path (@size bytes). False
 * when there is none. For the publisher. */
bool dirtied_pages_take(struct tree *tree, char *path, size_t size);

#endif
