#include "src/snapshot/name_hash.h"

#include <openssl/evp.h>

#include "src/base/number.h"

static bool start(struct name_hash *hash)
{
	if (hash->context != NULL)
		return true;
	hash->context = EVP_MD_CTX_new();
	return hash->context != NULL &&
	       EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1;
}

void name_hash_add(struct name_hash *hash, const void *data, size_t len)
{
	if (hash->is_failed)
		return;
	if (!start(hash) || EVP_DigestUpdate(hash->context, data, len) != 1)
		hash->is_failed = true;
}

bool name_hash_end(struct name_hash *hash, char digits[NAME_HASH_SIZE])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	bool is_ok;

	digits[0] = '\0';
	is_ok = !hash->is_failed && start(hash) &&
		EVP_DigestFinal_ex(hash->context, bytes, NULL) == 1;
	if (is_ok)
		hex_encode(bytes, NAME_HASH_DIGITS / 2, digits);
	EVP_MD_CTX_free(hash->context);
	*hash = (struct name_hash){.context = NULL};
	return is_ok;
}
