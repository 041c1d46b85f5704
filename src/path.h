/*
 * Paths as users write them in variables.
 */
#ifndef DMSFS_SRC_PATH_H
#define DMSFS_SRC_PATH_H

/*
 * Expands $NAME and ${NAME}, then a leading ~ or ~USER, as Python's
 * os.path.expandvars() and expanduser() do: what is not known stays as it is. A
 * relative path is made absolute, since a daemon leaves its directory. @getenv
 * looks variables up. Allocated for the caller to free; NULL without memory.
 */
char *path_expand(const char *text, const char *(*getenv)(void *data, const char *name),
		  void *getenv_data);

#endif
