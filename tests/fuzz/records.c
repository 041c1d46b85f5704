#include "tests/fuzz/records.h"

#include <string.h>

#include "src/base/text.h"
#include "tests/fuzz/fuzz.h"

/* The internal form of @raw, terminated, at @out; returns its end. */
static char *put_text(const struct records_raw *raw, char *out)
{
	for (size_t i = 0; i < raw->len; i++) {
		if (raw->bytes[i] == '\0' || raw->bytes[i] == TEXT_ESCAPE)
			*out++ = (char)TEXT_ESCAPE;
		*out++ = raw->bytes[i] == '\0' ? TEXT_ESCAPE_NUL : (char)raw->bytes[i];
	}
	*out++ = '\0';
	return out;
}

static const uint8_t *find_end(const uint8_t *at, const uint8_t *end, int byte)
{
	const uint8_t *found = memchr(at, byte, (size_t)(end - at));

	return found ? found : end;
}

static char *read_record(const uint8_t *at, const uint8_t *end, struct records *records,
			 char *out)
{
	struct connection *connection = &records->connections[records->count];
	struct records_raw *raw = records->raw[records->count++];

	for (int f = 0; f < CONNECTION_FIELDS; f++) {
		const uint8_t *field_end = find_end(at, end, RECORDS_FIELD_END);

		raw[f] = (struct records_raw){at, (size_t)(field_end - at)};
		connection->field[f] = raw[f].len > 0 ? out : NULL;
		if (raw[f].len > 0)
			out = put_text(&raw[f], out);
		at = field_end < end ? field_end + 1 : end;
	}
	return out;
}

void records_read(const uint8_t *data, size_t size, struct records *records)
{
	const uint8_t *end = data + size;
	char *out = malloc(3 * size + 1);

	FUZZ_CHECK(out);
	records->strings = out;
	records->count = 0;
	while (data < end && records->count < RECORDS_MAX) {
		const uint8_t *record_end = find_end(data, end, RECORDS_RECORD_END);

		out = read_record(data, record_end, records, out);
		data = record_end < end ? record_end + 1 : end;
	}
}

void records_fini(struct records *records)
{
	free(records->strings);
	records->strings = NULL;
}
