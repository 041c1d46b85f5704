#include "fs/cli/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/status.h"

#define CREDENTIALS_SIZE 512
#define ACCOUNT_SIZE 64

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:... */
#define ACCOUNT_PART 4

static bool account_of_arn(const char *arn, char account[ACCOUNT_SIZE])
{
	size_t len = 0;

	for (int part = 0; arn && part < ACCOUNT_PART; part++) {
		arn = strchr(arn, ':');
		arn = arn ? arn + 1 : NULL;
	}
	if (!arn)
		return false;
	len = strspn(arn, "0123456789");
	if (len == 0 || arn[len] != ':' || len >= ACCOUNT_SIZE)
		return false;
	memcpy(account, arn, len);
	account[len] = '\0';
	return true;
}

/* From the first record that has one; empty if none has. */
static void account_of_snapshot(const struct snapshot *snapshot,
				char account[ACCOUNT_SIZE])
{
	account[0] = '\0';
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const char *const *field = snapshot_connection_at(snapshot, i)->field;

		if (account_of_arn(field[CONNECTION_REPLICATION_INSTANCE_ARN],
				   account) ||
		    account_of_arn(field[CONNECTION_ENDPOINT_ARN], account))
			return;
	}
}

/* The last field: what a mount with these options lets people do. */
static const char *allowed_commands(const struct options *options)
{
	if (options->is_test_allowed && options->is_deletion_allowed)
		return "test, delete";
	if (options->is_test_allowed)
		return "test";
	return options->is_deletion_allowed ? "delete" : "none";
}

int check_print(struct fetcher *fetcher, const struct options *options, FILE *out)
{
	char credentials[CREDENTIALS_SIZE];
	char account[ACCOUNT_SIZE];
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
	char *text = NULL;
	size_t len = 0;

	fetcher_get_state(fetcher, &state);
	/* No refresh will follow. */
	state.next_at_ns = 0;
	status.snapshot = state.snapshot;
	account_of_snapshot(state.snapshot, account);
	status_count(state.snapshot, &status.counts);
	len = status_render(&status, NULL, 0);
	text = malloc(len + 1);
	if (text)
		fwrite(text, 1, status_render(&status, text, len), out);
	fprintf(out, "Commands: %s\n", allowed_commands(options));
	free(text);
	fetcher_state_fini(&state);
	return text && fflush(out) == 0 ? 0 : -EIO;
}
