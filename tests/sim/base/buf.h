/* Bytes that grow at the end; all zero is empty. */
#ifndef DMS_SIM_BUF_H
#define DMS_SIM_BUF_H

#include <stddef.h>

struct buf {
	char *at; /* owned; followed by a NUL once anything was added */
	size_t len;
	size_t cap;
};

void buf_fini(struct buf *buf);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_adds(struct buf *buf, const char *text);
void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* @text as a JSON string with its quotes; bytes from 0x80 on pass as they are. */
void buf_add_json(struct buf *buf, const char *text);

#endif
