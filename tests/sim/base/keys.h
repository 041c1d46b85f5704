/* The credentials that the sim accepts. Not locked: the sim's lock guards them. */
#ifndef DMS_SIM_KEYS_H
#define DMS_SIM_KEYS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <time.h>

struct key {
	char *access_key;
	char *secret_key;
	char *session_token; /* NULL for a lasting key */
	time_t expires;	     /* 0: never */
	cJSON *deny;	     /* array of actions that this key may not call, or NULL */
	struct key *next;
};

struct keys {
	struct key *first;
};

void keys_fini(struct keys *keys);
void keys_add(struct keys *keys, const char *access_key, const char *secret_key,
	      const char *session_token);

/* Adds the key that a control call describes; NULL, or what is wrong with it. */
const char *keys_add_json(struct keys *keys, const cJSON *spec, time_t now);

const struct key *keys_find(const struct keys *keys, const char *access_key);
bool key_denies(const struct key *key, const char *action);

#endif
