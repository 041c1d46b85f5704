#include "src/http/trust.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "src/base/file_stamp.h"

#define LIBRARY_SIZE 32

/* A file of certificates. */
struct bundle {
	struct bundle *next;
	struct file_stamp stamp; /* before it was read */
	X509_STORE *store;	 /* a reference; NULL: it could not be read */
	char file[];
};

struct trust {
	pthread_mutex_t lock; /* guards: all below */
	struct bundle *bundles;
};

struct trust *trust_new(void)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (trust)
		pthread_mutex_init(&trust->lock, NULL);
	return trust;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	while (trust->bundles) {
		struct bundle *next = trust->bundles->next;

		X509_STORE_free(trust->bundles->store);
		free(trust->bundles);
		trust->bundles = next;
	}
	pthread_mutex_destroy(&trust->lock);
	free(trust);
}

/* Of the same major version is the same library, or both could not be loaded. */
static bool is_same_library(const curl_version_info_data *curl)
{
	char name[LIBRARY_SIZE];
	int len = snprintf(name, sizeof(name), "OpenSSL/%lu.",
			   OpenSSL_version_num() >> 28);

	return curl->ssl_version && strncmp(curl->ssl_version, name, (size_t)len) == 0;
}

/* With the flags that libcurl sets. */
static X509_STORE *read_store(const char *file, const char *folder)
{
	X509_STORE *store = X509_STORE_new();

	if (store && X509_STORE_load_locations(store, file, folder) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST |
						X509_V_FLAG_PARTIAL_CHAIN) == 1)
		return store;
	X509_STORE_free(store);
	ERR_clear_error();
	return NULL;
}

/* NULL: no memory. */
static struct bundle *find_bundle(struct trust *trust, const char *file)
{
	const size_t size = strlen(file) + 1;
	struct bundle *bundle = trust->bundles;

	while (bundle && strcmp(bundle->file, file) != 0)
		bundle = bundle->next;
	if (bundle)
		return bundle;
	bundle = calloc(1, sizeof(*bundle) + size);
	if (!bundle)
		return NULL;
	memcpy(bundle->file, file, size);
	bundle->next = trust->bundles;
	trust->bundles = bundle;
	return bundle;
}

static void update(struct bundle *bundle, const char *folder)
{
	const struct file_stamp stamp = file_stamp_take(bundle->file);

	if (bundle->store && file_stamp_is_same(&bundle->stamp, &stamp))
		return;
	X509_STORE_free(bundle->store);
	bundle->store = stamp.is_regular ? read_store(bundle->file, folder) : NULL;
	bundle->stamp = stamp;
}

static X509_STORE *borrow(struct trust *trust, const char *file, const char *folder)
{
	struct bundle *bundle = NULL;
	X509_STORE *store = NULL;

	pthread_mutex_lock(&trust->lock);
	bundle = find_bundle(trust, file);
	if (bundle)
		update(bundle, folder);
	if (bundle && bundle->store && X509_STORE_up_ref(bundle->store) == 1)
		store = bundle->store;
	pthread_mutex_unlock(&trust->lock);
	return store;
}

/* False: this libcurl does not say where it looks for certificates. */
static bool find_places(const curl_version_info_data *curl, const char **file,
			const char **folder)
{
#if LIBCURL_VERSION_NUM >= 0x074600
	if (curl->age >= CURLVERSION_SEVENTH) {
		*file = *file ? *file : curl->cainfo;
		*folder = curl->capath;
		return *file != NULL;
	}
#endif
	return false;
}

X509_STORE *trust_borrow(struct trust *trust, const char *ca_bundle)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	const char *file = ca_bundle;
	const char *folder = NULL;

	if (!is_same_library(curl) || !find_places(curl, &file, &folder))
		return NULL;
	return borrow(trust, file, folder);
}

static CURLcode use_store(CURL *, void *context, void *data)
{
	SSL_CTX_set1_cert_store(context, data);
	return CURLE_OK;
}

CURLcode trust_set(CURL *easy, X509_STORE *store)
{
	CURLcode result = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store);

	if (result == CURLE_OK)
		result = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, store);
	if (result == CURLE_OK)
		result = curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	return result == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)
				  : result;
}
