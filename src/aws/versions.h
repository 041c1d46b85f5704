/*
 * The versions of the libraries in use, for --version and bug reports.
 */
#ifndef DMSFS_SRC_AWS_VERSIONS_H
#define DMSFS_SRC_AWS_VERSIONS_H

#define VERSIONS_SIZE 160

/* "libcurl 8.5.0, OpenSSL 3.0.13, cJSON 1.7.15"; returns @out. */
char *versions_format(char out[VERSIONS_SIZE]);

#endif
