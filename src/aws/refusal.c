#include "src/aws/refusal.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "src/format/json.h"
#include "src/format/xml.h"

/* A shorter one is made up, as "test" for a service on this machine. */
#define SECRET_MIN_LEN 8

enum {
	FIELD_CODE,
	FIELD_MESSAGE,
	FIELD_REQUEST_ID,
	FIELD_COUNT,
};

static const struct {
	const char *code;
	unsigned meaning;
} meanings[] = {
	{"Throttling", REFUSAL_THROTTLED},
	{"ThrottlingException", REFUSAL_THROTTLED},
	{"ThrottledException", REFUSAL_THROTTLED},
	{"RequestThrottledException", REFUSAL_THROTTLED},
	{"TooManyRequestsException", REFUSAL_THROTTLED},
	{"ProvisionedThroughputExceededException", REFUSAL_THROTTLED},
	{"TransactionInProgressException", REFUSAL_THROTTLED},
	{"RequestLimitExceeded", REFUSAL_THROTTLED},
	{"BandwidthLimitExceeded", REFUSAL_THROTTLED},
	{"LimitExceededException", REFUSAL_THROTTLED},
	{"RequestThrottled", REFUSAL_THROTTLED},
	{"SlowDown", REFUSAL_THROTTLED},
	{"PriorRequestNotComplete", REFUSAL_THROTTLED},
	{"EC2ThrottledException", REFUSAL_THROTTLED},
	{"RequestTimeout", REFUSAL_TRANSIENT},
	{"RequestTimeoutException", REFUSAL_TRANSIENT},
	/* STS could not reach the provider of a web identity. */
	{"IDPCommunicationError", REFUSAL_TRANSIENT},
	{"RequestTimeTooSkewed", REFUSAL_CLOCK},
	{"RequestExpired", REFUSAL_CLOCK},
	{"RequestInTheFuture", REFUSAL_CLOCK},
	{"InvalidSignature", REFUSAL_CLOCK},
	/* These have several causes: the clock, a wrong secret key, or a file that
	 * was read when only half of it had been edited. */
	{"InvalidSignatureException", REFUSAL_CLOCK | REFUSAL_CREDENTIALS},
	{"SignatureDoesNotMatch", REFUSAL_CLOCK | REFUSAL_CREDENTIALS},
	{"ExpiredToken", REFUSAL_CREDENTIALS},
	{"ExpiredTokenException", REFUSAL_CREDENTIALS},
	{"InvalidAccessKeyId", REFUSAL_CREDENTIALS},
	{"InvalidClientTokenId", REFUSAL_CREDENTIALS},
	{"InvalidToken", REFUSAL_CREDENTIALS},
	{"UnrecognizedClientException", REFUSAL_CREDENTIALS},
	{"AccessDenied", REFUSAL_DENIED},
	{"AccessDeniedException", REFUSAL_DENIED},
	{"AccessDeniedFault", REFUSAL_DENIED},
	{"ResourceNotFoundFault", REFUSAL_NOT_FOUND},
};

unsigned refusal_meaning(const char *code)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (!strcmp(meanings[i].code, code))
			return meanings[i].meaning;
	return 0;
}

/* In place, so that no copy with a secret in it is left. */
static void mask_secrets(char *text, size_t len, const struct refusal_context *context)
{
	for (size_t i = 0; i < context->secret_count; i++) {
		const char *secret = context->secrets[i];
		size_t secret_len = secret ? strlen(secret) : 0;
		char *end = text + len;
		char *at = text;

		if (secret_len < SECRET_MIN_LEN)
			continue;
		while ((at = memmem(at, (size_t)(end - at), secret, secret_len))) {
			memset(at, '*', secret_len);
			at += secret_len;
		}
	}
}

/* Without the blanks at its end; a message of blanks alone says nothing. */
static int shown_length(const char *message)
{
	static const char *const ends[] = {"The Canonical String",
					   "The canonical request", "canonical request",
					   "The String-to-Sign"};
	size_t len = strlen(message);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const char *end = strcasestr(message, ends[i]);

		if (end && (size_t)(end - message) < len)
			len = (size_t)(end - message);
	}
	while (len > 0 && strchr(" \r\n", message[len - 1]))
		len--;
	return len < INT_MAX ? (int)len : INT_MAX;
}

/* A code or an id is a word; whatever strangers put in beside that is of no use. */
static void copy_word(const char *from, size_t len, char *word, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < len && from[i] && used + 1 < size; i++)
		word[used++] = from[i] > ' ' && from[i] < 0x7F ? from[i] : '?';
	word[used] = '\0';
}

/* "com.amazonaws.dms#ThrottlingException:http://..." is a ThrottlingException. */
static void copy_code(const char *type, char *code, size_t size)
{
	const char *hash = strchr(type, '#');
	const char *name = hash ? hash + 1 : type;

	copy_word(name, strcspn(name, ":"), code, size);
}

void refusal_add_ids(const struct http_response *response, struct error *error)
{
	char id[sizeof(error->request_id)];

	error->http_status = response->status;
	if (http_response_header(response, "x-amzn-RequestId", id, sizeof(id)) ||
	    http_response_header(response, "x-amz-request-id", id, sizeof(id)))
		copy_word(id, sizeof(id), error->request_id, sizeof(error->request_id));
}

static char *first_string(const cJSON *object, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_string(object, names[i]))
			return cJSON_GetStringValue(json_member(object, names[i]));
	return NULL;
}

/* The parts of a refusal, as they came; each may be NULL. */
struct refusal {
	char *message;
	const char *code;
	const char *request_id;
	const struct error *flaw; /* of a text that could not be read */
};

static int set_error(const struct refusal *refusal,
		     const struct http_response *response,
		     const struct refusal_context *context, struct error *error)
{
	const char *message = refusal->message;
	char code[sizeof(error->code)] = "";
	bool is_denied;
	int len = 0;

	if (refusal->code)
		copy_code(refusal->code, code, sizeof(code));
	mask_secrets(code, strlen(code), context);
	is_denied = context->permission && refusal_meaning(code) & REFUSAL_DENIED;
	if (message) {
		mask_secrets(refusal->message, strlen(message), context);
		len = shown_length(message);
	}
	if (len == 0 && is_denied)
		message = "not allowed";
	if (is_denied)
		error_set(error, ERROR_SERVICE,
			  "%.*s; the identity needs the permission %s",
			  len > 0 ? len : INT_MAX, message, context->permission);
	else if (refusal->flaw)
		error_set(error, refusal->flaw->kind,
			  "HTTP status %d, and the response is %.*s", response->status,
			  shown_length(refusal->flaw->text), refusal->flaw->text);
	else if (len == 0)
		error_set(error, ERROR_SERVICE, "HTTP status %d without a message",
			  response->status);
	else if (*code)
		error_set(error, ERROR_SERVICE, "%.*s", len, message);
	else
		error_set(error, ERROR_SERVICE, "%.*s (HTTP status %d)", len, message,
			  response->status);
	memcpy(error->code, code, sizeof(code));
	refusal_add_ids(response, error);
	if (refusal->request_id && !*error->request_id)
		copy_word(refusal->request_id, SIZE_MAX, error->request_id,
			  sizeof(error->request_id));
	return error_result(error);
}

/* STS's; false for what is no such XML, as the page of a proxy. */
static bool read_xml(const struct http_response *response,
		     const struct refusal_context *context, struct error *error)
{
	struct xml_field fields[FIELD_COUNT] = {
		[FIELD_CODE] = {.path = "Error/Code"},
		[FIELD_MESSAGE] = {.path = "Error/Message"},
		[FIELD_REQUEST_ID] = {.path = "RequestId"},
	};
	bool is_read = response->body_len > 0 && response->body[0] == '<' &&
		       xml_read(response->body, response->body_len, fields, FIELD_COUNT,
				NULL) == 0 &&
		       (fields[FIELD_CODE].text || fields[FIELD_MESSAGE].text);

	if (is_read)
		set_error(
			&(struct refusal){.message = fields[FIELD_MESSAGE].text,
					  .code = fields[FIELD_CODE].text,
					  .request_id = fields[FIELD_REQUEST_ID].text},
			response, context, error);
	xml_fields_fini(fields, FIELD_COUNT);
	return is_read;
}

/* A gateway may pack a response that nobody asked to be packed. True with the word for
 * it in @name where what came is no text. */
static bool is_packed(const struct http_response *response, char *name, size_t size)
{
	const unsigned char *body = (const unsigned char *)response->body;
	bool is_gzip = response->body_len > 1 && body[0] == 0x1F && body[1] == 0x8B;
	char coding[32];

	if (!http_response_header(response, "Content-Encoding", coding, sizeof(coding)))
		snprintf(coding, sizeof(coding), "%s", is_gzip ? "gzip" : "");
	copy_word(coding, sizeof(coding), name, size);
	return *name && response->body_len > 0 && !strchr("{[<\" \t\r\n", body[0]);
}

static int check_packing(const struct http_response *response, struct error *error)
{
	char name[32];

	if (!is_packed(response, name, sizeof(name)))
		return 0;
	error_set(error, ERROR_RESPONSE,
		  "the response is packed (%s), although dmsfs did not ask for that; a "
		  "proxy or a gateway on the way may do so",
		  name);
	refusal_add_ids(response, error);
	return error_result(error);
}

static void read_json(const struct http_response *response,
		      const struct refusal_context *context, struct error *error)
{
	static const char *const messages[] = {"message", "Message",
					       "error_description"};
	static const char *const codes[] = {"code", "Code", "error"};
	struct error flaw = {0};
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_PUBLIC, &root,
			   &flaw);
	struct refusal refusal = {.code = json_string(root, "__type")};
	char header[256];
	char packing[32];

	if (!refusal.code &&
	    http_response_header(response, "x-amzn-ErrorType", header, sizeof(header)))
		refusal.code = header;
	if (!refusal.code)
		refusal.code = first_string(root, codes,
					    sizeof(codes) / sizeof(*codes));
	refusal.message = first_string(root, messages,
				       sizeof(messages) / sizeof(*messages));
	if (r < 0) {
		if (is_packed(response, packing, sizeof(packing)))
			error_set(&flaw, ERROR_SERVICE, "packed (%s)", packing);
		if (flaw.kind != ERROR_MEMORY)
			flaw.kind = ERROR_SERVICE;
		refusal.flaw = &flaw;
	}
	set_error(&refusal, response, context, error);
	json_wipe(root);
}

static void set_redirect(const struct http_response *response, struct error *error)
{
	char location[512] = "nowhere";

	http_response_header(response, "Location", location, sizeof(location));
	error_set(error, ERROR_RESPONSE,
		  "HTTP status %d redirects to %s, which dmsfs does not follow; is the "
		  "endpoint "
		  "URL right?",
		  response->status, location);
	refusal_add_ids(response, error);
}

int refusal_check(struct http_response *response, const struct refusal_context *context,
		  struct error *error)
{
	if (response->status >= 200 && response->status < 300)
		return check_packing(response, error);
	mask_secrets(response->body, response->body_len, context);
	if (response->headers)
		mask_secrets(response->headers, strlen(response->headers), context);
	if (response->status >= 300 && response->status < 400)
		set_redirect(response, error);
	else if (!read_xml(response, context, error))
		read_json(response, context, error);
	return error_result(error);
}
