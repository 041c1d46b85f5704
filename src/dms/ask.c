/*
 * One answer of the service: asked for until there is one, or none is to be had.
 */
#include <stdlib.h>
#include <string.h>

#include "src/dms/dms_private.h"
#include "src/dms/request.h"

/* The codes by which AWS refuses credentials, whoever they are from. The last two may
 * mean a file that was read when only half of it had been edited. */
static bool is_credentials_code(const char *code)
{
	static const char *const codes[] = {
		"ExpiredToken",
		"ExpiredTokenException",
		"InvalidAccessKeyId",
		"InvalidClientTokenId",
		"InvalidToken",
		"UnrecognizedClientException",
		"InvalidSignatureException",
		"SignatureDoesNotMatch",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(code, codes[i]))
			return true;
	return false;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_key(const struct credentials *a, const struct credentials *b)
{
	return is_same(a->access_key_id, b->access_key_id) &&
	       is_same(a->secret_access_key, b->secret_access_key) &&
	       is_same(a->session_token, b->session_token);
}

/* One page, asked for. */
struct question {
	const struct dms *dms;
	const struct dms_call *call;
	struct credentials credentials; /* owned */
	struct http_response answer;	/* owned; what is to be a page */
	uint64_t bytes;			/* of all answers */
};

/* The body moves; retry_send() still looks at the headers. */
static int keep_answer(struct question *question, struct http_response *response,
		       struct error *error)
{
	char *headers = strdup(response->headers ? response->headers : "");

	if (!headers)
		return error_set(error, ERROR_MEMORY, "no memory for an answer");
	question->answer = *response;
	question->answer.headers = headers;
	response->body = NULL;
	response->body_len = 0;
	return 0;
}

static int attempt(void *data, int64_t now_s, struct http_response *response,
		   struct error *error)
{
	struct question *question = data;
	int err = dms_request_send(question->dms, question->call,
				   &question->credentials, now_s, response, error);

	if (err)
		return err;
	question->bytes += response->body_len;
	err = dms_response_check(response, question->call->action, error);
	return err ? err : keep_answer(question, response, error);
}

static int ask(struct question *question, struct error *error)
{
	const struct retry_request request = {.data = question, .attempt = attempt};

	return retry_send(question->dms->options.client, &request, error);
}

/*
 * Takes credentials anew from where they came from. False if there are none but
 * those that were refused; @error then says why, if that is not what it says already.
 */
static bool renew_credentials(struct question *question, struct error *error)
{
	struct credentials_chain *chain = question->dms->options.chain;
	struct credentials fresh = {0};
	struct error reason = {0};
	bool is_new;

	credentials_chain_invalidate(chain);
	if (credentials_chain_get(chain, &fresh, &reason)) {
		*error = reason;
		error_prefix(error,
			     "the service refused the credentials of %s, and there are "
			     "no new ones: ",
			     question->credentials.source);
		return false;
	}
	is_new = !is_same_key(&fresh, &question->credentials);
	if (is_new) {
		credentials_fini(&question->credentials);
		question->credentials = fresh;
	} else {
		credentials_fini(&fresh);
	}
	return is_new;
}

int dms_ask(const struct dms *dms, const struct dms_call *call,
	    struct http_response *answer, uint64_t *bytes, struct error *error)
{
	struct question question = {.dms = dms, .call = call};
	int err = credentials_chain_get(dms->options.chain, &question.credentials,
					error);

	if (err)
		return err;
	err = ask(&question, error);
	if (err && is_credentials_code(error->code)) {
		if (renew_credentials(&question, error))
			err = ask(&question, error);
		else
			err = error_result(error);
	}
	credentials_fini(&question.credentials);
	*answer = question.answer;
	*bytes += question.bytes;
	return err;
}
