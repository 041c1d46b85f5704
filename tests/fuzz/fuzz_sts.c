/*
 * STS: the XML that AssumeRole is answered with, or refused.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/provider.h"
#include "tests/fuzz/setup.h"

static const char setup_text[] = "[default]\n"
				 "region = us-east-1\n"
				 "role_arn = arn:aws:iam::123456789012:role/r\n"
				 "source_profile = source\n"
				 "[profile source]\n"
				 "aws_access_key_id = AKIDEXAMPLE\n"
				 "aws_secret_access_key = EXAMPLEKEY\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setup setup;
	static struct profile *profile;

	if (!profile) {
		setup_init(&setup);
		profile = setup_load(&setup, setup_text);
	}
	provider_check(&credentials_assume_role, profile, "default",
		       (struct parts){data, data + size});
	return 0;
}
