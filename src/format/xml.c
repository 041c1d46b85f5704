#include "src/format/xml.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "src/base/buffer.h"

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
	const char *refusal;	/* why the parser was stopped, or NULL */
};

/* Memory for expat that is wiped before it goes back: each block has its size
 * before it. */
union block {
	size_t size;
	max_align_t alignment;
};

static void *allocate(size_t size)
{
	union block *block = NULL;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	return block + 1;
}

static void release(void *memory)
{
	union block *block = memory;

	if (!block)
		return;
	block--;
	explicit_bzero(block + 1, block->size);
	free(block);
}

static void *reallocate(void *memory, size_t size)
{
	const union block *block = memory;
	void *moved = allocate(size);

	if (moved && memory) {
		block--;
		memcpy(moved, memory, block->size < size ? block->size : size);
		release(memory);
	}
	return moved;
}

static void stop(struct reader *reader, const char *refusal)
{
	reader->refusal = refusal;
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

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;
	size_t used = strlen(reader->path);

	(void)attributes;
	if (++reader->depth > XML_DEPTH_MAX ||
	    strlen(name) + 2 > sizeof(reader->path) - used) {
		stop(reader, "XML that is nested too deep");
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
		stop(reader, "XML with a value that is too long");
}

static void on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	(void)name;
	/* Of an empty element the end comes even after its start stopped the parser,
	 * and that one is not in the path. */
	if (reader->refusal)
		return;
	if (reader->open) {
		if (buffer_append(&reader->text, "", 0))
			reader->open->text = buffer_take(&reader->text, NULL);
		else
			stop(reader, "too large for the memory");
		reader->open = NULL;
	}
	*strrchr(reader->path, '/') = '\0';
	reader->depth--;
}

/* No service sends one, and the entities in it could blow up the text. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
		       const XML_Char *public_id, int has_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	stop(data, "XML with a document type");
}

static unsigned long line_of(XML_Parser parser)
{
#ifdef HAVE_XML_LINE_NUMBER_64
	return (unsigned long)XML_GetCurrentLineNumber64(parser);
#else
	return (unsigned long)XML_GetCurrentLineNumber(parser);
#endif
}

static int parse(struct reader *reader, const char *xml, size_t len,
		 struct error *error)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	if (len > INT_MAX)
		return error_set(error, ERROR_RESPONSE, "too long");
	if (XML_Parse(reader->parser, xml, (int)len, XML_TRUE) == XML_STATUS_OK)
		return 0;
	if (reader->text.is_out_of_memory ||
	    XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	if (reader->refusal)
		return error_set(error, ERROR_RESPONSE, "%s", reader->refusal);
	return error_set(error, ERROR_RESPONSE, "not XML (line %lu: %s)",
			 line_of(reader->parser),
			 XML_ErrorString(XML_GetErrorCode(reader->parser)));
}

int xml_read(const char *xml, size_t len, struct xml_field *fields, size_t count,
	     struct error *error)
{
	static const XML_Memory_Handling_Suite memory = {allocate, reallocate, release};
	struct reader reader = {
		.parser = XML_ParserCreate_MM(NULL, &memory, NULL),
		.fields = fields,
		.field_count = count,
		.text.max_bytes = TEXT_MAX_BYTES,
	};
	int rc;

	if (!reader.parser)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	rc = parse(&reader, xml, len, error);
	XML_ParserFree(reader.parser);
	buffer_fini(&reader.text);
	if (rc < 0)
		xml_fields_fini(fields, count);
	return rc;
}

void xml_fields_fini(struct xml_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text)
			explicit_bzero(fields[i].text, strlen(fields[i].text));
		free(fields[i].text);
		fields[i].text = NULL;
	}
}
