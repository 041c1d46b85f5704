#include "fs/process/mountinfo.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"

struct mount {
	uint32_t id;
	uint32_t parent;
	uint64_t device;
	bool is_whole; /* not a part of a file system */
	char *path;    /* owned */
};

struct table {
	struct mount *mounts; /* owned (array.h) */
	size_t count;
};

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->mounts[i].path);
	free(table->mounts);
}

static bool is_octal(const char *text)
{
	for (int i = 0; i < 3; i++)
		if (text[i] < '0' || text[i] > '7')
			return false;
	return true;
}

/* The kernel writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && is_octal(text + 1)) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* Passes a number and what follows it, if that is @end. */
static bool pass_number(char **at, char end, uint32_t *number)
{
	char *rest = NULL;

	*number = (uint32_t)strtoul(*at, &rest, 10);
	if (rest == *at || *rest != end)
		return false;
	*at = rest + 1;
	return true;
}

/* "36 35 98:0 /root /path options ..." Cuts the line. 0; -EINVAL for another line; or
 * -ENOMEM. */
static int parse_line(char *line, struct mount *mount)
{
	uint32_t major = 0;
	uint32_t minor = 0;
	char *root = NULL;
	char *path = NULL;

	if (!pass_number(&line, ' ', &mount->id) ||
	    !pass_number(&line, ' ', &mount->parent) ||
	    !pass_number(&line, ':', &major) || !pass_number(&line, ' ', &minor))
		return -EINVAL;
	root = strsep(&line, " ");
	path = strsep(&line, " ");
	if (!path)
		return -EINVAL;
	unescape(path);
	mount->device = mountinfo_device(major, minor);
	mount->is_whole = strcmp(root, "/") == 0;
	mount->path = strdup(path);
	return mount->path ? 0 : -ENOMEM;
}

static int add_line(struct table *table, char *line)
{
	struct mount *mounts = NULL;
	struct mount mount;
	int r = parse_line(line, &mount);

	if (r < 0)
		return r == -EINVAL ? 0 : r;
	mounts = array_grow(table->mounts, table->count, sizeof(*mounts));
	if (!mounts) {
		free(mount.path);
		return -ENOMEM;
	}
	table->mounts = mounts;
	mounts[table->count++] = mount;
	return 0;
}

static int read_table(struct table *table)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!file)
		return -errno;
	while (r == 0 && getline(&line, &size, file) >= 0)
		r = add_line(table, line);
	free(line);
	fclose(file);
	return r;
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	if (strcmp(directory, "/") == 0)
		return true;
	return strncmp(path, directory, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

static const struct mount *find_id(const struct table *table, uint32_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->mounts[i].id == id)
			return &table->mounts[i];
	return NULL;
}

/* A mount on it, or on a directory above that belongs to the same parent. */
static bool covers(const struct mount *other, const struct mount *mount)
{
	return other != mount &&
	       (other->parent == mount->id ||
		(other->parent == mount->parent && is_below(mount->path, other->path)));
}

static const struct mount *find_cover(const struct table *table,
				      const struct mount *mount)
{
	for (size_t i = 0; i < table->count; i++)
		if (covers(&table->mounts[i], mount))
			return &table->mounts[i];
	return NULL;
}

/* On a mount above only what hides ours counts, and not its other children. */
static const struct mount *find_hiding(const struct table *table,
				       const struct mount *mount)
{
	const struct mount *above = find_id(table, mount->parent);

	for (; above && above->parent != above->id;
	     above = find_id(table, above->parent)) {
		for (size_t i = 0; i < table->count; i++) {
			const struct mount *other = &table->mounts[i];

			if (other != above && other->parent == above->parent &&
			    is_below(above->path, other->path))
				return other;
		}
	}
	return NULL;
}

static int describe(const struct table *table, const struct mount *mount,
		    struct mountinfo_place *place)
{
	const struct mount *cover = NULL;

	if (!mount)
		return -ENODEV;
	cover = find_cover(table, mount);
	if (!cover)
		cover = find_hiding(table, mount);
	place->device = mount->device;
	snprintf(place->path, sizeof(place->path), "%s", mount->path);
	snprintf(place->cover, sizeof(place->cover), "%s", cover ? cover->path : "");
	return 0;
}

static const struct mount *find_device(const struct table *table, uint64_t device,
				       const char *path)
{
	const struct mount *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct mount *mount = &table->mounts[i];

		if (mount->device != device || !mount->is_whole)
			continue;
		if (path && strcmp(mount->path, path) == 0)
			return mount;
		if (!found)
			found = mount;
	}
	return found;
}

static const struct mount *find_top(const struct table *table, const char *path)
{
	for (size_t i = table->count; i > 0; i--)
		if (strcmp(table->mounts[i - 1].path, path) == 0)
			return &table->mounts[i - 1];
	return NULL;
}

static bool is_over(int connection)
{
	struct pollfd fd = {.fd = connection};

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLNVAL));
}

/* The connection ends before the number is free, so a number that was read while it
 * stood was not another's. */
int mountinfo_find(const struct mountinfo_mount *mount, const char *path,
		   struct mountinfo_place *place)
{
	struct table table = {.mounts = NULL};
	int r = read_table(&table);

	if (r == 0)
		r = describe(&table, find_device(&table, mount->device, path), place);
	free_table(&table);
	return r == 0 && is_over(mount->connection) ? -ENODEV : r;
}

int mountinfo_find_top(const char *path, struct mountinfo_place *place)
{
	struct table table = {.mounts = NULL};
	int r = read_table(&table);

	if (r == 0)
		r = describe(&table, find_top(&table, path), place);
	free_table(&table);
	return r;
}
