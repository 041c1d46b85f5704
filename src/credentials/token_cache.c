#include "src/credentials/token_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "src/base/digits.h"
#include "src/base/regular_file.h"
#include "src/base/secret.h"
#include "src/format/json.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define SECONDS_MAX (366.0 * 24 * 60 * 60)

char *token_cache_path(const char *folder, const char *name, bool is_sha256)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;
	char *path = NULL;

	if (!EVP_Digest(name, strlen(name), hash, &len,
			is_sha256 ? EVP_sha256() : EVP_sha1(), NULL))
		return NULL;
	hex_encode(hash, len, hex);
	return asprintf(&path, "%s/%s.json", folder, hex) < 0 ? NULL : path;
}

int token_cache_read(const char *path, cJSON **root, struct error *error)
{
	struct buffer text = {.max_bytes = FILE_MAX_BYTES};
	int r;

	*root = NULL;
	r = regular_file_read(path, &text, error);
	if (r == 0) {
		r = json_parse(text.data, text.len, JSON_SECRET, root, error);
		if (r < 0)
			error_prefix(error, "%s: the text is ", path);
	}
	buffer_fini(&text);
	if (r == 0 && !cJSON_IsObject(*root)) {
		r = error_set(error, ERROR_CREDENTIALS, "%s: it holds %s", path,
			      json_type(*root));
		json_wipe(*root);
		*root = NULL;
	}
	return r;
}

int token_cache_write(const char *path, const cJSON *root, struct error *error)
{
	char *text = cJSON_Print(root);
	int r;

	if (!text)
		return error_set(error, ERROR_MEMORY, "%s: no memory", path);
	r = regular_file_replace(path, text, error);
	secret_free(text);
	return r;
}

bool token_cache_set(cJSON *object, const char *name, const char *value)
{
	cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(object, name);

	json_wipe(old);
	return cJSON_AddStringToObject(object, name, value) != NULL;
}

bool token_cache_time(const cJSON *object, const char *name, int64_t *seconds)
{
	const char *text = json_string(object, name);

	return text && timestamp_parse(text, seconds);
}

bool token_cache_seconds(const cJSON *object, const char *name, int64_t *seconds)
{
	double value;

	if (!json_number(object, name, &value) || value < 1 || value > SECONDS_MAX)
		return false;
	*seconds = (int64_t)value;
	return true;
}
