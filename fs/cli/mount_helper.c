#include "fs/cli/mount_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/option_table.h"

#define NAME "mount.dmsfs"
#define SYNTAX                                                                   \
	NAME " SOURCE DIRECTORY [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]; " \
	     "dmsfs -h explains the options"

bool mount_helper_is_meant(const char *program)
{
	const char *slash = NULL;

	if (!program)
		return false;
	slash = strrchr(program, '/');
	return strcmp(slash ? slash + 1 : program, NAME) == 0;
}

static int add_argument(struct mount_helper *helper, const char *prefix,
			const char *text, FILE *err)
{
	char **argv = reallocarray(helper->argv, (size_t)helper->argc + 2,
				   sizeof(*argv));

	if (!argv)
		return option_error_memory(err);
	helper->argv = argv;
	if (asprintf(&argv[helper->argc], "%s%s", prefix, text) < 0) {
		argv[helper->argc] = NULL;
		return option_error_memory(err);
	}
	argv[++helper->argc] = NULL;
	return 0;
}

static int set_namespace(struct mount_helper *helper, const char *path, FILE *err)
{
	free(helper->mount_namespace);
	helper->mount_namespace = strdup(path);
	return helper->mount_namespace ? 0 : option_error_memory(err);
}

static int apply_letter(int letter, struct mount_helper *helper, FILE *err)
{
	switch (letter) {
	case 'n': /* nobody writes an mtab any more */
	case 'v': /* the summary is always printed */
	case 't': /* the type is always fuse.dmsfs */
		return 0;
	case 'f':
		helper->is_fake = true;
		return 0;
	case 's':
		helper->is_sloppy = true;
		return 0;
	case 'o':
		return add_argument(helper, "-o", optarg, err);
	case 'N':
		return set_namespace(helper, optarg, err);
	case 'h':
	case 'V':
		return add_argument(helper, letter == 'h' ? "-h" : "-V", "", err);
	case ':':
		return option_error(err, "-%c: this option needs a value; usage: %s",
				    optopt, SYNTAX);
	default:
		return option_error(err, "unknown option; usage: %s", SYNTAX);
	}
}

static int read_letters(int argc, char **argv, struct mount_helper *helper, FILE *err)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	int r = 0;

	optind = 0; /* glibc: forget an earlier command line */
	opterr = 0;
	while (r == 0) {
		int found = getopt_long(argc, argv, ":sfnvN:o:t:hV", longs, NULL);

		if (found == -1)
			break;
		r = apply_letter(found, helper, err);
	}
	return r;
}

int mount_helper_read(int argc, char **argv, struct mount_helper *helper, FILE *err)
{
	int r = 0;

	*helper = (struct mount_helper){.argv = NULL};
	r = add_argument(helper, "", argv[0], err);
	if (r == 0)
		r = read_letters(argc, argv, helper, err);
	if (r == 0)
		r = add_argument(helper, "--", "", err);
	for (int i = optind; r == 0 && i < argc; i++)
		r = add_argument(helper, "", argv[i], err);
	return r;
}

void mount_helper_fini(struct mount_helper *helper)
{
	for (int i = 0; i < helper->argc; i++)
		free(helper->argv[i]);
	free(helper->argv);
	free(helper->mount_namespace);
	*helper = (struct mount_helper){.argv = NULL};
}

int mount_helper_enter(const char *path, char *reason, size_t size)
{
	char text[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0) {
		r = -errno;
		snprintf(reason, size, "cannot enter the mount namespace %s (-N): %s",
			 path, strerror_r(-r, text, sizeof(text)));
	}
	if (fd >= 0)
		close(fd);
	return r;
}
