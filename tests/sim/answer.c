#include "tests/sim/answer.h"

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

void answer_init(struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = 200;
	answer->content_type = "application/x-amz-json-1.1";
	answer->date = time(NULL);
	make_request_id(answer->request_id);
}

void answer_fini(struct answer *answer)
{
	buf_fini(&answer->body);
	fault_use_fini(&answer->fault);
}

void answer_error(struct answer *answer, unsigned status, const char *type,
		  const char *format, ...)
{
	char *message = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		abort();
	va_end(args);
	answer->status = status;
	answer->error_type = type;
	answer->body.len = 0;
	buf_adds(&answer->body, "{\"__type\":");
	buf_add_json(&answer->body, type);
	buf_adds(&answer->body, ",\"message\":");
	buf_add_json(&answer->body, message);
	buf_adds(&answer->body, "}");
	free(message);
}
