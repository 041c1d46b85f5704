#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/base/shell_words.h"
#include "src/base/subprocess.h"
#include "src/credentials/provider.h"
#include "src/format/json.h"

#define TIMEOUT_MS 60000
#define OUTPUT_MAX_BYTES ((size_t)64 * 1024)

static int check_version(const cJSON *root, const char *source, struct error *error)
{
	double version;

	if (!json_number(root, "Version", &version))
		return error_set(error, ERROR_CREDENTIALS,
				 "%s: Version in its output is %s; it must be 1",
				 source, json_type(json_member(root, "Version")));
	if (version == 1)
		return 0;
	return error_set(error, ERROR_CREDENTIALS,
			 "%s: Version in its output is %g; it must be 1", source,
			 version);
}

/* Its output is never shown: it may hold the secret. */
static int parse_process_output(const struct buffer *out, const char *source,
				struct credentials *credentials, struct error *error)
{
	static const struct credentials_members members = {
		.access_key_id = "AccessKeyId",
		.secret_access_key = "SecretAccessKey",
		.session_token = "SessionToken",
		.expiration = "Expiration",
	};
	cJSON *root = NULL;
	int r;

	r = json_parse(out->data ? out->data : "", out->len, JSON_SECRET, &root, error);
	if (r < 0) {
		error_prefix(error, "%s: its output is ", source);
		return r;
	}
	r = check_version(root, source, error);
	if (r == 0)
		r = credentials_from_json(root, &members, source, credentials, error);
	json_wipe(root);
	return r;
}

static int run_process(const struct credentials_query *query, char *const argv[],
		       const char *source, struct buffer *out, struct error *error)
{
	char said[SUBPROCESS_SAID_SIZE];
	int status = 0;
	int r;

	r = subprocess_run(argv, profile_directory(query->options->profile), TIMEOUT_MS,
			   &query->options->client->skew.clock, out, said, &status,
			   error);
	if (r < 0)
		error_prefix(error, "%s: ", source);
	else if (status != 0)
		r = error_set(error, ERROR_CREDENTIALS,
			      "%s: %s exited with status %d%s%s", source, argv[0],
			      status, *said ? ": " : " and no error output", said);
	if (r < 0 && r != -ENOMEM && r != -ECANCELED) {
		error->kind = ERROR_CREDENTIALS;
		r = error_result(error);
	}
	return r;
}

static int load_from_process(const struct credentials_query *query,
			     struct credentials *credentials, struct error *error)
{
	const char *text = credentials_key(query, "credential_process");
	struct buffer out = {.max_bytes = OUTPUT_MAX_BYTES};
	char source[sizeof(credentials->source)];
	struct shell_words words = {0};
	int r;

	if (!text)
		return credentials_pass(query, "no credential_process");
	snprintf(source, sizeof(source), "credential_process (profile %s)",
		 query->name);
	r = shell_words_split(text, &words);
	if (r == -ENOMEM)
		return error_set(error, ERROR_MEMORY, "no memory for %s", source);
	if (r < 0 || words.count == 0 || words.word[0][0] == '\0') {
		shell_words_fini(&words);
		return error_set(error, ERROR_CREDENTIALS,
				 "%s: the command is empty, or has an unclosed quote "
				 "or a backslash at its end",
				 source);
	}
	r = run_process(query, words.word, source, &out, error);
	if (r == 0)
		r = parse_process_output(&out, source, credentials, error);
	shell_words_fini(&words);
	buffer_fini(&out);
	return r;
}

const struct credentials_provider credentials_process = {
	.name = "credential process",
	.load = load_from_process,
};
