/*
 * Paths as users write them in variables.
 */
#ifndef DMSFS_SRC_BASE_PATH_H
#define DMSFS_SRC_BASE_PATH_H

#include <stdbool.h>

#include "src/base/environment.h"

/*
 * @path as seen from @directory; the same again if it is absolute, or if that is NULL.
 * Allocated for the caller to free; NULL without memory.
 */
char *path_resolve(const char *path, const char *directory);

/*
 * The same, after $NAME and ${NAME} and then a leading ~ or ~USER were expanded as
 * Python's os.path.expandvars() and expanduser() do: what is not known stays as it is.
 */
char *path_expand(const char *text, const char *directory,
		  const struct environment *environment);

/*
 * Whether HOME is a directory of another user that may not be entered, as /root, which
 * mount.fuse3 sets for everybody: ~ is then the home that the system knows for the user
 * of this process, if it knows one.
 */
bool path_is_home_foreign(const struct environment *environment);

#endif
