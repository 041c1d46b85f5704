/*
 * The cache files of "aws sso login" and "aws login" in a test's home.
 */
#ifndef DMSFS_TESTS_UNIT_TOKEN_FILES_H
#define DMSFS_TESTS_UNIT_TOKEN_FILES_H

#include "chain.h"

#include <dirent.h>

/* Makes HOME/.aws/@kind/cache and the path of the file @hash in it. */
static inline void token_file_make(struct chain *chain, const char *kind,
				   const char *hash, char path[192])
{
	snprintf(path, 192, "%s/.aws/%s", chain->setup->home, kind);
	mkdir(path, 0700);
	snprintf(path, 192, "%s/.aws/%s/cache", chain->setup->home, kind);
	mkdir(path, 0700);
	snprintf(path, 192, "%s/.aws/%s/cache/%s.json", chain->setup->home, kind, hash);
}

static inline void token_file_read(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
}

static inline mode_t token_file_mode(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

/* Removes the file and its folders; fails if there is another file beside it. */
static inline void token_file_remove(struct chain *chain, const char *kind)
{
	char folder[160], path[448];
	const struct dirent *entry = NULL;
	DIR *files = NULL;
	int count = 0;

	snprintf(folder, sizeof(folder), "%s/.aws/%s/cache", chain->setup->home, kind);
	files = opendir(folder);
	for (entry = files ? readdir(files) : NULL; entry; entry = readdir(files)) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
		count++;
	}
	if (files)
		closedir(files);
	rmdir(folder);
	snprintf(folder, sizeof(folder), "%s/.aws/%s", chain->setup->home, kind);
	rmdir(folder);
	assert_true(count <= 1);
}

#endif
