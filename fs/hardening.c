#include "hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void hardening_apply(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}
