/*
 * An answer that is no listing: "STATUS", header lines, an empty line, the body. What
 * comes of it is a line on a terminal, a retry, and a part of .dmsfs/status.
 */
#include <string.h>

#include "fs/content/status.h"
#include "src/aws/refusal.h"
#include "src/aws/retry.h"
#include "src/base/clock.h"
#include "src/dms/request.h"
#include "tests/fuzz/answers.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/listing.h"
#include "tests/fuzz/paragraph.h"

#define TEXT_SIZE 4096
/* That the request carried, and that seeds quote. */
#define SECRET "FwoGZXIvYXdz"

static void check_word(const char *word, size_t size)
{
	size_t len = strnlen(word, size);

	FUZZ_CHECK(len < size);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(word[i] > ' ' && word[i] < 0x7F);
}

/* A signed request as the service quotes it holds the session token. */
static void check_secrecy(const struct http_response *response,
			  const struct error *error)
{
	if (response->status >= 200 && response->status < 300)
		return;
	FUZZ_CHECK(!strcasestr(error->text, "The Canonical String"));
	FUZZ_CHECK(!strstr(error->text, SECRET));
	FUZZ_CHECK(!strstr(error->code, SECRET));
	FUZZ_CHECK(!strstr(error->request_id, SECRET));
}

static double half(void *)
{
	return 0.5;
}

static void check_retry(const struct http_response *response, const struct error *error)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	struct retry_call call = {0};
	struct retry retry;
	int64_t wait_ns = 0;
	char hint[32];
	int64_t hint_ms = RETRY_NO_HINT;

	if (http_response_header(response, "x-amz-retry-after", hint, sizeof(hint)))
		hint_ms = strtoll(hint, NULL, 10) & INT64_MAX;
	retry_init(&retry, &settings);
	retry.random = half;
	while (retry_next(&retry, &call, retry_classify(error), hint_ms, &wait_ns))
		FUZZ_CHECK(wait_ns >= 0 && wait_ns <= 25 * NS_PER_S);
	FUZZ_CHECK(call.failures <= settings.max_attempts);
}

static size_t render_status(const struct error *error, char text[TEXT_SIZE])
{
	const struct fetcher_state fetcher = {
		.is_stale = true, .error = *error, .failed_at_ns = NS_PER_S};
	const struct status_cause cause = {
		.kind = STATUS_CAUSE_LISTING, .error = *error, .at_ns = NS_PER_S};
	const struct status status = {.region = "us-east-1",
				      .endpoint = "https://dms.example",
				      .fetcher = &fetcher,
				      .cause = &cause};
	size_t len = status_render(&status, text, TEXT_SIZE);

	FUZZ_CHECK(len <= TEXT_SIZE);
	return len;
}

/* No error adds a field or hides one. */
static void check_status(const struct error *error)
{
	struct error harmless = {.kind = ERROR_SERVICE, .text = "no"};
	char text[TEXT_SIZE], other[TEXT_SIZE];
	size_t len = render_status(error, text);
	size_t other_len;

	/* A field without a text is left out. */
	if (error->text[0] == '\0' && error->code[0] == '\0')
		harmless.text[0] = '\0';
	if (error->request_id[0] != '\0')
		harmless.request_id[0] = 'x';
	other_len = render_status(&harmless, other);
	FUZZ_CHECK(paragraph_has_fields_of(text, len, other, other_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const secrets[] = {SECRET};
	const struct refusal_context context = {
		.secrets = secrets, .secret_count = 1, .permission = "dms:X"};
	struct http_response response = {0};
	struct page *page = NULL;
	struct error error = {.kind = ERROR_NONE};
	int err;

	response_read(&(struct part){data, size}, &response);
	err = refusal_check(&response, &context, &error);
	if (!err)
		err = dms_response_read(&response, NULL, &page, &error);
	FUZZ_CHECK((err == 0) == (page != NULL));
	if (err) {
		FUZZ_CHECK(error.kind == ERROR_SERVICE || error.kind == ERROR_RESPONSE);
		responses_check_error(err, &error);
		check_word(error.code, sizeof(error.code));
		check_word(error.request_id, sizeof(error.request_id));
		check_secrecy(&response, &error);
		check_retry(&response, &error);
		check_status(&error);
	}
	page_unref(page);
	http_response_fini(&response);
	return 0;
}
