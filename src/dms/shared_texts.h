/*
 * Texts that the pages of a listing have in common, such as the ARN of a replication
 * instance that stands in each of its connections: each is stored once.
 */
#ifndef DMSFS_SRC_DMS_SHARED_TEXTS_H
#define DMSFS_SRC_DMS_SHARED_TEXTS_H

#include <stddef.h>

struct shared_texts;

/* With one reference; NULL: no memory. */
struct shared_texts *shared_texts_new(void);

/* Any thread. Unref takes NULL; the last one frees all the texts. */
struct shared_texts *shared_texts_ref(struct shared_texts *texts);
void shared_texts_unref(struct shared_texts *texts);

/* The one copy of @text, which lives as long as @texts; NULL: no memory. Where strangers
 * make the hashes collide, there may be more than one. Any thread. */
const char *shared_texts_get(struct shared_texts *texts, const char *text);

/* What all copies take, with their terminators. Any thread. */
size_t shared_texts_bytes(struct shared_texts *texts);

#endif
