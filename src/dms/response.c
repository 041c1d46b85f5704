#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "src/dms/request.h"
#include "src/format/json.h"

/* A code or an id is a word; what strangers put in beside that is of no use. */
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
	const char *prefix_end = strchr(type, '#');
	const char *name = prefix_end ? prefix_end + 1 : type;

	copy_word(name, strcspn(name, ":"), code, size);
}

static void read_code(const struct http_response *response, const cJSON *root,
		      struct error *error)
{
	const char *type = json_string(root, "__type");
	char header[256];

	if (type)
		copy_code(type, error->code, sizeof(error->code));
	else if (http_response_header(response, "x-amzn-ErrorType", header,
				      sizeof(header)))
		copy_code(header, error->code, sizeof(error->code));
}

static void read_status(const struct http_response *response, struct error *error)
{
	char id[sizeof(error->request_id)];

	error->http_status = response->status;
	if (http_response_header(response, "x-amzn-RequestId", id, sizeof(id)) ||
	    http_response_header(response, "x-amz-request-id", id, sizeof(id)))
		copy_word(id, sizeof(id), error->request_id, sizeof(error->request_id));
}

/* Which the service names DescribeConnections' refusals by. */
static bool is_access_denied(const char *code)
{
	return !strncmp(code, "AccessDenied", strlen("AccessDenied"));
}

/*
 * A refused signature is explained by the request as the service signs it, with
 * the session token in it: no more is taken than what stands before that.
 */
static int shown_length(const char *message)
{
	const char *end = strcasestr(message, "The Canonical String");
	size_t len = end ? (size_t)(end - message) : strlen(message);

	while (len > 0 && strchr(" \r\n", message[len - 1]))
		len--;
	return len < INT_MAX ? (int)len : INT_MAX;
}

static int read_service_error(const struct http_response *response, const char *action,
			      const cJSON *root, struct error *error)
{
	const char *message = json_string(root, "message");
	struct error code = {0};
	int err;

	if (!message)
		message = json_string(root, "Message");
	/* One of blanks says nothing. */
	if (message && shown_length(message) == 0)
		message = NULL;
	read_code(response, root, &code);
	if (is_access_denied(code.code)) {
		if (!message)
			message = "not allowed";
		err = error_set(error, ERROR_SERVICE,
				"%.*s; the permission that is needed is dms:%s",
				shown_length(message), message, action);
	} else if (message) {
		err = error_set(error, ERROR_SERVICE, "%.*s", shown_length(message),
				message);
	} else {
		err = error_set(error, ERROR_SERVICE,
				"HTTP status %d without a message", response->status);
	}
	memcpy(error->code, code.code, sizeof(error->code));
	return err;
}

/* An error of the service, or of something between it and us. */
static int read_failure(const struct http_response *response, const char *action,
			struct error *error)
{
	cJSON *root = NULL;
	struct error foreign = {0};
	int err = json_parse(response->body, response->body_len, JSON_PUBLIC, &root,
			     &foreign);

	if (err)
		err = error_set(error, err == -ENOMEM ? ERROR_MEMORY : ERROR_SERVICE,
				"HTTP status %d, and the answer is %s",
				response->status, foreign.text);
	else
		err = read_service_error(response, action, root, error);
	if (!root)
		read_code(response, NULL, error);
	cJSON_Delete(root);
	return err;
}

static int read_redirect(const struct http_response *response, struct error *error)
{
	char location[512] = "nowhere";

	http_response_header(response, "Location", location, sizeof(location));
	return error_set(error, ERROR_RESPONSE,
			 "HTTP status %d leads to %s, which is not followed; is the "
			 "endpoint URL right?",
			 response->status, location);
}

int dms_response_check(const struct http_response *response, const char *action,
		       struct error *error)
{
	int err = 0;

	if (response->status >= 300 && response->status < 400)
		err = read_redirect(response, error);
	else if (response->status < 200 || response->status >= 300)
		err = read_failure(response, action, error);
	if (err)
		read_status(response, error);
	return err;
}

int dms_response_read(const struct http_response *response, struct shared_texts *shared,
		      struct page **page, struct error *error)
{
	int err = dms_response_check(response, DMS_CONNECTIONS, error);

	if (err)
		return err;
	err = page_parse(response->body, response->body_len, shared, page, error);
	if (err)
		read_status(response, error);
	return err;
}
