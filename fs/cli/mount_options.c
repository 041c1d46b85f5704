#include "fs/cli/mount_options.h"

#include <fuse_opt.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/option_table.h"

enum mount_option_use {
	MOUNT_OPTION_PASSED,  /* passed on to libfuse */
	MOUNT_OPTION_IGNORED, /* accepted, as it changes nothing here */
	MOUNT_OPTION_ACCESS,  /* the same, but that ro allows no commands */
	MOUNT_OPTION_OURS,    /* refused, as dmsfs sets it */
	MOUNT_OPTION_REMOUNT, /* refused, as nobody would do it */
};

struct mount_option {
	const char *name; /* a '=' or '-' at its end may be followed by anything */
	enum mount_option_use use;
};

/*
 * mount.fuse3 passes the options of fstab on, except for a few that it handles, and
 * adds "dev,suid" when root mounts; nodev and nosuid stay on all the same. "ro" must
 * not reach the kernel: dmsfs changes the tree through its own mount.
 */
static const struct mount_option mount_options[] = {
	{"auto_unmount", MOUNT_OPTION_PASSED},
	{"noatime", MOUNT_OPTION_PASSED},
	{"nodiratime", MOUNT_OPTION_PASSED},
	{"context=", MOUNT_OPTION_PASSED},
	{"fscontext=", MOUNT_OPTION_PASSED},
	{"defcontext=", MOUNT_OPTION_PASSED},
	{"rootcontext=", MOUNT_OPTION_PASSED},
	{"ro", MOUNT_OPTION_ACCESS},
	{"rw", MOUNT_OPTION_ACCESS},
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
	{"iversion", MOUNT_OPTION_IGNORED},
	{"noiversion", MOUNT_OPTION_IGNORED},
	{"mand", MOUNT_OPTION_IGNORED},
	{"nomand", MOUNT_OPTION_IGNORED},
	{"symfollow", MOUNT_OPTION_IGNORED},
	{"nosymfollow", MOUNT_OPTION_IGNORED},
	{"uhelper=", MOUNT_OPTION_IGNORED},
	{"helper=", MOUNT_OPTION_IGNORED},
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
	{"remount", MOUNT_OPTION_REMOUNT},
	{"fsname=", MOUNT_OPTION_OURS},
	{"subtype=", MOUNT_OPTION_OURS},
};

static bool is_prefix(const char *name)
{
	char last = name[strlen(name) - 1];

	return last == '=' || last == '-';
}

static const struct mount_option *mount_option_find(const char *option)
{
	for (size_t i = 0; i < sizeof(mount_options) / sizeof(mount_options[0]); i++) {
		const char *name = mount_options[i].name;

		if (is_prefix(name) ? strncmp(option, name, strlen(name)) == 0
				    : strcmp(option, name) == 0)
			return &mount_options[i];
	}
	return NULL;
}

/* Suggests a name in its spelling after -o. */
static int refuse_misspelt(const char *option, const char *meant, FILE *err)
{
	char *name = strdup(meant);
	int r = 0;

	if (!name)
		return option_error_memory(err);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	r = option_error(err,
			 "-o %s: unknown option; did you mean %s? (dmsfs -h lists all "
			 "options)",
			 option, name);
	free(name);
	return r;
}

static int refuse_unknown(const char *option, FILE *err)
{
	const struct option_entry *nearest = option_nearest(option);

	if (nearest)
		return refuse_misspelt(option, nearest->name, err);
	return option_error(err, "-o %s: unknown option (dmsfs -h lists all options)",
			    option);
}

static int apply_mount_option(const char *option, struct options *options, FILE *err)
{
	const struct mount_option *known = mount_option_find(option);

	if (!known)
		return options->is_sloppy ? 0 : refuse_unknown(option, err);
	if (known->use == MOUNT_OPTION_OURS)
		return option_error(
			err,
			"-o %s: dmsfs sets this option itself (SOURCE is the "
			"device, fuse.dmsfs the type)",
			option);
	if (known->use == MOUNT_OPTION_ACCESS)
		options->is_read_only = strcmp(option, "ro") == 0;
	if (known->use == MOUNT_OPTION_REMOUNT)
		return option_error(err,
				    "-o remount: a mount of dmsfs keeps its options; "
				    "unmount it and mount it again with other ones");
	if (known->use == MOUNT_OPTION_PASSED &&
	    fuse_opt_add_opt_escaped(&options->mount_options, option) != 0)
		return option_error_memory(err);
	return 0;
}

static int apply_option(const char *option, struct options *options, FILE *err)
{
	const char *equals = strchr(option, '=');
	const struct option_entry *entry = NULL;
	char *name = strndup(option, strcspn(option, "="));
	char *shown = NULL;
	int r = 0;

	if (!name || asprintf(&shown, "-o %s", option) < 0) {
		free(name);
		return option_error_memory(err);
	}
	entry = option_find(name);
	if (entry)
		r = option_set(entry, equals ? equals + 1 : NULL, shown, options, err);
	else
		r = apply_mount_option(option, options, err);
	free(name);
	free(shown);
	return r;
}

/* Ends the option at @text, removes its backslashes, and returns the start of the
 * next one, or NULL. */
static char *split_option(char *text)
{
	char *from = text;
	char *to = text;
	bool is_last = false;

	while (*from && *from != ',') {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	/* The end may be written over the comma. */
	is_last = !*from;
	*to = '\0';
	return is_last ? NULL : from + 1;
}

int mount_options_parse(const char *list, struct options *options, FILE *err)
{
	char *copy = strdup(list);
	char *option = copy;
	int r = 0;

	if (!copy)
		return option_error_memory(err);
	while (option && r == 0) {
		char *next = split_option(option);

		if (option[0])
			r = apply_option(option, options, err);
		option = next;
	}
	free(copy);
	return r;
}
