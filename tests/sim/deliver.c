#include "tests/sim/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/sim/base/alloc.h"
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

static struct source *make_source(struct request *request, struct response *response)
{
	struct source *source = alloc_zeroed(1, sizeof(*source));
	const struct fault_use *fault = &response->fault;

	source->sim = request->sim;
	source->fd = request->fd;
	source->body = response->body;
	memset(&response->body, 0, sizeof(response->body));
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

static struct MHD_Response *stream(struct request *request, struct response *response)
{
	bool is_chunked = fault_flag(&response->fault, "chunked");
	struct source *source = make_source(request, response);

	return MHD_create_response_from_callback(
		is_chunked ? MHD_SIZE_UNKNOWN : source->total, BLOCK_SIZE,
		read_callback, source, free_source);
}

static struct MHD_Response *whole(struct response *response)
{
	struct MHD_Response *mhd_response = NULL;

	buf_add(&response->body, "", 0);
	mhd_response = MHD_create_response_from_buffer(
		response->body.len, response->body.at, MHD_RESPMEM_MUST_FREE);
	if (mhd_response)
		memset(&response->body, 0, sizeof(response->body));
	return mhd_response;
}

static void claim_length(struct MHD_Response *mhd_response,
			 const struct response *response, size_t len)
{
	char text[32];
	double claimed = (double)len + fault_number(&response->fault, "delta", 1);

	snprintf(text, sizeof(text), "%.0f", claimed > 0 ? claimed : 0);
	MHD_set_response_options(mhd_response, MHD_RF_INSANITY_HEADER_CONTENT_LENGTH,
				 MHD_RO_END);
	MHD_add_response_header(mhd_response, "Content-Length", text);
}

static void add_headers(struct MHD_Response *mhd_response,
			const struct response *response)
{
	const cJSON *headers = cJSON_GetObjectItem(response->fault.spec, "headers");
	const cJSON *header = NULL;
	char date[40];
	struct tm tm;

	gmtime_r(&response->date, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	MHD_add_response_header(mhd_response, "Date", date);
	MHD_add_response_header(mhd_response, "Content-Type", response->content_type);
	if (response->request_id[0])
		MHD_add_response_header(mhd_response, "x-amzn-RequestId",
					response->request_id);
	if (strcmp(fault_text(&response->fault, "type_in", "body"), "header") == 0)
		MHD_add_response_header(mhd_response, "x-amzn-ErrorType",
					response->error_type);
	cJSON_ArrayForEach(header, headers)
	{
		if (cJSON_IsString(header))
			MHD_add_response_header(mhd_response, header->string,
						header->valuestring);
	}
}

enum MHD_Result deliver(struct request *request, struct response *response)
{
	enum fault_kind kind = response->fault.kind;
	struct MHD_Response *mhd_response = NULL;
	size_t len = response->body.len;
	enum MHD_Result result = MHD_NO;

	if (!sim_wait(request->sim, request->fd, response->delay_ms))
		return MHD_NO;
	if (kind == FAULT_HANG || kind == FAULT_HOLD)
		sim_hang(request->sim, request->fd, response->hang_round);
	if (kind == FAULT_RESET)
		reset_connection(request->fd);
	if (kind == FAULT_HANG || kind == FAULT_RESET || kind == FAULT_CLOSE)
		return MHD_NO;
	mhd_response = is_streamed(&response->fault) ? stream(request, response)
						     : whole(response);
	if (!mhd_response)
		return MHD_NO;
	add_headers(mhd_response, response);
	if (kind == FAULT_LENGTH)
		claim_length(mhd_response, response, len);
	result = MHD_queue_response(request->connection, response->status,
				    mhd_response);
	MHD_destroy_response(mhd_response);
	return result;
}
