#include "fs/cli/progress.h"

#include <unistd.h>

#include "src/base/digits.h"

void progress_init(struct progress *progress, FILE *out, const char *region,
		   bool is_quiet)
{
	*progress = (struct progress){
		.out = out,
		.region = region,
		.is_wanted = !is_quiet && isatty(fileno(out)),
	};
}

static void show_page(void *data, size_t pages, size_t connections)
{
	struct progress *progress = data;
	char connection_count[NUMBER_SIZE];
	char page_count[NUMBER_SIZE];

	if (!progress->is_wanted)
		return;
	fprintf(progress->out, "\r\033[Kdmsfs: %s: %s connections (%s page%s)",
		progress->region, number_group(connections, connection_count),
		number_group(pages, page_count), pages == 1 ? "" : "s");
	fflush(progress->out);
	progress->is_visible = true;
}

struct dms_progress progress_of_listing(struct progress *progress)
{
	return (struct dms_progress){.page = show_page, .data = progress};
}

void progress_clear(struct progress *progress)
{
	if (!progress->is_visible)
		return;
	fputs("\r\033[K", progress->out);
	fflush(progress->out);
	progress->is_visible = false;
}
