#include "tests/sim/base/sigv4_check.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sim/base/alloc.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DIGEST_LEN 32
#define TOLERANCE_SECONDS 300L

#define INCOMPLETE "IncompleteSignatureException"
#define INVALID "InvalidSignatureException"
#define UNRECOGNIZED "UnrecognizedClientException"

/* What the Authorization header says; all point into text. */
struct claim {
	char *text; /* owned */
	char *credential;
	char *signed_headers;
	char *signature;
	char *access_key; /* the credential's five parts */
	char *date;
	char *region;
	char *service;
	char *terminator;
};

static bool refuse(struct sigv4_verdict *verdict, const char *type)
{
	verdict->error_type = type;
	return false;
}

const char *header_find(const struct header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(headers[i].name, name) == 0)
			return headers[i].value;
	}
	return NULL;
}

static const char *find(const struct sigv4_check *check, const char *name)
{
	return header_find(check->headers, check->header_count, name);
}

static bool split_parameters(struct claim *claim, char *at, const char *whole,
			     struct sigv4_verdict *verdict)
{
	while (at) {
		char *part = strsep(&at, ",");
		char *value = NULL;

		part += strspn(part, " ");
		value = strchr(part, '=');
		if (!value) {
			buf_addf(&verdict->message,
				 "'%s' not a valid key=value pair (missing equal-sign) "
				 "in Authorization header: '%s'.",
				 part, whole);
			return refuse(verdict, INCOMPLETE);
		}
		*value++ = '\0';
		if (strcmp(part, "Credential") == 0)
			claim->credential = value;
		else if (strcmp(part, "SignedHeaders") == 0)
			claim->signed_headers = value;
		else if (strcmp(part, "Signature") == 0)
			claim->signature = value;
	}
	return true;
}

static void say_missing(struct sigv4_verdict *verdict, const char *value,
			const char *name)
{
	if (!value || !*value)
		buf_addf(&verdict->message,
			 "Authorization header requires '%s' parameter. ", name);
}

static bool check_complete(const struct sigv4_check *check, const struct claim *claim,
			   const char *whole, struct sigv4_verdict *verdict)
{
	say_missing(verdict, claim->credential, "Credential");
	say_missing(verdict, claim->signature, "Signature");
	say_missing(verdict, claim->signed_headers, "SignedHeaders");
	if (!find(check, "x-amz-date"))
		buf_adds(&verdict->message,
			 "Authorization header requires existence of either a "
			 "'X-Amz-Date' or a 'Date' header. ");
	if (verdict->message.len == 0)
		return true;
	buf_addf(&verdict->message, "Authorization=%s", whole);
	return refuse(verdict, INCOMPLETE);
}

static bool split_credential(struct claim *claim, struct sigv4_verdict *verdict)
{
	char **const parts[] = {&claim->access_key, &claim->date, &claim->region,
				&claim->service, &claim->terminator};
	char *given = alloc_text(claim->credential);
	char *at = claim->credential;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		*parts[i] = at ? strsep(&at, "/") : NULL;
	if (!claim->terminator || at)
		buf_addf(
			&verdict->message,
			"Credential must have exactly 5 slash-delimited elements, e.g. "
			"keyid/date/region/service/term, got '%s'",
			given);
	free(given);
	if (verdict->message.len > 0)
		return refuse(verdict, INCOMPLETE);
	snprintf(verdict->access_key, sizeof(verdict->access_key), "%s",
		 claim->access_key);
	return true;
}

static bool read_claim(const struct sigv4_check *check, struct claim *claim,
		       struct sigv4_verdict *verdict)
{
	const char *whole = find(check, "authorization");
	size_t len = strlen(ALGORITHM);

	if (!whole || !*whole) {
		buf_adds(&verdict->message, "Missing Authentication Token");
		return refuse(verdict, "MissingAuthenticationTokenException");
	}
	if (strncmp(whole, ALGORITHM " ", len + 1) != 0) {
		buf_addf(&verdict->message, "Unsupported AWS 'algorithm': '%.*s'.",
			 (int)strcspn(whole, " "), whole);
		return refuse(verdict, INCOMPLETE);
	}
	claim->text = alloc_text(whole + len + 1);
	return split_parameters(claim, claim->text, whole, verdict) &&
	       check_complete(check, claim, whole, verdict) &&
	       split_credential(claim, verdict);
}

static bool is_signed(const char *signed_headers, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = signed_headers; at; at = strchr(at, ';')) {
		at += *at == ';';
		if (strncasecmp(at, name, len) == 0 && (!at[len] || at[len] == ';'))
			return true;
	}
	return false;
}

/* Lower case and ascending, as the scheme asks of signers. */
static bool is_ordered(const char *signed_headers)
{
	char *copy = alloc_text(signed_headers), *at = copy, *last = NULL;
	bool is_right = true;

	for (const char *c = signed_headers; *c; c++)
		is_right = is_right && !isupper((unsigned char)*c);
	while (at) {
		char *name = strsep(&at, ";");

		is_right = is_right && *name && (!last || strcmp(last, name) < 0);
		last = name;
	}
	free(copy);
	return is_right;
}

static bool check_signed_headers(const struct sigv4_check *check,
				 const struct claim *claim,
				 struct sigv4_verdict *verdict)
{
	const char *missing = NULL;

	if (!is_signed(claim->signed_headers, "host"))
		missing = "Host";
	for (size_t i = 0; i < check->header_count && !missing; i++) {
		const char *name = check->headers[i].name;

		if (strncasecmp(name, "x-amz-", 6) == 0 &&
		    !is_signed(claim->signed_headers, name))
			missing = name;
	}
	if (missing) {
		buf_addf(&verdict->message,
			 "'%s' must be a 'SignedHeader' in the AWS Authorization "
			 "header.",
			 missing);
		return refuse(verdict, INVALID);
	}
	if (!is_ordered(claim->signed_headers)) {
		buf_addf(&verdict->message,
			 "SignedHeaders must be in lower case and in ascending order, "
			 "got '%s'.",
			 claim->signed_headers);
		return refuse(verdict, INVALID);
	}
	return true;
}

static bool check_scope(const struct sigv4_check *check, const struct claim *claim,
			const char *date, struct sigv4_verdict *verdict)
{
	struct buf *out = &verdict->message;

	if (strcmp(claim->region, check->region) != 0)
		buf_addf(out,
			 "Credential should be scoped to a valid region, not '%s'. ",
			 claim->region);
	if (strcmp(claim->service, check->service) != 0)
		buf_addf(out, "Credential should be scoped to correct service: '%s'. ",
			 check->service);
	if (strcmp(claim->terminator, TERMINATOR) != 0)
		buf_addf(out,
			 "Credential should be scoped with a valid terminator: '%s', "
			 "not '%s'. ",
			 TERMINATOR, claim->terminator);
	if (strlen(claim->date) != 8 || strncmp(claim->date, date, 8) != 0)
		buf_addf(out,
			 "Date in Credential scope does not match YYYYMMDD from "
			 "ISO-8601 "
			 "version of date from HTTP: '%s' != '%.8s', from '%s'.",
			 claim->date, date, date);
	return out->len == 0 || refuse(verdict, INVALID);
}

static bool check_key(const struct sigv4_check *check, const struct claim *claim,
		      const struct key **key, struct sigv4_verdict *verdict)
{
	const char *token = find(check, "x-amz-security-token");

	*key = keys_find(check->keys, claim->access_key);
	if (!*key || !(*key)->session_token != !token ||
	    (token && strcmp((*key)->session_token, token) != 0)) {
		buf_adds(&verdict->message,
			 "The security token included in the request is invalid.");
		return refuse(verdict, UNRECOGNIZED);
	}
	if ((*key)->expires != 0 && (*key)->expires <= check->now) {
		buf_adds(&verdict->message,
			 "The security token included in the request is expired");
		return refuse(verdict, "ExpiredTokenException");
	}
	return true;
}

static void stamp(time_t at, char text[17])
{
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, 17, "%Y%m%dT%H%M%SZ", &tm);
}

static bool parse_stamp(const char *text, time_t *at)
{
	struct tm tm = {0};
	char again[17];
	const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);

	if (!end || *end)
		return false;
	*at = timegm(&tm);
	stamp(*at, again);
	return strcmp(text, again) == 0;
}

static bool check_date(const struct sigv4_check *check, const char *date,
		       struct sigv4_verdict *verdict)
{
	struct buf *out = &verdict->message;
	char now[17], bound[17];
	time_t at = 0;

	if (!parse_stamp(date, &at)) {
		buf_addf(out,
			 "Date must be in ISO-8601 'basic format'. Got '%s'. See "
			 "http://en.wikipedia.org/wiki/ISO_8601",
			 date);
		return refuse(verdict, INCOMPLETE);
	}
	stamp(check->now, now);
	if (at < check->now - TOLERANCE_SECONDS) {
		stamp(check->now - TOLERANCE_SECONDS, bound);
		buf_addf(out,
			 "Signature expired: %s is now earlier than %s (%s - 5 min.)",
			 date, bound, now);
	} else if (at > check->now + TOLERANCE_SECONDS) {
		stamp(check->now + TOLERANCE_SECONDS, bound);
		buf_addf(out,
			 "Signature not yet current: %s is still later than %s "
			 "(%s + 5 min.)",
			 date, bound, now);
	}
	return out->len == 0 || refuse(verdict, INVALID);
}

static void add_hex(struct buf *out, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_addf(out, "%02x", bytes[i]);
}

static void add_sha256(struct buf *out, const char *bytes, size_t len)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		abort();
	add_hex(out, digest, DIGEST_LEN);
}

/* Trimmed, and each run of spaces made one. */
static void add_squeezed(struct buf *out, const char *value)
{
	size_t len = 0;

	value += strspn(value, " \t");
	while (*value) {
		len = strcspn(value, " \t");
		buf_add(out, value, len);
		value += len;
		value += strspn(value, " \t");
		if (*value)
			buf_adds(out, " ");
	}
}

static void add_canonical_header(struct buf *out, const struct sigv4_check *check,
				 const char *name)
{
	const char *separator = ":";

	buf_adds(out, name);
	for (size_t i = 0; i < check->header_count; i++) {
		if (strcasecmp(check->headers[i].name, name) != 0)
			continue;
		buf_adds(out, separator);
		add_squeezed(out, check->headers[i].value);
		separator = ",";
	}
	buf_adds(out, *separator == ':' ? ":\n" : "\n");
}

static void canonical_request(const struct sigv4_check *check,
			      const struct claim *claim, struct buf *out)
{
	char *names = alloc_text(claim->signed_headers), *at = names;

	buf_addf(out, "%s\n%s\n\n", check->method, check->path);
	while (at)
		add_canonical_header(out, check, strsep(&at, ";"));
	buf_addf(out, "\n%s\n", claim->signed_headers);
	add_sha256(out, check->body, check->body_len);
	free(names);
}

static void string_to_sign(const struct claim *claim, const char *date,
			   const struct buf *canonical, struct buf *out)
{
	buf_addf(out, ALGORITHM "\n%s\n%s/%s/%s/%s\n", date, claim->date, claim->region,
		 claim->service, claim->terminator);
	add_sha256(out, canonical->at, canonical->len);
}

static void hmac(unsigned char key[DIGEST_LEN], const char *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!HMAC(EVP_sha256(), key, DIGEST_LEN, (const unsigned char *)text,
		  strlen(text), digest, NULL))
		abort();
	memcpy(key, digest, DIGEST_LEN);
}

static void sign(const struct claim *claim, const char *secret, const char *text,
		 struct buf *signature)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct buf first = {0};

	buf_addf(&first, "AWS4%s", secret);
	if (!HMAC(EVP_sha256(), first.at, (int)first.len,
		  (const unsigned char *)claim->date, strlen(claim->date), digest,
		  NULL))
		abort();
	hmac(digest, claim->region);
	hmac(digest, claim->service);
	hmac(digest, claim->terminator);
	hmac(digest, text);
	add_hex(signature, digest, DIGEST_LEN);
	buf_fini(&first);
}

static bool check_signature(const struct sigv4_check *check, const struct claim *claim,
			    const char *date, const struct key *key,
			    struct sigv4_verdict *verdict)
{
	struct buf canonical = {0}, to_sign = {0}, signature = {0};
	bool is_right = false;

	canonical_request(check, claim, &canonical);
	string_to_sign(claim, date, &canonical, &to_sign);
	sign(claim, key->secret_key, to_sign.at, &signature);
	is_right = strlen(claim->signature) == signature.len &&
		   CRYPTO_memcmp(claim->signature, signature.at, signature.len) == 0;
	if (!is_right) {
		buf_addf(
			&verdict->message,
			"The request signature we calculated does not match the "
			"signature you provided. Check your AWS Secret Access Key and "
			"signing method. Consult the service documentation for details."
			"\n\nThe Canonical String for this request should have been\n"
			"'%s'\n\nThe String-to-Sign should have been\n'%s'\n",
			canonical.at, to_sign.at);
		refuse(verdict, INVALID);
	}
	buf_fini(&canonical);
	buf_fini(&to_sign);
	buf_fini(&signature);
	return is_right;
}

void sigv4_check(const struct sigv4_check *check, struct sigv4_verdict *verdict)
{
	const char *date = find(check, "x-amz-date");
	const struct key *key = NULL;
	struct claim claim = {0};

	memset(verdict, 0, sizeof(*verdict));
	if (read_claim(check, &claim, verdict) &&
	    check_signed_headers(check, &claim, verdict) &&
	    check_scope(check, &claim, date, verdict) &&
	    check_key(check, &claim, &key, verdict) &&
	    check_date(check, date, verdict) &&
	    check_signature(check, &claim, date, key, verdict))
		verdict->key = key;
	free(claim.text);
}
