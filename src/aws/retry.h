/*
 * When a request that failed is worth another attempt, and how long to wait before
 * it. Policy alone: call_send() makes the attempts.
 *
 * The standard mode is that of the AWS SDKs and the CLI since November 2026
 * (botocore 1.44, retries/standard.py). The quota keeps a service that is down from
 * being asked three times as often: attempts cost tokens, of which only success
 * brings some back.
 *
 * The legacy mode is what botocore did before it had modes: 5 attempts, a base of
 * 1 s, no quota, no heed to what the service asks for. It knows the same errors, and
 * waits no longer than the others. The adaptive mode is the standard one: what it
 * adds, a bound on the client's own rate, is there anyway, since dmsfs asks twice a
 * second at most on average.
 */
#ifndef DMSFS_SRC_AWS_RETRY_H
#define DMSFS_SRC_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "src/aws/profile.h"
#include "src/base/error.h"

#define RETRY_TOKENS_MAX 500U
#define RETRY_ATTEMPTS_MAX 1000U
#define RETRY_NO_HINT INT64_C(-1)

enum retry_mode {
	RETRY_STANDARD,
	RETRY_ADAPTIVE,
	RETRY_LEGACY,
};

enum retry_class {
	RETRY_NEVER,
	RETRY_TRANSIENT,
	RETRY_THROTTLED,
};

struct retry_settings {
	enum retry_mode mode;
	unsigned max_attempts; /* the first one counts */
};

/* Lives as long as the client whose requests share it. For one thread at a time. */
struct retry {
	struct retry_settings settings;
	double (*random)(void *data); /* from 0 to 1; handed in by tests */
	void *random_data;
	unsigned tokens;
};

/* One request; {0} before its first attempt. */
struct retry_call {
	unsigned failures;
	unsigned cost; /* of the last attempt after the first; 0: there was none */
};

/*
 * AWS_RETRY_MODE or retry_mode, AWS_MAX_ATTEMPTS or max_attempts; else the standard
 * mode, and as many attempts as the mode has. -EINVAL with the name, source and
 * value of what is wrong.
 */
int retry_settings_read(const struct profile *profile, struct retry_settings *settings,
			struct error *error);

/* With a full quota and random numbers of the kernel's. */
void retry_init(struct retry *retry, const struct retry_settings *settings);

/* By the error's kind, code and HTTP status. */
enum retry_class retry_classify(const struct error *error);

/*
 * After an attempt that failed: whether to make another, *wait_ns from now. The
 * response asks for @hint_ms by x-amz-retry-after or Retry-After, or RETRY_NO_HINT.
 */
bool retry_next(struct retry *retry, struct retry_call *call, enum retry_class class,
		int64_t hint_ms, int64_t *wait_ns);

/* The longest that all waits between the attempts of one request may take. */
int64_t retry_longest_waits_ns(const struct retry_settings *settings);

/* After one that succeeded: gives tokens back. */
void retry_succeeded(struct retry *retry, const struct retry_call *call);

#endif
