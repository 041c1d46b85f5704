#include "fs/client/target.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "fs/fuse/dmsfs_ioctl.h"
#include "src/base/array.h"

#define REASON_SIZE 128

/* Below the root, or below each source, there are directories of instances, below these
 * files. by-status is as deep, from .dmsfs on. */
#define DEPTH_MAX 2

static int fail(const char *path, int cause, struct error *error)
{
	char reason[REASON_SIZE];

	error_set(error, ERROR_CONFIG, "%s: %s", path,
		  strerror_r(cause, reason, sizeof(reason)));
	return -cause;
}

static int refuse(const char *path, const char *reason, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s: %s", path, reason);
	return -EINVAL;
}

/* The topmost directory above @path, absolute, that is on the same device; for the
 * caller to free. NULL without memory. */
static char *find_root(const char *path, dev_t device)
{
	char *root = strdup(path);
	char *slash = root ? strrchr(root, '/') : NULL;
	struct stat status;

	while (slash && slash != root) {
		*slash = '\0';
		if (stat(root, &status) < 0 || status.st_dev != device) {
			*slash = '/';
			break;
		}
		slash = strrchr(root, '/');
	}
	return root;
}

static void target_fini(struct target *target)
{
	free(target->opened);
	free(target->name);
	free(target->root);
	free(target->path);
	free(target->shown);
}

int target_move(struct target *target, const char *path)
{
	char *moved = NULL;

	if (asprintf(&moved, "%s/%s", target->root, path) < 0)
		return -ENOMEM;
	free(target->path);
	target->path = moved;
	return 0;
}

/* The file is two levels down: INSTANCE/ENDPOINT. Where an instance alone is mounted
 * elsewhere that is above the root. */
char *target_source(const struct target *target)
{
	char *source = strdup(target->path);

	for (int level = 0; source && level < 2; level++) {
		char *slash = strrchr(source, '/');

		if (slash)
			*slash = '\0';
	}
	if (source && strlen(source) < strlen(target->root)) {
		free(source);
		source = strdup(target->root);
	}
	return source;
}

/* Error texts are safe on a terminal. */
static char *show_below(const char *root, const char *path)
{
	const char *below = path + strlen(root);
	struct error safe;

	below += strspn(below, "/");
	error_set(&safe, ERROR_NONE, "%s", *below ? below : path);
	return strdup(safe.text);
}

static int target_init(struct target *target, const char *opened, const char *name)
{
	struct stat status;

	*target = (struct target){.opened = strdup(opened), .name = strdup(name)};
	if (!target->opened || !target->name)
		return -ENOMEM;
	if (stat(opened, &status) < 0)
		return -errno;
	target->device = status.st_dev;
	target->root = find_root(opened, target->device);
	if (!target->root ||
	    asprintf(&target->path, "%s%s%s", opened, *name ? "/" : "", name) < 0)
		return -ENOMEM;
	target->shown = show_below(target->root, target->path);
	return target->shown ? 0 : -ENOMEM;
}

/* Mostly it is that of the target before. */
static int find_source(struct targets *targets, struct target *target)
{
	char *source = target_source(target);
	char **sources = NULL;
	size_t last = targets->source_count;

	if (!source)
		return -ENOMEM;
	for (size_t i = last; i > 0; i--)
		if (strcmp(targets->sources[i - 1], source) == 0) {
			target->source = i - 1;
			free(source);
			return 0;
		}
	sources = array_grow(targets->sources, last, sizeof(*sources));
	if (!sources) {
		free(source);
		return -ENOMEM;
	}
	targets->sources = sources;
	targets->sources[last] = source;
	target->source = last;
	targets->source_count++;
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Takes @target, if it succeeds. */
static int append_new(struct targets *targets, struct target *target)
{
	struct target *items = targets->items;
	const void *found;

	items = array_grow(items, targets->count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	targets->items = items;
	found = tsearch(target->path, &targets->known, compare_paths);
	if (!found)
		return -ENOMEM;
	targets->found++;
	if (*(char *const *)found == target->path)
		items[targets->count++] = *target;
	else
		target_fini(target);
	return 0;
}

static int add_target(struct targets *targets, const char *opened, const char *name,
		      struct error *error)
{
	struct target target;
	int r = target_init(&target, opened, name);

	if (r == 0)
		r = find_source(targets, &target);
	if (r == 0)
		r = append_new(targets, &target);
	if (r == 0)
		return 0;
	target_fini(&target);
	return fail(opened, -r, error);
}

/* A leading dot is escaped in names of instances and endpoints. */
static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int add_resolved(struct targets *targets, const char *path, int depth,
			struct error *error);

static bool has_directory(const char *directory, const char *name)
{
	struct stat status;
	char *path = NULL;
	bool is_there = false;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return false;
	is_there = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
	free(path);
	return is_there;
}

/* Whether @directory has what the root of a mount, or the directory of a source, alone
 * has: no instance has a file of that name, in which a leading dot is escaped. */
static bool has_own_files(const char *directory)
{
	return has_directory(directory, ".dmsfs");
}

/* A source that could not be listed yet shows its status alone. */
static bool is_unlisted(const char *directory)
{
	return has_own_files(directory) &&
	       !has_directory(directory, ".dmsfs/by-status");
}

static int add_entry(struct targets *targets, const char *directory, const char *name,
		     int depth, struct error *error)
{
	char *joined = NULL;
	char *resolved = NULL;
	int r = 0;

	if (asprintf(&joined, "%s/%s", directory, name) < 0)
		return fail(directory, ENOMEM, error);
	resolved = realpath(joined, NULL);
	/* It may have gone by now, and a link as well. */
	if (!resolved && errno != ENOENT)
		r = fail(joined, errno, error);
	else if (resolved)
		r = add_resolved(targets, resolved, depth + !has_own_files(resolved),
				 error);
	free(resolved);
	free(joined);
	return r == -ENOENT ? 0 : r;
}

static int add_directory(struct targets *targets, const char *path, int depth,
			 struct error *error)
{
	struct dirent **entries = NULL;
	int count = 0;
	int r = 0;

	if (depth >= DEPTH_MAX)
		return 0;
	if (is_unlisted(path))
		return refuse(path, "not listed yet, see .dmsfs/status in it", error);
	count = scandir(path, &entries, is_shown, alphasort);
	if (count < 0)
		return fail(path, errno, error);
	for (int i = 0; i < count; i++) {
		int added = add_entry(targets, path, entries[i]->d_name, depth,
				      r < 0 ? NULL : error);

		r = r < 0 ? r : added;
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* @path has no symbolic link. */
static int add_resolved(struct targets *targets, const char *path, int depth,
			struct error *error)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return fail(path, errno, error);
	if (S_ISDIR(status.st_mode))
		return add_directory(targets, path, depth, error);
	if (!S_ISREG(status.st_mode))
		return refuse(path, "not the file of a connection", error);
	return add_target(targets, path, "", error);
}

/* Nothing is opened elsewhere, where that may have effects. */
static bool is_fuse(const char *path)
{
	struct statfs status;

	return statfs(path, &status) == 0 && status.f_type == FUSE_SUPER_MAGIC;
}

static int add_existing(struct targets *targets, const char *path, const char *resolved,
			struct error *error)
{
	size_t before = targets->found;
	struct stat status;
	int r;

	/* A mount whose daemon is gone says so. */
	if (stat(resolved, &status) < 0)
		return fail(path, errno, error);
	if (!is_fuse(resolved))
		return refuse(path, "not on a mount of dmsfs", error);
	r = add_resolved(targets, resolved, 0, error);
	if (r == 0 && targets->found == before && S_ISDIR(status.st_mode))
		return refuse(path, "no connection is in this directory", error);
	return r;
}

/* Ends @path before its last part, and returns that. */
static char *split_last_part(char *path)
{
	char *slash = NULL;

	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/* What is named in @directory, which is not resolved yet. -ENOENT if that is not there
 * or cannot have it. */
static int add_named(struct targets *targets, const char *directory, const char *name,
		     struct error *error)
{
	char *resolved = realpath(*directory ? directory : "/", NULL);
	struct stat status;
	int r = 0;

	if (!resolved)
		return -errno;
	if (stat(resolved, &status) < 0)
		r = -errno;
	if (r == 0 && !is_fuse(resolved))
		r = -ENOENT;
	/* The root, or the directory of a source, takes INSTANCE/ENDPOINT, the
	 * directory of an instance ENDPOINT. */
	if (r == 0 && has_own_files(resolved) != !!strchr(name, '/'))
		r = -ENOENT;
	if (r == 0 && strlen(name) >= DMSFS_NAME_SIZE)
		r = -ENAMETOOLONG;
	if (r == 0)
		r = add_target(targets, resolved, name, error);
	free(resolved);
	return r;
}

/* For a pair that was never tested. */
static int add_missing(struct targets *targets, const char *path, struct error *error)
{
	char *parent = NULL;
	char *endpoint = NULL;
	char *instance = NULL;
	char *pair = NULL;
	int r = -ENOENT;

	/* So that there is a parent, whatever was given. */
	if (asprintf(&parent, "%s%s", *path == '/' ? "" : "./", path) < 0)
		return fail(path, ENOMEM, error);
	endpoint = split_last_part(parent);
	if (endpoint)
		r = add_named(targets, parent, endpoint, error);
	instance = endpoint && r == -ENOENT ? split_last_part(parent) : NULL;
	if (instance && asprintf(&pair, "%s/%s", instance, endpoint) < 0)
		r = -ENOMEM;
	else if (instance)
		r = add_named(targets, parent, pair, error);
	free(pair);
	free(parent);
	return r < 0 ? fail(path, -r, error) : 0;
}

int targets_add(struct targets *targets, const char *path, struct error *error)
{
	char *resolved = realpath(path, NULL);
	int r;

	if (resolved)
		r = add_existing(targets, path, resolved, error);
	else if (errno == ENOENT)
		r = add_missing(targets, path, error);
	else
		r = fail(path, errno, error);
	free(resolved);
	return r;
}

static void keep_path(void *)
{
}

void targets_fini(struct targets *targets)
{
	tdestroy(targets->known, keep_path);
	for (size_t i = 0; i < targets->count; i++)
		target_fini(&targets->items[i]);
	free(targets->items);
	for (size_t i = 0; i < targets->source_count; i++)
		free(targets->sources[i]);
	free(targets->sources);
	*targets = (struct targets){.items = NULL};
}
