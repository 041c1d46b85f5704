#include "fs/cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "src/base/digits.h"

#define LINE_SIZE 1024
#define ROWS 24 /* where the terminal does not say */
#define COLUMNS 80

/* Several lines need the cursor to go up. */
static bool is_dumb(void)
{
	const char *kind = getenv("TERM");

	return !kind || *kind == '\0' || strcmp(kind, "dumb") == 0;
}

static void clear_locked(void *data)
{
	struct progress *progress = data;

	if (progress->visible == 0)
		return;
	fputs("\r\033[K", progress->out);
	for (; progress->visible > 1; progress->visible--)
		fputs("\033[A\033[K", progress->out);
	fflush(progress->out);
	progress->visible = 0;
}

void progress_init(struct progress *progress, FILE *out, struct log *log,
		   struct progress_line *lines, size_t count, bool is_quiet)
{
	*progress = (struct progress){
		.out = out,
		.log = log,
		.lines = lines,
		.count = count,
		.is_wanted = !is_quiet && isatty(fileno(out)) &&
			     (count == 1 || !is_dumb()),
	};
	for (size_t i = 0; i < count; i++)
		lines[i].progress = progress;
	log_set_clear(log, clear_locked, progress);
}

void progress_fini(struct progress *progress)
{
	log_set_clear(progress->log, NULL, NULL);
	log_lock(progress->log);
	clear_locked(progress);
	log_unlock(progress->log);
}

static void find_size(const struct progress *progress, size_t *rows, size_t *columns)
{
	struct winsize size = {.ws_row = 0};

	if (ioctl(fileno(progress->out), TIOCGWINSZ, &size) < 0)
		size = (struct winsize){.ws_row = 0};
	*rows = size.ws_row > 0 ? size.ws_row : ROWS;
	*columns = size.ws_col > 0 ? size.ws_col : COLUMNS;
}

/* A line that wraps could not be removed. A character has as many bytes as columns at
 * least, so bytes are counted, and none is cut. */
static void put_line(FILE *out, const char *text, size_t columns)
{
	size_t len = strlen(text);

	if (len >= columns) {
		len = columns - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	fprintf(out, "\033[K%.*s", (int)len, text);
}

static void format_line(const struct progress_line *line, char text[LINE_SIZE])
{
	char connections[NUMBER_SIZE];
	char pages[NUMBER_SIZE];

	if (line->pages == 0)
		snprintf(text, LINE_SIZE, "dmsfs: %s: %s", line->name,
			 line->ending ? line->ending : "waiting for the service");
	else
		snprintf(text, LINE_SIZE, "dmsfs: %s: %s connections (%s page%s)%s%s",
			 line->name, number_group(line->connections, connections),
			 number_group(line->pages, pages), line->pages == 1 ? "" : "s",
			 line->ending ? ", " : "", line->ending ? line->ending : "");
}

/* Of all together. */
static void format_sum(const struct progress *progress, char text[LINE_SIZE])
{
	char connections[NUMBER_SIZE];
	char pages[NUMBER_SIZE];
	size_t connection_count = 0;
	size_t page_count = 0;
	size_t ended = 0;

	for (size_t i = 0; i < progress->count; i++) {
		ended += progress->lines[i].is_ended;
		connection_count += progress->lines[i].connections;
		page_count += progress->lines[i].pages;
	}
	snprintf(text, LINE_SIZE,
		 "dmsfs: %zu of %zu sources: %s connections (%s page%s)", ended,
		 progress->count, number_group(connection_count, connections),
		 number_group(page_count, pages), page_count == 1 ? "" : "s");
}

static void put_lines(struct progress *progress, FILE *out)
{
	char text[LINE_SIZE];
	size_t rows = 0;
	size_t columns = 0;

	find_size(progress, &rows, &columns);
	fputc('\r', out);
	for (; progress->visible > 1; progress->visible--)
		fputs("\033[A", out);
	if (progress->count >= rows) {
		format_sum(progress, text);
		put_line(out, text, columns);
		progress->visible = 1;
		return;
	}
	for (size_t i = 0; i < progress->count; i++) {
		format_line(&progress->lines[i], text);
		put_line(out, text, columns);
		if (i + 1 < progress->count)
			fputc('\n', out);
	}
	progress->visible = progress->count;
}

/* In one write, so that a terminal shows no half of it. */
static void draw_locked(struct progress *progress)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	put_lines(progress, out);
	if (fclose(out) == 0)
		fwrite(text, 1, len, progress->out);
	fflush(progress->out);
	free(text);
}

static void show_page(void *data, size_t pages, size_t connections)
{
	struct progress_line *line = data;
	struct progress *progress = line->progress;

	log_lock(progress->log);
	line->pages = pages;
	line->connections = connections;
	line->is_ended = false;
	line->ending = NULL;
	if (progress->is_wanted)
		draw_locked(progress);
	log_unlock(progress->log);
}

struct dms_progress progress_of_listing(struct progress_line *line)
{
	return (struct dms_progress){.page = show_page, .data = line};
}

void progress_end_line(struct progress_line *line, const char *ending)
{
	struct progress *progress = line->progress;

	log_lock(progress->log);
	line->is_ended = true;
	line->ending = ending;
	if (progress->count == 1)
		clear_locked(progress);
	else if (progress->is_wanted)
		draw_locked(progress);
	log_unlock(progress->log);
}
