#include "tests/sim/fault.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

struct fault {
	unsigned id;
	enum fault_kind kind;
	double left;  /* uses; below 0 without end */
	double after; /* matching requests still to let pass */
	cJSON *spec;
	struct fault *next;
};

static const char *const kinds[] = {
	[FAULT_NONE] = "none",
	[FAULT_ERROR] = "error",
	[FAULT_RAW] = "raw",
	[FAULT_CUT] = "cut",
	[FAULT_CLOSE] = "close",
	[FAULT_RESET] = "reset",
	[FAULT_LENGTH] = "length",
	[FAULT_DELAY] = "delay",
	[FAULT_DRIP] = "drip",
	[FAULT_HANG] = "hang",
	[FAULT_HOLD] = "hold",
	[FAULT_REPEATED_MARKER] = "repeated-marker",
	[FAULT_ENDLESS_MARKERS] = "endless-markers",
	[FAULT_DUPLICATE_RECORDS] = "duplicate-records",
	[FAULT_BIG] = "big",
};

/* A misspelt member would silently make a test that cannot fail. */
static const char *const numbers[] = {
	"count",    "after", "page",  "status",
	"bytes",    "delta", "times", "bytes_per_second",
	"delay_ms",
};
static const char *const flags[] = {"filters", "marker", "chunked", "reset", "empty"};
static const char *const texts[] = {
	"kind", "action",      "type",	       "type_in",     "message",
	"body", "body_base64", "content_type", "message_key",
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static void fault_free(struct fault *fault)
{
	cJSON_Delete(fault->spec);
	free(fault);
}

void faults_clear(struct faults *faults)
{
	while (faults->first) {
		struct fault *fault = faults->first;

		faults->first = fault->next;
		fault_free(fault);
	}
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static const char *check(const cJSON *spec)
{
	const cJSON *item = NULL;

	if (!cJSON_IsObject(spec))
		return "a fault must be an object";
	cJSON_ArrayForEach(item, spec)
	{
		if (is_among(numbers, LENGTH(numbers), item->string)) {
			if (!cJSON_IsNumber(item))
				return "a member of the fault must be a number";
		} else if (is_among(flags, LENGTH(flags), item->string)) {
			if (!cJSON_IsBool(item))
				return "a member of the fault must be true or false";
		} else if (is_among(texts, LENGTH(texts), item->string)) {
			if (!cJSON_IsString(item))
				return "a member of the fault must be a string";
		} else if (strcmp(item->string, "headers") == 0) {
			if (!cJSON_IsObject(item))
				return "the fault's headers must be an object";
		} else {
			return "the fault has an unknown member";
		}
	}
	return NULL;
}

static enum fault_kind kind_of(const cJSON *spec)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(spec, "kind"));

	for (size_t i = FAULT_NONE + 1; name && i < LENGTH(kinds); i++) {
		if (strcmp(kinds[i], name) == 0)
			return (enum fault_kind)i;
	}
	return FAULT_NONE;
}

static double number(const cJSON *spec, const char *name, double otherwise)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(spec, name);

	return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

const char *faults_add(struct faults *faults, const cJSON *spec, unsigned *id)
{
	const char *why = check(spec);
	enum fault_kind kind = kind_of(spec);
	struct fault **at = &faults->first;
	struct fault *fault = NULL;

	if (why)
		return why;
	if (kind == FAULT_NONE)
		return "the fault has no kind, or an unknown one";
	fault = alloc_zeroed(1, sizeof(*fault));
	fault->id = *id = ++faults->last_id;
	fault->kind = kind;
	fault->left = number(spec, "count", 1);
	fault->after = number(spec, "after", 0);
	fault->spec = cJSON_Duplicate(spec, true);
	while (*at)
		at = &(*at)->next;
	*at = fault;
	return NULL;
}

static bool agrees(const cJSON *flag, bool value)
{
	return !flag || cJSON_IsTrue(flag) == value;
}

static bool matches(const struct fault *fault, const struct fault_request *request)
{
	const cJSON *spec = fault->spec;
	const char *action = cJSON_GetStringValue(cJSON_GetObjectItem(spec, "action"));
	double page = number(spec, "page", 0);

	return (!action || strcmp(action, request->action) == 0) &&
	       (page <= 0 || page == request->page) &&
	       agrees(cJSON_GetObjectItem(spec, "filters"), request->has_filters) &&
	       agrees(cJSON_GetObjectItem(spec, "marker"), request->has_marker);
}

void faults_take(struct faults *faults, const struct fault_request *request,
		 struct fault_use *use)
{
	memset(use, 0, sizeof(*use));
	for (struct fault **at = &faults->first; *at; at = &(*at)->next) {
		struct fault *fault = *at;

		if (!matches(fault, request) || fault->left == 0)
			continue;
		if (fault->after > 0) {
			fault->after--;
			continue;
		}
		use->kind = fault->kind;
		use->spec = cJSON_Duplicate(fault->spec, true);
		if (fault->left > 0 && --fault->left == 0) {
			*at = fault->next;
			fault_free(fault);
		}
		return;
	}
}

void faults_print(const struct faults *faults, struct buf *out)
{
	const char *separator = "";

	buf_adds(out, "{\"faults\":[");
	for (const struct fault *fault = faults->first; fault; fault = fault->next) {
		char *spec = cJSON_PrintUnformatted(fault->spec);

		buf_addf(out, "%s{\"id\":%u,\"left\":%.0f,\"after\":%.0f,\"fault\":",
			 separator, fault->id, fault->left, fault->after);
		buf_adds(out, spec);
		buf_adds(out, "}");
		cJSON_free(spec);
		separator = ",";
	}
	buf_adds(out, "]}");
}

void fault_use_fini(struct fault_use *use)
{
	cJSON_Delete(use->spec);
	memset(use, 0, sizeof(*use));
}

const char *fault_name(enum fault_kind kind)
{
	return kinds[kind];
}

double fault_number(const struct fault_use *use, const char *name, double otherwise)
{
	return number(use->spec, name, otherwise);
}

const char *fault_text(const struct fault_use *use, const char *name,
		       const char *otherwise)
{
	const char *text =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(use->spec, name));

	return text ? text : otherwise;
}

bool fault_flag(const struct fault_use *use, const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(use->spec, name));
}
