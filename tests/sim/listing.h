/*
 * The connections that the sim shows: raw JSON records in the order of the answer, and
 * an index of their ARNs. Not locked: the sim's lock guards the listing in use.
 */
#ifndef DMS_SIM_LISTING_H
#define DMS_SIM_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/base/buf.h"
#include "tests/sim/base/raw.h"
#include "tests/sim/index.h"

#define LISTING_NONE SIZE_MAX

struct record {
	char *raw; /* in the arena, or owned once edited */
	size_t len;
	bool is_owned;
	uint32_t endpoint; /* groups of the two indexes, or INDEX_NONE */
	uint32_t instance;
};

struct listing {
	struct record *records;
	size_t count;
	size_t cap;
	char *arena;
	struct index endpoints;
	struct index instances;
};

/*
 * The records of @text, which is {"Connections":[...]} or the array alone, as given.
 * Takes @text over. NULL with @why (static) when it is not of that form.
 */
struct listing *listing_take(struct buf *text, const char **why);
struct listing *listing_read_file(const char *path, const char **why);
void listing_free(struct listing *listing);

/* To be called after records came, went, or got other ARNs. */
void listing_reindex(struct listing *listing);

void listing_insert(struct listing *listing, size_t at, struct span raw);
void listing_remove(struct listing *listing, size_t at);

/* The record of the pair, or LISTING_NONE. */
size_t listing_find(const struct listing *listing, const char *endpoint_arn,
		    const char *instance_arn);

struct span record_span(const struct record *record);
char *record_text(const struct record *record, const char *field);

/* @value NULL removes the field. A record that is no object becomes one. */
void record_set(struct record *record, const char *field, const struct span *value);
void record_set_text(struct record *record, const char *field, const char *text);

#endif
