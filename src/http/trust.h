/*
 * The certificates that a server's has to be signed by. A bundle of the system has some
 * 140, which take a megabyte and 15 ms to parse; libcurl has each connection parse it
 * for itself. Here all clients that use a file share what was read of it.
 */
#ifndef DMSFS_SRC_HTTP_TRUST_H
#define DMSFS_SRC_HTTP_TRUST_H

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

struct trust;

/* NULL: no memory. */
struct trust *trust_new(void);

/* What was lent of it lives on. Takes NULL. */
void trust_free(struct trust *trust);

/*
 * The certificates of the file @ca_bundle, or with NULL of the one that libcurl was
 * built for, and of the folder that libcurl looks at beside it; read again once the
 * file is another one. For X509_STORE_free(). NULL: they cannot be read, or libcurl
 * uses another TLS library than this; then it is for libcurl to do, and to say what is
 * wrong. Any thread.
 */
X509_STORE *trust_borrow(struct trust *trust, const char *ca_bundle);

/* Has @easy verify by @store alone, which must live until the transfer has ended. */
CURLcode trust_set(CURL *easy, X509_STORE *store);

#endif
