#include "src/aws/retry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "src/aws/refusal.h"
#include "src/base/clock.h"

#define SOURCE_SIZE 512
#define DECIMAL 10

#define TRANSIENT_COST 14U
#define THROTTLED_COST 5U
#define SUCCESS_REFUND 1U

#define TRANSIENT_BASE_NS (50 * NS_PER_MS)
#define THROTTLED_BASE_NS NS_PER_S
#define LEGACY_BASE_NS NS_PER_S
#define BACKOFF_MAX_NS (20 * NS_PER_S)
/* The longest delay that the service may add to an attempt. */
#define HINT_MAX_MORE_NS (5 * NS_PER_S)

static const char mode_env[] = "AWS_RETRY_MODE";
static const char mode_key[] = "retry_mode";
static const char attempts_env[] = "AWS_MAX_ATTEMPTS";
static const char attempts_key[] = "max_attempts";

static const struct {
	const char *name;
	struct retry_settings settings;
} modes[] = {
	{"standard", {RETRY_STANDARD, 3}},
	{"adaptive", {RETRY_ADAPTIVE, 3}},
	{"legacy", {RETRY_LEGACY, 5}},
};

static int read_mode(const struct profile *profile, struct retry_settings *settings,
		     struct error *error)
{
	const char *mode = profile_setting(profile, mode_env, mode_key);
	char source[SOURCE_SIZE];

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!mode || !strcasecmp(mode, modes[i].name)) {
			*settings = modes[i].settings;
			return 0;
		}
	}
	return error_set(
		error, ERROR_CONFIG,
		"'%s' (%s) is not a retry mode; it must be standard, adaptive or "
		"legacy",
		mode,
		profile_describe(profile, mode_env, mode_key, source, sizeof(source)));
}

static bool read_count(const char *text, unsigned *count)
{
	unsigned long value;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	value = strtoul(text, NULL, DECIMAL);
	if (value < 1 || value > RETRY_ATTEMPTS_MAX)
		return false;
	*count = (unsigned)value;
	return true;
}

int retry_settings_read(const struct profile *profile, struct retry_settings *settings,
			struct error *error)
{
	const char *attempts = profile_setting(profile, attempts_env, attempts_key);
	char source[SOURCE_SIZE];
	int r = read_mode(profile, settings, error);

	if (r < 0 || !attempts || read_count(attempts, &settings->max_attempts))
		return r;
	return error_set(error, ERROR_CONFIG,
			 "'%s' (%s) is not a number of attempts; it must be 1 to %u, "
			 "including the first",
			 attempts,
			 profile_describe(profile, attempts_env, attempts_key, source,
					  sizeof(source)),
			 RETRY_ATTEMPTS_MAX);
}

static double random_of_kernel(void *)
{
	uint64_t bits = 0;
	ssize_t got;

	do
		got = getrandom(&bits, sizeof(bits), 0);
	while (got < 0 && errno == EINTR);
	return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

void retry_init(struct retry *retry, const struct retry_settings *settings)
{
	*retry = (struct retry){
		.settings = *settings,
		.random = random_of_kernel,
		.tokens = RETRY_TOKENS_MAX,
	};
}

static bool is_transient_status(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

enum retry_class retry_classify(const struct error *error)
{
	unsigned meaning = refusal_meaning(error->code);

	if (error->kind == ERROR_NETWORK || error->kind == ERROR_TIMEOUT)
		return RETRY_TRANSIENT;
	if (error->kind != ERROR_SERVICE)
		return RETRY_NEVER;
	if (meaning & REFUSAL_THROTTLED || error->http_status == 429)
		return RETRY_THROTTLED;
	if (meaning & REFUSAL_TRANSIENT || is_transient_status(error->http_status))
		return RETRY_TRANSIENT;
	return RETRY_NEVER;
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t base_ns(const struct retry *retry, enum retry_class class)
{
	if (retry->settings.mode == RETRY_LEGACY)
		return LEGACY_BASE_NS;
	return class == RETRY_THROTTLED ? THROTTLED_BASE_NS : TRANSIENT_BASE_NS;
}

/* @failures is at least 1. */
static int64_t longest_backoff_ns(int64_t base_ns, unsigned failures)
{
	int64_t limit_ns = base_ns;

	while (--failures > 0 && limit_ns < BACKOFF_MAX_NS)
		limit_ns *= 2;
	return min_ns(limit_ns, BACKOFF_MAX_NS);
}

static int64_t backoff_ns(const struct retry *retry, enum retry_class class,
			  unsigned failures)
{
	return (int64_t)(retry->random(retry->random_data) *
			 (double)longest_backoff_ns(base_ns(retry, class), failures));
}

/* The service may put it off, within bounds, and not bring it forward. */
static int64_t heed_hint(int64_t wait_ns, int64_t hint_ms)
{
	int64_t latest_ns = wait_ns + HINT_MAX_MORE_NS;
	int64_t hint_ns = hint_ms < latest_ns / NS_PER_MS ? hint_ms * NS_PER_MS
							  : latest_ns;

	return hint_ns > wait_ns ? hint_ns : wait_ns;
}

static bool take_tokens(struct retry *retry, unsigned cost)
{
	if (retry->tokens < cost)
		return false;
	retry->tokens -= cost;
	return true;
}

bool retry_next(struct retry *retry, struct retry_call *call, enum retry_class class,
		int64_t hint_ms, int64_t *wait_ns)
{
	bool is_legacy = retry->settings.mode == RETRY_LEGACY;
	unsigned cost = class == RETRY_THROTTLED ? THROTTLED_COST : TRANSIENT_COST;

	call->failures++;
	if (class == RETRY_NEVER || call->failures >= retry->settings.max_attempts)
		return false;
	if (!is_legacy && !take_tokens(retry, cost))
		return false;
	call->cost = cost;
	*wait_ns = backoff_ns(retry, class, call->failures);
	if (!is_legacy && hint_ms != RETRY_NO_HINT)
		*wait_ns = heed_hint(*wait_ns, hint_ms);
	return true;
}

int64_t retry_longest_waits_ns(const struct retry_settings *settings)
{
	int64_t all_ns = 0;

	for (unsigned failures = 1; failures < settings->max_attempts; failures++)
		all_ns += longest_backoff_ns(THROTTLED_BASE_NS, failures) +
			  HINT_MAX_MORE_NS;
	return all_ns;
}

void retry_succeeded(struct retry *retry, const struct retry_call *call)
{
	unsigned refund = call->cost ? call->cost : SUCCESS_REFUND;
	unsigned room = RETRY_TOKENS_MAX - retry->tokens;

	retry->tokens += refund < room ? refund : room;
}
