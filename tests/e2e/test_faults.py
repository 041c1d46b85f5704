"""Every fault of the service at every place of a refresh, at start and while mounted.

At start dmsfs ends with status 1 and the cause, and nothing is mounted. While mounted
the tree stays, the state is stale with the cause, and once the fault has passed it is
fresh and true again. Two of the rows are no faults: they are shown.
"""

import base64
import collections
import concurrent.futures
import json
import os
import re

import mount as mounting
from browse import read_tree
from contract import record, wire
from gate import Gate
from live import Live
from mount import Mount
from shims import fast_pace
from showing import files_of, shows
from sim import Sim
from watch import until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
WORKERS = 6
PAGE = 20
PATIENT_S = 60
# So often is a fault tried that only a short limit of time shows: a busy machine may
# not keep that for anything else either.
TRIES = 10
PAGES = {'first page': 1, 'middle page': 2, 'last page': 3}
CONFIRMATION = 'confirmation'
POLL = 'active poll'
FRESH = [record('inst', f'e{i:02}') for i in range(2 * PAGE + 5)]
NO_REQUEST = '-'
NO_TIME = 'DMSFS_LONG=1'
IN_PART = 'ok in part'
OK = 'ok'
SETTLED = {
    OK: 'the fault was met as it must be',
    NO_REQUEST: 'no such request is made there',
    IN_PART: 'the tree stayed for 50 pages; to the end, with DMSFS_LONG=1',
    NO_TIME: 'tried with that set, since it takes 100,000 pages',
}

# spec: what the sim is told; cause: a pattern of what dmsfs says; is_of_page: the
# cause names the first page too, not only later ones.
Fault = collections.namedtuple('Fault', 'name cause spec is_of_page read_timeout',
                               defaults=[None, None, True, PATIENT_S])


def raw(body, **members):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return {'kind': 'raw', 'body_base64': base64.b64encode(body).decode(), **members}


def error(status, kind, message='today not'):
    return {'kind': 'error', 'status': status, 'type': kind, 'message': message}


def wrong_length(delta):
    return {'kind': 'delay', 'delay_ms': 0, 'headers': {'X-Wrong-Length': f'{delta}'}}


HTML = b'<!DOCTYPE html><html><body><h1>Sign in to this network</h1></body></html>'
REPEATED = raw({'Connections': [], 'Marker': 'again'})
# No listing takes longer; one of 100,000 pages takes minutes on a busy machine.
LISTING_S = 600
ENDLESS = {'kind': 'endless-markers', 'empty': True}

FAULTS = [
    Fault('refused', 'refused', is_of_page=False),
    Fault('reset', 'was lost', {'kind': 'reset'}, False),
    Fault('closed early', 'closed the connection without a response', {'kind': 'close'}, False),
    Fault('cut body', 'before the end of its response', {'kind': 'cut'}, False),
    Fault('cut body, reset', 'was lost', {'kind': 'cut', 'reset': True}, False),
    Fault('length too large', 'no complete response within 1 s', wrong_length(10),
          False, 1),
    Fault('length too small', 'cut short', wrong_length(-10)),
    Fault('slow drip', 'no complete response within 1 s', {'kind': 'drip'}, False, 1),
    Fault('hang', 'no complete response within 1 s', {'kind': 'hang'}, False, 1),
    Fault('400', 'ValidationException: .*today not',
          error(400, 'ValidationException'), False),
    Fault('403', 'AccessDeniedException: .*today not', error(403, 'AccessDeniedException'), False),
    Fault('429', 'TooManyRequestsException: .*today not', error(429, 'TooManyRequestsException'), False),
    Fault('500', 'InternalFailure: .*today not', error(500, 'InternalFailure'), False),
    Fault('503', 'ServiceUnavailable: .*today not', error(503, 'ServiceUnavailable'), False),
    Fault('503 without a body', 'HTTP status 503, and the response is empty',
          raw(b'', status=503), False),
    Fault('HTML', 'not JSON: it begins with "<!DOCTYPE html>', raw(HTML, content_type='text/html')),
    Fault('empty', 'the response is empty', raw(b'')),
    Fault('null', 'the response is null, not an object', raw(b'null')),
    Fault('no Connections', 'the response has no Connections', raw({})),
    Fault('Connections no list', 'Connections is an object, not a list',
          raw({'Connections': {'a': 1}})),
    Fault('record no object', r'Connections\[0\] is a string, not an object',
          raw({'Connections': ['a']})),
    Fault('field no string', r'Connections\[0\].Status is a number, not a string',
          raw({'Connections': [{'Status': 5}]})),
    Fault('marker no string', 'Marker is a number, not a string',
          raw({'Connections': [], 'Marker': 5})),
    Fault('deep nesting', 'nested deeper than 32 levels',
          raw(b'{"Connections":' + b'[' * 100000)),
    Fault('100 MB', 'larger than 16 MiB', {'kind': 'big', 'bytes': 100_000_000}, False),
    Fault('repeated marker', 'repeats the marker "again"', REPEATED),
    Fault('endless markers', 'continues after 100000 pages',
          ENDLESS),
    Fault('invalid UTF-8'),
    Fault('duplicate records', None, {'kind': 'duplicate-records', 'times': 3}),
]

# Those that say that asking by filter is of no use.
FILTER_REFUSALS = ('400', '403')

BAD = 'no UTF-8: \udcff\udc80 \x1b[2J'


class Mismatch(Exception):
    """What a cell found instead of what it has to be."""


def need(is_so, *what):
    if not is_so:
        raise Mismatch(' '.join(map(str, what)))


class Row:
    """One fault at all places, with a service and mounts of its own."""

    def __init__(self, directory, fault):
        self._fault = fault
        self._place = directory
        self._mountpoint = directory / 'mnt'
        self._mountpoint.mkdir(parents=True)
        self._records = list(FRESH)
        self._edits = 0
        self._sim = None
        self._gate = None
        self._live = None

    def run(self):
        """{(place, when): one of SETTLED, or what was wrong}"""
        cells = {}
        with Sim(listing=self._records) as self._sim, \
                Gate(int(self._sim.url.rpartition(':')[2])) as self._gate:
            self._heal()
            for place, page in PAGES.items():
                is_late = self._fault.spec == ENDLESS and page > 1 and not IS_LONG
                cells[place, 'at start'] = (
                    NO_TIME if is_late else self._try(self._start, page))
            cells[CONFIRMATION, 'at start'] = cells[POLL, 'at start'] = NO_REQUEST
            for place, page in PAGES.items():
                cells[place, 'while mounted'] = self._try(self._mounted, self._list,
                                                          page)
            cells[CONFIRMATION, 'while mounted'] = self._try(self._mounted,
                                                             self._confirm)
            cells[POLL, 'while mounted'] = self._try(self._mounted, self._poll)
        return cells

    def _mounted(self, step, *arguments):
        """By a mount of its own, which has not asked for more than it may yet."""
        with self._mount() as mount:
            self._live = Live(self._sim, mount)
            return step(*arguments)

    def _try(self, step, *arguments):
        for _ in range(1 if self._fault.read_timeout == PATIENT_S else TRIES):
            records = list(self._records)
            outcome = self._try_once(step, *arguments)
            if outcome in SETTLED:
                break
            self._records = records
            self._change()
        return outcome

    def _try_once(self, step, *arguments):
        self._heal()
        try:
            return step(*arguments) or OK
        except (Mismatch, TimeoutError, OSError, mounting.MountError) as problem:
            return f'{problem}'
        except Exception as problem:
            return f'{type(problem).__name__}: {problem}'
        finally:
            self._heal()

    # The service

    def _requests(self):
        return self._sim.counters()['requests']

    def _heal(self):
        self._sim.clear_faults()
        self._gate.open()
        if self._fault.name == 'refused':
            # A connection for each request, so that each can be refused.
            self._sim.fault(kind='delay', delay_ms=0, count=-1,
                            headers={'Connection': 'close'})

    def _arm(self, requests_before, **match):
        if self._fault.name == 'refused':
            self._gate.drain()
            self._gate.refuse(after=requests_before)
        elif self._fault.spec in (REPEATED, ENDLESS):
            # All that follows is a part of it.
            match.pop('page', None)
            after = 0 if match.get('filters') else requests_before
            self._sim.fault(count=-1, after=after, **self._fault.spec, **match)
        elif self._fault.spec:
            self._sim.fault(count=-1, **self._fault.spec, **match)

    def _change(self):
        """Every record is another one; the listing that is the truth from now on."""
        self._edits += 1
        self._records = [{**one, 'LastFailureMessage': f'edit {self._edits}'}
                         for one in self._records]
        self._sim.replace(wire(self._records))

    # At start

    def _arguments(self):
        # A gate relays no reset.
        is_by_gate = self._fault.name in ('refused', 'length too large',
                                          'length too small')
        url = self._gate.url if is_by_gate else self._sim.url
        return ['--endpoint-url', url, '--max-records', PAGE,
                '--refresh', '86400', '--refresh-active', '1',
                '--connect-timeout', PATIENT_S, '--read-timeout', self._fault.read_timeout,
                self._mountpoint]

    def _environment(self):
        return {**self._sim.environment(home=self._place), 'AWS_MAX_ATTEMPTS': '1'}

    def _is_to_its_end(self):
        return self._fault.spec == ENDLESS and IS_LONG

    def _mount(self):
        # To its end a listing of 100,000 pages needs the time that it has by itself.
        pace = {} if self._is_to_its_end() else fast_pace()
        return Mount(self._place, self._arguments(), {**self._environment(), **pace})

    def _start(self, page):
        if self._fault.cause is None:
            self._start_well(page)
            return
        self._arm(page - 1, page=page)
        done = mounting.run(self._place, self._arguments(), self._environment(),
                            timeout=LISTING_S)
        if done.returncode == 0:
            mounting.unmount(self._mountpoint)
        need(done.returncode == 1, 'status', done.returncode, done.stderr)
        need(done.stderr.startswith('dmsfs: ') and done.stderr.count('\n') == 1,
             'not one line:', done.stderr)
        self._check_cause(done.stderr, page)
        need(mounting.mount_entry(self._mountpoint) is None, 'mounted')

    def _start_well(self, page):
        self._make_odd(page)
        with self._mount() as mount:
            need(read_tree(mount.path) == files_of(self._records), 'another tree')
        self._make_even()

    def _check_cause(self, text, page=None):
        need(re.search(self._fault.cause, text), 'another cause:', text)
        number = re.search(r'\bpage (\d+): ', text)
        if page and (page > 1 or self._fault.is_of_page):
            need(number, 'names no page:', text)
        if page and number and self._fault.spec not in (REPEATED, ENDLESS):
            need(int(number[1]) == page, 'another page:', text)

    # While mounted

    def _await_tree(self):
        until(lambda: shows(self._live, self._records), what='the tree of the listing')

    def _await_stale(self, before, page=None):
        """The state is stale with the cause, and the tree is what it was."""
        status = until(lambda: self._stale_status(page), what='a stale state')
        need(read_tree(self._live.root) == before, 'the tree changed')
        return status

    def _stale_status(self, page):
        status = self._live.status()
        if status['State'] != 'stale':
            return None
        # By now another try may have been refused, and that at its first page.
        is_retried = self._fault.name == 'refused' and 'page ' not in status['LastError']
        self._check_cause(status['LastError'], None if is_retried else page)
        return status

    def _get_well(self):
        self._heal()
        if self._is_to_its_end():
            return  # so many requests are paid off for ten minutes
        self._live.refresh()
        self._await_tree()
        need('LastError' not in self._live.status(), 'the error stays')

    def _list(self, page):
        if self._fault.cause is None:
            self._make_odd(page)
            self._live.refresh()
            self._await_tree()
            self._make_even()
            return OK
        before = read_tree(self._live.root)
        self._arm(page - 1, page=page, filters=False)
        self._change()
        self._live.refresh()
        outcome = self._outlast(before, page)
        self._get_well()
        return outcome

    def _outlast(self, before, page=None):
        """Waits for the end of a refresh that fails; of one that never seems to end,
        for some of its pages where time is short. What came of it."""
        if self._fault.spec == ENDLESS and not IS_LONG:
            count = self._requests()
            until(lambda: self._requests() > count + 50, what='requests')
            need(read_tree(self._live.root) == before, 'the tree changed')
            return IN_PART
        self._await_stale(before, page)
        return OK

    def _confirm(self):
        """One is missing from the listing, and is asked for by name."""
        outcome = OK
        gone = self._records.pop()
        if self._fault.cause is None:
            shown = {**gone, 'LastFailureMessage': BAD}
            self._sim.fault(**raw(wire([gone, shown])), filters=True)
            self._change()
            self._records.append(shown)
            self._live.refresh()
            self._await_tree()
            self._records.pop()
        else:
            before = read_tree(self._live.root)
            self._arm(len(PAGES), filters=True)
            self._change()
            self._live.refresh()
            if self._fault.name in FILTER_REFUSALS:
                self._await_all_but(gone)
            else:
                outcome = self._outlast(before)
        self._get_well()
        return outcome

    def _await_all_but(self, gone):
        """The service refuses the filter: the one that is missing stays for now."""
        until(lambda: shows(self._live, [*self._records, gone]), what='the listing')
        need(self._live.status()['State'] == 'fresh', 'stale')

    def _poll(self):
        """One that is being tested is asked for by name, without being told to."""
        outcome = OK
        self._records.append(record('inst', 'active', 'testing'))
        self._change()
        self._live.refresh()
        self._await_tree()
        before = read_tree(self._live.root)
        if self._fault.cause is None:
            shown = {**self._records[-1], 'LastFailureMessage': BAD}
            self._sim.fault(count=-1, **raw(wire([self._records[-1], shown])),
                            filters=True)
            self._records[-1] = shown
            self._await_tree()
        else:
            # What follows a poll that failed is a listing; that fails too.
            self._arm(0)
            self._records[-1] = {**self._records[-1], 'Status': 'failed'}
            self._change()
            outcome = self._outlast(before)
        self._records[-1] = {**self._records[-1], 'Status': 'failed'}
        self._change()
        self._get_well()
        return outcome

    # What is no fault

    def _make_odd(self, page):
        self._change()
        if self._fault.spec:
            self._sim.fault(count=-1, **self._fault.spec, page=page, filters=False)
        else:
            self._records[(page - 1) * PAGE + 1]['LastFailureMessage'] = BAD
            self._sim.replace(wire(self._records))

    def _make_even(self):
        self._heal()
        self._change()


def table(rows):
    columns = [(place, when) for when in ('at start', 'while mounted')
               for place in [*PAGES, CONFIRMATION, POLL]]
    width = max(len(fault.name) for fault in FAULTS) + 1
    lines = [' ' * width + ' '.join(f'{column[part]:13}' for column in columns)
             for part in (1, 0)]
    counts = collections.Counter()
    for fault in FAULTS:
        cells = [rows[fault.name][column] for column in columns]
        cells = [cell if cell in SETTLED else 'WRONG' for cell in cells]
        counts.update(cells)
        lines.append(f'{fault.name:{width}}' + ' '.join(f'{cell:13}' for cell in cells))
    lines += [f'{count:4} {cell:{len(NO_TIME)}}  {SETTLED.get(cell, "see below")}'
              for cell, count in counts.most_common()]
    return '\n'.join(line.rstrip() for line in lines)


def test_every_fault_at_every_place(place, say):
    rows = {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
        for number, fault in enumerate(FAULTS):
            row = Row(place / f'{number}', fault)
            rows[fault.name] = workers.submit(row.run)
    rows = {name: row.result() for name, row in rows.items()}
    say(table(rows))
    wrong = [f'{name}, {where}, {when}: {found}'
             for name, cells in rows.items() for (where, when), found in cells.items()
             if found not in SETTLED]
    assert not wrong, '\n'.join(wrong)
