#include "src/http/sigpipe.h"

#include <errno.h>
#include <time.h>

static void only_sigpipe(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void sigpipe_block(struct sigpipe *sigpipe)
{
	sigset_t set;
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	sigpipe->was_pending = sigismember(&pending, SIGPIPE) == 1;
	only_sigpipe(&set);
	pthread_sigmask(SIG_BLOCK, &set, &sigpipe->mask_before);
}

void sigpipe_restore(const struct sigpipe *sigpipe)
{
	const struct timespec no_wait = {0};
	sigset_t set;
	int signal = -1;

	only_sigpipe(&set);
	if (!sigpipe->was_pending) {
		do
			signal = sigtimedwait(&set, NULL, &no_wait);
		while (signal < 0 && errno == EINTR);
	}
	pthread_sigmask(SIG_SETMASK, &sigpipe->mask_before, NULL);
}
