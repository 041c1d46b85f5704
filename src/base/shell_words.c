#include "src/base/shell_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

/*
 * Copies what stands up to the closing @quote. Within double quotes a backslash
 * quotes a double quote and itself, and stands for itself before anything else.
 */
static int copy_quoted(const char **text, char **out, char quote)
{
	const char *from = *text;

	while (*from != quote) {
		if (quote == '"' && *from == '\\' &&
		    (from[1] == '"' || from[1] == '\\'))
			from++;
		if (*from == '\0')
			return -EINVAL;
		*(*out)++ = *from++;
	}
	*text = from + 1;
	return 0;
}

/* Copies one word, which begins at @text, to @out and terminates it there. */
static int copy_word(const char **text, char **out)
{
	int r = 0;

	while (r == 0 && **text != '\0' && !strchr(blanks, **text)) {
		char c = *(*text)++;

		if (c == '\'' || c == '"') {
			r = copy_quoted(text, out, c);
			continue;
		}
		if (c == '\\') {
			c = **text;
			if (c == '\0')
				return -EINVAL;
			(*text)++;
		}
		*(*out)++ = c;
	}
	*(*out)++ = '\0';
	return r;
}

int shell_words_split(const char *text, struct shell_words *words)
{
	size_t len = strlen(text);
	char *out = NULL;
	int r = 0;

	words->count = 0;
	/* A word takes two characters, its blank included, and all of them together
	 * no more bytes than the text; the bytes lie behind the pointers. */
	words->word = malloc((len / 2 + 2) * sizeof(*words->word) + len + 1);
	if (!words->word)
		return -ENOMEM;
	out = (char *)(words->word + len / 2 + 2);
	text += strspn(text, blanks);
	while (r == 0 && *text != '\0') {
		words->word[words->count++] = out;
		r = copy_word(&text, &out);
		text += strspn(text, blanks);
	}
	words->word[words->count] = NULL;
	if (r < 0)
		shell_words_fini(words);
	return r;
}

void shell_words_fini(struct shell_words *words)
{
	free(words->word);
	words->word = NULL;
	words->count = 0;
}
