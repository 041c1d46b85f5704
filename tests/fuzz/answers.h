/*
 * A service that answers by the parts of an input: "STATUS", header lines, an empty
 * line, the body. One that does not begin with a digit is no answer at all.
 */
#ifndef DMSFS_TESTS_FUZZ_ANSWERS_H
#define DMSFS_TESTS_FUZZ_ANSWERS_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/http/http.h"
#include "tests/fuzz/parts.h"

/* The answer in @part, as a transport leaves it; for http_response_fini(). */
void response_read(const struct part *part, struct http_response *response);

struct responses {
	struct parts parts; /* those to come */
	bool is_refused;    /* one had another status than 200 */
};

/* Each request gets the next answer. */
struct http_transport responses_transport(struct responses *responses);

/* Stands still at 2026-11-23T14:19:57Z; its sleeps take no time. */
#define ANSWERS_TIME_S INT64_C(1795443597)
extern const struct clock responses_clock;

/*
 * What must hold of an error that came of an answer: a result that belongs to it,
 * and a line for people without a control character.
 */
void responses_check_error(int result, const struct error *error);

#endif
