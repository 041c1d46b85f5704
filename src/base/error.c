#include "src/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

#define TEXT_SIZE sizeof(((struct error *)NULL)->text)

/* Each byte of a text fills at least one of the escaped form, so what lies behind
 * this many bytes (a cut character, too) never reaches error->text. */
#define RAW_SIZE (TEXT_SIZE + 4)

/* Appends one unit to @out at @used if it fits whole; false once it does not. */
static bool append_unit(char *out, size_t size, size_t *used, const char *bytes,
			size_t len)
{
	if (len >= size - *used)
		return false;
	memcpy(out + *used, bytes, len);
	*used += len;
	out[*used] = '\0';
	return true;
}

static bool append_escaped(char *out, size_t size, size_t *used, struct text_unit unit)
{
	char hex[5];

	for (unsigned char i = 0; i < unit.count; i++) {
		snprintf(hex, sizeof(hex), "\\x%02X", unit.bytes[i]);
		if (!append_unit(out, size, used, hex, 4))
			return false;
	}
	return true;
}

/* @out is terminated and @used bytes long, @used below @size. */
static void append(char *out, size_t size, size_t *used, const char *text)
{
	bool is_fitting = true;

	while (*text != '\0' && is_fitting) {
		struct text_unit unit = text_next(text);

		if (unit.is_safe)
			is_fitting = append_unit(out, size, used, text, unit.consumed);
		else
			is_fitting = append_escaped(out, size, used, unit);
		text += unit.consumed;
	}
}

static int errno_of(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return 0;
	case ERROR_CONFIG:
		return -EINVAL;
	case ERROR_CREDENTIALS:
		return -EACCES;
	case ERROR_NETWORK:
		return -ENOTCONN;
	case ERROR_TIMEOUT:
		return -ETIMEDOUT;
	case ERROR_TLS:
		return -EPROTO;
	case ERROR_SERVICE:
		return -EREMOTEIO;
	case ERROR_RESPONSE:
		return -EBADMSG;
	case ERROR_MEMORY:
		return -ENOMEM;
	case ERROR_CANCELED:
		return -ECANCELED;
	}
	return -EIO;
}

int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	char raw[RAW_SIZE] = "";
	size_t used = 0;
	va_list args;

	if (!error)
		return errno_of(kind);
	/* Before anything is cleared: an argument may be a part of @error. */
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	memset(error, 0, sizeof(*error));
	error->kind = kind;
	append(error->text, sizeof(error->text), &used, raw);
	return errno_of(kind);
}

void error_prefix(struct error *error, const char *format, ...)
{
	char raw[RAW_SIZE] = "";
	char old[TEXT_SIZE];
	size_t used = 0;
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	memcpy(old, error->text, sizeof(old));
	error->text[0] = '\0';
	append(error->text, sizeof(error->text), &used, raw);
	append(error->text, sizeof(error->text), &used, old);
}

int error_result(const struct error *error)
{
	return errno_of(error->kind);
}

bool error_is_same(const struct error *a, const struct error *b)
{
	return a->kind == b->kind && a->http_status == b->http_status &&
	       !strcmp(a->code, b->code);
}

char *error_format(const struct error *error, char *out, size_t size)
{
	size_t used = 0;

	if (size == 0)
		return out;
	out[0] = '\0';
	append(out, size, &used, error->code);
	if (error->code[0] != '\0' && error->text[0] != '\0')
		append(out, size, &used, ": ");
	append(out, size, &used, error->text);
	if (error->request_id[0] != '\0') {
		append(out, size, &used, " (request id ");
		append(out, size, &used, error->request_id);
		append(out, size, &used, ")");
	}
	return out;
}
