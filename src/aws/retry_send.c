#include "src/aws/retry_send.h"

#include <stdlib.h>
#include <string.h>

#define DECIMAL 10

/* One request on its way. */
struct exchange {
	struct retry_client *client;
	struct retry_call call;
	bool is_corrected; /* the clock has been, once */
};

void retry_client_init(struct retry_client *client,
		       const struct retry_settings *settings, const struct clock *clock)
{
	retry_init(&client->retry, settings);
	clock_skew_init(&client->skew, clock);
}

static int64_t read_hint_ms(const struct http_response *response)
{
	char text[32];

	if (!http_response_header(response, "x-amz-retry-after", text, sizeof(text)) ||
	    *text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return RETRY_NO_HINT;
	return strtoll(text, NULL, DECIMAL);
}

/* After a failed attempt: true, when it is time for the next one. Ending the wait
 * replaces the error. */
static bool prepare_next(struct exchange *exchange,
			 const struct http_response *response, struct error *error)
{
	struct retry_client *client = exchange->client;
	const struct clock *clock = &client->skew.clock;
	int64_t wait_ns;

	if (!exchange->is_corrected &&
	    clock_skew_correct(&client->skew, response, error)) {
		exchange->is_corrected = true;
		return true;
	}
	if (!retry_next(&client->retry, &exchange->call, retry_classify(error),
			read_hint_ms(response), &wait_ns))
		return false;
	if (clock->sleep(clock->data, wait_ns) == 0)
		return true;
	error_set(error, ERROR_CANCELED, "the wait for another attempt was ended");
	return false;
}

int retry_send(struct retry_client *client, const struct retry_request *request,
	       struct error *error)
{
	struct exchange exchange = {.client = client};
	bool has_next = true;
	int err = 0;

	while (has_next) {
		struct http_response response = {0};
		struct error reason = {0};

		err = request->attempt(request->data, clock_skew_now_s(&client->skew),
				       &response, &reason);
		has_next = err && prepare_next(&exchange, &response, &reason);
		if (!err) {
			clock_skew_follow(&client->skew, &response);
			retry_succeeded(&client->retry, &exchange.call);
		} else if (!has_next) {
			*error = reason;
			err = error_result(&reason);
		}
		http_response_fini(&response);
	}
	return err;
}
