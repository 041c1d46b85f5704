#include "fs/cli/mount_options.h"

#include <fuse_opt.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/option_table.h"

enum mount_option_use {
	MOUNT_OPTION_PASSED,  /* handed on to libfuse */
	MOUNT_OPTION_IGNORED, /* taken, since it changes nothing here */
	MOUNT_OPTION_OURS,    /* refused, since dmsfs sets it */
};

struct mount_option {
	const char *name; /* ends in '=' or '-' if anything may follow */
	enum mount_option_use use;
};

/*
 * mount.fuse3 hands down what fstab says, but for a few options that it knows,
 * and adds "dev,suid" where root mounts; nodev and nosuid stay on all the same.
 * "ro" must not reach the kernel: the tree is changed through its own mount.
 */
static const struct mount_option mount_options[] = {
	{"auto_unmount", MOUNT_OPTION_PASSED},
	{"noatime", MOUNT_OPTION_PASSED},
	{"nodiratime", MOUNT_OPTION_PASSED},
	{"context=", MOUNT_OPTION_PASSED},
	{"fscontext=", MOUNT_OPTION_PASSED},
	{"defcontext=", MOUNT_OPTION_PASSED},
	{"rootcontext=", MOUNT_OPTION_PASSED},
	{"ro", MOUNT_OPTION_IGNORED},
	{"rw", MOUNT_OPTION_IGNORED},
	{"dev", MOUNT_OPTION_IGNORED},
	{"nodev", MOUNT_OPTION_IGNORED},
	{"suid", MOUNT_OPTION_IGNORED},
	{"nosuid", MOUNT_OPTION_IGNORED},
	{"exec", MOUNT_OPTION_IGNORED},
	{"noexec", MOUNT_OPTION_IGNORED},
	{"default_permissions", MOUNT_OPTION_IGNORED},
	{"nonempty", MOUNT_OPTION_IGNORED},
	{"atime", MOUNT_OPTION_IGNORED},
	{"diratime", MOUNT_OPTION_IGNORED},
	{"relatime", MOUNT_OPTION_IGNORED},
	{"norelatime", MOUNT_OPTION_IGNORED},
	{"strictatime", MOUNT_OPTION_IGNORED},
	{"nostrictatime", MOUNT_OPTION_IGNORED},
	{"lazytime", MOUNT_OPTION_IGNORED},
	{"nolazytime", MOUNT_OPTION_IGNORED},
	{"sync", MOUNT_OPTION_IGNORED},
	{"async", MOUNT_OPTION_IGNORED},
	{"dirsync", MOUNT_OPTION_IGNORED},
	{"silent", MOUNT_OPTION_IGNORED},
	{"loud", MOUNT_OPTION_IGNORED},
	{"defaults", MOUNT_OPTION_IGNORED},
	{"auto", MOUNT_OPTION_IGNORED},
	{"noauto", MOUNT_OPTION_IGNORED},
	{"user", MOUNT_OPTION_IGNORED},
	{"user=", MOUNT_OPTION_IGNORED},
	{"nouser", MOUNT_OPTION_IGNORED},
	{"users", MOUNT_OPTION_IGNORED},
	{"nousers", MOUNT_OPTION_IGNORED},
	{"owner", MOUNT_OPTION_IGNORED},
	{"noowner", MOUNT_OPTION_IGNORED},
	{"group", MOUNT_OPTION_IGNORED},
	{"nogroup", MOUNT_OPTION_IGNORED},
	{"_netdev", MOUNT_OPTION_IGNORED},
	{"nofail", MOUNT_OPTION_IGNORED},
	{"comment=", MOUNT_OPTION_IGNORED},
	{"x-", MOUNT_OPTION_IGNORED},
	{"X-", MOUNT_OPTION_IGNORED},
	{"fsname=", MOUNT_OPTION_OURS},
	{"subtype=", MOUNT_OPTION_OURS},
};

static bool is_prefix(const char *name)
{
	char last = name[strlen(name) - 1];

	return last == '=' || last == '-';
}

static const struct mount_option *find(const char *option)
{
	size_t i;

	for (i = 0; i < sizeof(mount_options) / sizeof(mount_options[0]); i++) {
		const char *name = mount_options[i].name;

		if (is_prefix(name) ? strncmp(option, name, strlen(name)) == 0
				    : strcmp(option, name) == 0)
			return &mount_options[i];
	}
	return NULL;
}

/* As it is written after -o. */
static int refuse_and_guess(const char *option, const char *meant, FILE *err)
{
	char *name = strdup(meant);
	int result;

	if (name == NULL)
		return option_error_memory(err);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
	result = option_error(err,
			      "-o %s: there is no such option; is %s meant? "
			      "(dmsfs -h lists all)",
			      option, name);
	free(name);
	return result;
}

static int refuse_unknown(const char *option, FILE *err)
{
	const struct option_entry *nearest = option_nearest(option);

	if (nearest != NULL)
		return refuse_and_guess(option, nearest->name, err);
	return option_error(err, "-o %s: there is no such option (dmsfs -h lists all)",
			    option);
}

static int apply_foreign(const char *option, struct options *options, FILE *err)
{
	const struct mount_option *known = find(option);

	if (known == NULL)
		return options->is_sloppy ? 0 : refuse_unknown(option, err);
	if (known->use == MOUNT_OPTION_OURS)
		return option_error(err,
				    "-o %s: dmsfs sets this itself (SOURCE is shown as "
				    "the device, fuse.dmsfs as the type)",
				    option);
	if (known->use == MOUNT_OPTION_PASSED &&
	    fuse_opt_add_opt_escaped(&options->mount_options, option) != 0)
		return option_error_memory(err);
	return 0;
}

static int apply(const char *option, struct options *options, FILE *err)
{
	const char *equals = strchr(option, '=');
	const char *value = equals != NULL ? equals + 1 : NULL;
	size_t name_len = strcspn(option, "=");
	const struct option_entry *entry;
	char *name = strndup(option, name_len);
	char *shown = NULL;
	int result;

	if (name == NULL || asprintf(&shown, "-o %s", option) < 0) {
		free(name);
		return option_error_memory(err);
	}
	entry = option_find(name);
	if (entry != NULL)
		result = option_set(entry, value, shown, options, err);
	else
		result = apply_foreign(option, options, err);
	free(name);
	free(shown);
	return result;
}

/* Ends the option that starts at @text, takes its backslashes away, and returns
 * where the next one starts, or NULL. */
static char *split(char *text)
{
	char *from = text;
	char *to = text;
	bool is_last;

	while (*from != '\0' && *from != ',') {
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from++;
	}
	/* The end may be written where the comma stands. */
	is_last = *from == '\0';
	*to = '\0';
	return is_last ? NULL : from + 1;
}

int mount_options_parse(const char *list, struct options *options, FILE *err)
{
	char *copy = strdup(list);
	char *option = copy;
	int result = 0;

	if (copy == NULL)
		return option_error_memory(err);
	while (option != NULL && result == 0) {
		char *next = split(option);

		if (option[0] != '\0')
			result = apply(option, options, err);
		option = next;
	}
	free(copy);
	return result;
}
