#include "fs/publish/journal_file.h"

#include <string.h>

#include "fs/tree/tree_read.h"

void journal_file_fini(struct journal_file *file)
{
	journal_fini(&file->journal);
}

static int populate_text(struct tree *tree, struct node *directory, const char *name,
			 const char *text, size_t len, int64_t mtime_ns)
{
	const struct node_content content = {
		.kind = NODE_TEXT, .text = text, .text_len = len};
	struct node *node = tree_find(tree, directory, name);

	if (!node)
		return tree_add(tree, directory, name, &content, mtime_ns, NULL);
	return len > 0 ? tree_set_text(tree, node, &content, mtime_ns) : 0;
}

int journal_file_populate(const struct journal_file *file, struct tree *tree,
			  struct node *directory, const char *old_text, size_t old_len,
			  int64_t mtime_ns)
{
	int r = populate_text(tree, directory, file->name, file->journal.text,
			      file->journal.len, mtime_ns);

	if (r < 0 || old_len == 0)
		return r;
	return populate_text(tree, directory, file->old_name, old_text, old_len,
			     mtime_ns);
}

static size_t size_of(struct tree *tree, const struct node *node)
{
	struct tree_attributes attributes;

	tree_attributes(tree, node, &attributes);
	return (size_t)attributes.size;
}

/* The lines that @node shows become those before, and what is left begins another file.
 * That was done if the file is not there any more, whatever failed. */
static int rotate_journal(struct journal_file *file, struct change *change,
			  struct node *directory, struct node *node)
{
	size_t shown = size_of(change->tree, node);
	int r = change_rename(change, node, file->old_name);

	if (r == 0)
		r = change_finish(change);
	if (!tree_find(change->tree, directory, file->name))
		journal_drop(&file->journal, 0, shown);
	return r == 0 ? change->failure.r : r;
}

static int show_journal(struct journal_file *file, struct change *change,
			struct node *directory)
{
	struct node *node = tree_find(change->tree, directory, file->name);
	struct node_content content = {.kind = NODE_TEXT};
	size_t shown = node ? size_of(change->tree, node) : 0;
	int r = 0;

	if (file->journal.len > JOURNAL_MAX_BYTES && shown > 0 &&
	    shown < file->journal.len) {
		r = rotate_journal(file, change, directory, node);
		node = NULL;
	}
	content.text = file->journal.text;
	content.text_len = file->journal.len;
	if (r < 0)
		return r;
	return node ? change_replace_text(change, node, &content)
		    : change_add_text(change, directory, file->name, &content);
}

void journal_file_limit(struct journal_file *file, struct tree *tree,
			struct node *directory)
{
	const struct journal *journal = &file->journal;
	const struct node *node = tree_find(tree, directory, file->name);
	size_t shown = node ? size_of(tree, node) : 0;
	const char *newline = NULL;
	size_t kept = 0;

	if (journal->len - shown <= JOURNAL_MAX_BYTES)
		return;
	/* Of the last one that goes. */
	newline = memchr(journal->text + journal->len - JOURNAL_MAX_BYTES - 1, '\n',
			 JOURNAL_MAX_BYTES + 1);
	kept = (size_t)(newline + 1 - journal->text);
	journal_drop(&file->journal, shown, kept - shown);
}

int journal_file_publish(struct journal_file *file, struct change *change,
			 struct node *directory)
{
	int r = 0;

	if (!file->is_due)
		return 0;
	r = change_begin(change, file->changed_at_ns);
	if (r == 0)
		r = show_journal(file, change, directory);
	r = change_end(change, r);
	file->is_due = r < 0;
	return r;
}
