/*
 * Paths as users write them in variables.
 */
#ifndef DMSFS_SRC_BASE_PATH_H
#define DMSFS_SRC_BASE_PATH_H

/*
 * Expands $NAME and ${NAME}, then a leading ~ or ~USER, as Python's
 * os.path.expandvars() and expanduser() do: what is not known stays as it is. A
 * relative path is made absolute, since a daemon leaves its directory. @lookup_env
 * looks variables up. Allocated for the caller to free; NULL without memory.
 */
char *path_expand(const char *text,
		  const char *(*lookup_env)(void *data, const char *name),
		  void *lookup_data);

#endif
