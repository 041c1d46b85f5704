#include "tests/sim/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/sim/alloc.h"
#include "tests/sim/sim.h"

#define DRIP_STEPS_A_SECOND 10
#define BLOCK_SIZE 65536

#define PADDING_HEAD "{\"Padding\":\""
#define PADDING_TAIL "\","

/* A body that is made while it is sent. */
struct source {
	struct sim *sim;
	int fd;
	struct buf body;
	uint64_t padding; /* bytes within PADDING_HEAD and _TAIL, before the body */
	uint64_t total;	  /* what there is to send */
	uint64_t limit;	  /* where to stop */
	double rate;	  /* bytes a second; 0: all at once */
	bool is_cut;
	bool is_reset;
};

/* Connecting to nothing makes Linux drop the connection with an RST at once. */
static void reset_connection(int fd)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (connect(fd, &none, sizeof(none)) != 0)
		perror("dms-sim: resetting a connection");
}

static size_t copy_part(char *out, size_t max, const char *part, size_t len,
			uint64_t *skip)
{
	size_t from = *skip < len ? (size_t)*skip : len;
	size_t count = len - from < max ? len - from : max;

	*skip -= from;
	memcpy(out, part + from, count);
	return count;
}

/* As much of the body at @at as fits and lies in one part of it. */
static size_t read_source(const struct source *source, uint64_t at, char *out,
			  size_t max)
{
	size_t count = 0;

	if (source->padding == 0)
		return copy_part(out, max, source->body.at, source->body.len, &at);
	count = copy_part(out, max, PADDING_HEAD, strlen(PADDING_HEAD), &at);
	if (count > 0)
		return count;
	if (at < source->padding) {
		count = source->padding - at < max ? source->padding - at : max;
		memset(out, 'x', count);
		return count;
	}
	at -= source->padding;
	count = copy_part(out, max, PADDING_TAIL, strlen(PADDING_TAIL), &at);
	if (count > 0)
		return count;
	return copy_part(out, max, source->body.at + 1, source->body.len - 1, &at);
}

static bool pace(const struct source *source, size_t *max)
{
	double step = source->rate / DRIP_STEPS_A_SECOND;

	if (source->rate <= 0)
		return true;
	if (step < 1)
		step = 1;
	if (*max > (size_t)step)
		*max = (size_t)step;
	return sim_wait(source->sim, source->fd, step * 1000 / source->rate);
}

static ssize_t read_callback(void *data, uint64_t at, char *out, size_t max)
{
	const struct source *source = data;

	if (at >= source->limit) {
		if (source->is_reset)
			reset_connection(source->fd);
		return source->is_cut ? MHD_CONTENT_READER_END_WITH_ERROR
				      : MHD_CONTENT_READER_END_OF_STREAM;
	}
	if (!pace(source, &max))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > source->limit - at)
		max = (size_t)(source->limit - at);
	return (ssize_t)read_source(source, at, out, max);
}

static void free_source(void *data)
{
	struct source *source = data;

	buf_fini(&source->body);
	free(source);
}

static struct source *make_source(struct request *request, struct answer *answer)
{
	struct source *source = alloc_zeroed(1, sizeof(*source));
	const struct fault_use *fault = &answer->fault;

	source->sim = request->sim;
	source->fd = request->fd;
	source->body = answer->body;
	memset(&answer->body, 0, sizeof(answer->body));
	source->total = source->body.len;
	if (fault->kind == FAULT_BIG) {
		source->padding = (uint64_t)fault_number(fault, "bytes", 1 << 20);
		source->total += source->padding + strlen(PADDING_HEAD) +
				 strlen(PADDING_TAIL) - 1;
	}
	source->limit = source->total;
	if (fault->kind == FAULT_CUT) {
		source->limit = (uint64_t)fault_number(fault, "bytes",
						       (double)source->total / 2);
		source->is_cut = true;
		source->is_reset = fault_flag(fault, "reset");
	}
	if (fault->kind == FAULT_DRIP)
		source->rate = fault_number(fault, "bytes_per_second", 10);
	return source;
}

static bool is_streamed(const struct fault_use *fault)
{
	return fault->kind == FAULT_CUT || fault->kind == FAULT_DRIP ||
	       fault->kind == FAULT_BIG || fault_flag(fault, "chunked");
}

static struct MHD_Response *stream(struct request *request, struct answer *answer)
{
	bool is_chunked = fault_flag(&answer->fault, "chunked");
	struct source *source = make_source(request, answer);

	return MHD_create_response_from_callback(
		is_chunked ? MHD_SIZE_UNKNOWN : source->total, BLOCK_SIZE,
		read_callback, source, free_source);
}

static struct MHD_Response *whole(struct answer *answer)
{
	struct MHD_Response *response = NULL;

	buf_add(&answer->body, "", 0);
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.at,
						   MHD_RESPMEM_MUST_FREE);
	if (response)
		memset(&answer->body, 0, sizeof(answer->body));
	return response;
}

static void claim_length(struct MHD_Response *response, const struct answer *answer,
			 size_t len)
{
	char text[32];
	double claimed = (double)len + fault_number(&answer->fault, "delta", 1);

	snprintf(text, sizeof(text), "%.0f", claimed > 0 ? claimed : 0);
	MHD_set_response_options(response, MHD_RF_INSANITY_HEADER_CONTENT_LENGTH,
				 MHD_RO_END);
	MHD_add_response_header(response, "Content-Length", text);
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
	const cJSON *headers = cJSON_GetObjectItem(answer->fault.spec, "headers");
	const cJSON *header = NULL;
	char date[40];
	struct tm tm;

	gmtime_r(&answer->date, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	MHD_add_response_header(response, "Date", date);
	MHD_add_response_header(response, "Content-Type", answer->content_type);
	if (answer->request_id[0])
		MHD_add_response_header(response, "x-amzn-RequestId",
					answer->request_id);
	if (strcmp(fault_text(&answer->fault, "type_in", "body"), "header") == 0)
		MHD_add_response_header(response, "x-amzn-ErrorType",
					answer->error_type);
	cJSON_ArrayForEach(header, headers)
	{
		if (cJSON_IsString(header))
			MHD_add_response_header(response, header->string,
						header->valuestring);
	}
}

enum MHD_Result deliver(struct request *request, struct answer *answer)
{
	enum fault_kind kind = answer->fault.kind;
	struct MHD_Response *response = NULL;
	size_t len = answer->body.len;
	enum MHD_Result result = MHD_NO;

	if (!sim_wait(request->sim, request->fd, answer->delay_ms))
		return MHD_NO;
	if (kind == FAULT_HANG)
		sim_hang(request->sim, request->fd);
	if (kind == FAULT_RESET)
		reset_connection(request->fd);
	if (kind == FAULT_HANG || kind == FAULT_RESET || kind == FAULT_CLOSE)
		return MHD_NO;
	response = is_streamed(&answer->fault) ? stream(request, answer)
					       : whole(answer);
	if (!response)
		return MHD_NO;
	add_headers(response, answer);
	if (kind == FAULT_LENGTH)
		claim_length(response, answer, len);
	result = MHD_queue_response(request->connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}
