/*
 * Environment variables, handed in, so that tests need not set those of the process.
 */
#ifndef DMSFS_SRC_BASE_ENVIRONMENT_H
#define DMSFS_SRC_BASE_ENVIRONMENT_H

#include <stdlib.h>

/* {NULL} stands for the process's own. Copied by those who keep it. */
struct environment {
	const char *(*get)(void *data, const char *name); /* as getenv(3) */
	void *data;					  /* borrowed */
};

static inline const char *environment_get(const struct environment *environment,
					  const char *name)
{
	return environment->get ? environment->get(environment->data, name)
				: getenv(name);
}

#endif
