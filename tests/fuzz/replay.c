/*
 * The main() of a target where there is no libFuzzer: hands it the files that are
 * named, or all files of the folders that are.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

/* A copy of the very size, so that a sanitizer sees what is read beyond it. */
static void replay_bytes(FILE *file, size_t size)
{
	uint8_t *data = malloc(size + (size == 0));

	FUZZ_CHECK(data && fread(data, 1, size, file) == size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static size_t replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	/* The last one named is the one that failed. */
	printf("%s\n", path);
	fflush(stdout);
	replay_bytes(file, size);
	fclose(file);
	return 1;
}

static size_t replay(const char *path);

static size_t replay_folder(const char *path)
{
	struct dirent **names = NULL;
	int count = scandir(path, &names, NULL, alphasort);
	size_t replayed = 0;

	FUZZ_CHECK(count >= 0);
	for (int i = 0; i < count; i++) {
		char *inner = NULL;

		if (names[i]->d_name[0] != '.') {
			FUZZ_CHECK(asprintf(&inner, "%s/%s", path, names[i]->d_name) >
				   0);
			replayed += replay(inner);
		}
		free(inner);
		free(names[i]);
	}
	free(names);
	return replayed;
}

static size_t replay(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	if (S_ISDIR(status.st_mode))
		return replay_folder(path);
	return replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
	size_t replayed = 0;

	for (int i = 1; i < argc; i++)
		replayed += replay(argv[i]);
	printf("%zu inputs\n", replayed);
	return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
