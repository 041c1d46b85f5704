#include "src/fetcher/command.h"

#include <errno.h>

/* The threads that send commands follow; until then each is refused. */
void fetcher_command(struct fetcher *, enum fetcher_command_kind,
		     const struct fetcher_pair *,
		     void (*done)(void *data,
				  const struct fetcher_command_result *result),
		     void *data)
{
	struct fetcher_command_result result = {.r = 0};

	error_set(&result.error, ERROR_CONFIG, "commands are not sent yet");
	result.r = -EIO;
	done(data, &result);
}
