/*
 * DPoP (RFC 9449): the proof that whoever sends a token holds the key that it was
 * made for. A JWT signed with ES256.
 */
#ifndef DMSFS_SRC_CREDENTIALS_DPOP_H
#define DMSFS_SRC_CREDENTIALS_DPOP_H

#include <stdint.h>

#include "src/base/error.h"

/*
 * The value of the DPoP header of a POST to @url at @now_s, by the P-256 key in
 * @pem: allocated for the caller to free. -EACCES if that is no such key, without
 * a word of it in @error.
 */
int dpop_proof(const char *pem, const char *url, int64_t now_s, char **proof,
	       struct error *error);

#endif
