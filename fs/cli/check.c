#include "fs/cli/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/first_listing.h"
#include "fs/content/status.h"

#define CREDENTIALS_SIZE 512
#define ERROR_SIZE 2048

/* The last field: what a mount with these options lets people do. */
static const char *allowed_commands(const struct options *options)
{
	if (options->is_test_allowed && options->is_deletion_allowed)
		return "test, delete";
	if (options->is_test_allowed)
		return "test";
	return options->is_deletion_allowed ? "delete" : "none";
}

static int print_status(const struct status *status, FILE *out)
{
	size_t len = status_render(status, NULL, 0);
	char *text = malloc(len + 1);

	if (!text)
		return -ENOMEM;
	fwrite(text, 1, status_render(status, text, len), out);
	free(text);
	return 0;
}

static int print_listing(struct fetcher *fetcher, const struct options *options,
			 FILE *out)
{
	char credentials[CREDENTIALS_SIZE];
	char account[CONNECTION_ACCOUNT_SIZE];
	struct fetcher_state state;
	const struct status_cause fresh = {.kind = STATUS_CAUSE_NONE};
	struct status status = {
		.region = fetcher_region(fetcher),
		.region_source = fetcher_is_region_of_instance(fetcher) ? "EC2 metadata"
									: NULL,
		.endpoint = fetcher_endpoint_url(fetcher),
		.credentials = fetcher_describe_credentials(fetcher, credentials,
							    sizeof(credentials)),
		.account = account,
		.fetcher = &state,
		.cause = &fresh,
	};
	int r = 0;

	fetcher_get_state(fetcher, &state);
	/* No refresh will follow. */
	state.next_at_ns = 0;
	/* Behind the Region, which has a field of its own. */
	if (snapshot_account(state.snapshot, account))
		status.account = strrchr(account, ':') + 1;
	status_count(state.snapshot, &status.counts);
	r = print_status(&status, out);
	fprintf(out, "Commands: %s\n", allowed_commands(options));
	fetcher_state_fini(&state);
	return r < 0 || fflush(out) == 0 ? r : -EIO;
}

/* One source that is checked. */
struct checked {
	struct fetcher *fetcher; /* owned; NULL: it could not be made */
	struct log_source source;
};

/* As a mount with --partial shows it. */
static int print_failure(const struct first_listing *listing,
			 const struct source_option *source, FILE *out)
{
	const struct fetcher *fetcher = listing->fetcher;
	char credentials[CREDENTIALS_SIZE];
	const struct fetcher_state nothing = {.snapshot = NULL};
	const struct status_cause cause = {.kind = STATUS_CAUSE_LISTING,
					   .error = listing->error};
	struct status status = {.is_unlisted = true,
				.region = source->region,
				.fetcher = &nothing,
				.cause = &cause};

	if (fetcher) {
		status.endpoint = fetcher_endpoint_url(fetcher);
		status.credentials = fetcher_describe_credentials(fetcher, credentials,
								  sizeof(credentials));
	}
	return print_status(&status, out);
}

/* A paragraph for each source. */
static int print_sources(const struct first_listing *listings,
			 const struct options *options, FILE *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < options->source_count; i++) {
		fprintf(out, "%sSource: %s\n", i > 0 ? "\n" : "", listings[i].name);
		if (listings[i].r < 0)
			r = print_failure(&listings[i], &options->sources[i], out);
		else
			r = print_listing(listings[i].fetcher, options, out);
	}
	return r < 0 || fflush(out) == 0 ? r : -EIO;
}

static void prepare(struct checked *checked, struct first_listing *listing,
		    const struct options *options, const struct source_option *source,
		    struct log *log)
{
	struct fetcher_options fetcher = options_for_fetcher(options, source);

	checked->source.log = log;
	checked->source.name = source ? source->name : NULL;
	fetcher.trace = log_source_trace(&checked->source);
	listing->name = checked->source.name;
	listing->r = fetcher_new(&fetcher, &checked->fetcher, &listing->error);
	listing->fetcher = checked->fetcher;
}

static int check_several(const struct options *options, struct log *log, FILE *out)
{
	size_t count = options->source_count;
	struct first_listing *listings = calloc(count, sizeof(*listings));
	struct checked *checked = calloc(count, sizeof(*checked));
	int r = listings && checked ? 0 : -ENOMEM;
	int printed = r;

	if (r < 0)
		log_write(log, LOG_LEVEL_ERROR, "out of memory");
	for (size_t i = 0; r == 0 && i < count; i++)
		prepare(&checked[i], &listings[i], options, &options->sources[i], log);
	if (r == 0) {
		r = first_listing_make(listings, count, options, log);
		printed = print_sources(listings, options, out);
	}
	for (size_t i = 0; checked && i < count; i++)
		fetcher_free(checked[i].fetcher);
	free(checked);
	free(listings);
	return r < 0 ? r : printed;
}

static int check_only(const struct options *options, struct log *log, FILE *out)
{
	struct checked checked = {.fetcher = NULL};
	struct first_listing listing = {.r = 0};
	char text[ERROR_SIZE];
	int r = 0;

	prepare(&checked, &listing, options, NULL, log);
	if (listing.r < 0) {
		log_write(log, LOG_LEVEL_ERROR, "%s",
			  error_format(&listing.error, text, sizeof(text)));
		return listing.r;
	}
	r = first_listing_make(&listing, 1, options, log);
	if (r == 0)
		r = print_listing(checked.fetcher, options, out);
	fetcher_free(checked.fetcher);
	return r;
}

int check_run(const struct options *options, struct log *log, FILE *out)
{
	return options->source_count > 0 ? check_several(options, log, out)
					 : check_only(options, log, out);
}
