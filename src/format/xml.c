#include "src/format/xml.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <expat.h>

#include "src/base/buffer.h"
#include "src/base/secret.h"

#define PATH_MAX_BYTES 512
#define TEXT_MAX_BYTES ((size_t)64 * 1024)

struct reader {
	XML_Parser parser;
	struct xml_field *fields;
	size_t field_count;
	char path[PATH_MAX_BYTES]; /* "/A/B" of the element that is open */
	unsigned depth;
	struct xml_field *open; /* the field whose element is open, or NULL */
	struct buffer text;	/* its text so far */
	const char *flaw;	/* why the parser was stopped, or NULL */
};

static void stop_parser(struct reader *reader, const char *flaw)
{
	reader->flaw = flaw;
	XML_StopParser(reader->parser, XML_FALSE);
}

/* Whether @path, which begins with a slash, ends in the elements of @wanted. */
static bool is_path(const char *path, const char *wanted)
{
	size_t len = strlen(path);
	size_t wanted_len = strlen(wanted);

	return len > wanted_len && path[len - wanted_len - 1] == '/' &&
	       strcmp(path + len - wanted_len, wanted) == 0;
}

static struct xml_field *find_field(struct reader *reader)
{
	for (size_t i = 0; i < reader->field_count; i++)
		if (!reader->fields[i].text &&
		    is_path(reader->path, reader->fields[i].path))
			return &reader->fields[i];
	return NULL;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **)
{
	struct reader *reader = data;
	size_t used = strlen(reader->path);

	if (++reader->depth > XML_DEPTH_MAX ||
	    strlen(name) + 2 > sizeof(reader->path) - used) {
		stop_parser(reader, "XML that is nested too deep");
		return;
	}
	reader->path[used] = '/';
	memcpy(reader->path + used + 1, name, strlen(name) + 1);
	reader->open = find_field(reader);
	reader->text.len = 0;
}

static void on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;

	if (reader->open && !buffer_append(&reader->text, text, (size_t)len))
		stop_parser(reader, "XML with a value that is too long");
}

static void on_end(void *data, const XML_Char *)
{
	struct reader *reader = data;

	/* Of an empty element the end comes even after its start stopped the parser,
	 * and that one is not in the path. */
	if (reader->flaw)
		return;
	if (reader->open) {
		if (buffer_append(&reader->text, "", 0))
			reader->open->text = buffer_take(&reader->text, NULL);
		else
			stop_parser(reader, "too large for the memory");
		reader->open = NULL;
	}
	*strrchr(reader->path, '/') = '\0';
	reader->depth--;
}

/* No service sends one, and the entities in it could blow up the text. */
static void on_doctype(void *data, const XML_Char *, const XML_Char *, const XML_Char *,
		       int)
{
	stop_parser(data, "XML with a document type");
}

static unsigned long line_of(XML_Parser parser)
{
#ifdef HAVE_XML_LINE_NUMBER_64
	return (unsigned long)XML_GetCurrentLineNumber64(parser);
#else
	return (unsigned long)XML_GetCurrentLineNumber(parser);
#endif
}

/*
 * In a buffer of expat's, which is wiped here: XML_Parse() would make a copy of the
 * whole, and free it as it is. Expat copies no text of UTF-8 anywhere else.
 */
static enum XML_Status parse_wiping(struct reader *reader, const char *xml, size_t len)
{
	enum XML_Status status = XML_STATUS_ERROR;
	/* There is none of no bytes. */
	void *copy = XML_GetBuffer(reader->parser, (int)len + 1);

	if (copy) {
		memcpy(copy, xml, len);
		status = XML_ParseBuffer(reader->parser, (int)len, XML_TRUE);
		explicit_bzero(copy, len);
	}
	return status;
}

static int parse_xml(struct reader *reader, const char *xml, size_t len,
		     struct error *error)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	if (len >= INT_MAX)
		return error_set(error, ERROR_RESPONSE, "too long");
	if (parse_wiping(reader, xml, len) == XML_STATUS_OK)
		return 0;
	if (reader->text.is_out_of_memory ||
	    XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	if (reader->flaw)
		return error_set(error, ERROR_RESPONSE, "%s", reader->flaw);
	return error_set(error, ERROR_RESPONSE, "not XML (line %lu: %s)",
			 line_of(reader->parser),
			 XML_ErrorString(XML_GetErrorCode(reader->parser)));
}

int xml_read(const char *xml, size_t len, struct xml_field *fields, size_t count,
	     struct error *error)
{
	struct reader reader = {
		.parser = XML_ParserCreate(NULL),
		.fields = fields,
		.field_count = count,
		.text.max_bytes = TEXT_MAX_BYTES,
	};
	int r;

	if (!reader.parser)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	r = parse_xml(&reader, xml, len, error);
	XML_ParserFree(reader.parser);
	buffer_fini(&reader.text);
	if (r < 0)
		xml_fields_fini(fields, count);
	return r;
}

void xml_fields_fini(struct xml_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		secret_free(fields[i].text);
		fields[i].text = NULL;
	}
}
