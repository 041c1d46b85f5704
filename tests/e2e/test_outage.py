"""Outages, and listings in which records slip between pages: the tree stays true."""

import subprocess
import time

import pytest

from contract import document, record
from live import END, Live, marked
from watch import Watch, until

CONNECTIONS = 2000
QUICK = ('--read-timeout', '5', '--connect-timeout', '5', '--refresh', '1')


@pytest.fixture
def start(serve, mount):
    def start_one(*options, **data):
        sim = serve(**data)
        return Live(sim, mount(sim, *options, environment={'AWS_MAX_ATTEMPTS': '1'}))

    return start_one


def time_of_listing(it):
    """The best of some, in seconds: what it takes, not what else the machine does."""
    times = []
    for _ in range(7):
        begun = time.monotonic()
        subprocess.run(['ls', '-lR', it.root], stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - begun)
    return min(times)


def await_fast_listing(it, fast):
    """One that waits for nothing; on a busy machine it may not be the first."""
    until(lambda: time_of_listing(it) < 2 * fast + 0.005, what='a listing in no time')


def fail_by(it, **fault):
    it.sim.clear_faults()
    it.sim.fault(count=-1, **fault)
    it.refresh()
    return lambda: it.status().get('LastError', '')


def test_an_outage_of_every_kind_is_survived(start):
    it = start(*QUICK, connections=CONNECTIONS, failed_percent=0, testing_percent=0)
    records = it.sim.listing()
    fast = time_of_listing(it)

    def check():
        assert it.status()['State'] == 'stale'
        assert it.status()['Connections'] == str(CONNECTIONS)
        await_fast_listing(it, fast)

    with Watch(it.root) as watch:
        count = len(it.sim.log())
        error = fail_by(it, kind='hang')
        it.sim.wait_for_requests(count + 1)
        await_fast_listing(it, fast)
        watch.until('CLOSE_WRITE .dmsfs/status')
        of_hang = error()
        assert of_hang
        assert 'LastErrorRequestId' not in it.status()
        check()

        it.sim.edit({'range': [0, 500], 'set': {'Status': 'failed'}})

        error = fail_by(it, kind='error', status=500, type='InternalFailure',
                        message='We are broken')
        until(lambda: 'InternalFailure' in error())
        assert 'We are broken' in error()
        assert it.status()['LastErrorRequestId'] not in error()
        assert it.status()['LastErrorTime']
        check()

        error = fail_by(it, kind='close')
        until(lambda: error() not in (of_hang, '') and 'InternalFailure' not in error())
        assert 'LastErrorRequestId' not in it.status()
        check()

        it.sim.clear_faults()
        it.refresh()
        events = watch.until(END)
    until(lambda: it.status()['State'] == 'fresh')
    assert 'LastError' not in it.status()
    assert 'LastErrorTime' not in it.status()
    for one in records[:500]:
        path = (f'{one["ReplicationInstanceIdentifier"]}/'
                f'{one["EndpointIdentifier"]}')
        assert f'MODIFY {path}' in events
        assert it.read(path) == document({**one, 'Status': 'failed'})
    assert len([e for e in events if e.startswith('MODIFY ')
                and '.dmsfs' not in e]) == 500
    await_fast_listing(it, fast)


def test_a_service_that_went_away_is_found_again(start, serve):
    it = start(*QUICK, listing=marked(record('inst', 'a')))
    port = it.sim.url.rpartition(':')[2]
    with Watch(it.path('.dmsfs/status'), recursive=False, root=it.root) as watch:
        it.sim.kill()
        it.refresh()
        watch.until('MODIFY .dmsfs/status')
        until(lambda: it.status()['State'] == 'stale')
        with Watch(it.root) as later:
            it.sim = serve(port=port, listing=marked(record('inst', 'a', 'failed')))
            later.until(END)
        watch.until('MODIFY .dmsfs/status')
    until(lambda: it.status()['State'] == 'fresh')
    assert it.read('inst/a') == document(record('inst', 'a', 'failed'))


def test_a_listing_that_fails_on_a_later_page_changes_nothing(start):
    it = start('--max-records', '20', connections=50, testing_percent=0)
    records = it.sim.listing()
    it.sim.fault(kind='error', type='AccessDeniedException', message='Not you', page=3)
    with Watch(it.root) as watch:
        it.sim.edit({'set': {'LastFailureMessage': 'new'}})
        it.refresh()
        assert watch.until('CLOSE_WRITE .dmsfs/status') == [
            'MODIFY .dmsfs/status', 'CLOSE_WRITE .dmsfs/status']
        assert it.status()['LastError'].count('AccessDeniedException') == 1
        for one in records:
            assert it.read(f'{one["ReplicationInstanceIdentifier"]}/'
                           f'{one["EndpointIdentifier"]}') == document(one)


# Between pages


def filtered(it, since):
    """The requests with filters since then, as {name: values}."""
    return [{f['Name']: f['Values'] for f in request['filters']}
            for request in it.sim.log()[since:] if request.get('filters')]


def slip(it, edit):
    """Makes the edit when the first page of the next listing has been made and the
    second has not."""
    requests = len(it.sim.log())
    it.sim.fault(kind='hold', page=1, filters=False)
    it.refresh()
    it.sim.wait_for_requests(requests + 1)
    edit()
    it.sim.clear_faults()
    return requests


def arn(one):
    return one['EndpointArn']


@pytest.fixture
def paged(start):
    """Three pages, and mark/er first of all."""
    records = [record('mark', 'er'), *[record('inst', f'e{i:02}') for i in range(49)]]
    return start('--max-records', '20', listing=records), records


def test_a_record_that_slips_between_pages_raises_no_event(paged):
    it, records = paged
    victim = records[25]

    def move_to_front():
        it.sim.edit({'where': {'EndpointArn': arn(victim)}, 'remove': True},
                    {'add': [victim], 'at': 1})

    with Watch(it.root) as watch:
        since = slip(it, move_to_front)
        it.sim.wait_for(lambda log: len(log) >= since + 4 and log[since + 3]['answered'])
        it.mark()
        assert watch.until('MODIFY mark/er') == ['MODIFY mark/er']
    asked = filtered(it, since)
    assert len(asked) == 1
    assert asked[0]['endpoint-arn'] == [arn(victim)]


def test_a_record_that_comes_twice_raises_no_event(paged):
    it, records = paged

    def push_back():
        it.sim.edit({'where': {'EndpointArn': arn(records[40])}, 'remove': True},
                    {'add': [records[40]], 'at': 1})

    # e19 is on the first page, and then the first of the second.
    with Watch(it.root) as watch:
        slip(it, push_back)
        it.mark()
        it.mark()
        assert watch.until('MODIFY mark/er') == ['MODIFY mark/er']


def test_what_is_missing_is_asked_for_once_before_it_goes(paged):
    it, records = paged
    since = len(it.sim.log())
    with Watch(it.root) as watch:
        it.sim.remove('e10')
        it.refresh()
        watch.until('DELETE inst/e10')
    assert len(filtered(it, since)) == 1


def test_a_service_that_calls_what_is_gone_an_error_is_believed(start):
    it = start('--max-records', '20', listing=marked(record('inst', 'a')),
               not_found_fault=True)
    with Watch(it.root) as watch:
        it.sim.remove('a')
        it.refresh()
        watch.until('DELETE inst/a')
    assert it.status()['State'] == 'fresh'


def test_many_that_are_missing_are_asked_for_together(start):
    records = [record('mark', 'er'), *[record('inst', f'e{i:03}') for i in range(300)]]
    it = start('--max-records', '100', listing=records)
    since = len(it.sim.log())
    with Watch(it.root) as watch:
        it.sim.edit({'range': [101, 301], 'remove': True})
        it.refresh()
        events = watch.until(END)
    assert len([e for e in events if e.startswith('DELETE inst/')]) == 200
    asked = filtered(it, since)
    assert 1 <= len(asked) <= 20
    assert {one for filters in asked for one in filters['endpoint-arn']} == {
        arn(one) for one in records[101:301]}


def test_what_cannot_be_confirmed_stays(paged):
    it, _ = paged
    with Watch(it.root) as watch:
        it.sim.fault(kind='error', type='ExpiredTokenException', message='Too old',
                     filters=True)
        it.sim.remove('e10')
        it.refresh()
        assert watch.until('CLOSE_WRITE .dmsfs/status') == [
            'MODIFY .dmsfs/status', 'CLOSE_WRITE .dmsfs/status']
        assert it.path('inst/e10').exists()
        it.refresh()
        watch.until('DELETE inst/e10')
