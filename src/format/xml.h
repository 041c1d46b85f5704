/*
 * A few texts out of an XML response, over expat.
 */
#ifndef DMSFS_SRC_FORMAT_XML_H
#define DMSFS_SRC_FORMAT_XML_H

#include <stddef.h>

#include "src/base/error.h"

/* A bound on how deep elements lie in each other. */
#define XML_DEPTH_MAX 16

/* An element that is wanted, by the end of its path: "Error/Code". */
struct xml_field {
	const char *path;
	char *text; /* owned; of the first such element; NULL: there is none */
};

/*
 * Parses @len bytes at @xml and fills the text of each of @count fields, which
 * must be NULL before. -EBADMSG, with a text that continues "the response is ",
 * for what is no XML or has a document type; -ENOMEM. Copies of expat's are wiped.
 */
int xml_read(const char *xml, size_t len, struct xml_field *fields, size_t count,
	     struct error *error);

/* Wipes and frees the texts. */
void xml_fields_fini(struct xml_field *fields, size_t count);

#endif
