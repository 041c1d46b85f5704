/*
 * The files in which "aws sso login" and "aws login" leave their tokens, and the
 * answers of the services that renew them and hand out keys: the file, then the
 * answers.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/credentials/token_cache.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/provider.h"
#include "tests/fuzz/setup.h"

#define START_URL "https://corp.awsapps.com/start"
#define SESSION "corp"
#define LOGIN "arn:aws:sts::123456789012:assumed-role/r/u"

static const char setup_text[] = "[default]\n"
				 "region = us-east-1\n"
				 "sso_session = " SESSION "\n"
				 "sso_account_id = 123456789012\n"
				 "sso_role_name = reader\n"
				 "[profile older]\n"
				 "sso_start_url = " START_URL "\n"
				 "sso_region = us-east-1\n"
				 "sso_account_id = 123456789012\n"
				 "sso_role_name = reader\n"
				 "[profile login]\n"
				 "login_session = " LOGIN "\n"
				 "[sso-session " SESSION "]\n"
				 "sso_start_url = " START_URL "\n"
				 "sso_region = eu-west-1\n";

struct token_files {
	char home[64];
	char *path[3]; /* of the session, of the older way, of the login */
};

static struct setup setup;
static struct token_files files;

static void make_folder(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", files.home, name);
	FUZZ_CHECK(mkdir(path, 0700) == 0);
}

static void remove_folder(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", files.home, name);
	rmdir(path);
}

static void remove_files(void)
{
	static const char *const folders[] = {
		".aws/sso/cache", ".aws/sso", ".aws/login/cache",
		".aws/login",	  ".aws",     ""};

	for (size_t i = 0; i < sizeof(files.path) / sizeof(*files.path); i++) {
		unlink(files.path[i]);
		free(files.path[i]);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		remove_folder(folders[i]);
}

/* In memory where the system has a folder for that. */
static void make_files(void)
{
	static const char *const folders[] = {".aws", ".aws/sso", ".aws/sso/cache",
					      ".aws/login", ".aws/login/cache"};
	char folder[128];

	snprintf(files.home, sizeof(files.home), "%s/dmsfs-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : P_tmpdir);
	FUZZ_CHECK(mkdtemp(files.home));
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		make_folder(folders[i]);
	snprintf(folder, sizeof(folder), "%s/.aws/sso/cache", files.home);
	files.path[0] = token_cache_path(folder, SESSION, false);
	files.path[1] = token_cache_path(folder, START_URL, false);
	snprintf(folder, sizeof(folder), "%s/.aws/login/cache", files.home);
	files.path[2] = token_cache_path(folder, LOGIN, true);
	atexit(remove_files);
}

static void write_file(const char *path, const struct part *text)
{
	FILE *file = fopen(path, "wb");

	FUZZ_CHECK(file);
	FUZZ_CHECK(fwrite(text->bytes, 1, text->len, file) == text->len);
	FUZZ_CHECK(fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct profile *profile;
	struct parts parts = {data, data + size};
	struct part file = parts_next(&parts);

	if (!profile) {
		make_files();
		setup_init(&setup);
		setup.home = files.home;
		profile = setup_load(&setup, setup_text);
	}
	for (size_t i = 0; i < sizeof(files.path) / sizeof(*files.path); i++)
		write_file(files.path[i], &file);
	provider_check(&credentials_sso, profile, "default", parts);
	provider_check(&credentials_sso, profile, "older", parts);
	provider_check(&credentials_login, profile, "login", parts);
	return 0;
}
