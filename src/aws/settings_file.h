/*
 * A file of the AWS set-up as it was read, which all profiles made of it share: each of
 * 20 sources would otherwise keep what the file says of all others.
 */
#ifndef DMSFS_SRC_AWS_SETTINGS_FILE_H
#define DMSFS_SRC_AWS_SETTINGS_FILE_H

#include <stdatomic.h>

#include "src/aws/config_sections.h"
#include "src/base/error.h"
#include "src/base/file_stamp.h"

/* All but the references is set once. */
struct settings_file {
	atomic_uint references;
	struct settings_file *next; /* of the cache */
	char *path;
	struct file_stamp stamp;
	struct config_sections sections;
};

/* The newest of each path, a reference each. */
struct settings_cache;

/* NULL: no memory. */
struct settings_cache *settings_cache_new(void);
void settings_cache_free(struct settings_cache *cache); /* takes NULL */

/*
 * The file at @path: the one in @cache (or NULL) if it has the stamp @stamp, else read
 * here and now and kept there. Results as of ini_file_read(). Any thread.
 */
int settings_file_read(struct settings_cache *cache, const char *path,
		       const struct file_stamp *stamp, struct settings_file **file,
		       struct error *error);
void settings_file_unref(struct settings_file *file); /* takes NULL */

#endif
