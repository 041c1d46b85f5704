/*
 * A journal (journal.h) as a file of the mount. Where new lines would take the file
 * beyond JOURNAL_MAX_BYTES it gets the name of an older one, whose lines go, and they
 * begin another file: so none is lost or read twice by who follows inodes.
 */
#ifndef DMSFS_FS_PUBLISH_JOURNAL_FILE_H
#define DMSFS_FS_PUBLISH_JOURNAL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/content/journal.h"
#include "fs/publish/change.h"

/* For the publisher's thread. */
struct journal_file {
	const char *name;
	const char *old_name;	/* of the lines before those */
	struct journal journal; /* the lines that are in the file, and new ones */
	int64_t changed_at_ns;	/* the time of the last line, since 1970 */
	bool is_due;		/* the file does not show the new lines yet */
};

void journal_file_fini(struct journal_file *file);

/* Has the file in @directory, of a tree that is not mounted yet, show the lines that it
 * has by now, and adds the older one if there are lines for that. 0 or a negative
 * errno. */
int journal_file_populate(const struct journal_file *file, struct tree *tree,
			  struct node *directory, const char *old_text, size_t old_len,
			  int64_t mtime_ns);

/* Where lines pile up that cannot be shown, as on a mount that was made read-only, the
 * oldest of them go: those that are left fit into a file. For lines that anybody can
 * cause. */
void journal_file_limit(struct journal_file *file, struct tree *tree,
			struct node *directory);

/* Has the file in @directory show what it should, where that is due. No piece of work
 * may be under way. 0 or a negative errno, as change_end(), and it is due as before. */
int journal_file_publish(struct journal_file *file, struct change *change,
			 struct node *directory);

#endif
