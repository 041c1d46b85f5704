#include "src/aws/sigv4.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "src/base/buffer.h"
#include "src/base/digits.h"
#include "src/base/secret.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DATE_LEN 8 /* the "20261123" of a time */

/* No text here comes near to it. */
#define TEXT_MAX_BYTES ((size_t)1024 * 1024)
/* Of a scope with a key, which is kept: a buffer would begin with a page. */
#define ORIGIN_BYTES 256

struct sigv4 {
	/* The signing key that was last asked for; it holds for a day. */
	unsigned char key[SIGV4_HASH_BYTES];
	char *key_origin; /* owned: what it was derived from; NULL: there is none */
};

int sigv4_new(struct sigv4 **sigv4)
{
	*sigv4 = calloc(1, sizeof(**sigv4));
	return *sigv4 ? 0 : -ENOMEM;
}

void sigv4_free(struct sigv4 *sigv4)
{
	if (!sigv4)
		return;
	explicit_bzero(sigv4->key, sizeof(sigv4->key));
	secret_free(sigv4->key_origin);
	free(sigv4);
}

void sigv4_format_time(int64_t seconds, char time[SIGV4_TIME_SIZE])
{
	time_t when = seconds;
	struct tm utc = {.tm_mday = 1, .tm_year = 70};

	gmtime_r(&when, &utc);
	if (strftime(time, SIGV4_TIME_SIZE, "%Y%m%dT%H%M%SZ", &utc) == 0)
		memcpy(time, "19700101T000000Z", SIGV4_TIME_SIZE);
}

int sigv4_hash_hex(const void *data, size_t len, char hex[SIGV4_HEX_SIZE])
{
	unsigned char hash[SIGV4_HASH_BYTES];

	hex[0] = '\0';
	if (EVP_Digest(len > 0 ? data : "", len, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	hex_encode(hash, sizeof(hash), hex);
	return 0;
}

/* close_text() finds out whether everything fitted. */
static void put_bytes(struct buffer *out, const char *bytes, size_t len)
{
	buffer_append(out, bytes, len);
}

static void put_text(struct buffer *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

static int close_text(struct buffer *out, char **text)
{
	/* Even no bytes at all are to be a string. */
	bool is_whole = buffer_append(out, "", 0) && !out->is_over &&
			!out->is_out_of_memory;

	*text = is_whole ? buffer_take(out, NULL) : NULL;
	buffer_fini(out);
	return *text ? 0 : -ENOMEM;
}

static size_t segment_end(const char *path, size_t at)
{
	return at + strcspn(path + at, "/");
}

/*
 * Resolves "." and ".." and drops empty segments in place, as every service but
 * S3 does before it compares (RFC 3986, section 5.2.4, and one slash for many).
 */
static void normalize_path(char *path)
{
	size_t len = strlen(path);
	bool is_folder = len > 0 && path[len - 1] == '/';
	size_t used = 0;

	for (size_t at = 0, end = 0; at < len; at = end + 1) {
		end = segment_end(path, at);
		if (end == at || (end - at == 1 && path[at] == '.'))
			continue;
		if (end - at == 2 && memcmp(path + at, "..", 2) == 0) {
			while (used > 0 && path[--used] != '/')
				;
			continue;
		}
		/* The segment moves to the left or stays: a slash stood before it. */
		path[used++] = '/';
		memmove(path + used, path + at, end - at);
		used += end - at;
	}
	if (used == 0 || is_folder)
		path[used++] = '/';
	path[used] = '\0';
}

/* The path is encoded once more than it is sent; S3 alone would not. */
static void write_path(struct buffer *out, const char *path)
{
	char escaped[sizeof("%FF")];

	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || strchr("-._~/", c)) {
			put_bytes(out, path, 1);
		} else {
			snprintf(escaped, sizeof(escaped), "%%%02X", c);
			put_text(out, escaped);
		}
	}
}

static int write_canonical_path(struct buffer *out, const char *path)
{
	/* Room for the slash that a path without one is given. */
	char *copy = malloc(strlen(path) + 2);

	if (!copy)
		return -ENOMEM;
	copy[0] = '/';
	memcpy(copy + 1, path, strlen(path) + 1);
	normalize_path(copy);
	write_path(out, copy);
	free(copy);
	return 0;
}

/* A parameter without a value is signed as NAME=. */
static void write_query(struct buffer *out, const char *query)
{
	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		put_bytes(out, query, len);
		if (!memchr(query, '=', len))
			put_text(out, "=");
		query += len;
		if (*query == '&')
			put_bytes(out, query++, 1);
	}
}

/* Without blanks around it, and one space for a run of them within. */
static void write_header_value(struct buffer *out, const char *value)
{
	static const char blanks[] = " \t\r\n\v\f";
	bool is_first = true;

	value += strspn(value, blanks);
	while (*value != '\0') {
		size_t len = strcspn(value, blanks);

		if (!is_first)
			put_text(out, " ");
		put_bytes(out, value, len);
		is_first = false;
		value += len;
		value += strspn(value, blanks);
	}
}

static void write_headers(struct buffer *out, const struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		put_text(out, request->headers[i].name);
		put_text(out, ":");
		write_header_value(out, request->headers[i].value);
		put_text(out, "\n");
	}
}

static void write_signed_names(struct buffer *out, const struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		put_text(out, i ? ";" : "");
		put_text(out, request->headers[i].name);
	}
}

int sigv4_canonical_request(const struct sigv4_request *request, char **canonical)
{
	struct buffer out = {.max_bytes = TEXT_MAX_BYTES};
	char hash[SIGV4_HEX_SIZE];
	int r;

	*canonical = NULL;
	r = sigv4_hash_hex(request->body, request->body_len, hash);
	if (r < 0)
		return r;
	put_text(&out, request->method);
	put_text(&out, "\n");
	r = write_canonical_path(&out, request->path);
	put_text(&out, "\n");
	write_query(&out, request->query);
	put_text(&out, "\n");
	write_headers(&out, request);
	put_text(&out, "\n");
	write_signed_names(&out, request);
	put_text(&out, "\n");
	put_text(&out, hash);
	if (r == 0)
		return close_text(&out, canonical);
	buffer_fini(&out);
	return r;
}

/* "20261123/us-east-1/dms/aws4_request" */
static void write_scope(struct buffer *out, const struct sigv4_scope *scope)
{
	put_bytes(out, scope->time, DATE_LEN);
	put_text(out, "/");
	put_text(out, scope->region);
	put_text(out, "/");
	put_text(out, scope->service);
	put_text(out, "/" TERMINATOR);
}

int sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical,
			 char **string)
{
	struct buffer out = {.max_bytes = TEXT_MAX_BYTES};
	char hash[SIGV4_HEX_SIZE];
	int r;

	*string = NULL;
	r = sigv4_hash_hex(canonical, strlen(canonical), hash);
	if (r < 0)
		return r;
	put_text(&out, ALGORITHM "\n");
	put_text(&out, scope->time);
	put_text(&out, "\n");
	write_scope(&out, scope);
	put_text(&out, "\n");
	put_text(&out, hash);
	return close_text(&out, string);
}

static int hmac(const void *key, size_t key_len, const char *text, size_t len,
		unsigned char hash[SIGV4_HASH_BYTES])
{
	const unsigned char *bytes = (const unsigned char *)text;

	return HMAC(EVP_sha256(), key, (int)key_len, bytes, len, hash, NULL) ? 0 : -EIO;
}

int sigv4_signing_key(const struct sigv4_scope *scope, const char *secret_access_key,
		      unsigned char key[SIGV4_HASH_BYTES])
{
	const char *const parts[] = {scope->region, scope->service, TERMINATOR};
	unsigned char next[SIGV4_HASH_BYTES];
	size_t seed_len = strlen("AWS4") + strlen(secret_access_key);
	char *seed = malloc(seed_len + 1);
	int r;

	if (!seed)
		return -ENOMEM;
	snprintf(seed, seed_len + 1, "AWS4%s", secret_access_key);
	r = hmac(seed, seed_len, scope->time, DATE_LEN, key);
	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		r = hmac(key, SIGV4_HASH_BYTES, parts[i], strlen(parts[i]), next);
		memcpy(key, next, sizeof(next));
	}
	if (r < 0)
		explicit_bzero(key, SIGV4_HASH_BYTES);
	explicit_bzero(next, sizeof(next));
	secret_free(seed);
	return r;
}

/* Derives the signing key anew where it was not for the same the last time. */
static int find_key(struct sigv4 *sigv4, const struct sigv4_scope *scope,
		    const char *secret_access_key)
{
	struct buffer out = {.max_bytes = TEXT_MAX_BYTES};
	char *origin = NULL;
	int r = 0;

	buffer_reserve(&out, ORIGIN_BYTES);
	put_text(&out, secret_access_key);
	put_text(&out, "\n");
	write_scope(&out, scope);
	r = close_text(&out, &origin);
	if (r < 0)
		return r;
	if (sigv4->key_origin && strcmp(origin, sigv4->key_origin) == 0) {
		secret_free(origin);
		return 0;
	}
	secret_free(sigv4->key_origin);
	sigv4->key_origin = NULL;
	r = sigv4_signing_key(scope, secret_access_key, sigv4->key);
	if (r == 0)
		sigv4->key_origin = origin;
	else
		secret_free(origin);
	return r;
}

int sigv4_signature(const unsigned char key[SIGV4_HASH_BYTES], const char *string,
		    char hex[SIGV4_HEX_SIZE])
{
	unsigned char signature[SIGV4_HASH_BYTES];
	int r;

	hex[0] = '\0';
	r = hmac(key, SIGV4_HASH_BYTES, string, strlen(string), signature);
	if (r == 0)
		hex_encode(signature, sizeof(signature), hex);
	return r;
}

static int write_authorization(const struct sigv4_request *request,
			       const struct sigv4_scope *scope,
			       const char *access_key_id, const char *signature,
			       char **authorization)
{
	struct buffer out = {.max_bytes = TEXT_MAX_BYTES};

	put_text(&out, ALGORITHM " Credential=");
	put_text(&out, access_key_id);
	put_text(&out, "/");
	write_scope(&out, scope);
	put_text(&out, ", SignedHeaders=");
	write_signed_names(&out, request);
	put_text(&out, ", Signature=");
	put_text(&out, signature);
	return close_text(&out, authorization);
}

/* All stages but the last. */
static int sign_request(struct sigv4 *sigv4, const struct sigv4_request *request,
			const struct sigv4_scope *scope, const char *secret_access_key,
			char signature[SIGV4_HEX_SIZE])
{
	char *canonical = NULL;
	char *string = NULL;
	int r = sigv4_canonical_request(request, &canonical);

	if (canonical)
		r = sigv4_string_to_sign(scope, canonical, &string);
	if (string)
		r = find_key(sigv4, scope, secret_access_key);
	if (string && r == 0)
		r = sigv4_signature(sigv4->key, string, signature);
	secret_free(canonical);
	secret_free(string);
	return r;
}

int sigv4_authorization(struct sigv4 *sigv4, const struct sigv4_request *request,
			const struct sigv4_scope *scope, const char *access_key_id,
			const char *secret_access_key, char **authorization)
{
	char signature[SIGV4_HEX_SIZE] = "";
	int r = sign_request(sigv4, request, scope, secret_access_key, signature);

	*authorization = NULL;
	if (r < 0)
		return r;
	return write_authorization(request, scope, access_key_id, signature,
				   authorization);
}
