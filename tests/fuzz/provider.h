/*
 * A provider of credentials that is asked, while a service answers by an input.
 */
#ifndef DMSFS_TESTS_FUZZ_PROVIDER_H
#define DMSFS_TESTS_FUZZ_PROVIDER_H

#include "src/aws/profile.h"
#include "src/credentials/provider.h"
#include "tests/fuzz/parts.h"

/* What stands for a secret in inputs. No text for people may hold it, but for the
 * message of a service that refuses. */
#define PROVIDER_SECRET "wJalrXUtnFEMI"

/*
 * Asks for the credentials of profile @name, with the answers in @parts. They must be
 * whole and fit for a header of HTTP; or there is an error, or a reason to pass the
 * provider over; and the error is one clean line, and nothing that is said holds a
 * secret.
 */
void provider_check(const struct credentials_provider *provider,
		    const struct profile *profile, const char *name,
		    struct parts parts);

#endif
