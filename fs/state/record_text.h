/*
 * The text of a record (record.h), for a file that people can read and cut(1):
 *
 *   dmsfs state 1                 the version of this form
 *   Region: us-east-1             of what it is: whoever asks for another Region,
 *   Endpoint: https://...         endpoint or filter must not be shown it
 *   EndpointArn: arn:...          a line for each value of a filter, sorted
 *   ReplicationInstanceArn: ...
 *   LastRefresh: 1764354000.123456789
 *   LastChange: 1764353000.000000000
 *   Ended: yes
 *   Connections: 2
 *   changes.1: 0
 *   changes: 120
 *
 * and then a line for each connection: the times since when it shows its content and
 * has its status, and the six fields in the order of its file, separated by tabs; those
 * many bytes of changes.1 and of changes; and a last line with the SHA-256 of all
 * before it. An absent field is empty, and an empty one is \e. A backslash is \\, a
 * newline \n, a tab \t, and what could drive a terminal \xHH.
 */
#ifndef DMSFS_FS_STATE_RECORD_TEXT_H
#define DMSFS_FS_STATE_RECORD_TEXT_H

#include "fs/state/record.h"
#include "src/base/buffer.h"
#include "src/dms/filters.h"

/* Appends the lines that say of what a record is. 0 or -ENOMEM. */
int record_text_identify(const char *region, const char *endpoint,
			 const struct dms_filters *filters, struct buffer *identity);

/* Appends the whole text; @identity is the text of the function above. 0, -ENOMEM,
 * -EFBIG where the buffer may not grow so far, or -EIO without SHA-256. */
int record_text_write(const struct record *record, const char *identity,
		      struct buffer *text);

/*
 * Reads @text (@len bytes, terminated), which is overwritten. 0 and a record to
 * record_fini(); -EBADMSG: it is damaged; -EPROTONOSUPPORT: it is of another version;
 * -EXDEV: it is whole, and of something else than @identity says; -ENOMEM.
 */
int record_text_read(char *text, size_t len, const char *identity,
		     struct record *record);

#endif
