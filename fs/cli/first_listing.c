#include "fs/cli/first_listing.h"

#include <stdio.h>

#include "fs/cli/progress.h"
#include "src/base/digits.h"

#define ERROR_SIZE 2048
#define WAIT_FIRST_NS NS_PER_S
#define WAIT_MAX_NS (10 * NS_PER_S)

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void log_summary(const struct fetcher *fetcher,
			const struct fetcher_state *state, struct log *log)
{
	const struct snapshot *snapshot = state->snapshot;
	size_t connections = snapshot_count(snapshot);
	size_t instances = snapshot_instance_count(snapshot);
	size_t skipped = snapshot_skipped(snapshot);
	char counts[3][NUMBER_SIZE];

	log_write(
		log, LOG_LEVEL_INFO,
		"%s: %s connection%s on %s replication instance%s (%s page%s, %.1f s)",
		fetcher_region(fetcher), number_group(connections, counts[0]),
		plural(connections), number_group(instances, counts[1]),
		plural(instances), number_group(state->pages, counts[2]),
		plural(state->pages), (double)state->duration_ns / (double)NS_PER_S);
	if (skipped > 0)
		log_write(log, LOG_LEVEL_WARNING,
			  "warning: skipped %s record%s with neither an identifier nor "
			  "an ARN for the endpoint or the replication instance",
			  number_group(skipped, counts[0]), plural(skipped));
}

static void warn_of_empty_mount(const struct options *options, struct log *log)
{
	if (options->endpoint_arns.count + options->replication_instance_arns.count > 0)
		log_write(log, LOG_LEVEL_WARNING,
			  "warning: no connection matches the filters; the mount stays "
			  "empty until a matching endpoint is tested");
	else
		log_write(
			log, LOG_LEVEL_WARNING,
			"warning: there are no connections yet; testing an endpoint on "
			"a replication instance creates one");
}

static void report_listing(struct fetcher *fetcher, const struct options *options,
			   struct log *log)
{
	struct fetcher_state state;

	fetcher_get_state(fetcher, &state);
	log_summary(fetcher, &state, log);
	if (snapshot_count(state.snapshot) == 0)
		warn_of_empty_mount(options, log);
	fetcher_state_fini(&state);
}

static int list_with_progress(struct fetcher *fetcher, bool is_quiet,
			      const struct first_listing_hooks *hooks,
			      struct error *error)
{
	struct progress progress;
	struct dms_progress pages;
	int r = 0;

	progress_init(&progress, stderr, fetcher_region(fetcher), is_quiet);
	pages = progress_of_listing(&progress);
	r = fetcher_list_first(fetcher, &pages, error);
	progress_clear(&progress);
	return r < 0 ? r : hooks->listed(hooks->data, error);
}

static int64_t now_ns(void)
{
	return clock_system.boottime_ns(clock_system.data);
}

static int64_t smaller_time(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits and returns true where another attempt may succeed and there is time for it. */
static bool wait_to_retry(const struct error *error, int64_t *wait_ns, int64_t end_ns,
			  struct log *log)
{
	char text[ERROR_SIZE];
	int64_t left_ns = end_ns - now_ns();

	if (left_ns <= 0 || !fetcher_may_pass(error))
		return false;
	if (*wait_ns == WAIT_FIRST_NS)
		log_write(log, LOG_LEVEL_WARNING, "%s; retrying for up to %.0f s",
			  error_format(error, text, sizeof(text)),
			  (double)left_ns / (double)NS_PER_S);
	clock_system.sleep(clock_system.data, smaller_time(*wait_ns, left_ns));
	*wait_ns = smaller_time(*wait_ns * 2, WAIT_MAX_NS);
	return true;
}

int first_listing_make(struct fetcher *fetcher, const struct options *options,
		       struct log *log, const struct first_listing_hooks *hooks)
{
	struct error error = {.kind = ERROR_NONE};
	int64_t end_ns = now_ns() + options->wait_s * NS_PER_S;
	int64_t wait_ns = WAIT_FIRST_NS;
	char text[ERROR_SIZE];
	int r = 0;

	do {
		r = list_with_progress(fetcher, options->is_quiet, hooks, &error);
	} while (r < 0 && wait_to_retry(&error, &wait_ns, end_ns, log));
	if (r < 0 && fetcher_may_pass(&error) && hooks->failed(hooks->data, &error))
		return 0;
	if (r < 0)
		log_write(log, LOG_LEVEL_ERROR, "%s",
			  error_format(&error, text, sizeof(text)));
	else
		report_listing(fetcher, options, log);
	return r;
}
