/*
 * The name of dmsfs for the services, in the form that the AWS SDKs share.
 */
#ifndef DMSFS_SRC_AWS_USER_AGENT_H
#define DMSFS_SRC_AWS_USER_AGENT_H

#include <stddef.h>

#include "src/aws/profile.h"

#define USER_AGENT_SIZE 512

/*
 * Writes "dmsfs/VERSION os/linux#RELEASE md/arch#MACHINE lang/c"; after it
 * " exec-env/NAME" where AWS_EXECUTION_ENV has one, and " app/ID" where
 * AWS_SDK_UA_APP_ID or sdk_ua_app_id does, with - for each character that AWS does not
 * take there. Returns @agent.
 */
char *user_agent_write(const struct profile *profile, char agent[USER_AGENT_SIZE]);

/* A warning about the ID: that it is longer than the 50 characters that AWS
 * wants it to have. Written to @text, which is returned, or NULL for nothing. */
char *user_agent_warning(const struct profile *profile, char *text, size_t size);

#endif
