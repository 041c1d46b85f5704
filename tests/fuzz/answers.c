#include "tests/fuzz/answers.h"

#include <string.h>

#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"

#define LINE_SIZE 2048
#define STATUS_MIN 100
#define STATUS_MAX 999

static char *copy(const uint8_t *bytes, size_t len)
{
	return part_copy(&(struct part){bytes, len});
}

/* libcurl gives statuses of three digits, and headers without a NUL. */
void response_read(const struct part *part, struct http_response *response)
{
	const uint8_t *line_end = memchr(part->bytes, '\n', part->len);
	size_t head = line_end ? (size_t)(line_end - part->bytes) + 1 : 0;
	const uint8_t *blank = memmem(part->bytes + head, part->len - head, "\r\n\r\n",
				      4);
	size_t body = blank ? (size_t)(blank - part->bytes) + 4 : head;
	char *status = copy(part->bytes, head);

	response->status = (int)strtol(status, NULL, 10);
	if (response->status < STATUS_MIN || response->status > STATUS_MAX)
		response->status = STATUS_MIN * 4;
	response->headers = copy(part->bytes + head, body - head);
	response->body = copy(part->bytes + body, part->len - body);
	response->body_len = part->len - body;
	free(status);
}

/* What libcurl would send as more than one line, the real transport refuses. */
static bool is_fit(const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strpbrk(request->headers[i].value, "\r\n"))
			return false;
	return true;
}

static int send_response(void *data, const struct http_request *request,
			 struct http_response *response, struct error *error)
{
	struct responses *responses = data;
	struct part part = parts_next(&responses->parts);

	FUZZ_CHECK(expected_is_clean(request->url, strlen(request->url), ""));
	if (!is_fit(request))
		return error_set(error, ERROR_CONFIG, "a header contains a line break");
	if (part.len == 0 || part.bytes[0] < '0' || part.bytes[0] > '9')
		return error_set(error, ERROR_NETWORK, "the connection was closed");
	response_read(&part, response);
	responses->is_refused |= response->status != 200;
	return 0;
}

struct http_transport responses_transport(struct responses *responses)
{
	return (struct http_transport){.data = responses, .send = send_response};
}

static int64_t still_ns(void *)
{
	return ANSWERS_TIME_S * NS_PER_S;
}

static int skip_sleep(void *, int64_t ns)
{
	FUZZ_CHECK(ns >= 0);
	return 0;
}

static void skip_wait(void *, int64_t, int)
{
}

const struct clock responses_clock = {
	.realtime_ns = still_ns,
	.boottime_ns = still_ns,
	.sleep = skip_sleep,
	.wait = skip_wait,
};

void responses_check_error(int result, const struct error *error)
{
	char line[LINE_SIZE];

	FUZZ_CHECK(result < 0 && result == error_result(error));
	FUZZ_CHECK(strnlen(error->text, sizeof(error->text)) < sizeof(error->text));
	error_format(error, line, sizeof(line));
	FUZZ_CHECK(expected_is_clean(line, strlen(line), ""));
}
