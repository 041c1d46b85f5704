#include "fs/cli/options.h"

#include <stdlib.h>
#include <unistd.h>

void options_init(struct options *options)
{
	*options = (struct options){
		.max_records = 100,
		.refresh_s = 60,
		.refresh_active_s = 5,
		.max_warm_files = 20000,
		.connect_timeout_s = 10,
		.read_timeout_s = 30,
		.umask = 022,
		.uid = getuid(),
		.gid = getgid(),
	};
}

static void option_values_fini(struct option_values *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
}

void options_fini(struct options *options)
{
	free(options->mountpoint);
	free(options->source);
	free(options->region);
	free(options->profile);
	free(options->endpoint_url);
	free(options->mount_options);
	free(options->log_file);
	free(options->mount_namespace);
	option_values_fini(&options->endpoint_arns);
	option_values_fini(&options->replication_instance_arns);
	*options = (struct options){0};
}
