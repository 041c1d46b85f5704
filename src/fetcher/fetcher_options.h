/*
 * All that is set for a fetcher.
 */
#ifndef DMSFS_SRC_FETCHER_FETCHER_OPTIONS_H
#define DMSFS_SRC_FETCHER_FETCHER_OPTIONS_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/environment.h"
#include "src/base/trace.h"
#include "src/dms/filters.h"
#include "src/http/http.h"

/* All that is pointed to is borrowed for the fetcher's lifetime. */
struct fetcher_options {
	const char *profile;	  /* --profile, or NULL */
	const char *region;	  /* --region, or NULL */
	const char *endpoint_url; /* --endpoint-url, or NULL */
	bool is_http_allowed;	  /* --allow-http */
	struct dms_filters filters;
	int max_records; /* 20 to 100 */
	unsigned connect_timeout_ms;
	unsigned read_timeout_ms;
	unsigned refresh_s;	   /* time between listings */
	unsigned refresh_active_s; /* while one is testing or deleting */
	bool has_commands;	   /* fetcher_command() may be called */
	unsigned test_interval_s;  /* a pair is tested once in so long; 0: no limit */
	struct trace trace;	   /* of the traffic and the credentials */
	struct trust *trust; /* shared with other fetchers, as the next; or NULL */
	struct settings_cache *settings;
	/*
	 * Called by the fetcher's threads after each change of the state, with no lock
	 * held; must not wait. May be NULL.
	 */
	void (*changed)(void *data);
	void *changed_data;
	struct clock clock;
	/* For tests; NULL in .send stands for libcurl. */
	struct http_transport transport;
	struct environment environment;
};

#endif
