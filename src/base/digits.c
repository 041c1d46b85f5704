#include "src/base/digits.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool read_two_digits(const char **text, int *value)
{
	for (int i = 0; i < 2; i++)
		if ((*text)[i] < '0' || (*text)[i] > '9')
			return false;
	*value = ((*text)[0] - '0') * 10 + ((*text)[1] - '0');
	*text += 2;
	return true;
}

/* +HH, +HHMM or +HH:MM. */
static bool read_offset(const char *text, int *offset_s)
{
	int sign = *text == '-' ? -1 : 1;
	int hours, minutes = 0;

	text++;
	if (!read_two_digits(&text, &hours))
		return false;
	if (*text == ':' && text[1] != '\0')
		text++;
	if (*text != '\0' && !read_two_digits(&text, &minutes))
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return *text == '\0' && hours < 24 && minutes < 60;
}

/* The zone is all that may be left. */
static bool read_zone(const char *text, int *offset_s)
{
	static const char *const names[] = {"", "Z", "z", "UTC", "GMT"};

	*offset_s = 0;
	text += *text == ' ';
	if (*text == '+' || *text == '-')
		return read_offset(text, offset_s);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0)
			return true;
	return false;
}

static const char *skip_fraction(const char *text)
{
	size_t digits;

	if (*text != '.' && *text != ',')
		return text;
	digits = strspn(text + 1, "0123456789");
	return digits > 0 ? text + 1 + digits : text;
}

/* strptime(3) would take short numbers and blanks: in @shape a 9 stands for a digit. */
static bool is_shaped(const char *text, const char *shape)
{
	for (; *shape != '\0'; text++, shape++)
		if (*shape == '9' ? *text < '0' || *text > '9' : *text != *shape)
			return false;
	return true;
}

/* What follows the time, or NULL if @text does not begin with one. */
static const char *read_time(const char *text, struct tm *utc)
{
	static const struct {
		const char *shape;
		const char *format;
	} forms[] = {
		{"9999-99-99T99:99:99", "%Y-%m-%dT%H:%M:%S"},
		{"9999-99-99t99:99:99", "%Y-%m-%dt%H:%M:%S"},
		{"9999-99-99 99:99:99", "%Y-%m-%d %H:%M:%S"},
		{"9999-99-99T99:99", "%Y-%m-%dT%H:%M"},
		{"9999-99-99 99:99", "%Y-%m-%d %H:%M"},
		{"99999999T999999", "%Y%m%dT%H%M%S"},
		{"99 ", "%d %b %Y %H:%M:%S"},
	};

	/* RFC 1123 begins with the day of the week. */
	if (strcspn(text, ", ") == 3 && strncmp(text + 3, ", ", 2) == 0)
		text += 5;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (is_shaped(text, forms[i].shape))
			return strptime(text, forms[i].format, utc);
	return NULL;
}

bool timestamp_parse(const char *text, int64_t *seconds)
{
	struct tm utc = {0};
	const char *rest = read_time(text, &utc);
	int offset_s;

	if (!rest || !read_zone(skip_fraction(rest), &offset_s))
		return false;
	*seconds = (int64_t)timegm(&utc) - offset_s;
	return true;
}

const char *timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&time, &parts) ||
	    strftime(text, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		text[0] = '\0';
	return text;
}

const char *number_group(size_t number, char text[NUMBER_SIZE])
{
	char digits[NUMBER_SIZE];
	int len = snprintf(digits, sizeof(digits), "%zu", number);
	char *to = text;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

void hex_encode(const unsigned char *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 0xF];
	}
	*hex = '\0';
}
