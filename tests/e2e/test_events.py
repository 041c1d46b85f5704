"""Each row of the event table, with inotifywait -mr as the witness: the exact list of
what it tells, from the change to the next listing."""

import collections
import signal

import pytest

from contract import document, record
from live import Live, marked
from mount import REQUEST
from watch import Watch, until

TOLD = ['MODIFY .dmsfs/changes', 'CLOSE_WRITE .dmsfs/changes']


def edited(path):
    return [f'MODIFY {path}', f'CLOSE_WRITE {path}']


def added(path):
    return [f'CREATE {path}', *edited(path)]


def link(status, name):
    return f'.dmsfs/by-status/{status}/{name}'


@pytest.fixture
def live(serve, mount):
    """Mounts a listing, which gets mark/er beside: live(RECORD..., options=())."""

    def start(*records, options=()):
        sim = serve(listing=marked(*records))
        return Live(sim, mount(sim, *options))

    return start


def test_a_changed_status_is_an_edit_and_moves_the_link(live):
    it = live(record('inst', 'a'), record('inst', 'b'))
    events = it.observe(lambda: it.sim.set('a', Status='failed',
                                           LastFailureMessage='no route'))
    assert events == [*edited('inst/a'),
                      f'DELETE {link("successful", "inst:a")}',
                      f'CREATE {link("failed", "inst:a")}', *TOLD]
    assert it.read('inst/a') == document(
        record('inst', 'a', 'failed', 'no route'))
    assert it.path(link('failed', 'inst:a')).read_bytes() == it.read('inst/a')
    assert not it.path(link('successful', 'inst:a')).is_symlink()


@pytest.mark.parametrize('text', ['as long', 'longer than before' * 1000, 'short', None],
                         ids=['same length', 'longer', 'shorter', 'none'])
def test_a_changed_text_is_an_edit(live, text):
    it = live(record('inst', 'a', 'failed', '1234567'), record('inst', 'b'))
    it.read('inst/a')
    events = it.observe(lambda: it.sim.set('a', LastFailureMessage=text))
    assert events == [*edited('inst/a'), *TOLD]
    assert it.read('inst/a') == document(record('inst', 'a', 'failed', text))


def test_a_changed_file_has_moved_on_in_mtime(live):
    it = live(record('inst', 'a'))
    before = it.path('inst/a').stat()
    it.observe(lambda: it.sim.set('a', Status='failed'))
    after = it.path('inst/a').stat()
    assert after.st_mtime_ns > before.st_mtime_ns
    assert after.st_ino == before.st_ino
    assert after.st_size == len(it.read('inst/a'))


def test_an_added_connection_is_a_new_file(live):
    it = live(record('inst', 'a'))
    events = it.observe(lambda: it.sim.add(record('inst', 'b', 'testing')))
    assert events == [*added('inst/b'), f'CREATE {link("testing", "inst:b")}', *TOLD]
    assert it.read('inst/b') == document(record('inst', 'b', 'testing'))


def test_a_name_that_was_looked_for_in_vain_appears(live):
    it = live(record('inst', 'a'))
    assert not it.path('inst/b').exists()
    assert not it.path('other').exists()
    it.observe(lambda: it.sim.add(record('inst', 'b'), record('other', 'c')))
    assert it.path('inst/b').exists()
    assert sorted(p.name for p in it.path('other').iterdir()) == ['c']


def test_a_removed_connection_is_a_file_that_went(live):
    it = live(record('inst', 'a'), record('inst', 'b'))
    events = it.observe(lambda: it.sim.remove('b'))
    assert events == [f'DELETE {link("successful", "inst:b")}', 'DELETE inst/b', *TOLD]
    assert not it.path('inst/b').exists()


def test_a_watch_of_the_file_itself_hears_of_edits_and_of_its_end(live):
    it = live(record('inst', 'a'), record('inst', 'b'))
    with Watch(it.path('inst/b'), recursive=False, root=it.root) as watch:
        it.observe(lambda: it.sim.set('b', Status='failed'))
        it.observe(lambda: it.sim.remove('b'))
        events = watch.until('DELETE_SELF inst/b')
    # ATTRIB is how Linux tells of a link count that sank.
    assert events == [*edited('inst/b'), 'ATTRIB inst/b', 'DELETE_SELF inst/b']


def inside_and_outside(events, directory):
    """Apart: inotifywait begins to watch a new directory after its CREATE, and what
    is in it by then it does not tell."""
    inside = [e for e in events if e.partition(' ')[2].startswith(directory + '/')]
    return inside, [e for e in events if e not in inside]


def assert_is_tail(events, whole):
    assert events == whole[len(whole) - len(events):]


def test_an_added_instance_is_a_directory_and_then_its_connections(live):
    it = live(record('inst', 'a'))
    new = [record('new', 'x'), record('new', 'y', 'failed')]
    with Watch(it.root) as watch:
        events = it.events_of(lambda: it.sim.add(*new), watch)
        inside, outside = inside_and_outside(events, 'new')
        assert outside == ['CREATE,ISDIR new', f'CREATE {link("successful", "new:x")}',
                           f'CREATE {link("failed", "new:y")}', *TOLD]
        assert_is_tail(inside, [*added('new/x'), *added('new/y')])
        assert {p.name: p.read_bytes() for p in it.path('new').iterdir()} == {
            one['EndpointIdentifier']: document(one) for one in new}
        # From here on it is watched as all others are.
        events = it.events_of(lambda: it.sim.set('x', LastFailureMessage='m'), watch)
        assert events == [*edited('new/x'), *TOLD]


def test_a_removed_instance_is_its_connections_and_then_the_directory(live):
    it = live(record('inst', 'a'), record('old', 'x'), record('old', 'y', 'failed'))

    def remove():
        it.sim.edit({'where': {'ReplicationInstanceIdentifier': 'old'}, 'remove': True})

    events = it.observe(remove)
    assert events[:4] == [f'DELETE {link("successful", "old:x")}', 'DELETE old/x',
                          f'DELETE {link("failed", "old:y")}', 'DELETE old/y']
    assert sorted(events[4:6]) == ['DELETE,ISDIR old', 'DELETE_SELF old/']
    assert events[6:] == TOLD
    assert not it.path('old').exists()


def test_an_instance_that_went_can_come_again(live):
    it = live(record('inst', 'a'), record('old', 'x'))
    number = it.path('old').stat().st_ino
    it.observe(lambda: it.sim.remove('x'))
    it.observe(lambda: it.sim.add(record('old', 'x', 'failed')))
    assert it.read('old/x') == document(record('old', 'x', 'failed'))
    assert it.path('old').stat().st_ino != number


def test_connections_that_swap_names_are_edits(live):
    first, second = record('inst', 'a'), record('inst', 'b', 'failed', 'no')
    it = live(first, second)

    def swap():
        it.sim.edit(
            {'where': {'EndpointArn': first['EndpointArn']},
             'set': {'EndpointIdentifier': 'b'}},
            {'where': {'EndpointArn': second['EndpointArn']},
             'set': {'EndpointIdentifier': 'a'}})

    events = it.observe(swap)
    assert [e for e in events if '.dmsfs' not in e] == [
        *edited('inst/a'), *edited('inst/b')]
    assert sorted(e for e in events if 'by-status' in e) == sorted([
        f'DELETE {link("successful", "inst:a")}', f'CREATE {link("failed", "inst:a")}',
        f'DELETE {link("failed", "inst:b")}', f'CREATE {link("successful", "inst:b")}'])
    assert events[-2:] == TOLD
    assert it.read('inst/a') == document({**second, 'EndpointIdentifier': 'a'})
    assert it.read('inst/b') == document({**first, 'EndpointIdentifier': 'b'})


def test_a_new_status_gets_a_directory_that_goes_with_its_last_connection(live):
    it = live(record('inst', 'a'))
    new = '.dmsfs/by-status/modifying'
    events = it.observe(lambda: it.sim.set('a', Status='modifying'))
    inside, outside = inside_and_outside(events, new)
    assert outside == [f'CREATE,ISDIR {new}', *edited('inst/a'),
                       f'DELETE {link("successful", "inst:a")}', *TOLD]
    assert_is_tail(inside, [f'CREATE {new}/inst:a'])
    assert it.path(f'{new}/inst:a').read_bytes() == it.read('inst/a')

    events = it.observe(lambda: it.sim.set('a', Status='successful'))
    went = [e for e in events if e in (f'DELETE,ISDIR {new}', f'DELETE_SELF {new}/')]
    assert len(went) == 2
    assert [e for e in events if e not in went] == [
        *edited('inst/a'), f'DELETE {new}/inst:a',
        f'CREATE {link("successful", "inst:a")}', *TOLD]
    assert not it.path(new).exists()


def test_a_status_directory_tells_of_each_new_failure(live):
    it = live(record('inst', 'a'), record('inst', 'b', 'failed'))
    with Watch(it.path('.dmsfs/by-status/failed'), recursive=False,
               events=('create',)) as watch:
        it.observe(lambda: it.sim.set('b', LastFailureMessage='other'))
        it.observe(lambda: it.sim.set('a', Status='failed'))
        assert watch.until('CREATE inst:a') == ['CREATE inst:a']


def test_many_changes_of_one_listing_all_tell(live):
    it = live(*[record('inst', f'e{i}') for i in range(5)])

    def change():
        it.sim.edit({'where': {'EndpointIdentifier': 'e1'}, 'remove': True},
                    {'where': {'EndpointIdentifier': 'e3'},
                     'set': {'LastFailureMessage': 'm'}},
                    {'add': [record('inst', 'e2a')]})

    assert it.observe(change) == [
        f'DELETE {link("successful", "inst:e1")}', 'DELETE inst/e1',
        *added('inst/e2a'), f'CREATE {link("successful", "inst:e2a")}',
        *edited('inst/e3'), *TOLD]


def requests_of_a_mark(it, refreshes):
    """What the kernel asks the daemon for one change, by opcode, and for so many
    listings without one before it."""
    with Watch(it.root) as watch:
        # The watcher has looked at the views, and the next listing drops their texts.
        it.mark()
        watch.until('CLOSE_WRITE .dmsfs/connections.json')
        it.wait_until_idle()
        begun = it.mount.mark()
        for _ in range(refreshes):
            it.refresh_and_wait()
        it.mark()
        watch.until('CLOSE_WRITE .dmsfs/connections.json')
        it.wait_until_idle()
        text = it.mount.stderr().encode()[begun:].decode()
    # The kernel reads ahead what has changed, when it comes to it.
    return collections.Counter(opcode for opcode, _ in REQUEST.findall(text)
                               if opcode != 'READ')


@pytest.mark.whole_mount
def test_a_listing_without_a_change_raises_nothing_and_asks_nothing(live):
    it = live(record('inst', 'a'), record('inst', 'b', 'failed', 'no'),
              options=['-d'])
    it.settle()

    requests_of_a_mark(it, 0)
    alone = requests_of_a_mark(it, 0)
    assert alone
    assert requests_of_a_mark(it, 10) == alone

    with Watch(it.root) as watch:
        for _ in range(10):
            it.refresh_and_wait()
        it.mark()
        assert watch.until('MODIFY mark/er') == ['MODIFY mark/er']


def test_a_refresh_moves_the_times_of_the_status_in_silence(live):
    it = live(record('inst', 'a'))
    before = it.status()['LastRefresh']

    def has_moved():
        it.refresh_and_wait()
        return it.status()['LastRefresh'] != before

    with Watch(it.root) as watch:
        until(has_moved)
        it.mark()
        assert watch.until('MODIFY mark/er') == ['MODIFY mark/er']
        assert watch.until('CLOSE_WRITE .dmsfs/changes') == [
            'CLOSE_WRITE mark/er', *TOLD]


def test_the_status_tells_of_its_state_and_of_another_error_alone(live):
    it = live(record('inst', 'a'), options=['--connect-timeout', '1'])
    status = '.dmsfs/status'

    def fail(message, kind='AccessDeniedException'):
        it.sim.clear_faults()
        it.sim.fault(kind='error', type=kind, message=message, count=-1)

    def recover():
        it.sim.clear_faults()

    with Watch(it.root) as watch:
        fail('first')
        it.refresh_and_wait()
        watch.until(f'CLOSE_WRITE {status}')
        assert it.status()['State'] == 'stale'
        assert 'first' in it.status()['LastError']
        first_id = it.status()['LastErrorRequestId']
        for number in range(3):
            # A text may hold a time: the same error is no news.
            fail(f'first, at {number}')
            it.refresh_and_wait()
        fail('second', 'UnrecognizedClientException')
        it.refresh_and_wait()
        assert watch.until(f'CLOSE_WRITE {status}') == edited(status)
        assert 'second' in it.status()['LastError']
        assert it.status()['LastErrorRequestId'] != first_id
        recover()
        it.refresh_and_wait()
        assert watch.until(f'CLOSE_WRITE {status}') == edited(status)
        assert it.status()['State'] == 'fresh'
        assert 'LastError' not in it.status()
        it.mark()
        assert watch.until('MODIFY mark/er') == ['MODIFY mark/er']


def test_every_change_has_its_line(live):
    it = live(record('inst', 'a'), record('inst', 'b', 'failed', 'no'))
    assert it.changes() == []
    it.observe(lambda: it.sim.set('a', Status='failed', LastFailureMessage='x\ty\nz'))
    it.observe(lambda: it.sim.remove('b'))
    it.observe(lambda: it.sim.add(record('new', 'c', 'testing')))
    lines = [line for line in it.changes() if not line.startswith('mark/er')]
    assert lines == ['inst/a\tsuccessful\tfailed\tx\\ty\\nz', 'inst/b\tfailed\t-\t-',
                     'new/c\t-\ttesting\t-']


def test_sigusr1_and_the_refresh_file_list_at_once(live):
    it = live(record('inst', 'a'))
    it.mount.signal(signal.SIGUSR1)
    it.sim.wait_for_requests(2)
    it.path('.dmsfs/refresh').write_text('now')
    it.sim.wait_for_requests(3)
    it.path('.dmsfs/refresh').touch()
    it.sim.wait_for_requests(4)
