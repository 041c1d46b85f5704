#include "src/aws/user_agent.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define APP_ID_MAX 50

static const char app_id_env[] = "AWS_SDK_UA_APP_ID";
static const char app_id_key[] = "sdk_ua_app_id";

static bool is_allowed(char c, bool is_hash_allowed)
{
	return strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		      "!$%&'*+-.^_`|~,",
		      c) != NULL ||
	       (is_hash_allowed && c == '#');
}

/* The bytes of a character of UTF-8 after its first one. */
static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* " PREFIX/TEXT"; a hash in the text would part a name from its value. */
static void append(char agent[USER_AGENT_SIZE], const char *prefix, const char *text,
		   bool is_hash_allowed)
{
	size_t used = strlen(agent);

	used += (size_t)snprintf(agent + used, USER_AGENT_SIZE - used, " %s", prefix);
	for (; *text && used + 1 < USER_AGENT_SIZE; text++)
		if (!is_continuation(*text))
			agent[used++] = is_allowed(*text, is_hash_allowed) ? *text
									   : '-';
	agent[used] = '\0';
}

char *user_agent_write(const struct profile *profile, char agent[USER_AGENT_SIZE])
{
	const char *id = profile_setting(profile, app_id_env, app_id_key);
	const char *place = profile_env(profile, "AWS_EXECUTION_ENV");
	struct utsname system = {0};

	(void)uname(&system);
	snprintf(agent, USER_AGENT_SIZE, "dmsfs/%s", DMSFS_VERSION);
	append(agent, "os/linux#", system.release, false);
	append(agent, "md/arch#", system.machine, false);
	append(agent, "lang/", "c", false);
	if (place)
		append(agent, "exec-env/", place, false);
	if (id)
		append(agent, "app/", id, true);
	return agent;
}

char *user_agent_warning(const struct profile *profile, char *text, size_t size)
{
	const char *id = profile_setting(profile, app_id_env, app_id_key);
	char source[USER_AGENT_SIZE];

	if (!id || strlen(id) <= APP_ID_MAX)
		return NULL;
	snprintf(text, size, "%s is longer than the %d characters that AWS accepts",
		 profile_describe(profile, app_id_env, app_id_key, source,
				  sizeof(source)),
		 APP_ID_MAX);
	return text;
}
