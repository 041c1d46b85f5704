/*
 * Connections made from the bytes of an input: records end in 0x1E, their fields,
 * in the order of enum connection_field, in 0x1F. Any other byte may stand in a
 * field, a NUL too; an empty field is absent.
 */
#ifndef DMSFS_TESTS_FUZZ_RECORDS_H
#define DMSFS_TESTS_FUZZ_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "src/dms/connection.h"

#define RECORDS_MAX 96
#define RECORDS_RECORD_END 0x1E
#define RECORDS_FIELD_END 0x1F

struct records_raw {
	const uint8_t *bytes;
	size_t len;
};

struct records {
	struct connection connections[RECORDS_MAX]; /* in the form of src/text.h */
	struct records_raw raw[RECORDS_MAX][CONNECTION_FIELDS];
	size_t count;
	char *strings; /* owned */
};

/* What goes beyond RECORDS_MAX is left out. @data must outlive @records. */
void records_read(const uint8_t *data, size_t size, struct records *records);
void records_fini(struct records *records);

#endif
