#include "src/format/form.h"

#include <string.h>

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

static bool add_encoded(struct buffer *form, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		const char escape[] = {'%', digits[c >> 4], digits[c & 0xF]};

		if (is_unreserved(*text) ? !buffer_append(form, text, 1)
					 : !buffer_append(form, escape, 3))
			return false;
	}
	return true;
}

bool form_add(struct buffer *form, const char *name, const char *value)
{
	if (form->len > 0 && !buffer_append(form, "&", 1))
		return false;
	return add_encoded(form, name) && buffer_append(form, "=", 1) &&
	       add_encoded(form, value);
}
