#include "src/dms/shared_texts.h"

#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/strings.h"

struct shared_texts {
	atomic_uint references;
	struct arena arena;
	void *tree; /* of tsearch(3); its keys are in the arena */
};

struct shared_texts *shared_texts_new(void)
{
	struct shared_texts *texts = calloc(1, sizeof(*texts));

	if (texts)
		atomic_init(&texts->references, 1);
	return texts;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

const char *shared_texts_get(struct shared_texts *texts, const char *text)
{
	const char **found = tsearch(text, &texts->tree, compare_texts);
	const char *copy = NULL;

	if (!found)
		return NULL;
	if (*found != text)
		return *found;
	copy = arena_copy(&texts->arena, text, strlen(text));
	if (copy)
		*found = copy;
	else
		tdelete(text, &texts->tree, compare_texts);
	return copy;
}

static void keep_text(void *)
{
}

void shared_texts_close(struct shared_texts *texts)
{
	tdestroy(texts->tree, keep_text);
	texts->tree = NULL;
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
