#include "tests/sim/base/tls.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

#define PEM_MAX 262144

static char *read_pem(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len = 0;

	if (!file) {
		fputs("dms-sim: ", stderr);
		perror(path);
		return NULL;
	}
	text = alloc_zeroed(PEM_MAX + 1, 1);
	len = fread(text, 1, PEM_MAX, file);
	if (ferror(file) || len == 0 || !feof(file)) {
		fprintf(stderr, "dms-sim: %s: not a PEM file that can be read\n", path);
		OPENSSL_cleanse(text, PEM_MAX);
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

bool tls_load(struct tls *tls, const char *cert_path, const char *key_path)
{
	memset(tls, 0, sizeof(*tls));
	tls->cert = read_pem(cert_path);
	tls->key = tls->cert ? read_pem(key_path) : NULL;
	return tls->key != NULL;
}

void tls_fini(struct tls *tls)
{
	if (tls->key)
		OPENSSL_cleanse(tls->key, strlen(tls->key));
	free(tls->cert);
	free(tls->key);
	memset(tls, 0, sizeof(*tls));
}
