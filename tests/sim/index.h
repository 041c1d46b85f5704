/*
 * ARNs and the records that carry them. Each distinct ARN is a group, numbered in the
 * order of first appearance; a group's members are record numbers, ascending.
 */
#ifndef DMS_SIM_INDEX_H
#define DMS_SIM_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct group {
	char *arn;
	uint32_t *members; /* within the index's block */
	size_t count;
};

struct index {
	struct group *groups;
	size_t group_count;
	size_t group_cap;
	uint32_t *table; /* open addressing: group numbers or INDEX_NONE */
	size_t table_size;
	uint32_t *block;
};

void index_fini(struct index *index);

/* The group of @arn, made when there is none. Counts one member more. */
uint32_t index_count(struct index *index, const char *arn, size_t len);

/* Makes room for the members counted so far; each group begins empty again. */
void index_reserve(struct index *index);

/* Call in ascending order of @record, as often as index_count() gave @group. */
void index_add(struct index *index, uint32_t group, uint32_t record);

uint32_t index_find(const struct index *index, const char *arn);

#endif
