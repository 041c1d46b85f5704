/*
 * A user's AWS set-up for a test: variables of its own and a private home folder
 * with the two files. As cmocka's setup and teardown of a test.
 */
#ifndef DMSFS_TESTS_UNIT_AWS_SETUP_H
#define DMSFS_TESTS_UNIT_AWS_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/aws/profile.h"

#define AWS_SETUP_VARIABLES 16

struct aws_setup {
	char home[64];
	char config[96];      /* HOME/.aws/config */
	char credentials[96]; /* HOME/.aws/credentials */
	const char *name[AWS_SETUP_VARIABLES];
	const char *value[AWS_SETUP_VARIABLES];
	size_t count;
	struct profile *profile; /* of aws_setup_load() */
	struct error error;	 /* the same */
};

static inline const char *aws_setup_getenv(void *data, const char *name)
{
	const struct aws_setup *setup = data;

	for (size_t i = 0; i < setup->count; i++)
		if (strcmp(setup->name[i], name) == 0)
			return setup->value[i];
	return NULL;
}

/* NULL takes the variable away. */
static inline void aws_setup_env(struct aws_setup *setup, const char *name,
				 const char *value)
{
	size_t i = 0;

	while (i < setup->count && strcmp(setup->name[i], name) != 0)
		i++;
	assert_in_range(i, 0, AWS_SETUP_VARIABLES - 1);
	setup->name[i] = name;
	setup->value[i] = value;
	if (i == setup->count)
		setup->count++;
}

static inline void aws_setup_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline int aws_setup_load(struct aws_setup *setup, const char *name,
				 const char *region)
{
	const struct profile_options options = {
		.name = name,
		.region = region,
		.environment = {aws_setup_getenv, setup},
	};

	profile_free(setup->profile);
	memset(&setup->error, 0, sizeof(setup->error));
	return profile_load(&options, &setup->profile, &setup->error);
}

static inline void aws_setup_require(struct aws_setup *setup, const char *name,
				     const char *region)
{
	int rc = aws_setup_load(setup, name, region);

	assert_string_equal(setup->error.text, "");
	assert_int_equal(rc, 0);
}

static inline int aws_setup_make(void **state)
{
	struct aws_setup *setup = calloc(1, sizeof(*setup));
	char folder[80];

	assert_non_null(setup);
	snprintf(setup->home, sizeof(setup->home), P_tmpdir "/dmsfs-unit-XXXXXX");
	assert_non_null(mkdtemp(setup->home));
	snprintf(folder, sizeof(folder), "%s/.aws", setup->home);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(setup->config, sizeof(setup->config), "%s/config", folder);
	snprintf(setup->credentials, sizeof(setup->credentials), "%s/credentials",
		 folder);
	aws_setup_env(setup, "HOME", setup->home);
	/* A test that has no keys asks nobody for them. */
	aws_setup_env(setup, "AWS_EC2_METADATA_DISABLED", "true");
	*state = setup;
	return 0;
}

static inline int aws_setup_remove(void **state)
{
	struct aws_setup *setup = *state;
	char folder[80];

	profile_free(setup->profile);
	snprintf(folder, sizeof(folder), "%s/.aws", setup->home);
	unlink(setup->config);
	unlink(setup->credentials);
	rmdir(folder);
	rmdir(setup->home);
	free(setup);
	return 0;
}

/* Fails with the whole text, which cmocka's own check would not show. */
static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not contain '%s'", text, part);
}

#define AWS_SETUP_TEST(function) \
	cmocka_unit_test_setup_teardown(function, aws_setup_make, aws_setup_remove)

#endif
