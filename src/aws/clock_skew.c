#include "src/aws/clock_skew.h"

#include <stdlib.h>

#include <curl/curl.h>

#include "src/aws/refusal.h"

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

/* By how much the Date of the response is ahead of the local clock. */
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

/* An offset that the services tolerate needs no correction. */
static int64_t worth_correcting(int64_t offset_s)
{
	return llabs(offset_s) > TOLERANCE_S ? offset_s : 0;
}

bool clock_skew_correct(struct clock_skew *skew, const struct http_response *response,
			const struct error *error)
{
	int64_t offset_s;

	if (error->kind != ERROR_SERVICE ||
	    !(refusal_meaning(error->code) & REFUSAL_CLOCK) ||
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
