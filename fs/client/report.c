#include "fs/client/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define PROGRESS_SIZE 512
#define MS_PER_S 1000
#define S_PER_MIN 60
#define END_S 1

static const char *noun_of(const struct report *report)
{
	return report->arguments->kind == CLIENT_TEST ? "test" : "deletion";
}

static const char *status_of(const struct report *report)
{
	return report->arguments->kind == CLIENT_TEST ? "testing" : "deleting";
}

void report_init(struct report *report, const struct arguments *arguments, FILE *out,
		 FILE *err)
{
	*report = (struct report){
		.arguments = arguments,
		.out = out,
		.err = err,
		.is_terminal = !arguments->is_quiet && isatty(fileno(err)),
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
}

int report_begin(struct report *report, const struct targets *targets)
{
	struct report_line *lines = calloc(targets->count + 1, sizeof(*lines));
	size_t *next_of = calloc(targets->source_count + 1, sizeof(*next_of));

	if (!lines || !next_of) {
		free(lines);
		free(next_of);
		return -ENOMEM;
	}
	pthread_mutex_lock(&report->lock);
	report->lines = lines;
	report->next_of = next_of;
	report->targets = targets;
	pthread_mutex_unlock(&report->lock);
	return 0;
}

void report_fini(struct report *report)
{
	free(report->lines);
	free(report->next_of);
	pthread_mutex_destroy(&report->lock);
}

static void clear_progress_locked(struct report *report)
{
	if (report->is_progress_shown)
		fputs("\r\033[K", report->err);
	report->is_progress_shown = false;
}

/* 3 before 4 before 1. */
static void note_status_locked(struct report *report, int status)
{
	static const int ranks[] = {[EXIT_SUCCESS] = 0,
				    [EXIT_FAILED] = 1,
				    [EXIT_TIME_UP] = 2,
				    [EXIT_REFUSED] = 3};

	if (ranks[status] > ranks[report->status])
		report->status = status;
}

/* Nothing in @text can be taken for a line of ours: a further line begins with a
 * space. */
static void write_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		fputc(*text, out);
		if (text[0] == '\n' && text[1] != ' ')
			fputc(' ', out);
	}
}

static void write_reason_locked(struct report *report, const char *shown,
				const char *text)
{
	clear_progress_locked(report);
	fprintf(report->err, "dmsfs: %s%s", shown, *shown ? ": " : "");
	write_text(report->err, text);
	fputc('\n', report->err);
	fflush(report->err);
}

static void write_result_locked(struct report *report, const char *shown,
				const char *result, const char *text)
{
	char reason[PROGRESS_SIZE];

	clear_progress_locked(report);
	fflush(report->err);
	fprintf(report->out, "%s: %s%s", shown, result, text ? ": " : "");
	write_text(report->out, text ? text : "");
	fputc('\n', report->out);
	if (fflush(report->out) != 0 && report->status != EXIT_REFUSED) {
		write_reason_locked(report, "standard output",
				    strerror_r(errno, reason, sizeof(reason)));
		note_status_locked(report, EXIT_REFUSED);
	}
}

void report_refuse(struct report *report, const char *text)
{
	pthread_mutex_lock(&report->lock);
	write_reason_locked(report, "", text);
	note_status_locked(report, EXIT_REFUSED);
	pthread_mutex_unlock(&report->lock);
}

static size_t count_locked(const struct report *report)
{
	return report->targets ? report->targets->count : 0;
}

ptrdiff_t report_next(struct report *report, size_t source)
{
	size_t *next_of = &report->next_of[source];
	ptrdiff_t next = -1;

	pthread_mutex_lock(&report->lock);
	while (*next_of < count_locked(report) &&
	       report->targets->items[*next_of].source != source)
		++*next_of;
	if (*next_of < count_locked(report))
		next = (ptrdiff_t)(*next_of)++;
	if (report->next < *next_of)
		report->next = *next_of;
	pthread_mutex_unlock(&report->lock);
	return next;
}

static struct report_line *line_of(struct report *report, const struct target *target)
{
	return &report->lines[target - report->targets->items];
}

void report_enter(struct report *report, const struct target *target,
		  enum gate_phase phase, int64_t now_ms)
{
	struct report_line *line = line_of(report, target);

	pthread_mutex_lock(&report->lock);
	if (line->phase == GATE_QUEUED || phase >= GATE_UNDER_WAY)
		line->since_ms = now_ms;
	line->phase = phase;
	if (phase == GATE_ANOTHERS && !report->arguments->is_quiet)
		write_reason_locked(report, target->shown,
				    report->arguments->is_restart
					    ? "another's test runs already; testing "
					      "again once it has ended"
					    : "another's test runs already; its result "
					      "is waited for");
	pthread_mutex_unlock(&report->lock);
}

void report_stale(struct report *report, const char *reason)
{
	pthread_mutex_lock(&report->lock);
	if (!report->is_stale_said)
		write_reason_locked(
			report, "the mount is stale, so results may be late", reason);
	report->is_stale_said = true;
	pthread_mutex_unlock(&report->lock);
}

static void write_time_up_locked(struct report *report, const struct target *target,
				 enum gate_phase phase)
{
	char text[PROGRESS_SIZE];
	unsigned timeout_s = report->arguments->timeout_s;

	if (phase == GATE_QUEUED || phase == GATE_TURN)
		snprintf(text, sizeof(text), "not begun within %u s", timeout_s);
	else if (phase == GATE_COMMANDING)
		snprintf(text, sizeof(text),
			 "no response within %u s; the %s may have begun", timeout_s,
			 noun_of(report));
	else
		snprintf(text, sizeof(text), "still %s after %u s; the %s goes on",
			 status_of(report), timeout_s, noun_of(report));
	write_reason_locked(report, target->shown, text);
	note_status_locked(report, EXIT_TIME_UP);
}

static void write_end_locked(struct report *report, const struct target *target,
			     enum gate_phase phase, const struct gate_result *result)
{
	bool is_test = report->arguments->kind == CLIENT_TEST;
	bool is_quiet = report->arguments->is_quiet;

	switch (result->end) {
	case GATE_DONE:
		if (!is_quiet)
			write_result_locked(report, target->shown,
					    is_test ? "successful" : "deleted", NULL);
		break;
	case GATE_TAKEN:
		if (!is_quiet)
			write_result_locked(report, target->shown, status_of(report),
					    NULL);
		break;
	case GATE_FAILED:
		write_result_locked(report, target->shown,
				    is_test ? "failed" : "not deleted", result->text);
		note_status_locked(report, EXIT_FAILED);
		break;
	case GATE_TIME_UP:
		write_time_up_locked(report, target, phase);
		break;
	case GATE_REFUSED:
		write_reason_locked(report, target->shown,
				    result->text ? result->text : "no memory");
		note_status_locked(report, EXIT_REFUSED);
		break;
	}
}

void report_end(struct report *report, const struct target *target,
		const struct gate_result *result)
{
	struct report_line *line = line_of(report, target);

	pthread_mutex_lock(&report->lock);
	write_end_locked(report, target, line->phase, result);
	line->phase = GATE_ENDED;
	report->ended++;
	pthread_mutex_unlock(&report->lock);
}

static bool is_under_way(const struct report_line *line)
{
	return line->phase != GATE_QUEUED && line->phase != GATE_ENDED;
}

static const char *phase_words(const struct report *report, enum gate_phase phase)
{
	if (phase == GATE_COMMANDING)
		return "asking";
	return phase == GATE_TURN ? "waiting for its turn" : status_of(report);
}

/* Cut where the terminal ends, or the line could not be cleared again. */
static void write_progress_locked(struct report *report, const char *text)
{
	struct winsize size = {.ws_col = 0};
	int columns = COLUMNS_DEFAULT;

	if (ioctl(fileno(report->err), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	fprintf(report->err, "\r\033[K%.*s", columns - 1, text);
	fflush(report->err);
	report->is_progress_shown = true;
}

/* A thread that writes to a pipe which nobody reads may hold the lock for ever. */
static bool lock_to_end(struct report *report)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_S;
	return pthread_mutex_timedlock(&report->lock, &until) == 0;
}

void report_show(struct report *report, int64_t now_ms)
{
	char text[PROGRESS_SIZE];
	size_t count = 0;
	size_t len = 0;

	if (!report->is_terminal || pthread_mutex_trylock(&report->lock) != 0)
		return;
	count = count_locked(report);
	if (count > 1)
		len = (size_t)snprintf(text, sizeof(text), "%zu of %zu done",
				       report->ended, count);
	for (size_t i = 0; i < report->next && len < sizeof(text); i++) {
		const struct report_line *line = &report->lines[i];
		long s = (long)((now_ms - line->since_ms) / MS_PER_S);

		if (is_under_way(line))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s: %s %ld:%02ld", len ? ", " : "",
						report->targets->items[i].shown,
						phase_words(report, line->phase),
						s / S_PER_MIN, s % S_PER_MIN);
	}
	if (len > 0)
		write_progress_locked(report, text);
	pthread_mutex_unlock(&report->lock);
}

int report_give_up(struct report *report)
{
	if (!lock_to_end(report))
		return EXIT_TIME_UP;
	if (!report->targets) {
		write_reason_locked(report, "", "no response from the mount in time");
		note_status_locked(report, EXIT_TIME_UP);
	}
	for (size_t i = 0; i < count_locked(report); i++) {
		if (report->lines[i].phase != GATE_ENDED)
			write_time_up_locked(report, &report->targets->items[i],
					     report->lines[i].phase);
	}
	return report->status;
}

/* The names of those under way, or of nothing. */
static size_t write_under_way_locked(struct report *report)
{
	size_t written = 0;

	for (size_t i = 0; i < report->next; i++) {
		enum gate_phase phase = report->lines[i].phase;

		if (!is_under_way(&report->lines[i]) || phase == GATE_TURN)
			continue;
		fprintf(report->err, "%s%s",
			written ? ", " : "the service goes on with ",
			report->targets->items[i].shown);
		written++;
	}
	return written;
}

void report_interrupt(struct report *report)
{
	size_t left = 0;
	size_t under_way = 0;

	if (!lock_to_end(report))
		return;
	clear_progress_locked(report);
	fprintf(report->err, "dmsfs: interrupted; ");
	under_way = write_under_way_locked(report);
	left = count_locked(report) - report->ended - under_way;
	if (under_way == 0)
		fprintf(report->err, "no %s is under way", noun_of(report));
	if (left > 0)
		fprintf(report->err, "; %zu not begun", left);
	fputc('\n', report->err);
	fflush(report->err);
}

int report_status(struct report *report)
{
	pthread_mutex_lock(&report->lock);
	clear_progress_locked(report);
	fflush(report->err);
	pthread_mutex_unlock(&report->lock);
	return report->status;
}
