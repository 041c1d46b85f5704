#include "fs/process/signals.h"

#include <signal.h>
#include <stddef.h>

void signals_prepare(void)
{
	sigset_t commands;

	sigemptyset(&commands);
	sigaddset(&commands, SIGUSR1);
	sigaddset(&commands, SIGUSR2);
	sigprocmask(SIG_BLOCK, &commands, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}
