#include "src/credentials/dpop.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

/* Of P-256: a coordinate, and a point that is not compressed. */
#define COORDINATE_BYTES 32
#define POINT_BYTES (1 + 2 * COORDINATE_BYTES)
#define UUID_SIZE 37
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)
#define SIGNATURE_SIZE BASE64_SIZE(2 * COORDINATE_BYTES)

/* Base64 of the alphabet for URLs, without padding. @out has BASE64_SIZE(len). */
static void encode_base64url(const unsigned char *bytes, size_t len, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
	for (; *out != '\0' && *out != '='; out++) {
		if (*out == '+')
			*out = '-';
		else if (*out == '/')
			*out = '_';
	}
	*out = '\0';
}

/* Without it OpenSSL would ask the terminal for the password of a key. */
static int refuse_password(char *, int, int, void *)
{
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL);
	BIO_free(bio);
	if (key &&
	    (EVP_PKEY_base_id(key) != EVP_PKEY_EC || EVP_PKEY_bits(key) != 256)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool read_point(EVP_PKEY *key, unsigned char point[POINT_BYTES])
{
	unsigned char *bytes = NULL;
	int len = i2d_PublicKey(key, &bytes);
	bool is_whole = len == POINT_BYTES && bytes[0] == 4;

	if (is_whole)
		memcpy(point, bytes, POINT_BYTES);
	OPENSSL_free(bytes);
	return is_whole;
}

static bool write_uuid(char uuid[UUID_SIZE])
{
	unsigned char r[16];

	if (RAND_bytes(r, sizeof(r)) != 1)
		return false;
	r[6] = (unsigned char)((r[6] & 0x0F) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3F) | 0x80);
	snprintf(uuid, UUID_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10],
		 r[11], r[12], r[13], r[14], r[15]);
	return true;
}

/* As text for free(); NULL without memory. */
static char *write_header(const unsigned char point[POINT_BYTES])
{
	char x[BASE64_SIZE(COORDINATE_BYTES)];
	char y[BASE64_SIZE(COORDINATE_BYTES)];
	char *text = NULL;

	encode_base64url(point + 1, COORDINATE_BYTES, x);
	encode_base64url(point + 1 + COORDINATE_BYTES, COORDINATE_BYTES, y);
	if (asprintf(&text,
		     "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\","
		     "\"x\":\"%s\",\"y\":\"%s\",\"crv\":\"P-256\"}}",
		     x, y) < 0)
		return NULL;
	return text;
}

static char *write_claims(const char *url, int64_t now_s)
{
	cJSON *root = cJSON_CreateObject();
	char uuid[UUID_SIZE];
	char *text = NULL;

	if (write_uuid(uuid) && cJSON_AddStringToObject(root, "htm", "POST") &&
	    cJSON_AddStringToObject(root, "htu", url) &&
	    cJSON_AddNumberToObject(root, "iat", (double)now_s) &&
	    cJSON_AddStringToObject(root, "jti", uuid))
		text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text;
}

/* "HEADER.CLAIMS" in base64, for free(). */
static char *write_signable(const char *header, const char *claims)
{
	size_t header_len = strlen(header);
	size_t claims_len = strlen(claims);
	char *text = malloc(BASE64_SIZE(header_len) + BASE64_SIZE(claims_len));
	size_t used;

	if (!text)
		return NULL;
	encode_base64url((const unsigned char *)header, header_len, text);
	used = strlen(text);
	text[used++] = '.';
	encode_base64url((const unsigned char *)claims, claims_len, text + used);
	return text;
}

/* JWT wants the two numbers of the signature side by side, and not as DER. */
static bool encode_signature(const unsigned char *der, size_t len,
			     char out[SIGNATURE_SIZE])
{
	unsigned char pair[2 * COORDINATE_BYTES];
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool is_whole = false;

	if (signature) {
		const BIGNUM *r = ECDSA_SIG_get0_r(signature);
		const BIGNUM *s = ECDSA_SIG_get0_s(signature);

		is_whole = BN_bn2binpad(r, pair, COORDINATE_BYTES) > 0 &&
			   BN_bn2binpad(s, pair + COORDINATE_BYTES, COORDINATE_BYTES) >
				   0;
	}
	if (is_whole)
		encode_base64url(pair, sizeof(pair), out);
	ECDSA_SIG_free(signature);
	return is_whole;
}

static bool sign_proof(EVP_PKEY *key, const char *text, char out[SIGNATURE_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[128];
	size_t len = sizeof(der);
	bool is_signed;

	is_signed = context &&
		    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(context, der, &len, (const unsigned char *)text,
				   strlen(text)) == 1 &&
		    encode_signature(der, len, out);
	EVP_MD_CTX_free(context);
	return is_signed;
}

/* NULL without memory, or if OpenSSL fails. */
static char *write_proof(EVP_PKEY *key, const unsigned char point[POINT_BYTES],
			 const char *url, int64_t now_s)
{
	char signature[SIGNATURE_SIZE];
	char *header = write_header(point);
	char *claims = write_claims(url, now_s);
	char *signable = header && claims ? write_signable(header, claims) : NULL;
	char *proof = NULL;

	if (signable && sign_proof(key, signable, signature) &&
	    asprintf(&proof, "%s.%s", signable, signature) < 0)
		proof = NULL;
	free(signable);
	cJSON_free(claims);
	free(header);
	return proof;
}

int dpop_proof(const char *pem, const char *url, int64_t now_s, char **proof,
	       struct error *error)
{
	unsigned char point[POINT_BYTES];
	EVP_PKEY *key = read_key(pem);
	int r = 0;

	*proof = NULL;
	if (!key || !read_point(key, point)) {
		r = error_set(error, ERROR_CREDENTIALS,
			      "dpopKey is not a private key of the curve P-256");
	} else {
		*proof = write_proof(key, point, url, now_s);
		if (!*proof)
			r = error_set(error, ERROR_MEMORY,
				      "cannot make the proof of the key");
	}
	EVP_PKEY_free(key);
	return r;
}
