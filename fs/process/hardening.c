#include "fs/process/hardening.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BITS_A_WORD 32
#define BIT(capability) (UINT64_C(1) << (capability))

/* The owner's rights over files, whichever user they are shown to belong to. */
#define FILES (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER))

void hardening_reset_inherited(void)
{
	int fd = 0;

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd > STDERR_FILENO)
		close(fd);
	signal(SIGCHLD, SIG_DFL);
}

void hardening_apply(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* For this thread; dropping capabilities cannot fail. */
static void keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t word = (uint32_t)(kept >> (i * BITS_A_WORD));

		data[i].permitted &= word;
		data[i].effective &= word;
		data[i].inheritable &= word;
	}
	syscall(SYS_capset, &header, data);
}

void hardening_drop_for_daemon(void)
{
	keep_capabilities(FILES | BIT(CAP_SYS_ADMIN) | BIT(CAP_KILL));
}

void hardening_drop_for_editor(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	keep_capabilities(FILES);
}
