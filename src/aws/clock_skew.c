#include "src/aws/clock_skew.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

/* The threshold of the AWS SDKs, a minute within what the services take. */
#define TOLERANCE_S (4 * 60)

/* A clock that lost its battery may begin with 1970; beyond this a Date is wrong. */
#define OFFSET_MAX_S (INT64_C(100) * 366 * 24 * 60 * 60)

void clock_skew_init(struct clock_skew *skew, const struct clock *clock)
{
	*skew = (struct clock_skew){.clock = *clock};
}

static int64_t local_ns(const struct clock_skew *skew)
{
	return skew->clock.realtime_ns(skew->clock.data);
}

int64_t clock_skew_now_s(const struct clock_skew *skew)
{
	return local_ns(skew) / NS_PER_S + skew->offset_s;
}

static int64_t read_realtime(void *data)
{
	const struct clock_skew *skew = data;

	return local_ns(skew) + skew->offset_s * NS_PER_S;
}

static int64_t read_boottime(void *data)
{
	const struct clock_skew *skew = data;

	return skew->clock.boottime_ns(skew->clock.data);
}

static int sleep_for(void *data, int64_t ns)
{
	const struct clock_skew *skew = data;

	return skew->clock.sleep(skew->clock.data, ns);
}

static void wait_until(void *data, int64_t until_ns, int wake)
{
	const struct clock_skew *skew = data;

	skew->clock.wait(skew->clock.data, until_ns, wake);
}

struct clock clock_skew_clock(struct clock_skew *skew)
{
	return (struct clock){
		.data = skew,
		.realtime_ns = read_realtime,
		.boottime_ns = read_boottime,
		.sleep = sleep_for,
		.wait = wait_until,
	};
}

/* By how much the answer's Date is ahead of the local clock. */
static bool measure(const struct clock_skew *skew, const struct http_response *response,
		    int64_t *offset_s)
{
	char date[64];
	time_t remote_s;

	if (!http_response_header(response, "Date", date, sizeof(date)))
		return false;
	remote_s = curl_getdate(date, NULL);
	if (remote_s <= 0)
		return false;
	*offset_s = remote_s - local_ns(skew) / NS_PER_S;
	return llabs(*offset_s) <= OFFSET_MAX_S;
}

/* The codes by which a service may mean the time of a request. The last three have
 * other causes too, as a wrong secret key. */
static bool is_skew_code(const char *code)
{
	static const char *const codes[] = {
		"RequestTimeTooSkewed", "RequestExpired",
		"RequestInTheFuture",	"InvalidSignatureException",
		"InvalidSignature",	"SignatureDoesNotMatch",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

/* What the services tolerate needs no correction. */
static int64_t worth_correcting(int64_t offset_s)
{
	return llabs(offset_s) > TOLERANCE_S ? offset_s : 0;
}

bool clock_skew_correct(struct clock_skew *skew, const struct http_response *response,
			const struct error *error)
{
	int64_t offset_s;

	if (error->kind != ERROR_SERVICE || !is_skew_code(error->code) ||
	    !measure(skew, response, &offset_s) ||
	    llabs(offset_s - skew->offset_s) <= TOLERANCE_S)
		return false;
	skew->offset_s = worth_correcting(offset_s);
	return true;
}

void clock_skew_follow(struct clock_skew *skew, const struct http_response *response)
{
	int64_t offset_s;

	if (skew->offset_s != 0 && measure(skew, response, &offset_s))
		skew->offset_s = worth_correcting(offset_s);
}
