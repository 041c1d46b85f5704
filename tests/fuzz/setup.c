#include "tests/fuzz/setup.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/parts.h"

static void memory_file_init(struct memory_file *file)
{
	file->fd = memfd_create("dmsfs-fuzz", MFD_CLOEXEC);
	FUZZ_CHECK(file->fd >= 0);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

static void memory_file_write(const struct memory_file *file, const struct part *part)
{
	FUZZ_CHECK(ftruncate(file->fd, 0) == 0);
	FUZZ_CHECK(pwrite(file->fd, part->bytes, part->len, 0) == (ssize_t)part->len);
}

void setup_init(struct setup *setup)
{
	*setup = (struct setup){.home = "/nonexistent"};
	memory_file_init(&setup->config);
	memory_file_init(&setup->credentials);
}

static void set_variables(struct setup *setup, const struct part *part)
{
	char *rest = part_copy(part);

	setup->variables = rest;
	setup->count = 0;
	while (rest && setup->count < SETUP_VARIABLES_MAX) {
		char *name = strsep(&rest, "\n");
		char *equals = strchr(name, '=');

		if (!equals)
			continue;
		*equals = '\0';
		setup->names[setup->count] = name;
		setup->values[setup->count++] = equals + 1;
	}
}

void setup_read(struct setup *setup, const uint8_t *data, size_t size)
{
	struct parts parts = {data, data + size};
	struct part part = parts_next(&parts);

	memory_file_write(&setup->config, &part);
	part = parts_next(&parts);
	memory_file_write(&setup->credentials, &part);
	part = parts_next(&parts);
	set_variables(setup, &part);
}

void setup_fini(struct setup *setup)
{
	free(setup->variables);
	setup->variables = NULL;
	setup->count = 0;
}

const char *setup_getenv(void *data, const char *name)
{
	const struct setup *setup = data;

	if (strcmp(name, "HOME") == 0)
		return setup->home;
	if (strcmp(name, "AWS_CONFIG_FILE") == 0)
		return setup->config.path;
	if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
		return setup->credentials.path;
	for (size_t i = 0; i < setup->count; i++)
		if (strcmp(name, setup->names[i]) == 0)
			return setup->values[i];
	return NULL;
}

struct profile *setup_load(struct setup *setup, const char *text)
{
	const struct profile_options options = {
		.environment = {setup_getenv, setup},
	};
	struct profile *profile = NULL;

	setup_read(setup, (const uint8_t *)text, strlen(text));
	FUZZ_CHECK(profile_load(&options, &profile, NULL) == 0);
	return profile;
}
