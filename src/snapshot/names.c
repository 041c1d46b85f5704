#include "src/snapshot/names.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "src/base/digits.h"
#include "src/base/text.h"

/* The part of a cut name before '~' and the digits. */
#define KEPT_BYTES (NAME_MAX_BYTES - 1 - NAME_HASH_DIGITS)

static bool start_hash(struct name_hash *hash)
{
	if (hash->context)
		return true;
	hash->context = EVP_MD_CTX_new();
	return hash->context &&
	       EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1;
}

void name_hash_add(struct name_hash *hash, const void *data, size_t len)
{
	if (hash->is_failed)
		return;
	if (!start_hash(hash) || EVP_DigestUpdate(hash->context, data, len) != 1)
		hash->is_failed = true;
}

bool name_hash_end(struct name_hash *hash, char digits[NAME_HASH_SIZE])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	bool is_ok = false;

	digits[0] = '\0';
	is_ok = !hash->is_failed && start_hash(hash) &&
		EVP_DigestFinal_ex(hash->context, bytes, NULL) == 1;
	if (is_ok)
		hex_encode(bytes, NAME_HASH_DIGITS / 2, digits);
	EVP_MD_CTX_free(hash->context);
	*hash = (struct name_hash){.context = NULL};
	return is_ok;
}

/*
 * Takes a name piece by piece. The hash is begun when the name outgrows @name,
 * which at that point still holds all of it; before, none is needed.
 */
struct writer {
	char *name;
	size_t len;  /* of what is in @name */
	size_t kept; /* where the name may be cut: after a whole piece */
	bool is_over;
	struct name_hash hash;
};

/* One piece that is not to be cut: a character or a %XX. */
static void put(struct writer *writer, const void *piece, size_t len)
{
	if (!writer->is_over && writer->len + len > NAME_MAX_BYTES) {
		writer->is_over = true;
		name_hash_add(&writer->hash, writer->name, writer->len);
	}
	if (writer->is_over) {
		name_hash_add(&writer->hash, piece, len);
		return;
	}
	memcpy(writer->name + writer->len, piece, len);
	writer->len += len;
	if (writer->len <= KEPT_BYTES)
		writer->kept = writer->len;
}

static size_t end(struct writer *writer)
{
	char digits[NAME_HASH_SIZE];

	if (writer->is_over) {
		if (!name_hash_end(&writer->hash, digits)) {
			writer->name[0] = '\0';
			return 0;
		}
		writer->name[writer->kept] = '~';
		memcpy(writer->name + writer->kept + 1, digits, NAME_HASH_DIGITS);
		writer->len = writer->kept + 1 + NAME_HASH_DIGITS;
	}
	writer->name[writer->len] = '\0';
	return writer->len;
}

static void put_escaped(struct writer *writer, const struct text_unit *unit)
{
	static const char hex[] = "0123456789ABCDEF";
	char piece[3] = {'%'};

	for (size_t i = 0; i < unit->count; i++) {
		piece[1] = hex[unit->bytes[i] >> 4];
		piece[2] = hex[unit->bytes[i] & 0x0F];
		put(writer, piece, sizeof(piece));
	}
}

static bool is_shown(const struct text_unit *unit, bool is_first)
{
	if (unit->bytes[0] == '/' || unit->bytes[0] == '%')
		return false;
	return unit->is_safe && !(is_first && unit->bytes[0] == '.');
}

bool name_is_verbatim(const char *text)
{
	const char *at = text;
	const char *end = text + strlen(text);

	if (*text == '.')
		return false;
	while (at < end) {
		size_t span = text_plain_span(at, end);
		struct text_unit unit;

		if (memchr(at, '/', span) != NULL || memchr(at, '%', span) != NULL)
			return false;
		at += span;
		if (at == end)
			break;
		unit = text_next(at);
		if (!unit.is_safe)
			return false;
		at += unit.consumed;
	}
	return at - text <= NAME_MAX_BYTES;
}

size_t name_escape(const char *text, char name[NAME_SIZE])
{
	struct writer writer = {.name = name};
	const char *at = text;

	if (name_is_verbatim(text)) {
		memcpy(name, text, strlen(text) + 1);
		return strlen(name);
	}
	while (*at != '\0') {
		struct text_unit unit = text_next(at);

		if (is_shown(&unit, at == text))
			put(&writer, unit.bytes, unit.count);
		else
			put_escaped(&writer, &unit);
		at += unit.consumed;
	}
	return end(&writer);
}

/* The pieces of a name that is escaped already. */
static void put_name(struct writer *writer, const char *name)
{
	while (*name != '\0') {
		size_t len = *name == '%' ? strnlen(name, 3) : text_next(name).consumed;

		put(writer, name, len);
		name += len;
	}
}

size_t name_join(const char *first, char separator, const char *second,
		 char name[NAME_SIZE])
{
	struct writer writer = {.name = name};
	const size_t first_len = strlen(first);
	const size_t second_len = strlen(second);

	if (first_len + 1 + second_len <= NAME_MAX_BYTES) {
		memcpy(name, first, first_len);
		name[first_len] = separator;
		memcpy(name + first_len + 1, second, second_len + 1);
		return first_len + 1 + second_len;
	}
	put_name(&writer, first);
	put(&writer, &separator, 1);
	put_name(&writer, second);
	return end(&writer);
}
