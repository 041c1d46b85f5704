/*
 * What the program gives up, since it holds keys.
 */
#ifndef DMSFS_FS_HARDENING_H
#define DMSFS_FS_HARDENING_H

/*
 * No core is written, and other processes of the same user can neither trace this
 * one nor read its memory and environment. Children inherit the first, and the second
 * until they execute another program.
 */
void hardening_apply(void);

#endif
