/*
 * Text split into words as a POSIX shell splits it, without a shell: nothing is
 * expanded. Follows Python's shlex.split(), by which botocore reads section names
 * and credential_process.
 */
#ifndef DMSFS_SRC_BASE_SHELL_WORDS_H
#define DMSFS_SRC_BASE_SHELL_WORDS_H

#include <stddef.h>

struct shell_words {
	char **word; /* owned, and followed by a NULL, as execv(3) wants it */
	size_t count;
};

/* 0; -EINVAL for a quote that is not closed or a backslash at the end; -ENOMEM.
 * @words is empty after a failure. */
int shell_words_split(const char *text, struct shell_words *words);

void shell_words_fini(struct shell_words *words);

#endif
