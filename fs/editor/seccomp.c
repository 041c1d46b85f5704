#include "fs/editor/seccomp.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct editor_filter {
	struct sock_fprog program; /* its instructions are owned */
};

/* By name: some exist on some architectures only. */
static const char *const allowed[] = {
	/* commands and replies */
	"recvfrom",
	"recv",
	"sendto",
	"send",
	"socketcall",
	/* edits */
	"openat",
	"openat2",
	"close",
	"statx",
	"mkdirat",
	"mknodat",
	"symlinkat",
	"unlinkat",
	"faccessat",
	"faccessat2",
	"renameat",
	"renameat2",
	"utimensat",
	"utimensat_time64",
	"fadvise64",
	"fadvise64_64",
	"arm_fadvise64_64",
	/* reading ahead */
	"getdents64",
	"read",
	"readlinkat",
	/* any process */
	"exit_group",
	"restart_syscall",
	"rt_sigreturn",
	"sigreturn",
};

static int allow_calls(scmp_filter_ctx context)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);

		if (number >= 0)
			r = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

/* libseccomp writes the program to a descriptor. */
static bool read_program(int fd, struct sock_fprog *program)
{
	struct stat status;
	size_t size = 0;

	if (fstat(fd, &status) < 0 || status.st_size <= 0)
		return false;
	size = (size_t)status.st_size;
	program->filter = malloc(size);
	if (!program->filter)
		return false;
	program->len = (unsigned short)(size / sizeof(struct sock_filter));
	return pread(fd, program->filter, size, 0) == (ssize_t)size;
}

static bool compile_filter(struct sock_fprog *program)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int fd = memfd_create("dmsfs-filter", MFD_CLOEXEC);
	bool is_compiled = context && fd >= 0 && allow_calls(context) == 0 &&
			   seccomp_export_bpf(context, fd) == 0 &&
			   read_program(fd, program);

	if (fd >= 0)
		close(fd);
	seccomp_release(context);
	return is_compiled;
}

struct editor_filter *editor_filter_new(void)
{
	struct editor_filter *filter = calloc(1, sizeof(*filter));

	if (filter && compile_filter(&filter->program))
		return filter;
	editor_filter_free(filter);
	return NULL;
}

void editor_filter_free(struct editor_filter *filter)
{
	if (!filter)
		return;
	free(filter->program.filter);
	free(filter);
}

void editor_filter_apply(const struct editor_filter *filter)
{
	if (filter)
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter->program);
}

#else

#include <stddef.h>

struct editor_filter *editor_filter_new(void)
{
	return NULL;
}

void editor_filter_free(struct editor_filter *)
{
}

void editor_filter_apply(const struct editor_filter *)
{
}

#endif
