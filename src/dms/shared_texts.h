/*
 * Texts that the pages of a listing have in common, such as the ARN of a replication
 * instance, which stands in each of its connections: each is stored once.
 */
#ifndef DMSFS_SRC_DMS_SHARED_TEXTS_H
#define DMSFS_SRC_DMS_SHARED_TEXTS_H

struct shared_texts;

/* With one reference, for the thread that lists; NULL: no memory. */
struct shared_texts *shared_texts_new(void);

/* The one copy of @text, which lives as long as @texts; NULL: no memory. */
const char *shared_texts_get(struct shared_texts *texts, const char *text);

/* No more is added: only the texts are kept, for the pages that show them. */
void shared_texts_close(struct shared_texts *texts);

/* Any thread. Unref takes NULL; the last one frees all the texts. */
struct shared_texts *shared_texts_ref(struct shared_texts *texts);
void shared_texts_unref(struct shared_texts *texts);

#endif
