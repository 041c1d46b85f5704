#include "src/fetcher/schedule.h"

#define JITTER 0.1
#define NEVER INT64_MAX

static int64_t max_ns(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t interval_ns(unsigned seconds)
{
	return (seconds ? seconds : 1) * NS_PER_S;
}

void schedule_init(struct schedule *schedule, unsigned refresh_s,
		   unsigned refresh_active_s)
{
	*schedule = (struct schedule){
		.refresh_ns = interval_ns(refresh_s),
		.refresh_active_ns = interval_ns(refresh_active_s),
		.share = 1,
		.poll_at_ns = NEVER,
		.watch_at_ns = NEVER,
	};
}

void schedule_set_share(struct schedule *schedule, unsigned sources)
{
	const unsigned share = sources ? sources : 1;
	const int64_t before_ns = schedule->planned_ns;

	schedule->planned_ns = before_ns / schedule->share * share;
	schedule->share = share;
	if (schedule->planned_ns <= before_ns)
		return;
	schedule->paid_at_ns += schedule->planned_ns - before_ns;
	schedule->planned_at_ns += schedule->planned_ns - before_ns;
	/* Polls go on until then. */
	schedule->full_at_ns = max_ns(schedule->full_at_ns, schedule->paid_at_ns);
}

static int64_t cost_of(const struct schedule *schedule, size_t requests)
{
	return (int64_t)requests * schedule->share * SCHEDULE_REQUEST_NS;
}

int64_t schedule_full_due(const struct schedule *schedule)
{
	return max_ns(schedule->full_at_ns, schedule->paid_at_ns);
}

/* The longer a listing is, the further the polls go on beside it being paid for:
 * the time that is wanted stays, and the charge moves on. */
int64_t schedule_due(const struct schedule *schedule)
{
	int64_t due_ns = schedule->poll_at_ns < schedule->full_at_ns
				 ? schedule->poll_at_ns
				 : schedule_full_due(schedule);

	return min_ns(due_ns, schedule->watch_at_ns);
}

int64_t schedule_asked_due(const struct schedule *schedule, int64_t now_ns)
{
	if (schedule->paid_at_ns - schedule->planned_at_ns < SCHEDULE_BORROW_NS)
		return now_ns;
	return max_ns(now_ns, schedule->paid_at_ns - SCHEDULE_BORROW_NS);
}

enum schedule_kind schedule_kind(const struct schedule *schedule, int64_t now_ns)
{
	bool is_full_due = now_ns >= schedule_full_due(schedule);

	if (now_ns >= schedule->watch_at_ns)
		return SCHEDULE_WATCH;
	if (schedule->poll_at_ns < schedule->full_at_ns && !is_full_due)
		return SCHEDULE_POLL;
	return SCHEDULE_FULL;
}

/* @ns, up to a tenth shorter or longer. */
static int64_t spread(int64_t ns, double jitter)
{
	return ns + (int64_t)((double)ns * JITTER * (2 * jitter - 1));
}

void schedule_charge(struct schedule *schedule, int64_t now_ns, size_t requests)
{
	int64_t paid_ns = max_ns(schedule->paid_at_ns, now_ns) +
			  cost_of(schedule, requests);

	/* As after a failure. What is owed already stays. */
	paid_ns = min_ns(paid_ns, now_ns + SCHEDULE_DEBT_MAX_NS);
	schedule->paid_at_ns = max_ns(schedule->paid_at_ns, paid_ns);
}

static int64_t watch_ns(const struct schedule *schedule)
{
	return min_ns(SCHEDULE_WATCH_NS, schedule->refresh_active_ns);
}

void schedule_commanded(struct schedule *schedule, int64_t now_ns, bool is_listed,
			double jitter)
{
	int64_t poll_ns = spread(schedule->refresh_active_ns, jitter);

	if (is_listed)
		schedule->full_at_ns = min_ns(schedule->full_at_ns, now_ns + poll_ns);
	else
		schedule->watch_at_ns =
			min_ns(schedule->watch_at_ns,
			       now_ns + spread(watch_ns(schedule), jitter));
}

/* The pace may not be exceeded: here jitter only lengthens. */
static int64_t charge(struct schedule *schedule, const struct schedule_refresh *refresh)
{
	int64_t cost_ns = cost_of(schedule, refresh->requests);

	cost_ns += (int64_t)((double)cost_ns * JITTER * refresh->jitter);
	schedule->paid_at_ns = max_ns(schedule->paid_at_ns, refresh->started_ns) +
			       cost_ns;
	if (refresh->kind == SCHEDULE_FULL && !refresh->is_asked) {
		schedule->planned_at_ns = schedule->paid_at_ns;
		schedule->planned_ns = cost_ns;
	}
	return cost_ns;
}

int64_t schedule_interval_ns(const struct schedule *schedule,
			     const struct schedule_refresh *refresh)
{
	int64_t cost_ns = cost_of(schedule, refresh->requests);

	return spread(max_ns(schedule->refresh_ns, cost_ns), 1);
}

/*
 * Whatever was asked, it was a look as well: all that is commanded is active. The pause
 * after a slow one lets a listing begin that is due.
 */
static int64_t next_watch_ns(const struct schedule *schedule,
			     const struct schedule_refresh *refresh, int64_t cost_ns)
{
	int64_t pause_ns = spread(watch_ns(schedule), refresh->jitter);

	if (refresh->kind != SCHEDULE_WATCH)
		return refresh->started_ns + pause_ns;
	return max_ns(refresh->started_ns + max_ns(pause_ns, cost_ns),
		      refresh->ended_ns + watch_ns(schedule) / 4);
}

void schedule_succeeded(struct schedule *schedule,
			const struct schedule_refresh *refresh,
			enum schedule_activity activity, bool is_watching)
{
	int64_t cost_ns = charge(schedule, refresh);
	int64_t poll_ns = spread(schedule->refresh_active_ns, refresh->jitter);
	int64_t full_ns = spread(schedule->refresh_ns, refresh->jitter);

	if (refresh->kind != SCHEDULE_WATCH)
		schedule->failures = 0;
	if (activity == SCHEDULE_ACTIVE_LISTED && poll_ns < full_ns)
		full_ns = poll_ns;
	if (refresh->kind == SCHEDULE_FULL)
		schedule->full_at_ns = max_ns(schedule->paid_at_ns,
					      refresh->started_ns + full_ns);
	else
		poll_ns = max_ns(poll_ns, cost_ns);
	schedule->watch_at_ns = is_watching ? next_watch_ns(schedule, refresh, cost_ns)
					    : NEVER;
	/* After a failure only a full listing tells that all is well again. */
	if (activity != SCHEDULE_ACTIVE || schedule->failures > 0)
		schedule->poll_at_ns = NEVER;
	else if (refresh->kind != SCHEDULE_WATCH || schedule->poll_at_ns == NEVER)
		schedule->poll_at_ns = refresh->started_ns + poll_ns;
}

/* Without jitter. */
static int64_t retry_ns(const struct schedule *schedule)
{
	int64_t wait_ns = SCHEDULE_RETRY_NS;

	for (unsigned i = 1; i < schedule->failures && wait_ns < schedule->refresh_ns;
	     i++)
		wait_ns *= 2;
	return wait_ns < schedule->refresh_ns ? wait_ns : schedule->refresh_ns;
}

void schedule_failed(struct schedule *schedule, const struct schedule_refresh *refresh)
{
	int64_t wait_ns;

	charge(schedule, refresh);
	schedule->paid_at_ns = min_ns(schedule->paid_at_ns,
				      refresh->ended_ns + SCHEDULE_DEBT_MAX_NS);
	schedule->failures++;
	wait_ns = retry_ns(schedule);
	wait_ns -= (int64_t)((double)wait_ns * JITTER * refresh->jitter);
	schedule->full_at_ns = refresh->ended_ns + wait_ns;
	schedule->poll_at_ns = NEVER;
	schedule->watch_at_ns = NEVER;
}
