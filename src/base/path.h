/*
 * Paths as users write them in variables.
 */
#ifndef DMSFS_SRC_BASE_PATH_H
#define DMSFS_SRC_BASE_PATH_H

#include "src/base/environment.h"

/*
 * Expands $NAME and ${NAME}, then a leading ~ or ~USER, as Python's
 * os.path.expandvars() and expanduser() do: what is not known stays as it is. A
 * relative path is made absolute, since a daemon leaves its directory. Allocated for
 * the caller to free; NULL without memory.
 */
char *path_expand(const char *text, const struct environment *environment);

#endif
