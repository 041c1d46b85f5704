#include "src/dms/page_reader.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "src/dms/request.h"

/* Of answers that wait: what memory this may take, some 3 MB with common ones. */
#define ANSWERS_MAX 64

/* To wake a thread takes microseconds, in which the next request could be made: it
 * is done for so many answers at once. */
#define ANSWERS_TO_WAKE 4

/* One answer. Who claimed it owns it until it is read. */
struct reading {
	struct http_response response; /* owned, until it is read */
	const char *marker;	       /* or NULL */
	struct page *page;	       /* a reference, once it is read */
	struct error error;	       /* of an answer that is no page */
	bool is_read;		       /* guarded by lock */
};

struct page_reader {
	const struct page_set *known; /* set once */
	struct shared_texts *shared;  /* set once */
	pthread_t thread;	      /* for who starts and ends it */
	bool is_running;	      /* the same */
	/* Counted from the start of the listing; for the caller's thread. */
	size_t taken;

	pthread_mutex_t lock; /* guards: all below, as said */
	pthread_cond_t added; /* or ending; for the thread */
	pthread_cond_t read;  /* by the thread; for the caller's */
	bool is_idle;	      /* guarded by lock; the thread waits */
	bool is_awaited;      /* guarded by lock; the caller's thread waits */
	size_t claimed;	      /* guarded by lock */
	size_t count;	      /* guarded by lock; written by the caller's thread */
	bool is_ending;	      /* guarded by lock */
	struct reading readings[ANSWERS_MAX];
};

static struct reading *reading_at(struct page_reader *reader, size_t number)
{
	return &reader->readings[number % ANSWERS_MAX];
}

struct page_reader *page_reader_new(const struct page_set *known,
				    struct shared_texts *shared)
{
	struct page_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->known = known;
	reader->shared = shared;
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->added, NULL);
	pthread_cond_init(&reader->read, NULL);
	return reader;
}

static void end_thread(struct page_reader *reader)
{
	if (!reader->is_running)
		return;
	pthread_mutex_lock(&reader->lock);
	reader->is_ending = true;
	pthread_cond_signal(&reader->added);
	pthread_mutex_unlock(&reader->lock);
	pthread_join(reader->thread, NULL);
}

void page_reader_free(struct page_reader *reader)
{
	if (!reader)
		return;
	end_thread(reader);
	for (; reader->taken < reader->count; reader->taken++) {
		http_response_fini(&reading_at(reader, reader->taken)->response);
		page_unref(reading_at(reader, reader->taken)->page);
	}
	pthread_cond_destroy(&reader->read);
	pthread_cond_destroy(&reader->added);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

/* --- reading --- */

/* A member that stands twice would have led on by one marker, and told another. */
static void check_marker(struct reading *reading)
{
	const char *told = page_marker(reading->page);

	if (!reading->marker || (told && !strcmp(told, reading->marker)))
		return;
	error_set(&reading->error, ERROR_RESPONSE,
		  "the answer has more than one Marker");
	page_unref(reading->page);
	reading->page = NULL;
}

/* With the lock not held, by who claimed it. */
static void read_answer(const struct page_reader *reader, struct reading *reading)
{
	const struct http_response *response = &reading->response;
	struct page_digest digest;
	struct page *known = NULL;
	bool has_digest = page_digest_of(response->body, response->body_len, &digest) ==
			  0;

	if (has_digest)
		known = page_set_find(reader->known, &digest);
	if (known)
		reading->page = page_ref(known);
	else if (!dms_response_read(response, reader->shared, &reading->page,
				    &reading->error) &&
		 has_digest)
		page_set_digest(reading->page, &digest);
	if (reading->page)
		check_marker(reading);
	http_response_fini(&reading->response);
}

/* One that nobody has begun with. */
static void read_next_locked(struct page_reader *reader)
{
	struct reading *reading = reading_at(reader, reader->claimed++);

	pthread_mutex_unlock(&reader->lock);
	read_answer(reader, reading);
	pthread_mutex_lock(&reader->lock);
	reading->is_read = true;
}

static void *run(void *data)
{
	struct page_reader *reader = data;

	pthread_mutex_lock(&reader->lock);
	while (!reader->is_ending) {
		if (reader->claimed < reader->count) {
			read_next_locked(reader);
			if (reader->is_awaited)
				pthread_cond_signal(&reader->read);
		} else {
			reader->is_idle = true;
			pthread_cond_wait(&reader->added, &reader->lock);
			reader->is_idle = false;
		}
	}
	pthread_mutex_unlock(&reader->lock);
	return NULL;
}

void page_reader_start(struct page_reader *reader)
{
	sigset_t all;
	sigset_t before;

	if (reader->is_running)
		return;
	/* Signals are for the other threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	reader->is_running = pthread_create(&reader->thread, NULL, run, reader) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- answers in, pages out --- */

size_t page_reader_left(const struct page_reader *reader)
{
	return reader->count - reader->taken;
}

bool page_reader_is_full(const struct page_reader *reader)
{
	return page_reader_left(reader) == ANSWERS_MAX;
}

void page_reader_add(struct page_reader *reader, struct http_response *response,
		     const char *marker)
{
	struct reading *reading = reading_at(reader, reader->count);
	bool is_due;

	*reading = (struct reading){.response = *response, .marker = marker};
	*response = (struct http_response){0};
	pthread_mutex_lock(&reader->lock);
	reader->count++;
	is_due = reader->is_idle && reader->count - reader->claimed >= ANSWERS_TO_WAKE;
	pthread_mutex_unlock(&reader->lock);
	/* Once it need not wait for the lock. */
	if (is_due)
		pthread_cond_signal(&reader->added);
}

bool page_reader_has_page(struct page_reader *reader)
{
	bool has_page;

	pthread_mutex_lock(&reader->lock);
	has_page = reader->taken < reader->count &&
		   reading_at(reader, reader->taken)->is_read;
	pthread_mutex_unlock(&reader->lock);
	return has_page;
}

int page_reader_take(struct page_reader *reader, struct page **page,
		     struct error *error)
{
	struct reading *reading = reading_at(reader, reader->taken);

	pthread_mutex_lock(&reader->lock);
	/* What is left is for both threads. */
	if (reader->is_idle && reader->count - reader->claimed > 1)
		pthread_cond_signal(&reader->added);
	while (!reading->is_read) {
		reader->is_awaited = reader->claimed == reader->count;
		if (reader->is_awaited)
			pthread_cond_wait(&reader->read, &reader->lock);
		else
			read_next_locked(reader);
	}
	reader->is_awaited = false;
	pthread_mutex_unlock(&reader->lock);
	reader->taken++;
	*page = reading->page;
	reading->page = NULL;
	if (*page)
		return 0;
	*error = reading->error;
	return error_result(error);
}
