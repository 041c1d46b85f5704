/*
 * Two threads that wait for each other by turns, for thousands of turns, on one
 * processor: to switch between them there takes a few microseconds, to wake the other
 * one on a processor that sleeps ten times as many, the more in a virtual machine.
 */
#ifndef DMSFS_FS_FUSE_ONE_CPU_H
#define DMSFS_FS_FUSE_ONE_CPU_H

#include <sched.h>
#include <sys/types.h>

/* All zero at first. For one thread. */
struct one_cpu {
	pid_t other; /* 0: not bound */
	cpu_set_t before;
};

/* Binds the calling thread and @other, a thread of this user, to the processor at hand.
 * Where that is refused, nothing changes. */
void one_cpu_bind(struct one_cpu *cpu, pid_t other);

/* Both may run where the calling thread might before. @other: the thread that is there
 * now, or 0; if it is not the one that was bound, it is left alone. */
void one_cpu_release(struct one_cpu *cpu, pid_t other);

#endif
