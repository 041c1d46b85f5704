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

/* The zone is all that may be left. */
static bool read_zone(const char *text, int *offset_s)
{
	int sign = *text == '-' ? -1 : 1;
	int hours, minutes;

	*offset_s = 0;
	if (*text == '\0' || strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!read_two_digits(&text, &hours))
		return false;
	if (*text == ':')
		text++;
	if (!read_two_digits(&text, &minutes) || *text != '\0')
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

static const char *skip_fraction(const char *text)
{
	size_t digits;

	if (*text != '.' && *text != ',')
		return text;
	digits = strspn(text + 1, "0123456789");
	return digits > 0 ? text + 1 + digits : text;
}

bool timestamp_parse(const char *text, int64_t *seconds)
{
	struct tm utc = {0};
	const char *rest = NULL;
	int offset_s;

	/* strptime(3) would take blanks and short numbers. */
	if (strspn(text, "0123456789") != 4 ||
	    strlen(text) < strlen("YYYY-MM-DDThh:mm:ss"))
		return false;
	rest = strptime(text, "%Y-%m-%d", &utc);
	if (!rest || rest != text + 10 ||
	    (*rest != 'T' && *rest != 't' && *rest != ' '))
		return false;
	rest = strptime(rest + 1, "%H:%M:%S", &utc);
	if (!rest || rest != text + 19 || !read_zone(skip_fraction(rest), &offset_s))
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
