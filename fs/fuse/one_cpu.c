#include "fs/fuse/one_cpu.h"

void one_cpu_bind(struct one_cpu *cpu, pid_t other)
{
	const int number = sched_getcpu();
	cpu_set_t one;

	if (cpu->other || number < 0 || number >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(cpu->before), &cpu->before) < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET(number, &one);
	if (sched_setaffinity(other, sizeof(one), &one) < 0)
		return;
	cpu->other = other;
	sched_setaffinity(0, sizeof(one), &one);
}

void one_cpu_release(struct one_cpu *cpu, pid_t other)
{
	if (!cpu->other)
		return;
	if (other == cpu->other)
		sched_setaffinity(other, sizeof(cpu->before), &cpu->before);
	sched_setaffinity(0, sizeof(cpu->before), &cpu->before);
	cpu->other = 0;
}
