/*
 * A user's AWS set-up without a file on any disk: the config file, the credentials
 * file and the variables.
 */
#ifndef DMSFS_TESTS_FUZZ_SETUP_H
#define DMSFS_TESTS_FUZZ_SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "src/aws/profile.h"

#define SETUP_VARIABLES_MAX 32

/* A file in memory, which has a path as well. */
struct memory_file {
	int fd;
	char path[32];
};

/* Lives as long as the program, and its files stay open. */
struct setup {
	struct memory_file config;
	struct memory_file credentials;
	const char *home;
	char *variables; /* owned */
	char *names[SETUP_VARIABLES_MAX];
	const char *values[SETUP_VARIABLES_MAX];
	size_t count;
};

void setup_init(struct setup *setup);
void setup_fini(struct setup *setup);

/* Takes the config file, the credentials file and lines NAME=VALUE from @data. */
void setup_read(struct setup *setup, const uint8_t *data, size_t size);

/* The profile in force of that set-up, which must be good; for profile_free(). */
struct profile *setup_load(struct setup *setup, const char *text);

/* As getenv(3); @data is the setup. */
const char *setup_getenv(void *data, const char *name);

#endif
