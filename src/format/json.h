/*
 * JSON as strangers send it, over cJSON, which cuts a string at a NUL written as
 * \u0000, refuses a lone surrogate, and takes much that is no JSON for blanks.
 */
#ifndef DMSFS_SRC_FORMAT_JSON_H
#define DMSFS_SRC_FORMAT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "src/base/error.h"

/* Bounds on what one text may hold, so that a hostile one costs neither the
 * stack nor more than some 100 MB. */
#define JSON_DEPTH_MAX 32
#define JSON_VALUES_MAX 1000000

/* Whether an error may quote how a text begins that is no JSON at all. */
enum json_secrecy {
	JSON_SECRET, /* it may hold credentials */
	JSON_PUBLIC, /* at worst the page of a proxy */
};

/*
 * Parses @text (@len bytes, no terminator needed): one value with nothing but
 * blanks around it. All strings of the tree are in the internal form of text.h;
 * a lone surrogate is U+FFFD. 0 and a tree in @root for cJSON_Delete(), or
 * -EBADMSG with a text that continues "the response is ", as in "cut short
 * after 12 bytes", or -ENOMEM. Any thread.
 */
int json_parse(const char *text, size_t len, enum json_secrecy secrecy, cJSON **root,
	       struct error *error);

/* Deletes a tree that may hold secrets, and wipes its strings. Takes NULL. */
void json_wipe(cJSON *root);

/* The type of an item in words: "a number", "null". */
const char *json_type(const cJSON *item);

/* The member @name of @object, borrowed; NULL if there is none. */
const cJSON *json_member(const cJSON *object, const char *name);

/* The number in member @name of @object; false if there is none. */
bool json_number(const cJSON *object, const char *name, double *value);

/* The string member @name of @object, borrowed; NULL if there is none, if it is
 * no string, or if it is empty. */
const char *json_string(const cJSON *object, const char *name);

#endif
