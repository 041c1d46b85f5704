/*
 * Names of files: how an identifier becomes a name in the tree.
 */
#ifndef DMSFS_SRC_SNAPSHOT_NAMES_H
#define DMSFS_SRC_SNAPSHOT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_BYTES 255
#define NAME_SIZE (NAME_MAX_BYTES + 1)

/*
 * Writes the name of @text (internal form of text.h, not empty): '/', '%', a
 * leading '.' and every unit that the text rule does not show as it stands
 * (newline and tab too) become %XX, byte by byte, upper-case hex. A name over 255
 * bytes is cut, never within a character or a %XX, and ends in '~' and the first
 * 16 hex digits of the SHA-256 of the whole name as escaped. Returns the length;
 * 0, with an empty name, if the hash was needed and OpenSSL had no memory.
 */
size_t name_escape(const char *text, char name[NAME_SIZE]);

/*
 * The same for a name put together from parts that are escaped already,
 * @first, @separator and @second, as in INSTANCE:ENDPOINT or NAME~PART.
 */
size_t name_join(const char *first, char separator, const char *second,
		 char name[NAME_SIZE]);

/* Whether the name of @text is @text itself. */
bool name_is_verbatim(const char *text);

/*
 * The 16 hex digits at the end of a name that was cut or shared: the first ones of a
 * SHA-256.
 */
#define NAME_HASH_DIGITS 16
#define NAME_HASH_SIZE (NAME_HASH_DIGITS + 1)

/* Starts zeroed. OpenSSL's context is made by the first name_hash_add(). */
struct name_hash {
	struct evp_md_ctx_st *context;
	bool is_failed;
};

void name_hash_add(struct name_hash *hash, const void *data, size_t len);

/* Writes the digits, lower-case, and frees what @hash holds. False: OpenSSL had no
 * memory, here or in one of the calls before; @digits is then empty. */
bool name_hash_end(struct name_hash *hash, char digits[NAME_HASH_SIZE]);

#endif
