/*
 * The output of a credential_process: JSON, or whatever a program writes.
 */
#include <string.h>

#include "src/base/subprocess.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/provider.h"
#include "tests/fuzz/setup.h"

static const char setup_text[] = "[default]\n"
				 "credential_process = program --flag\n";

/* What the next program writes. */
static struct part output;

/* Takes the place of src/command.c: runs nothing. */
int subprocess_run(char *const argv[], const char *, int, const struct clock *,
		   struct buffer *out, char said[SUBPROCESS_SAID_SIZE], int *status,
		   struct error *error)
{
	FUZZ_CHECK(strcmp(argv[0], "program") == 0);
	said[0] = '\0';
	*status = 0;
	if (!buffer_append(out, output.bytes, output.len))
		return error_set(error, ERROR_RESPONSE, "%s wrote too much", argv[0]);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setup setup;
	static struct profile *profile;

	if (!profile) {
		setup_init(&setup);
		profile = setup_load(&setup, setup_text);
	}
	output = (struct part){data, size};
	provider_check(&credentials_process, profile, "default",
		       (struct parts){data, data});
	return 0;
}
