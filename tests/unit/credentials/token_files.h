/*
 * The cache files of "aws sso login" and "aws login" in a test's home.
 */
#ifndef DMSFS_TESTS_UNIT_CREDENTIALS_TOKEN_FILES_H
#define DMSFS_TESTS_UNIT_CREDENTIALS_TOKEN_FILES_H

#include "tests/unit/credentials/chain.h"

#include <glob.h>
#include <signal.h>
#include <sys/resource.h>

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

/* As on a disk that is full, for root as well: no file takes a byte any more. */
static inline void token_files_allow_writing(bool is_allowed)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = is_allowed ? limit.rlim_max : 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Removes the file and its folders; fails if there was another file beside it. */
static inline void token_file_remove(struct chain *chain, const char *kind)
{
	char folder[160], pattern[192];
	glob_t files = {0};

	snprintf(folder, sizeof(folder), "%s/.aws/%s/cache", chain->setup->home, kind);
	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	(void)glob(pattern, 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++)
		unlink(files.gl_pathv[i]);
	rmdir(folder);
	snprintf(folder, sizeof(folder), "%s/.aws/%s", chain->setup->home, kind);
	rmdir(folder);
	assert_in_range(files.gl_pathc, 0, 1);
	globfree(&files);
}

#endif
