"""When the service is asked, and for what."""

import datetime
import signal
import time

import pytest

from contract import document, record
from live import Live, marked
from watch import Watch, until

# Intervals are a tenth shorter or longer by chance; what a busy machine adds.
JITTER = 0.1
SLACK_S = 1
# So often is something done until it is done in time, which a busy machine may prevent.
TRIES = 10


@pytest.fixture
def start(serve, mount):
    def start_one(*options, **data):
        sim = serve(**data)
        begun = time.time()
        it = Live(sim, mount(sim, *options))
        it.begun = begun
        return it

    return start_one


def assert_gaps(it, log, least, most):
    assert len(log) > 1
    gaps = [after['time'] - before['time'] for before, after in zip(log, log[1:])]
    # A busy machine brings a request late, so that the next one may seem to come early;
    # but none comes before its time, counted from the start of all.
    for number, request in enumerate(log):
        assert request['time'] - it.begun >= number * least, gaps
    assert min(gaps) <= most + SLACK_S, gaps


def time_of(text):
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%S%z').timestamp()


def is_poll(request):
    return bool(request.get('filters'))


def values(request, name):
    [filters] = [f['Values'] for f in request['filters'] if f['Name'] == name]
    return filters


def test_listings_come_at_their_interval(start):
    it = start('--refresh', '1', listing=marked(record('inst', 'a')))
    log = it.sim.wait_for_requests(4)
    assert_gaps(it, log, 1 - JITTER, 1 + JITTER)
    assert not any(map(is_poll, log))


def test_a_change_comes_without_asking_for_it(start):
    it = start('--refresh', '1', listing=marked(record('inst', 'a')))
    with Watch(it.root) as watch:
        it.sim.set('a', Status='failed')
        watch.until('MODIFY inst/a')
    assert it.read('inst/a') == document(record('inst', 'a', 'failed'))


def test_a_long_listing_is_stretched_to_half_a_second_a_page(start):
    # One page more, and a slow machine would list instance by instance.
    it = start('--refresh', '1', '--max-records', '20', connections=80,
               testing_percent=0)
    log = it.sim.wait_for_requests(9)
    firsts = [request for request in log if not request.get('marker')]
    # What is owed for the requests is never cut.
    assert_gaps(it, firsts, 2, 2 * (1 + JITTER))


def test_a_refresh_that_is_asked_for_comes_at_once(start):
    it = start('--refresh', '3600', listing=marked(record('inst', 'a')))

    def comes_at_once(number):
        begun = time.time()
        it.refresh()
        return it.sim.wait_for_requests(number)[-1]['time'] - begun < 0.5

    assert any(comes_at_once(2 + number) for number in range(TRIES))


@pytest.mark.parametrize('by', ['touch', 'signal'])
def test_who_asks_without_an_end_is_held_to_the_pace(start, by):
    it = start('--refresh', '3600', listing=marked(record('inst', 'a')))
    begun = time.time()
    while time.time() < begun + 5:
        if by == 'touch':
            it.path('.dmsfs/refresh').touch()
        else:
            it.refresh()
        time.sleep(0.01)
    times = [request['time'] - begun for request in it.sim.log()]
    # 20 seconds are lent ahead: 40 requests, and 2 a second.
    for number, after in enumerate(times):
        assert number <= 42 + 2 * after
    assert it.status()['State'] == 'fresh'


def test_filters_that_are_refused_cost_no_state_and_no_change(start):
    it = start('--refresh', '3600', '--refresh-active', '1',
               listing=marked(record('inst', 'a', 'testing'), record('inst', 'b'),
                              record('inst', 'c')))
    it.sim.fault(kind='error', status=400, type='InvalidParameterValueException',
                 message='no filters', filters=True, count=-1)
    with Watch(it.root) as watch:
        it.sim.remove('b')
        it.sim.set('c', Status='failed')
        watch.until('MODIFY inst/c')
        events = watch.until('DELETE inst/b')
    assert not [event for event in events if event.endswith('.dmsfs/status')]
    assert it.status()['State'] == 'fresh'
    assert sum(map(is_poll, it.sim.log())) < 5


def test_the_status_tells_when_the_next_listing_is_due(start):
    it = start('--refresh', '3600', listing=marked(record('inst', 'a')))
    for _ in range(2):
        status = it.status()
        ahead = time_of(status['NextRefresh']) - time_of(status['LastRefresh'])
        assert 3600 * (1 - JITTER) - 2 <= ahead <= 3600 * (1 + JITTER) + 2
        assert abs(time_of(status['LastRefresh']) - time.time()) < 60
        it.settle()


def ends_within_a_second(it):
    begun = time.monotonic()
    it.mount.signal(signal.SIGTERM)
    it.mount.check_end()
    return time.monotonic() - begun < 1


def test_it_ends_within_a_second_amid_a_request(start):
    def begin():
        it = start('--read-timeout', '30', listing=marked(record('inst', 'a')))
        it.sim.fault(kind='hang', count=-1)
        it.refresh()
        it.sim.wait_for_requests(2)
        return it

    assert any(ends_within_a_second(begin()) for _ in range(TRIES))


def test_it_ends_within_a_second_while_it_waits_to_try_again(start):
    def begin():
        it = start(listing=marked(record('inst', 'a')))
        it.sim.fault(kind='error', status=503, type='ServiceUnavailable', count=-1)
        it.refresh()
        it.sim.wait_for_requests(2)
        return it

    assert any(ends_within_a_second(begin()) for _ in range(TRIES))


# While something is being tested

ACTIVE = ('--refresh', '3600', '--refresh-active', '1')


def test_what_is_tested_is_asked_for_alone(start):
    records = marked(record('inst', 'a', 'testing'), record('inst', 'b'),
                     record('other', 'c', 'deleting'))
    it = start(*ACTIVE, listing=records)
    log = it.sim.wait_for_requests(4)
    assert not is_poll(log[0])
    polls = log[1:]
    assert_gaps(it, log, 1 - JITTER, 1 + JITTER)
    for poll in polls:
        assert sorted(values(poll, 'endpoint-arn')) == [
            records[0]['EndpointArn'], records[2]['EndpointArn']]
        assert sorted(values(poll, 'replication-instance-arn')) == [
            records[0]['ReplicationInstanceArn'], records[2]['ReplicationInstanceArn']]


def test_nothing_is_asked_for_once_the_test_has_ended(start):
    it = start(*ACTIVE, listing=marked(record('inst', 'a', 'testing'),
                                       record('inst', 'b')))
    with Watch(it.root) as watch:
        it.sim.set('a', Status='failed', LastFailureMessage='no route')
        it.sim.set('b', Status='deleting')
        watch.until('CLOSE_WRITE .dmsfs/changes')
        # Only what was active was asked for, and what it saw is merged.
        assert it.read('inst/a') == document(record('inst', 'a', 'failed', 'no route'))
        assert it.read('inst/b') == document(record('inst', 'b'))
    until(lambda: time_of(it.status()['NextRefresh']) > time.time() + 3000)


def test_what_is_deleted_goes_by_polls_alone(start):
    it = start(*ACTIVE, listing=marked(record('inst', 'a', 'deleting'),
                                       record('inst', 'b')))
    with Watch(it.root) as watch:
        it.sim.remove('a')
        assert 'DELETE inst/a' in watch.until('CLOSE_WRITE .dmsfs/changes')
    assert it.path('inst/b').exists()
    assert all(map(is_poll, it.sim.log()[1:]))


def test_the_status_of_the_mount_counts_what_a_poll_found(start):
    it = start(*ACTIVE, listing=marked(record('inst', 'a', 'testing')))
    assert (it.status()['Testing'], it.status()['Failed']) == ('1', '0')
    with Watch(it.root) as watch:
        it.sim.set('a', Status='failed')
        watch.until('CLOSE_WRITE .dmsfs/changes')
    until(lambda: (it.status()['Testing'], it.status()['Failed']) == ('0', '1'))


@pytest.mark.parametrize('is_failure', [False, True], ids=['successful', 'failed'])
def test_a_test_that_boto3_starts_is_followed_to_its_end(start, is_failure):
    boto3 = pytest.importorskip('boto3')
    one = record('inst', 'a')
    it = start(*ACTIVE, listing=marked(one), test_seconds=1)
    if is_failure:
        it.sim.fail_tests('a', message='no route to host')
    dms = boto3.client('dms', region_name=it.sim.region, endpoint_url=it.sim.url,
                       aws_access_key_id=it.sim.access_key,
                       aws_secret_access_key=it.sim.secret_key)
    end = 'failed' if is_failure else 'successful'
    with Watch(it.root) as watch:
        dms.test_connection(ReplicationInstanceArn=one['ReplicationInstanceArn'],
                            EndpointArn=one['EndpointArn'])
        it.refresh()
        assert watch.until('CREATE .dmsfs/by-status/testing/inst:a') == [
            'MODIFY inst/a', 'CLOSE_WRITE inst/a',
            'DELETE .dmsfs/by-status/successful/inst:a',
            'CREATE .dmsfs/by-status/testing/inst:a']
        assert b'Status: testing\n' in it.read('inst/a')
        # The last event of one refresh.
        watch.until('CLOSE_WRITE .dmsfs/connections.json')
        assert watch.until(f'CREATE .dmsfs/by-status/{end}/inst:a') == [
            'MODIFY inst/a', 'CLOSE_WRITE inst/a',
            'DELETE .dmsfs/by-status/testing/inst:a',
            f'CREATE .dmsfs/by-status/{end}/inst:a']
        content = it.read('inst/a')
    assert f'Status: {end}\n'.encode() in content
    assert (b'no route to host' in content) == is_failure
