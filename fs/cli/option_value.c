#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/option_table.h"

int option_error(FILE *err, const char *format, ...)
{
	va_list args;

	fputs("dmsfs: ", err);
	va_start(args, format);
	vfprintf(err, format, args);
	va_end(args);
	fputc('\n', err);
	return OPTIONS_EXIT_USAGE;
}

int option_error_memory(FILE *err)
{
	fputs("dmsfs: out of memory\n", err);
	return 1;
}

/* strtoull(3) alone would take blanks, signs and what follows the digits. */
static bool parse_number(const char *text, int base, unsigned min, unsigned max,
			 unsigned *number)
{
	unsigned long long value;
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*number = (unsigned)value;
	return true;
}

static int set_number(const struct option_entry *entry, const char *value,
		      const char *shown, unsigned *number, FILE *err)
{
	if (entry->kind == OPTION_OCTAL) {
		if (parse_number(value, 8, entry->min, entry->max, number))
			return 0;
		return option_error(err, "%s: not an octal number between %o and %o",
				    shown, entry->min, entry->max);
	}
	if (parse_number(value, 10, entry->min, entry->max, number))
		return 0;
	return option_error(err, "%s: not between %u and %u", shown, entry->min,
			    entry->max);
}

static int set_text(const char *value, char **text, FILE *err)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return option_error_memory(err);
	free(*text);
	*text = copy;
	return 0;
}

static int add_text(const char *value, struct option_values *list, FILE *err)
{
	char **values = reallocarray(list->values, list->count + 1,
				     sizeof(*list->values));

	if (values == NULL)
		return option_error_memory(err);
	list->values = values;
	values[list->count] = strdup(value);
	if (values[list->count] == NULL)
		return option_error_memory(err);
	list->count++;
	return 0;
}

int option_set(const struct option_entry *entry, const char *value, const char *shown,
	       struct options *options, FILE *err)
{
	void *field = (char *)options + entry->offset;

	if (entry->kind == OPTION_FLAG) {
		if (value != NULL)
			return option_error(err, "%s: takes no value", shown);
		*(bool *)field = true;
		return 0;
	}
	if (value == NULL || value[0] == '\0')
		return option_error(err, "%s: needs a value, %s", shown, entry->value);
	if (entry->kind == OPTION_TEXT)
		return set_text(value, field, err);
	if (entry->kind == OPTION_TEXTS)
		return add_text(value, field, err);
	return set_number(entry, value, shown, field, err);
}
