#include "src/credentials/token_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "src/base/digits.h"
#include "src/base/regular_file.h"
#include "src/base/secret.h"
#include "src/credentials/provider.h"
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

struct kept_token {
	struct kept_token *next;
	char *path; /* owned */
	/* Of the file, as it was read last. */
	unsigned char hash[EVP_MAX_MD_SIZE];
	char *text;   /* owned; newer than the file; NULL: the file's counts */
	bool is_told; /* that it could not be written */
};

static void forget_text(struct kept_token *kept)
{
	secret_free(kept->text);
	kept->text = NULL;
	kept->is_told = false;
}

void token_memory_fini(struct token_memory *memory)
{
	while (memory->first) {
		struct kept_token *next = memory->first->next;

		forget_text(memory->first);
		free(memory->first->path);
		free(memory->first);
		memory->first = next;
	}
}

static struct kept_token *find_kept(const struct token_memory *memory, const char *path)
{
	struct kept_token *kept = memory ? memory->first : NULL;

	while (kept && strcmp(kept->path, path) != 0)
		kept = kept->next;
	return kept;
}

/* NULL without memory. */
static struct kept_token *add_kept(struct token_memory *memory, const char *path)
{
	struct kept_token *kept = calloc(1, sizeof(*kept));

	if (kept)
		kept->path = strdup(path);
	if (!kept || !kept->path) {
		free(kept);
		return NULL;
	}
	kept->next = memory->first;
	memory->first = kept;
	return kept;
}

/* Puts what is remembered in the place of @text, unless the file is another one now. */
static int recall_text(struct token_memory *memory, const char *path,
		       struct buffer *text, struct error *error)
{
	struct kept_token *kept = find_kept(memory, path);
	unsigned char hash[EVP_MAX_MD_SIZE] = {0};

	if (!memory)
		return 0;
	if (!kept)
		kept = add_kept(memory, path);
	if (!kept || !EVP_Digest(text->data, text->len, hash, NULL, EVP_sha256(), NULL))
		return error_set(error, ERROR_MEMORY, "%s: no memory", path);
	if (memcmp(hash, kept->hash, sizeof(hash)) != 0)
		forget_text(kept);
	memcpy(kept->hash, hash, sizeof(hash));
	if (!kept->text)
		return 0;
	buffer_fini(text);
	if (buffer_append(text, kept->text, strlen(kept->text)))
		return 0;
	return error_set(error, ERROR_MEMORY, "%s: no memory", path);
}

int token_cache_read(struct token_memory *memory, const char *path, cJSON **root,
		     struct error *error)
{
	struct buffer text = {.max_bytes = FILE_MAX_BYTES};
	struct kept_token *kept = find_kept(memory, path);
	int r;

	*root = NULL;
	r = regular_file_read(path, &text, error);
	if (r == -ENOENT && kept)
		forget_text(kept);
	if (r == 0)
		r = recall_text(memory, path, &text, error);
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

void token_cache_write(const struct credentials_options *options, const char *source,
		       const char *path, const cJSON *root, const char *command)
{
	struct kept_token *kept = find_kept(options->tokens, path);
	char *text = cJSON_Print(root);
	bool is_told = kept && kept->is_told;
	struct error error;
	int r = text ? regular_file_replace(path, text, &error)
		     : error_set(&error, ERROR_MEMORY, "%s: no memory", path);

	if (kept && text)
		forget_text(kept);
	if (r == 0) {
		credentials_explain(options,
				    "credentials: %s: wrote the renewed login "
				    "to %s",
				    source, path);
	} else if (kept) {
		kept->text = text;
		text = NULL;
		kept->is_told = true;
	}
	if (r < 0 && !is_told)
		credentials_warn(
			options,
			"%s: cannot write the renewed login: %s; keeping it in "
			"memory; once dmsfs has ended, run: %s",
			source, error.text, command);
	secret_free(text);
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
