#include "src/dms/shared_texts.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/hash.h"
#include "src/base/strings.h"

#define SLOTS_MIN 256 /* a power of two */
/* How far an equal text is looked for before it is stored once more. This keeps the
 * work linear even if somebody makes the hashes collide. */
#define PROBES_MAX 16

struct slot {
	const char *text; /* in the arena; NULL: free */
	uint32_t hash;
};

struct shared_texts {
	atomic_uint references;
	struct arena arena;
	struct slot *slots; /* owned; NULL before the first text, and once closed */
	size_t slot_count;
	size_t count; /* in the slots; at most half of them */
};

struct shared_texts *shared_texts_new(void)
{
	struct shared_texts *texts = calloc(1, sizeof(*texts));

	if (texts)
		atomic_init(&texts->references, 1);
	return texts;
}

/* That of @text, which may be free, or NULL where there is none. */
static struct slot *find_slot(struct slot *slots, size_t slot_count, const char *text,
			      uint32_t hash)
{
	for (size_t i = 0; i < PROBES_MAX; i++) {
		struct slot *slot = &slots[(hash + i) & (slot_count - 1)];

		if (!slot->text ||
		    (slot->hash == hash && strcmp(slot->text, text) == 0))
			return slot;
	}
	return NULL;
}

static bool grow(struct shared_texts *texts)
{
	const size_t slot_count = texts->slots ? 2 * texts->slot_count : SLOTS_MIN;
	struct slot *slots = calloc(slot_count, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; texts->slots && i < texts->slot_count; i++) {
		const struct slot *from = &texts->slots[i];
		struct slot *to = from->text ? find_slot(slots, slot_count, from->text,
							 from->hash)
					     : NULL;

		if (to)
			*to = *from;
	}
	free(texts->slots);
	texts->slots = slots;
	texts->slot_count = slot_count;
	return true;
}

const char *shared_texts_get(struct shared_texts *texts, const char *text)
{
	const size_t len = strlen(text);
	const uint32_t hash = hash_bytes(0, text, len);
	const char *copy = NULL;
	struct slot *slot = NULL;

	if (2 * texts->count >= texts->slot_count && !grow(texts))
		return NULL;
	slot = find_slot(texts->slots, texts->slot_count, text, hash);
	if (slot && slot->text)
		return slot->text;
	copy = arena_copy(&texts->arena, text, len);
	if (slot && copy) {
		*slot = (struct slot){.text = copy, .hash = hash};
		texts->count++;
	}
	return copy;
}

void shared_texts_close(struct shared_texts *texts)
{
	free(texts->slots);
	texts->slots = NULL;
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
	shared_texts_close(texts);
	arena_fini(&texts->arena);
	free(texts);
}
