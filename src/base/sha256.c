#include "src/base/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

/* RFC 2104. */
#define BLOCK_BYTES 64
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

struct sha256 {
	EVP_MD_CTX *started; /* that nothing was hashed with yet; to be copied */
	EVP_MD_CTX *work;
};

/* Two parts of one text. */
struct parts {
	const void *first;
	size_t first_len;
	const void *second;
	size_t second_len;
};

int sha256_new(struct sha256 **result)
{
	struct sha256 *sha256 = calloc(1, sizeof(*sha256));
	int err = 0;

	if (!sha256)
		return -ENOMEM;
	sha256->started = EVP_MD_CTX_new();
	sha256->work = EVP_MD_CTX_new();
	if (!sha256->started || !sha256->work)
		err = -ENOMEM;
	else if (EVP_DigestInit_ex(sha256->started, EVP_sha256(), NULL) != 1)
		err = -EIO;
	if (err)
		sha256_free(sha256);
	else
		*result = sha256;
	return err;
}

void sha256_free(struct sha256 *sha256)
{
	if (!sha256)
		return;
	EVP_MD_CTX_free(sha256->started);
	EVP_MD_CTX_free(sha256->work);
	free(sha256);
}

static int hash_parts(struct sha256 *sha256, const struct parts *parts,
		      unsigned char hash[SHA256_BYTES])
{
	EVP_MD_CTX *work = sha256->work;

	if (EVP_MD_CTX_copy_ex(work, sha256->started) != 1 ||
	    EVP_DigestUpdate(work, parts->first, parts->first_len) != 1 ||
	    EVP_DigestUpdate(work, parts->second, parts->second_len) != 1 ||
	    EVP_DigestFinal_ex(work, hash, NULL) != 1)
		return -EIO;
	return 0;
}

int sha256_hash(struct sha256 *sha256, const void *data, size_t len,
		unsigned char hash[SHA256_BYTES])
{
	const struct parts parts = {len > 0 ? data : "", len, "", 0};

	return hash_parts(sha256, &parts, hash);
}

static void xor_all(unsigned char block[BLOCK_BYTES], unsigned char with)
{
	for (size_t i = 0; i < BLOCK_BYTES; i++)
		block[i] ^= with;
}

int sha256_hmac(struct sha256 *sha256, const void *key, size_t key_len,
		const void *data, size_t len, unsigned char hash[SHA256_BYTES])
{
	unsigned char block[BLOCK_BYTES] = {0};
	const struct parts inner = {block, sizeof(block), len > 0 ? data : "", len};
	const struct parts outer = {block, sizeof(block), hash, SHA256_BYTES};
	int err = 0;

	if (key_len > sizeof(block))
		err = sha256_hash(sha256, key, key_len, block);
	else
		memcpy(block, key, key_len);
	xor_all(block, INNER_PAD);
	if (!err)
		err = hash_parts(sha256, &inner, hash);
	xor_all(block, INNER_PAD ^ OUTER_PAD);
	if (!err)
		err = hash_parts(sha256, &outer, hash);
	OPENSSL_cleanse(block, sizeof(block));
	return err;
}
