/*
 * How much memory libc keeps for later. A listing needs a lot for a moment, beside what
 * stays, and then nothing for a minute.
 */
#ifndef DMSFS_FS_PROCESS_MEMORY_H
#define DMSFS_FS_PROCESS_MEMORY_H

/* Has what is large go back as soon as it is freed. Before there is a thread. */
void memory_start(void);

/* Gives back what was freed. Takes some milliseconds; any thread. */
void memory_give_back(void);

#endif
