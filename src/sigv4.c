#include "sigv4.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hex.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DATE_LEN 8 /* the "20261123" of a time */

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
	if (!EVP_Digest(len ? data : "", len, hash, NULL, EVP_sha256(), NULL))
		return -EIO;
	hex_encode(hash, sizeof(hash), hex);
	return 0;
}

/* A stream over a string that is made when the stream is closed. */
static int close_text(FILE *out, char **text)
{
	int rc = ferror(out) ? -ENOMEM : 0;

	/* glibc cuts the text to its length in the end, and where there is no memory
	 * for that, it says so by the text alone. */
	if (fclose(out) != 0 || !*text)
		rc = -ENOMEM;
	if (rc < 0) {
		free(*text);
		*text = NULL;
	}
	return rc;
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
static void write_path(FILE *out, const char *path)
{
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || strchr("-._~/", c))
			fputc(c, out);
		else
			fprintf(out, "%%%02X", c);
	}
}

static int write_canonical_path(FILE *out, const char *path)
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
static void write_query(FILE *out, const char *query)
{
	while (*query != '\0') {
		int len = (int)strcspn(query, "&");
		bool has_value = memchr(query, '=', (size_t)len);

		fprintf(out, "%.*s%s", len, query, has_value ? "" : "=");
		query += len;
		if (*query == '&')
			fputc(*query++, out);
	}
}

/* Without blanks around it, and one space for a run of them within. */
static void write_header_value(FILE *out, const char *value)
{
	static const char blanks[] = " \t\r\n\v\f";
	bool is_first = true;

	value += strspn(value, blanks);
	while (*value != '\0') {
		size_t len = strcspn(value, blanks);

		fprintf(out, "%s%.*s", is_first ? "" : " ", (int)len, value);
		is_first = false;
		value += len;
		value += strspn(value, blanks);
	}
}

static void write_signed_names(FILE *out, const struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		fprintf(out, "%s%s", i ? ";" : "", request->headers[i].name);
}

int sigv4_canonical_request(const struct sigv4_request *request, char **canonical)
{
	char hash[SIGV4_HEX_SIZE];
	FILE *out = NULL;
	size_t size;
	int rc;

	*canonical = NULL;
	rc = sigv4_hash_hex(request->body, request->body_len, hash);
	if (rc < 0)
		return rc;
	out = open_memstream(canonical, &size);
	if (!out)
		return -ENOMEM;
	fprintf(out, "%s\n", request->method);
	rc = write_canonical_path(out, request->path);
	fputc('\n', out);
	write_query(out, request->query);
	fputc('\n', out);
	for (size_t i = 0; i < request->header_count; i++) {
		fprintf(out, "%s:", request->headers[i].name);
		write_header_value(out, request->headers[i].value);
		fputc('\n', out);
	}
	fputc('\n', out);
	write_signed_names(out, request);
	fprintf(out, "\n%s", hash);
	if (close_text(out, canonical) < 0)
		return -ENOMEM;
	if (rc < 0) {
		free(*canonical);
		*canonical = NULL;
	}
	return rc;
}

int sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical,
			 char **string)
{
	char hash[SIGV4_HEX_SIZE];
	int rc;

	*string = NULL;
	rc = sigv4_hash_hex(canonical, strlen(canonical), hash);
	if (rc < 0)
		return rc;
	if (asprintf(string, "%s\n%s\n%.*s/%s/%s/%s\n%s", ALGORITHM, scope->time,
		     DATE_LEN, scope->time, scope->region, scope->service, TERMINATOR,
		     hash) < 0) {
		*string = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int hmac(const void *key, size_t key_len, const char *text, size_t text_len,
		unsigned char out[SIGV4_HASH_BYTES])
{
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
		  text_len, out, &len) ||
	    len != SIGV4_HASH_BYTES)
		return -EIO;
	return 0;
}

int sigv4_signing_key(const struct sigv4_scope *scope, const char *secret_access_key,
		      unsigned char key[SIGV4_HASH_BYTES])
{
	const char *const parts[] = {scope->region, scope->service, TERMINATOR};
	unsigned char next[SIGV4_HASH_BYTES];
	size_t seed_len = strlen("AWS4") + strlen(secret_access_key);
	char *seed = malloc(seed_len + 1);
	int rc;

	if (!seed)
		return -ENOMEM;
	snprintf(seed, seed_len + 1, "AWS4%s", secret_access_key);
	rc = hmac(seed, seed_len, scope->time, DATE_LEN, key);
	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		rc = hmac(key, SIGV4_HASH_BYTES, parts[i], strlen(parts[i]), next);
		memcpy(key, next, sizeof(next));
	}
	if (rc < 0)
		OPENSSL_cleanse(key, SIGV4_HASH_BYTES);
	OPENSSL_cleanse(next, sizeof(next));
	OPENSSL_cleanse(seed, seed_len);
	free(seed);
	return rc;
}

int sigv4_signature(const unsigned char key[SIGV4_HASH_BYTES], const char *string,
		    char hex[SIGV4_HEX_SIZE])
{
	unsigned char signature[SIGV4_HASH_BYTES];
	int rc;

	hex[0] = '\0';
	rc = hmac(key, SIGV4_HASH_BYTES, string, strlen(string), signature);
	if (rc == 0)
		hex_encode(signature, sizeof(signature), hex);
	return rc;
}

static int write_authorization(const struct sigv4_request *request,
			       const struct sigv4_scope *scope,
			       const char *access_key_id, const char *signature,
			       char **authorization)
{
	size_t size;
	FILE *out = open_memstream(authorization, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "%s Credential=%s/%.*s/%s/%s/%s, SignedHeaders=", ALGORITHM,
		access_key_id, DATE_LEN, scope->time, scope->region, scope->service,
		TERMINATOR);
	write_signed_names(out, request);
	fprintf(out, ", Signature=%s", signature);
	return close_text(out, authorization);
}

/* A canonical request holds the session token. */
static void wipe_text(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

int sigv4_authorization(const struct sigv4_request *request,
			const struct sigv4_scope *scope, const char *access_key_id,
			const char *secret_access_key, char **authorization)
{
	unsigned char key[SIGV4_HASH_BYTES];
	char signature[SIGV4_HEX_SIZE];
	char *canonical = NULL;
	char *string = NULL;
	int rc;

	*authorization = NULL;
	rc = sigv4_canonical_request(request, &canonical);
	if (rc == 0)
		rc = sigv4_string_to_sign(scope, canonical, &string);
	if (rc == 0)
		rc = sigv4_signing_key(scope, secret_access_key, key);
	if (rc == 0)
		rc = sigv4_signature(key, string, signature);
	if (rc == 0)
		rc = write_authorization(request, scope, access_key_id, signature,
					 authorization);
	OPENSSL_cleanse(key, sizeof(key));
	wipe_text(canonical);
	wipe_text(string);
	return rc;
}
