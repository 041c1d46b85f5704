/*
 * When the service is asked next, and whether for everything or for the active
 * connections alone, or for those that were commanded. Pure arithmetic on times since
 * boot (CLOCK_BOOTTIME), so that time spent suspended counts. For one thread.
 */
#ifndef DMSFS_SRC_FETCHER_SCHEDULE_H
#define DMSFS_SRC_FETCHER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/clock.h"

/* The charge for one request, of who has the account's Region alone. */
#define SCHEDULE_REQUEST_NS (NS_PER_S / 2)
/* The time of the budget that what is asked for may borrow ahead: 40 requests. */
#define SCHEDULE_BORROW_NS (20 * NS_PER_S)
/* The time between looks at what was commanded, or that between polls if shorter. */
#define SCHEDULE_WATCH_NS (2 * NS_PER_S)
/*
 * The most that a failed listing, or commands, are paid off. The largest account has
 * 300 pages; a listing that failed because it had no end may have had thousands, and
 * must not keep the mount stale for hours once the service is well again.
 */
#define SCHEDULE_DEBT_MAX_NS (600 * NS_PER_S)
/* The first wait after a failure; each further one is twice the one before. */
#define SCHEDULE_RETRY_NS NS_PER_S

enum schedule_kind {
	SCHEDULE_FULL,	/* a listing of all connections */
	SCHEDULE_POLL,	/* the active connections, by filter */
	SCHEDULE_WATCH, /* those alone that were commanded a short time ago */
};

struct schedule {
	int64_t refresh_ns;	   /* set once */
	int64_t refresh_active_ns; /* set once */
	unsigned share;		   /* schedule_set_share(); 1 to begin with */
	int64_t planned_ns;	   /* the charge for the last listing by schedule */
	int64_t full_at_ns;	   /* when a full listing is wanted */
	int64_t poll_at_ns;	   /* when a poll is; INT64_MAX: nothing is active */
	int64_t watch_at_ns;   /* when a look is; INT64_MAX: nothing was commanded */
	int64_t paid_at_ns;    /* when all requests so far are paid for */
	int64_t planned_at_ns; /* the same after the last listing by schedule */
	unsigned failures;     /* in a row */
};

/* One refresh that was made, for whatever reason. */
struct schedule_refresh {
	enum schedule_kind kind;
	bool is_asked; /* it was not due: somebody wanted it */
	int64_t started_ns;
	int64_t ended_ns;
	size_t requests; /* that it took, those that failed too */
	double jitter;	 /* from 0 to 1, by chance */
};

/* A full listing is due at once. An interval of 0 is taken for one of 1 s. */
void schedule_init(struct schedule *schedule, unsigned refresh_s,
		   unsigned refresh_active_s);

/*
 * From now on so many, this one counted in, make requests to the account's Region by a
 * schedule of their own. Each charges for its requests as if it had made those of all,
 * so that together they keep the pace of one. Where they become more, it charges anew
 * for the last listing by schedule, too. 0 is taken for 1.
 */
void schedule_set_share(struct schedule *schedule, unsigned sources);

/*
 * When the next refresh is due. The intervals count from start to start and are up
 * to a tenth shorter or longer by jitter. A full listing waits until all requests
 * are paid for, also the polls' and those of a refresh that somebody asked for; a
 * poll waits only for the requests of the poll before, and none begins once a full
 * listing is wanted. So over any time from one scheduled listing to another there
 * are at most 2 requests a second, and polls keep their pace while a long listing
 * is paid off. Looks go before all else, since somebody waits for them; they are few,
 * and the listing pays for them as for polls.
 */
int64_t schedule_due(const struct schedule *schedule);

/* When the next full listing is due, whatever polls come before it. */
int64_t schedule_full_due(const struct schedule *schedule);

/*
 * When a full listing that somebody asked for at @now_ns may begin: at once, unless
 * what was asked for before and the polls have borrowed SCHEDULE_BORROW_NS. The listing
 * that the schedule made is no loan; only the requests since then are.
 */
int64_t schedule_asked_due(const struct schedule *schedule, int64_t now_ns);

/* Which it is to be when it begins at @now_ns. */
enum schedule_kind schedule_kind(const struct schedule *schedule, int64_t now_ns);

/* The time between full listings that each take as many requests as @refresh did, at
 * most: --refresh, or what the pace stretches it to, lengthened by jitter. */
int64_t schedule_interval_ns(const struct schedule *schedule,
			     const struct schedule_refresh *refresh);

/* There is something to poll, and whether it can be. */
enum schedule_activity {
	SCHEDULE_IDLE,
	SCHEDULE_ACTIVE,
	SCHEDULE_ACTIVE_LISTED, /* by full listings, since no filter is taken */
};

/* @is_watching: something that was commanded is to be looked at; what is active beside
 * that is the @activity. */
void schedule_succeeded(struct schedule *schedule,
			const struct schedule_refresh *refresh,
			enum schedule_activity activity, bool is_watching);

/*
 * A command was sent, and ended at @now_ns: it is looked at after SCHEDULE_WATCH_NS; or
 * where it can only be listed, @is_listed, there is a listing after the time between
 * polls. Both are spread by @jitter.
 */
void schedule_commanded(struct schedule *schedule, int64_t now_ns, bool is_listed,
			double jitter);

/* Charges for @requests of commands, which waited for nothing; no more in all than
 * SCHEDULE_DEBT_MAX_NS. */
void schedule_charge(struct schedule *schedule, int64_t now_ns, size_t requests);

/* Whatever failed, it is a full listing that is tried next: only that can tell that
 * all is well again. Jitter makes the wait up to a tenth shorter. The pace makes it
 * longer, by SCHEDULE_DEBT_MAX_NS at most. */
void schedule_failed(struct schedule *schedule, const struct schedule_refresh *refresh);

#endif
