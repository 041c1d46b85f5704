#include "fs/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/array.h"

#define MS_PER_S 1000

void options_init(struct options *options)
{
	*options = (struct options){
		.max_records = 100,
		.refresh_s = 60,
		.refresh_active_s = 5,
		.max_warm_files = 20000,
		.test_interval_s = 60,
		.connect_timeout_s = 10,
		.read_timeout_s = 30,
		.umask = 022,
		.uid = getuid(),
		.gid = getgid(),
	};
}

int option_values_add(struct option_values *list, const char *value, size_t len)
{
	char **values = array_grow(list->values, list->count, sizeof(*values));

	if (!values)
		return -ENOMEM;
	list->values = values;
	values[list->count] = strndup(value, len);
	if (!values[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

void option_values_fini(struct option_values *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
}

bool options_allow_commands(const struct options *options)
{
	return options->is_test_allowed || options->is_deletion_allowed;
}

struct fetcher_options options_for_fetcher(const struct options *options,
					   const struct source_option *source)
{
	const struct option_values *endpoints = &options->endpoint_arns;
	const struct option_values *instances = &options->replication_instance_arns;

	return (struct fetcher_options){
		.profile = source ? source->profile : options->profile,
		.region = source ? source->region : options->region,
		.endpoint_url = options->endpoint_url,
		.is_http_allowed = options->is_http_allowed,
		.filters = {.endpoint_arns = (const char *const *)endpoints->values,
			    .endpoint_arn_count = endpoints->count,
			    .replication_instance_arns =
				    (const char *const *)instances->values,
			    .replication_instance_arn_count = instances->count},
		.max_records = (int)options->max_records,
		.connect_timeout_ms = options->connect_timeout_s * MS_PER_S,
		.read_timeout_ms = options->read_timeout_s * MS_PER_S,
		.refresh_s = options->refresh_s,
		.refresh_active_s = options->refresh_active_s,
		.has_commands = options_allow_commands(options),
		.test_interval_s = options->test_interval_s,
		.clock = clock_system,
	};
}

static void sources_fini(struct options *options)
{
	for (size_t i = 0; i < options->source_count; i++) {
		free(options->sources[i].name);
		free(options->sources[i].directory);
		free(options->sources[i].profile);
		free(options->sources[i].region);
	}
	free(options->sources);
}

void options_fini(struct options *options)
{
	sources_fini(options);
	free(options->mountpoint);
	free(options->source);
	free(options->region);
	free(options->profile);
	free(options->endpoint_url);
	free(options->mount_options);
	free(options->log_file);
	free(options->state_directory);
	free(options->mount_namespace);
	option_values_fini(&options->endpoint_arns);
	option_values_fini(&options->replication_instance_arns);
	*options = (struct options){0};
}
