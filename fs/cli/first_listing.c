#include "fs/cli/first_listing.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/progress.h"
#include "src/base/digits.h"
#include "src/base/thread.h"

#define ERROR_SIZE 2048
#define WAIT_FIRST_NS NS_PER_S
#define WAIT_MAX_NS (10 * NS_PER_S)

/* The work of one source. */
struct job {
	struct first_listing *listing;
	const struct options *options; /* all of these borrowed */
	struct log *log;
	struct progress_line *line;
	/* Both stand in front of a message; empty for the only source. */
	const char *name;
	const char *colon;
	bool is_shown_stale; /* something is shown nevertheless */
	bool is_started;
	pthread_t thread;
};

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void log_summary(const struct job *job, const struct fetcher_state *state)
{
	const struct snapshot *snapshot = state->snapshot;
	size_t connections = snapshot_count(snapshot);
	size_t instances = snapshot_instance_count(snapshot);
	size_t skipped = snapshot_skipped(snapshot);
	char counts[3][NUMBER_SIZE];

	log_write(
		job->log, LOG_LEVEL_INFO,
		"%s: %s connection%s on %s replication instance%s (%s page%s, %.1f s)",
		job->line->name, number_group(connections, counts[0]),
		plural(connections), number_group(instances, counts[1]),
		plural(instances), number_group(state->pages, counts[2]),
		plural(state->pages), (double)state->duration_ns / (double)NS_PER_S);
	if (skipped > 0)
		log_write(job->log, LOG_LEVEL_WARNING,
			  "warning: %s%sskipped %s record%s with neither an identifier "
			  "nor an ARN for the endpoint or the replication instance",
			  job->name, job->colon, number_group(skipped, counts[0]),
			  plural(skipped));
}

static void warn_of_empty_mount(const struct job *job)
{
	const struct options *options = job->options;

	if (options->endpoint_arns.count + options->replication_instance_arns.count > 0)
		log_write(job->log, LOG_LEVEL_WARNING,
			  "warning: %s%sno connection matches the filters; the mount "
			  "stays empty until a matching endpoint is tested",
			  job->name, job->colon);
	else
		log_write(job->log, LOG_LEVEL_WARNING,
			  "warning: %s%sthere are no connections yet; testing an "
			  "endpoint on a replication instance creates one",
			  job->name, job->colon);
}

static void report_listing(const struct job *job)
{
	struct fetcher_state state;

	fetcher_get_state(job->listing->fetcher, &state);
	log_summary(job, &state);
	if (snapshot_count(state.snapshot) == 0)
		warn_of_empty_mount(job);
	fetcher_state_fini(&state);
}

static void report_failure(const struct job *job, bool is_partial)
{
	char text[ERROR_SIZE];

	log_write(job->log, is_partial ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
		  "%s%s%s%s%s", is_partial ? "warning: " : "", job->name, job->colon,
		  error_format(&job->listing->error, text, sizeof(text)),
		  is_partial ? "; mounting without it (--partial)" : "");
}

static int list_with_progress(struct job *job)
{
	struct first_listing *listing = job->listing;
	const struct first_listing_hooks *hooks = &listing->hooks;
	struct dms_progress pages = progress_of_listing(job->line);
	int r = fetcher_list_first(listing->fetcher, &pages, &listing->error);

	progress_end_line(job->line, r < 0 ? "failed" : "done");
	return r == 0 && hooks->listed ? hooks->listed(hooks->data, &listing->error)
				       : r;
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
static bool wait_to_retry(const struct job *job, int64_t *wait_ns, int64_t end_ns)
{
	const struct error *error = &job->listing->error;
	char text[ERROR_SIZE];
	int64_t left_ns = end_ns - now_ns();

	if (left_ns <= 0 || !fetcher_may_pass(error))
		return false;
	if (*wait_ns == WAIT_FIRST_NS)
		log_write(job->log, LOG_LEVEL_WARNING,
			  "%s%s%s; retrying for up to %.0f s", job->name, job->colon,
			  error_format(error, text, sizeof(text)),
			  (double)left_ns / (double)NS_PER_S);
	clock_system.sleep(clock_system.data, smaller_time(*wait_ns, left_ns));
	*wait_ns = smaller_time(*wait_ns * 2, WAIT_MAX_NS);
	return true;
}

static void *run_job(void *data)
{
	struct job *job = data;
	struct first_listing *listing = job->listing;
	const struct first_listing_hooks *hooks = &listing->hooks;
	int64_t end_ns = now_ns() + job->options->wait_s * NS_PER_S;
	int64_t wait_ns = WAIT_FIRST_NS;

	do {
		listing->r = list_with_progress(job);
	} while (listing->r < 0 && wait_to_retry(job, &wait_ns, end_ns));
	if (listing->r < 0 && fetcher_may_pass(&listing->error) && hooks->failed &&
	    hooks->failed(hooks->data, &listing->error)) {
		job->is_shown_stale = true;
		listing->r = 0;
	}
	return NULL;
}

static void start_job(struct job *job)
{
	struct first_listing *listing = job->listing;
	char text[ERROR_SIZE];
	int r = 0;

	if (!listing->fetcher) {
		progress_end_line(job->line, "failed");
		return;
	}
	r = thread_start(&job->thread, run_job, job);
	job->is_started = r == 0;
	if (r < 0)
		listing->r = error_set(&listing->error, ERROR_MEMORY,
				       "cannot start a thread: %s",
				       strerror_r(-r, text, sizeof(text)));
}

static void run_jobs(struct job *jobs, size_t count)
{
	if (count == 1) {
		run_job(jobs);
		return;
	}
	for (size_t i = 0; i < count; i++)
		start_job(&jobs[i]);
	for (size_t i = 0; i < count; i++)
		if (jobs[i].is_started)
			pthread_join(jobs[i].thread, NULL);
}

static int report_jobs(const struct job *jobs, size_t count)
{
	const struct options *options = jobs->options;
	bool is_any_listed = false;
	bool is_partial = false;
	int r = 0;

	for (size_t i = 0; i < count; i++)
		is_any_listed |= jobs[i].listing->r == 0;
	is_partial = options->is_partial && !options->is_check && is_any_listed;
	for (size_t i = 0; i < count; i++) {
		if (jobs[i].listing->r < 0)
			report_failure(&jobs[i], is_partial);
		else if (!jobs[i].is_shown_stale)
			report_listing(&jobs[i]);
		r = r < 0 ? r : jobs[i].listing->r;
	}
	return r;
}

static void job_init(struct job *job, struct first_listing *listing,
		     struct progress_line *line)
{
	job->listing = listing;
	job->line = line;
	job->name = listing->name ? listing->name : "";
	job->colon = listing->name ? ": " : "";
	line->name = listing->name ? listing->name : fetcher_region(listing->fetcher);
}

int first_listing_make(struct first_listing *listings, size_t count,
		       const struct options *options, struct log *log)
{
	struct progress_line *lines = calloc(count, sizeof(*lines));
	struct job *jobs = calloc(count, sizeof(*jobs));
	struct progress progress;
	int r = lines && jobs ? 0 : -ENOMEM;

	if (r < 0) {
		log_write(log, LOG_LEVEL_ERROR, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		jobs[i] = (struct job){.options = options, .log = log};
		job_init(&jobs[i], &listings[i], &lines[i]);
	}
	progress_init(&progress, stderr, log, lines, count, options->is_quiet);
	run_jobs(jobs, count);
	progress_fini(&progress);
	r = report_jobs(jobs, count);
out:
	free(jobs);
	free(lines);
	return r;
}
