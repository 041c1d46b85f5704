#include "src/base/path.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD_BYTES 16384

#define NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Splits what begins with "$": the name and the length of the whole, or 0. */
static size_t find_variable(const char *text, const char **name, size_t *name_len)
{
	if (text[1] == '{') {
		*name = text + 2;
		*name_len = strcspn(*name, "}");
		return (*name)[*name_len] == '}' ? *name_len + 3 : 0;
	}
	*name = text + 1;
	*name_len = strspn(*name, NAME_CHARACTERS);
	return *name_len > 0 ? *name_len + 1 : 0;
}

/* Writes the value of the variable at @text, or the text itself, and returns how
 * much of the text that was; 0 without memory. */
static size_t write_variable(FILE *out, const char *text,
			     const struct environment *environment)
{
	const char *name = NULL;
	const char *value = NULL;
	size_t name_len = 0;
	size_t len = find_variable(text, &name, &name_len);
	char *copy = NULL;

	if (len == 0) {
		fputc(*text, out);
		return 1;
	}
	copy = strndup(name, name_len);
	if (!copy)
		return 0;
	value = environment_get(environment, copy);
	free(copy);
	if (value)
		fputs(value, out);
	else
		fwrite(text, 1, len, out);
	return len;
}

static char *expand_variables(const char *text, const struct environment *environment)
{
	char *expanded = NULL;
	size_t len = 1;
	size_t size;
	FILE *out = open_memstream(&expanded, &size);

	if (!out)
		return NULL;
	while (*text != '\0' && len > 0) {
		len = 1;
		if (*text == '$')
			len = write_variable(out, text, environment);
		else
			fputc(*text, out);
		text += len;
	}
	if (fclose(out) != 0 || len == 0) {
		free(expanded);
		return NULL;
	}
	return expanded;
}

bool path_is_home_foreign(const struct environment *environment)
{
	const char *home = environment_get(environment, "HOME");
	struct stat status;

	return home && stat(home, &status) == 0 && status.st_uid != geteuid() &&
	       access(home, X_OK) < 0 && errno == EACCES;
}

/* The home of @user, or with an empty name that of this process's user, into @home
 * for the caller to free; NULL: there is none. False without memory. */
static bool find_home(const char *user, const struct environment *environment,
		      char **home)
{
	const char *given = *user == '\0' ? environment_get(environment, "HOME") : NULL;
	bool has_home = given && *given != '\0';
	struct passwd entry, *found = NULL;
	char *buffer = NULL;

	*home = NULL;
	if (has_home && !path_is_home_foreign(environment)) {
		*home = strdup(given);
		return *home != NULL;
	}
	buffer = malloc(PASSWD_BYTES);
	if (!buffer)
		return false;
	if (*user != '\0')
		(void)getpwnam_r(user, &entry, buffer, PASSWD_BYTES, &found);
	else
		(void)getpwuid_r(getuid(), &entry, buffer, PASSWD_BYTES, &found);
	if (found)
		*home = strdup(found->pw_dir);
	else if (has_home)
		*home = strdup(given);
	free(buffer);
	return (!found && !has_home) || *home;
}

static char *expand_home(const char *path, const struct environment *environment)
{
	size_t user_len = strcspn(path + 1, "/");
	char *user = strndup(path + 1, user_len);
	char *home = NULL;
	char *expanded = NULL;

	if (user && find_home(user, environment, &home) &&
	    asprintf(&expanded, "%s%s", home ? home : "",
		     home ? path + 1 + user_len : path) < 0)
		expanded = NULL;
	free(home);
	free(user);
	return expanded;
}

char *path_resolve(const char *path, const char *directory)
{
	char *resolved = NULL;

	if (*path == '/' || !directory)
		return strdup(path);
	return asprintf(&resolved, "%s/%s", directory, path) < 0 ? NULL : resolved;
}

char *path_expand(const char *text, const char *directory,
		  const struct environment *environment)
{
	char *path = expand_variables(text, environment);
	char *next = NULL;

	if (path && *path == '~') {
		next = expand_home(path, environment);
		free(path);
		path = next;
	}
	next = path ? path_resolve(path, directory) : NULL;
	free(path);
	return next;
}
