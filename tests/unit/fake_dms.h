/*
 * A transport that answers DescribeConnections from a table of connections, by filter
 * and page by page, tests and deletes them, and can be told to misbehave. Any thread
 * may ask while the test changes it.
 */
#ifndef DMSFS_TESTS_UNIT_FAKE_DMS_H
#define DMSFS_TESTS_UNIT_FAKE_DMS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/http/http.h"

#define FAKE_DMS_REQUESTS_MAX 128

struct fake_dms;

/* What a request asked for. */
struct fake_dms_request {
	size_t endpoint_arns; /* values of the filter; 0: it was left out */
	size_t instance_arns;
	bool is_filtered;  /* by either */
	bool is_instances; /* DescribeReplicationInstances */
	bool is_command;   /* TestConnection or DeleteConnection */
	bool has_marker;
	char first_endpoint_arn[64]; /* or empty */
};

struct fake_dms *fake_dms_new(void);
void fake_dms_free(struct fake_dms *dms);
struct http_transport fake_dms_transport(struct fake_dms *dms);

/* Adds or replaces the connection of instance "i<INSTANCE>" and endpoint
 * "e<ENDPOINT>", whose ARNs are "arn:" and the name. */
void fake_dms_put(struct fake_dms *dms, int instance, int endpoint, const char *status);
void fake_dms_remove(struct fake_dms *dms, int instance, int endpoint);

/* The same without an ARN of the endpoint. */
void fake_dms_put_bare(struct fake_dms *dms, int instance, int endpoint,
		       const char *status);

/* The first connections that match, @count of them, are missing from the next
 * listing: from one without filters, or, @is_filtered, from one with. */
void fake_dms_slip(struct fake_dms *dms, size_t count, bool is_filtered);

/* Until it is called with NULL each request (with filters, @is_filtered, or each)
 * ends with ValidationException and @text, each time with another request id. */
void fake_dms_fail(struct fake_dms *dms, const char *text, bool is_filtered);

/* The same with an error code of its own. */
void fake_dms_fail_as(struct fake_dms *dms, const char *code, const char *text,
		      bool is_filtered);

/* Whether DescribeReplicationInstances is refused, as without the permission. */
void fake_dms_deny_instances(struct fake_dms *dms, bool is_denied);

/* Leaves an instance out of it. */
void fake_dms_hide_instance(struct fake_dms *dms, int instance);

/* Lets requests wait for their answer, until it is called with false. */
void fake_dms_hold(struct fake_dms *dms, bool is_held);

/* Lets listings wait with their answer, which is written already, until it is called
 * with false. */
void fake_dms_hold_answers(struct fake_dms *dms, bool is_held);

/* Waits until a listing does, whenever it began. */
void fake_dms_await_held_listing(struct fake_dms *dms);

/* Until it is called with NULL: what TestConnection and DeleteConnection end with.
 * As a code that is no service's: "unsent", "lost" or "late" for an end without a
 * response. */
void fake_dms_fail_commands(struct fake_dms *dms, const char *code, const char *text);

/* There is an endpoint, and an instance, of that number without a connection: as
 * fake_dms_put(), but in no listing. */
void fake_dms_put_untested(struct fake_dms *dms, int instance, int endpoint);

/* Waits until @count requests have come in, the held one counted. */
void fake_dms_await(struct fake_dms *dms, size_t count);

size_t fake_dms_requests(struct fake_dms *dms);
struct fake_dms_request fake_dms_request(struct fake_dms *dms, size_t index);

#endif
