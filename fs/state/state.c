#include "fs/state/state.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/state/directory.h"
#include "fs/state/record_text.h"
#include "src/base/clock.h"
#include "src/base/thread.h"

/* A file that is larger than what any account can come to is none of ours. */
#define TEXT_MAX_BYTES ((size_t)1024 * 1024 * 1024)
#define IDENTITY_MAX_BYTES ((size_t)1024 * 1024)

/* By what the next text may be longer than the last. */
#define RESERVE_BYTES 65536

/* Another mount may be about to end, which takes two seconds at most, or five times as
 * long on a busy machine. */
#define PATIENCE_MS 10000

/* What failed is tried again after 1, 2, 4 and so on up to 60 seconds. */
#define RETRY_MIN_S 1
#define RETRY_MAX_S 60

struct state {
	struct state_options options; /* set once */
	struct buffer identity;	      /* set by state_load(); terminated */
	struct record saved;	      /* for who starts; no snapshot: nothing */

	/* For who starts, and then for the thread. */
	struct state_directory directory;
	bool is_known; /* the file there may be replaced */
	size_t len;    /* of the last text that was read or written */

	pthread_t thread; /* for who starts and stops */
	bool is_running;

	pthread_mutex_t lock;	      /* guards all below */
	pthread_cond_t wake;	      /* with the monotonic clock */
	struct record pending;	      /* no snapshot: nothing is to be saved */
	struct state_failure failure; /* as it was told last */
	bool is_stopping;
};

static void init_locks(struct state *state)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&state->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&state->wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* A line for each failure, not for each try. */
static void note_failure(struct state *state, int r, const struct error *error)
{
	bool is_new = false;

	pthread_mutex_lock(&state->lock);
	is_new = state->failure.r != r;
	if (is_new)
		state->failure = (struct state_failure){
			.r = r,
			.error = *error,
			.at_ns = clock_system.realtime_ns(clock_system.data)};
	pthread_mutex_unlock(&state->lock);
	if (!is_new)
		return;
	log_write(state->options.log, LOG_LEVEL_WARNING,
		  "warning: cannot keep the state: %s", error->text);
	state->options.changed(state->options.data);
}

static void note_success(struct state *state)
{
	bool is_new = false;

	pthread_mutex_lock(&state->lock);
	is_new = state->failure.r != 0;
	state->failure = (struct state_failure){.r = 0};
	pthread_mutex_unlock(&state->lock);
	if (!is_new)
		return;
	log_write(state->options.log, LOG_LEVEL_INFO, "the state is kept in %s again",
		  state->directory.path);
	state->options.changed(state->options.data);
}

int state_new(const struct state_options *options, struct state **result)
{
	struct state *state = calloc(1, sizeof(*state));
	struct error error = {.kind = ERROR_NONE};
	int r = 0;

	if (!state)
		return -ENOMEM;
	state->options = *options;
	state->identity.max_bytes = IDENTITY_MAX_BYTES;
	init_locks(state);
	r = state_directory_init(&state->directory, options->directory);
	if (r == 0) {
		r = state_directory_open(&state->directory, PATIENCE_MS, &error);
		if (r < 0 && r != -EBUSY) {
			note_failure(state, r, &error);
			r = 0;
		}
	}
	if (r == -EBUSY)
		log_write(options->log, LOG_LEVEL_ERROR, "%s", error.text);
	if (r < 0)
		state_free(state);
	else
		*result = state;
	return r;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	record_fini(&state->saved);
	record_fini(&state->pending);
	state_directory_fini(&state->directory);
	buffer_fini(&state->identity);
	pthread_cond_destroy(&state->wake);
	pthread_mutex_destroy(&state->lock);
	free(state);
}

static void set_aside(struct state *state, const char *reason)
{
	char name[STATE_ASIDE_SIZE];
	struct error error = {.kind = ERROR_NONE};
	int r = state_directory_set_aside(&state->directory, name, &error);

	state->is_known = r == 0 || r == -ENOENT;
	if (!state->is_known)
		note_failure(state, r, &error);
	else if (r == 0)
		log_write(state->options.log, LOG_LEVEL_WARNING,
			  "warning: %s: %s, so it is kept as %s and not used",
			  state->directory.path, reason, name);
}

static const char *explain_text(int r)
{
	switch (r) {
	case -EPROTONOSUPPORT:
		return "its state is of another version of dmsfs";
	case -EXDEV:
		return "its state is of another Region, endpoint or filter";
	default:
		return "its state is damaged";
	}
}

static int load_text(struct state *state, struct buffer *text)
{
	int r = record_text_read(text->data, text->len, state->identity.data,
				 &state->saved);

	state->is_known = r == 0;
	state->len = text->len;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		set_aside(state, explain_text(r));
	return 0;
}

int state_load(struct state *state, const char *region, const char *endpoint,
	       const struct dms_filters *filters)
{
	struct buffer text = {.max_bytes = TEXT_MAX_BYTES};
	struct error error = {.kind = ERROR_NONE};
	int r = record_text_identify(region, endpoint, filters, &state->identity);

	if (r < 0 || state->directory.fd < 0)
		return r;
	r = state_directory_read(&state->directory, &text, &error);
	if (r == 0) {
		r = load_text(state, &text);
	} else if (r == -ENOENT) {
		state->is_known = true;
		r = 0;
	} else if (r != -ENOMEM) {
		set_aside(state, error.text);
		r = 0;
	}
	buffer_fini(&text);
	return r;
}

const struct record *state_saved(const struct state *state)
{
	return state->saved.snapshot ? &state->saved : NULL;
}

void state_reject(struct state *state)
{
	set_aside(state, "its state is of another account");
	record_fini(&state->saved);
}

void state_forget(struct state *state)
{
	record_fini(&state->saved);
}

/* What is in a directory that was not there at the start was not read. */
static int prepare_directory(struct state *state, struct error *error)
{
	int r = 0;

	if (state->directory.fd < 0 || state_directory_is_gone(&state->directory)) {
		state->is_known = false;
		r = state_directory_open(&state->directory, 0, error);
	}
	if (r == 0 && !state->is_known) {
		char name[STATE_ASIDE_SIZE];

		r = state_directory_set_aside(&state->directory, name, error);
		if (r == 0)
			log_write(state->options.log, LOG_LEVEL_WARNING,
				  "warning: %s: its state was not read, so it is kept "
				  "as %s",
				  state->directory.path, name);
		if (r == -ENOENT)
			r = 0;
		state->is_known = r == 0;
	}
	return r;
}

static int save_record(struct state *state, const struct record *record,
		       struct error *error)
{
	struct buffer text = {.max_bytes = TEXT_MAX_BYTES};
	int r = prepare_directory(state, error);

	if (r == 0) {
		buffer_reserve(&text, state->len + RESERVE_BYTES);
		r = record_text_write(record, state->identity.data, &text);
		if (r < 0)
			error_set(error, ERROR_MEMORY, "%s: %s", state->directory.path,
				  strerrordesc_np(-r));
	}
	if (r == 0)
		r = state_directory_write(&state->directory, text.data, text.len,
					  error);
	state->len = text.len;
	buffer_fini(&text);
	return r;
}

/* A newer one may have come meanwhile. */
static void put_back(struct state *state, struct record *record)
{
	pthread_mutex_lock(&state->lock);
	if (!state->pending.snapshot) {
		state->pending = *record;
		record->snapshot = NULL;
	}
	pthread_mutex_unlock(&state->lock);
	if (record->snapshot)
		record_fini(record);
}

/* Waits for something to save, or, after a failure, for the time to try again. False:
 * the thread is to end. */
static bool await_record(struct state *state, int retry_s, struct record *record)
{
	struct timespec until = {.tv_sec = 0};

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += retry_s;
	pthread_mutex_lock(&state->lock);
	while (!state->is_stopping && (retry_s > 0 || !state->pending.snapshot)) {
		if (retry_s == 0)
			pthread_cond_wait(&state->wake, &state->lock);
		else if (pthread_cond_timedwait(&state->wake, &state->lock, &until) ==
			 ETIMEDOUT)
			retry_s = 0;
	}
	*record = state->pending;
	state->pending = (struct record){.snapshot = NULL};
	pthread_mutex_unlock(&state->lock);
	return record->snapshot;
}

static int next_retry(int retry_s)
{
	if (retry_s == 0)
		return RETRY_MIN_S;
	return retry_s * 2 < RETRY_MAX_S ? retry_s * 2 : RETRY_MAX_S;
}

static bool is_stopping(struct state *state)
{
	bool is = false;

	pthread_mutex_lock(&state->lock);
	is = state->is_stopping;
	pthread_mutex_unlock(&state->lock);
	return is;
}

static void *run_state(void *data)
{
	struct state *state = data;
	struct record record;
	int retry_s = 0;

	while (await_record(state, retry_s, &record)) {
		struct error error = {.kind = ERROR_NONE};
		int r = save_record(state, &record, &error);

		if (r == 0) {
			retry_s = 0;
			record_fini(&record);
			note_success(state);
			continue;
		}
		note_failure(state, r, &error);
		retry_s = next_retry(retry_s);
		if (is_stopping(state)) {
			record_fini(&record);
			break;
		}
		put_back(state, &record);
	}
	return NULL;
}

int state_start(struct state *state)
{
	int r = thread_start(&state->thread, run_state, state);

	state->is_running = r == 0;
	return r;
}

void state_save(struct state *state, struct record *record)
{
	struct record before;

	pthread_mutex_lock(&state->lock);
	before = state->pending;
	state->pending = *record;
	pthread_cond_signal(&state->wake);
	pthread_mutex_unlock(&state->lock);
	*record = (struct record){.snapshot = NULL};
	record_fini(&before);
}

void state_get_failure(struct state *state, struct state_failure *failure)
{
	*failure = (struct state_failure){.r = 0};
	if (!state)
		return;
	pthread_mutex_lock(&state->lock);
	*failure = state->failure;
	pthread_mutex_unlock(&state->lock);
}

void state_stop(struct state *state)
{
	if (!state || !state->is_running)
		return;
	pthread_mutex_lock(&state->lock);
	state->is_stopping = true;
	pthread_cond_signal(&state->wake);
	pthread_mutex_unlock(&state->lock);
	pthread_join(state->thread, NULL);
	state->is_running = false;
}
