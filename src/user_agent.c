#include "user_agent.h"

#include <stdio.h>
#include <string.h>

#define APP_ID_MAX 50

static bool is_allowed(char c)
{
	return strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		      "!$%&'*+-.^_`|~,#",
		      c) != NULL;
}

char *user_agent_write(const struct profile *profile, char agent[USER_AGENT_SIZE])
{
	const char *id = profile_setting(profile, "AWS_SDK_UA_APP_ID", "sdk_ua_app_id");
	size_t used;

	snprintf(agent, USER_AGENT_SIZE, "dmsfs/%s%s", DMSFS_VERSION,
		 id ? " app/" : "");
	used = strlen(agent);
	for (size_t i = 0; id && id[i] && i < APP_ID_MAX && used + 1 < USER_AGENT_SIZE;
	     i++)
		agent[used++] = is_allowed(id[i]) ? id[i] : '-';
	agent[used] = '\0';
	return agent;
}
