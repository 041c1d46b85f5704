/*
 * How dmsfs names itself to the service.
 */
#ifndef DMSFS_SRC_USER_AGENT_H
#define DMSFS_SRC_USER_AGENT_H

#include "profile.h"

#define USER_AGENT_SIZE 128

/*
 * Writes "dmsfs/VERSION", and " app/ID" after it where AWS_SDK_UA_APP_ID or
 * sdk_ua_app_id gives one: its first 50 characters, with - for those that AWS does
 * not take there. Returns @agent.
 */
char *user_agent_write(const struct profile *profile, char agent[USER_AGENT_SIZE]);

#endif
