#include "tests/sim/base/marker.h"

#include <endian.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/buf.h"

#define SEAL_LEN 18 /* makes 30 bytes in all: no padding in the base64 */

struct sealed {
	uint64_t position; /* big endian */
	uint32_t page;	   /* big endian */
	unsigned char seal[SEAL_LEN];
} __attribute__((packed));

static void seal(const unsigned char *key, const char *scope, struct sealed *sealed)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf text = {0};

	buf_add(&text, sealed, offsetof(struct sealed, seal));
	buf_adds(&text, scope);
	if (!HMAC(EVP_sha256(), key, MARKER_KEY_LEN, (unsigned char *)text.at, text.len,
		  sum, NULL))
		abort();
	memcpy(sealed->seal, sum, SEAL_LEN);
	buf_fini(&text);
}

void marker_seal(const unsigned char key[MARKER_KEY_LEN], const char *scope,
		 const struct marker *marker, char text[MARKER_SIZE])
{
	struct sealed sealed = {
		.position = htobe64(marker->position),
		.page = htobe32(marker->page),
	};

	seal(key, scope, &sealed);
	EVP_EncodeBlock((unsigned char *)text, (unsigned char *)&sealed,
			sizeof(sealed));
}

int marker_open(const unsigned char key[MARKER_KEY_LEN], const char *scope,
		const char *text, struct marker *marker)
{
	struct sealed given, right;
	unsigned char bytes[MARKER_SIZE];

	if (strlen(text) != sizeof(given) / 3 * 4 ||
	    EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)strlen(text)) !=
		    sizeof(given))
		return -EINVAL;
	memcpy(&given, bytes, sizeof(given));
	right = given;
	seal(key, scope, &right);
	if (CRYPTO_memcmp(given.seal, right.seal, SEAL_LEN) != 0)
		return -EINVAL;
	marker->position = be64toh(given.position);
	marker->page = be32toh(given.page);
	return 0;
}
