"""Change to event: from the last byte of the answer that tells of a change to the event
that a watcher reads. A change of a text is one of a file; one of a status takes a link
away and makes another, too."""

import contextlib
import itertools
import signal
import statistics
import time

import stage
from notify import MODIFY, OVERFLOW, Notify
from table import Row, seconds

GROUP = 'change to event'
CONNECTIONS = 10000
COUNTS = (1, 100, 10000)
LIMIT_S = {1: 0.003, 10000: 1.0}
STATUS = f'{CONNECTIONS:,} statuses'
STATUSES = ('failed', 'successful')


def rows(rounds, select):
    counts = [count for count in COUNTS if select(f'{GROUP}: {count:,}')]
    has_statuses = select(f'{GROUP}: {STATUS}')
    if not counts and not has_statuses:
        return
    with stage.serve(CONNECTIONS, failed_percent=0) as sim:
        texts = (f'change {number}' for number in itertools.count())
        for count in counts:
            timed = [_change(sim, count, {'LastFailureMessage': next(texts)})
                     for _ in range(_rounds(count, rounds))]
            yield _row(f'{count:,} of {CONNECTIONS:,}', LIMIT_S.get(count), timed)
        if has_statuses:
            timed = [_change(sim, CONNECTIONS,
                             {'Status': STATUSES[number % len(STATUSES)]})
                     for number in range(_rounds(CONNECTIONS, rounds))]
            yield _row(STATUS, LIMIT_S[CONNECTIONS], timed)


def _rounds(count, rounds):
    return rounds if count < 1000 else max(3, rounds // 3)


def _change(sim, count, fields):
    """Seconds to the first event and to the last, in a mount of its own."""
    with stage.Dmsfs(sim) as mount, contextlib.closing(Notify()) as notify:
        for path in mount.path.glob('[!.]*'):
            notify.add(path, MODIFY)
        stage.settle(mount)
        return _watch_change(sim, mount, notify, count, fields)


def _watch_change(sim, mount, notify, count, fields):
    step = CONNECTIONS // count
    sim.edit(*({'range': [first, first + 1], 'set': fields}
               for first in range(step // 2, CONNECTIONS, step)))
    sim.clear_log()
    mount.signal(signal.SIGUSR1)
    times = []
    while len(times) < count:
        events = notify.read(stage.PATIENCE_S)
        now = time.time()
        if not events or any(event.mask & OVERFLOW for event in events):
            raise RuntimeError(f'{len(times)} of {count} events, then {events[-1:]}')
        times += [now] * len(events)
    answered = max(entry['answered'] for entry in sim.log())
    return times[0] - answered, times[-1] - answered


def _row(name, limit, timed):
    first = statistics.median(pair[0] for pair in timed)
    last = statistics.median(pair[1] for pair in timed)
    beside = f'{limit * 1000:.0f} ms' if limit else ''
    return Row(GROUP, name, seconds(last), beside,
               last / limit if limit else None, 1 if limit else None,
               f'to the last event; to the first {seconds(first)}; {len(timed)} '
               f'rounds, {seconds(min(t[1] for t in timed))} to '
               f'{seconds(max(t[1] for t in timed))}')
