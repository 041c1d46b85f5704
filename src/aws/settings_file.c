#include "src/aws/settings_file.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct settings_cache {
	pthread_mutex_t lock; /* guards: the list; no other lock is taken under it */
	struct settings_file *files;
};

static struct settings_file *ref(struct settings_file *file)
{
	atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
	return file;
}

void settings_file_unref(struct settings_file *file)
{
	if (!file ||
	    atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
		return;
	config_sections_fini(&file->sections);
	free(file->path);
	free(file);
}

struct settings_cache *settings_cache_new(void)
{
	struct settings_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void settings_cache_free(struct settings_cache *cache)
{
	if (!cache)
		return;
	while (cache->files) {
		struct settings_file *file = cache->files;

		cache->files = file->next;
		settings_file_unref(file);
	}
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* Where the file of @path is, or the end of the list. The lock is held. */
static struct settings_file **find(struct settings_cache *cache, const char *path)
{
	struct settings_file **link = &cache->files;

	while (*link && strcmp((*link)->path, path) != 0)
		link = &(*link)->next;
	return link;
}

static struct settings_file *find_same(struct settings_cache *cache, const char *path,
				       const struct file_stamp *stamp)
{
	struct settings_file *file = NULL;

	pthread_mutex_lock(&cache->lock);
	file = *find(cache, path);
	if (file && file_stamp_is_same(&file->stamp, stamp))
		ref(file);
	else
		file = NULL;
	pthread_mutex_unlock(&cache->lock);
	return file;
}

static void keep(struct settings_cache *cache, struct settings_file *file)
{
	struct settings_file **link = NULL;
	struct settings_file *before = NULL;

	pthread_mutex_lock(&cache->lock);
	link = find(cache, file->path);
	before = *link;
	file->next = before ? before->next : NULL;
	*link = ref(file);
	pthread_mutex_unlock(&cache->lock);
	settings_file_unref(before);
}

static int fail_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for the AWS configuration");
}

static int read_sections(const char *path, struct config_sections *sections,
			 struct error *error)
{
	int r = ini_file_read(path, &sections->file, error);

	if (r < 0)
		return r;
	return config_sections_name(sections) < 0 ? fail_memory(error) : 0;
}

static int read_new(const char *path, const struct file_stamp *stamp,
		    struct settings_file **file, struct error *error)
{
	struct settings_file *made = calloc(1, sizeof(*made));
	int r = 0;

	if (!made)
		return fail_memory(error);
	atomic_init(&made->references, 1);
	made->stamp = *stamp;
	made->path = strdup(path);
	r = made->path ? read_sections(path, &made->sections, error)
		       : fail_memory(error);
	if (r < 0)
		settings_file_unref(made);
	else
		*file = made;
	return r;
}

int settings_file_read(struct settings_cache *cache, const char *path,
		       const struct file_stamp *stamp, struct settings_file **file,
		       struct error *error)
{
	int r = 0;

	*file = cache ? find_same(cache, path, stamp) : NULL;
	if (*file)
		return 0;
	r = read_new(path, stamp, file, error);
	if (*file && cache)
		keep(cache, *file);
	return r;
}
