#include "tests/sim/response.h"

#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_request_id(char text[37])
{
	unsigned char id[16];

	if (RAND_bytes(id, sizeof(id)) != 1)
		abort();
	id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
	id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
	snprintf(text, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9],
		 id[10], id[11], id[12], id[13], id[14], id[15]);
}

void response_init(struct response *response)
{
	memset(response, 0, sizeof(*response));
	response->status = 200;
	response->content_type = "application/x-amz-json-1.1";
	response->date = time(NULL);
	make_request_id(response->request_id);
}

void response_fini(struct response *response)
{
	buf_fini(&response->body);
	fault_use_fini(&response->fault);
}

void response_error(struct response *response, unsigned status, const char *type,
		    const char *format, ...)
{
	char *message = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		abort();
	va_end(args);
	response->status = status;
	response->error_type = type;
	response->body.len = 0;
	buf_adds(&response->body, "{\"__type\":");
	buf_add_json(&response->body, type);
	buf_adds(&response->body, ",\"message\":");
	buf_add_json(&response->body, message);
	buf_adds(&response->body, "}");
	free(message);
}
