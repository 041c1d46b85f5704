/*
 * AWS credentials, as a plain value: what a call is signed with.
 */
#ifndef DMSFS_SRC_AWS_CREDENTIALS_H
#define DMSFS_SRC_AWS_CREDENTIALS_H

#include <stdint.h>

struct credentials {
	char *access_key_id;	 /* owned */
	char *secret_access_key; /* owned */
	char *session_token;	 /* owned, or NULL */
	int64_t expires_at_s;	 /* seconds since 1970; 0: they do not expire */
	char source[384];	 /* for people: "environment", "SSO (profile prod)" */
};

#endif
