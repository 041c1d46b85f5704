#include "tests/sim/base/keys.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

static void key_free(struct key *key)
{
	free(key->access_key);
	free(key->secret_key);
	free(key->session_token);
	cJSON_Delete(key->deny);
	free(key);
}

void keys_fini(struct keys *keys)
{
	while (keys->first) {
		struct key *key = keys->first;

		keys->first = key->next;
		key_free(key);
	}
}

/* A key of the same name gives way. */
static struct key *add(struct keys *keys, const char *access_key)
{
	struct key **at = &keys->first;
	struct key *key = alloc_zeroed(1, sizeof(*key));

	while (*at && strcmp((*at)->access_key, access_key) != 0)
		at = &(*at)->next;
	if (*at) {
		key->next = (*at)->next;
		key_free(*at);
	}
	key->access_key = alloc_text(access_key);
	*at = key;
	return key;
}

void keys_add(struct keys *keys, const char *access_key, const char *secret_key,
	      const char *session_token)
{
	struct key *key = add(keys, access_key);

	key->secret_key = alloc_text(secret_key);
	key->session_token = alloc_text(session_token);
}

const char *keys_add_json(struct keys *keys, const cJSON *spec, time_t now)
{
	const char *access_key =
		cJSON_GetStringValue(cJSON_GetObjectItem(spec, "access_key"));
	const char *secret_key =
		cJSON_GetStringValue(cJSON_GetObjectItem(spec, "secret_key"));
	const cJSON *expires = cJSON_GetObjectItem(spec, "expires");
	const cJSON *expires_in = cJSON_GetObjectItem(spec, "expires_in");
	const cJSON *deny = cJSON_GetObjectItem(spec, "deny");
	struct key *key = NULL;

	if (!access_key || !secret_key)
		return "a key needs access_key and secret_key";
	if (deny && !cJSON_IsArray(deny))
		return "deny must be an array of actions";
	key = add(keys, access_key);
	key->secret_key = alloc_text(secret_key);
	key->session_token = alloc_text(
		cJSON_GetStringValue(cJSON_GetObjectItem(spec, "session_token")));
	if (cJSON_IsNumber(expires))
		key->expires = (time_t)expires->valuedouble;
	if (cJSON_IsNumber(expires_in))
		key->expires = now + (time_t)expires_in->valuedouble;
	key->deny = cJSON_Duplicate(deny, true);
	return NULL;
}

const struct key *keys_find(const struct keys *keys, const char *access_key)
{
	const struct key *key = keys->first;

	while (key && strcmp(key->access_key, access_key) != 0)
		key = key->next;
	return key;
}

bool key_denies(const struct key *key, const char *action)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach(item, key->deny)
	{
		if (cJSON_IsString(item) && strcmp(item->valuestring, action) == 0)
			return true;
	}
	return false;
}
