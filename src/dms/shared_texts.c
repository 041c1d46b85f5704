#include "src/dms/shared_texts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/arena.h"
#include "src/base/text_hash.h"

#define SLOTS_MIN 64

struct shared_texts {
	atomic_uint references;
	pthread_mutex_t lock; /* guards: all below */
	struct arena arena;
	struct slot {
		const char *text; /* in the arena; NULL: free */
		uint32_t hash;
	} * slots;	   /* owned */
	size_t slot_count; /* a power of 2 */
	size_t count;
	size_t bytes;
};

struct shared_texts *shared_texts_new(void)
{
	struct shared_texts *texts = calloc(1, sizeof(*texts));

	if (!texts)
		return NULL;
	atomic_init(&texts->references, 1);
	pthread_mutex_init(&texts->lock, NULL);
	return texts;
}

struct shared_texts *shared_texts_ref(struct shared_texts *texts)
{
	atomic_fetch_add_explicit(&texts->references, 1, memory_order_relaxed);
	return texts;
}

void shared_texts_unref(struct shared_texts *texts)
{
	if (!texts ||
	    atomic_fetch_sub_explicit(&texts->references, 1, memory_order_acq_rel) != 1)
		return;
	arena_fini(&texts->arena);
	free(texts->slots);
	pthread_mutex_destroy(&texts->lock);
	free(texts);
}

/* The slot that has @text, or a free one; or one with another text, where too many
 * stand in the way. */
static struct slot *find_slot(const struct shared_texts *texts, const char *text,
			      uint32_t hash)
{
	struct slot *slot = NULL;

	for (size_t i = 0; i < TEXT_HASH_PROBES_MAX; i++) {
		slot = &texts->slots[(hash + i) & (texts->slot_count - 1)];
		if (!slot->text || (slot->hash == hash && !strcmp(slot->text, text)))
			break;
	}
	return slot;
}

/* What finds no place any more goes without one: its next copy is one more. */
static void move_slots(struct shared_texts *texts, const struct slot *from,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slot *slot;

		if (!from[i].text)
			continue;
		slot = find_slot(texts, from[i].text, from[i].hash);
		if (!slot->text)
			*slot = from[i];
	}
}

/* At most half of the slots are taken. */
static int reserve(struct shared_texts *texts)
{
	struct slot *before = texts->slots;
	size_t count_before = texts->slot_count;
	size_t count = count_before ? 2 * count_before : SLOTS_MIN;

	if (2 * (texts->count + 1) <= count_before)
		return 0;
	texts->slots = calloc(count, sizeof(*texts->slots));
	if (!texts->slots) {
		texts->slots = before;
		return -1;
	}
	texts->slot_count = count;
	move_slots(texts, before, count_before);
	free(before);
	return 0;
}

static const char *get_locked(struct shared_texts *texts, const char *text)
{
	size_t len = 0;
	uint32_t hash = text_hash(text, &len);
	struct slot *slot;
	const char *copy;

	if (reserve(texts))
		return NULL;
	slot = find_slot(texts, text, hash);
	if (slot->text && slot->hash == hash && !strcmp(slot->text, text))
		return slot->text;
	copy = arena_copy(&texts->arena, text, len);
	if (!copy)
		return NULL;
	texts->bytes += len + 1;
	if (!slot->text) {
		*slot = (struct slot){.text = copy, .hash = hash};
		texts->count++;
	}
	return copy;
}

const char *shared_texts_get(struct shared_texts *texts, const char *text)
{
	const char *copy;

	pthread_mutex_lock(&texts->lock);
	copy = get_locked(texts, text);
	pthread_mutex_unlock(&texts->lock);
	return copy;
}

size_t shared_texts_bytes(struct shared_texts *texts)
{
	size_t bytes;

	pthread_mutex_lock(&texts->lock);
	bytes = texts->bytes;
	pthread_mutex_unlock(&texts->lock);
	return bytes;
}
