"""--state DIR: what a mount remembers over its end, however it ends, and whatever is
wrong with the directory."""

import collections
import contextlib
import os
import pathlib
import random
import re
import select
import signal
import subprocess

import pytest

from browse import read_tree
from conftest import IS_AMONG
from contract import record, wire
from live import Live, editors_of, marked
from metrics import series_of
from mount import MountError, unmount
from shims import needs_shims, preload
from showing import files_of, shows
from sources import TESTED, word
from watch import until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
KILLS = 500 if IS_LONG else 20
CHANGED_A_KILL = 3
LARGEST = 6000
LISTINGS_AN_HOUR = 60
SEED = 14
WARNINGS = 'warning: |the state is kept'
GAP = re.compile(r'\.\t-\t-\tnot watched since (\S+Z)( or later)?')

needs_root = pytest.mark.skipif(os.getuid() != 0, reason='needs root')


class Memory:
    """One mount after the other of one service with one DIR."""

    def __init__(self, sim, place, mount):
        self.sim = sim
        self.place = place
        self.directory = place / 'state'
        if IS_AMONG:
            self.directory.mkdir(mode=0o700)
            self.directory /= word(TESTED, sim)
        self.file = self.directory / 'state'
        self.it = None
        self._mount = mount

    def start(self, *options, environment=()):
        given = self.directory.parent if IS_AMONG else self.directory
        self.it = Live(self.sim, self._mount(
            self.sim, '--state', given, *options, warnings=WARNINGS,
            environment={'AWS_MAX_ATTEMPTS': '1', **dict(environment)}))
        return self.it

    def stop(self):
        self.it.mount.stop()

    def kill(self):
        self.it.mount.kill()

    def wait_until_saved(self):
        """Until all lines that the mount shows are in the file."""
        until(lambda: self.it.read('.dmsfs/changes') and
              self.it.read('.dmsfs/changes') in self.file.read_bytes(), what='a save')

    def wait_for_file(self):
        until(self.file.exists, what='the first save')

    def traces(self):
        """That change with each write, be it of the same bytes."""
        found = {}
        for path in (self.directory, *self.directory.iterdir()):
            it = path.stat()
            found[path.name] = (it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns)
        return found

    def written(self):
        """Bytes that the daemon has had to be written to a disk; none on tmpfs."""
        text = pathlib.Path(f'/proc/{self.it.mount.pid}/io').read_text()
        return int(re.search(r'^write_bytes: (\d+)', text, re.M)[1])

    def asides(self):
        return sorted(self.directory.glob('state.2*'))

    def warned(self):
        return [line for line in self.it.mount.lines() if 'warning: ' in line]

    def times(self, *names):
        return [os.lstat(self.it.path(name)).st_mtime_ns for name in names]


@pytest.fixture
def remember(place, mount):
    own = []

    def begin(sim):
        own.append(Memory(sim, place, mount))
        return own[-1]

    yield begin
    for memory in own:
        if memory.it and memory.it.mount.pid is not None:
            try:
                memory.stop()
            except MountError:
                memory.kill()
                raise
    # The editor of a daemon that was killed ends by itself, when it gets to run.
    until(lambda: not editors_of(os.getpid()), what='the end of the editors')


def split(changes):
    """The gap lines and the others."""
    gaps = [line for line in changes if GAP.fullmatch(line)]
    return gaps, [line for line in changes if line not in gaps]


def counted_changes(it):
    """What dmsfs_changes_total has seen, by the old and new status."""
    text = it.read('.dmsfs/metrics.prom').decode()
    return {(one.labels['old'], one.labels['new']): one.value for one in series_of(text)
            if one.name == 'dmsfs_changes_total' and one.value > 0}


def count_lines(lines):
    return collections.Counter(tuple(line.split('\t')[1:3]) for line in lines)


# Restarts


def test_restarts_with_the_line_of_the_gap_alone_where_nothing_differs(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a', 'failed', 'why'))))
    names = ['inst/a', 'mark/er', '.dmsfs/by-status/failed/inst:a']
    it = memory.start()
    times = memory.times(*names)
    assert it.changes() == []
    memory.wait_for_file()
    memory.stop()
    assert memory.directory.stat().st_mode & 0o7777 == 0o700
    assert memory.file.stat().st_mode & 0o7777 == 0o600
    it = memory.start()
    assert memory.times(*names) == times
    [gap] = it.changes()
    assert GAP.fullmatch(gap) and not gap.endswith(' or later')
    memory.wait_until_saved()
    memory.stop()
    it = memory.start()
    assert len(split(it.changes())[0]) == 2
    assert os.listdir(memory.directory) == ['state']


def test_shows_what_happened_meanwhile_and_since_when_all_else_is_so(serve, remember):
    memory = remember(serve(listing=marked(
        record('inst', 'a', 'failed', 'old'), record('inst', 'b'), record('inst', 'c'))))
    it = memory.start()
    it.observe(lambda: memory.sim.set('b', Status='failed', LastFailureMessage='why'))
    lines = it.changes()
    link, others = '.dmsfs/by-status/failed/inst:a', [
        'inst/b', '.dmsfs/by-status/failed/inst:b']
    [since], kept = memory.times(link), memory.times(*others)
    last_change = it.status()['LastChange']
    [seen] = memory.times('inst/a')
    memory.wait_until_saved()
    memory.stop()
    memory.sim.set('a', LastFailureMessage='new')
    memory.sim.remove('c')
    memory.sim.add(record('another', 'd'))
    it = memory.start()
    gaps, rest = split(it.changes())
    assert it.changes()[len(lines)] == gaps[0]
    assert rest == [*lines, 'another/d\t-\tsuccessful\t-', 'inst/a\tfailed\tfailed\tnew',
                    'inst/c\tsuccessful\t-\t-']
    assert memory.times(link) == [since]
    assert memory.times(*others) == kept
    assert memory.times('inst/a')[0] > seen
    assert it.status()['LastChange'] >= last_change
    # As before, from now on.
    memory.sim.set('a', Status='successful')
    it.refresh()
    until(lambda: it.changes()[-1] == 'inst/a\tfailed\tsuccessful\tnew')
    # What the mount before has counted is its own, and a gap is no change.
    own = it.changes()[len(lines) + len(gaps):]
    until(lambda: counted_changes(it) == count_lines(own))


@pytest.mark.parametrize('differences', [0, 1, 1000])
def test_restarts_with_the_largest_account(serve, remember, say, differences):
    memory = remember(serve(connections=LARGEST, failed_percent=10, testing_percent=0))
    it = memory.start()
    names = [str(path.relative_to(it.root)) for path in sorted(it.root.glob('[!.]*/*'))]
    assert len(names) == LARGEST
    times = memory.times(*names)
    memory.wait_for_file()
    memory.stop()
    changed = sorted(random.Random(SEED).sample(
        memory.sim.listing(), differences), key=lambda one: (
            one['ReplicationInstanceIdentifier'], one['EndpointIdentifier']))
    memory.sim.edit(*[{'where': {'EndpointArn': one['EndpointArn'],
                                 'ReplicationInstanceArn': one['ReplicationInstanceArn']},
                       'set': {'LastFailureMessage': 'meanwhile'}} for one in changed])
    it = memory.start()
    gaps, lines = split(it.changes())
    assert len(gaps) == 1
    paths = [f'{one["ReplicationInstanceIdentifier"]}/{one["EndpointIdentifier"]}'
             for one in changed]
    assert [line.split('\t')[0] for line in lines] == paths
    now = dict(zip(names, memory.times(*names)))
    assert {name for name, before in zip(names, times)
            if now[name] != before} == set(paths)
    say(f'{differences} differences of {LARGEST}: {memory.file.stat().st_size:,} bytes')


def test_keeps_both_files_of_changes_as_the_mount_does(serve, remember):
    names = [f'e{number:03}' for number in range(300)]
    memory = remember(serve(listing=marked(*(record('inst', name) for name in names))))
    it = memory.start()
    for letter in 'ab':
        it.observe(lambda letter=letter: memory.sim.edit(
            {'where': {'ReplicationInstanceIdentifier': 'inst'},
             'set': {'LastFailureMessage': letter * 2000}}))
    it.wait_until_idle()
    files = {name: it.read(f'.dmsfs/{name}') for name in ('changes', 'changes.1')}
    memory.wait_until_saved()
    memory.stop()
    it = memory.start()
    assert it.read('.dmsfs/changes.1') == files['changes.1']
    assert it.read('.dmsfs/changes').startswith(files['changes'])
    memory.wait_until_saved()
    memory.stop()
    memory.sim.edit({'where': {'ReplicationInstanceIdentifier': 'inst'},
                     'set': {'LastFailureMessage': 'c' * 2000}})
    it = memory.start()
    # The lines of the gap begin another file.
    assert it.read('.dmsfs/changes.1').startswith(files['changes'])
    assert b'\t.\t-\t-\t' in it.read('.dmsfs/changes').splitlines()[0]
    assert it.read('.dmsfs/changes').count(b'ccc\n') == len(names)


def test_writes_nothing_while_nothing_changes(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    it = memory.start()
    memory.wait_for_file()
    until(lambda: it.status()['State'] == 'fresh')
    before = memory.file.stat()
    for _ in range(5):
        it.refresh_and_wait()
    it.observe(lambda: memory.sim.set('a', Status='failed'))
    memory.wait_until_saved()
    after = memory.file.stat()
    assert after.st_mtime_ns > before.st_mtime_ns
    for _ in range(5):
        last = it.status()['LastRefresh']
        until(lambda last=last: it.refresh_and_wait() or
              it.status()['LastRefresh'] > last)
    assert memory.file.stat() == after


@needs_root
@needs_shims
def test_writes_no_byte_in_an_hour_without_a_change(serve, remember, say):
    """An hour of the clock that listings are due by, one a minute."""
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    it = memory.start('--refresh', '60', environment=preload('set_clock',
                                                             CLOCK_SPEED='600'))
    memory.wait_for_file()
    memory.sim.set('a', Status='failed')
    until(lambda: it.changes())
    memory.wait_until_saved()
    before, written = memory.traces(), memory.written()
    listings = len(memory.sim.log())
    memory.sim.wait_for_requests(listings + LISTINGS_AN_HOUR)
    assert memory.traces() == before
    assert memory.written() == written
    say(f'{LISTINGS_AN_HOUR} listings: {memory.written() - written} bytes written')
    memory.sim.set('a', Status='successful')
    until(lambda: len(it.changes()) == 2)
    memory.wait_until_saved()
    assert memory.traces() != before


# Kills


@contextlib.contextmanager
def small_tmpfs(path):
    path.mkdir(mode=0o700)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', path],
                   check=True)
    try:
        yield
    finally:
        subprocess.run(['umount', path], check=True)


def fill(path, is_full):
    filler = path / 'filler'
    filler.unlink(missing_ok=True)
    if is_full:
        with contextlib.suppress(OSError), open(filler, 'wb', buffering=0) as file:
            while True:
                file.write(bytes(4096))


def kill_often(memory, say, prepare):
    moments = random.Random(SEED)
    names = [f'e{number:04}' for number in range(CHANGED_A_KILL * KILLS)]
    memory.sim.replace(wire([record('inst', name) for name in names]))
    memory.start()
    memory.wait_for_file()
    told = collections.Counter()
    for number in range(KILLS):
        prepare(moments)
        changed = names[number::KILLS]
        memory.sim.edit(*[{'where': {'EndpointIdentifier': name},
                           'set': {'Status': 'failed', 'LastFailureMessage': name}}
                          for name in changed])
        if moments.random() < 0.8:
            memory.it.refresh()
            select.poll().poll(moments.uniform(0, 40))
        memory.kill()
        it = memory.start()
        assert memory.asides() == []
        # A disk that is full may have made it stale by now.
        assert read_tree(it.root) == files_of(memory.sim.listing())
    _, lines = split(it.changes())
    told.update(lines)
    assert told == collections.Counter(
        f'inst/{name}\tsuccessful\tfailed\t{name}' for name in names)
    say(f'{KILLS} kills: {len(names)} changes told once each')


def test_a_kill_at_any_moment_loses_and_repeats_no_change(serve, remember, say):
    memory = remember(serve(listing=[]))
    kill_often(memory, say, lambda moments: None)


@needs_root
def test_nor_does_one_while_the_disk_is_full_at_times(serve, remember, place, say):
    memory = remember(serve(listing=[]))
    with small_tmpfs(memory.directory):
        kill_often(memory, say, lambda moments: fill(memory.directory,
                                                     moments.random() < 0.4))
        fill(memory.directory, False)
        memory.stop()


def test_tells_of_a_kill_that_somebody_may_have_looked_later(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    memory.start()
    memory.wait_for_file()
    memory.kill()
    [gap] = memory.start().changes()
    assert GAP.fullmatch(gap) and gap.endswith(' or later')


# Whatever is wrong with the directory


def is_told(it, reason):
    status = it.status()
    return status['State'] == 'stale' and re.search(reason, status['LastError'])


@contextlib.contextmanager
def full(memory):
    fill(memory.directory, True)
    yield
    fill(memory.directory, False)


@contextlib.contextmanager
def read_only(memory):
    subprocess.run(['mount', '-o', 'remount,ro', memory.directory], check=True)
    yield
    subprocess.run(['mount', '-o', 'remount,rw', memory.directory], check=True)


@needs_root
@pytest.mark.parametrize('trouble, reason', [
    (full, 'No space left on device'), (read_only, 'Read-only file system')])
@pytest.mark.parametrize('is_at_start', [False, True], ids=['later', 'at the start'])
def test_a_directory_that_takes_nothing_is_told_while_it_lasts(
        serve, remember, trouble, reason, is_at_start):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    with small_tmpfs(memory.directory):
        it = memory.start()
        memory.wait_for_file()
        if is_at_start:
            memory.stop()
        saved = memory.file.read_bytes()
        with trouble(memory):
            if is_at_start:
                it = memory.start()
            else:
                memory.sim.set('a', Status='failed')
                it.refresh()
            until(lambda: is_told(it, f'cannot keep the state: .*{reason}'))
            until(lambda: read_tree(it.root) == files_of(memory.sim.listing()))
            assert memory.file.read_bytes() == saved
            assert len(memory.warned()) == 1
        until(lambda: it.status()['State'] == 'fresh', what='a save')
        memory.wait_until_saved()
        assert 'the state is kept in' in it.mount.stderr()
        assert len(memory.warned()) == 1
        memory.stop()


@needs_root
def test_a_kill_while_nothing_can_be_saved_loses_only_what_is_undone(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'), record('inst', 'b'))))
    with small_tmpfs(memory.directory):
        it = memory.start()
        memory.wait_for_file()
        with full(memory):
            memory.sim.set('a', Status='failed')
            memory.sim.set('b', Status='failed')
            it.refresh()
            until(lambda: len(split(it.changes())[1]) == 2)
            until(lambda: is_told(it, 'No space left on device'))
            memory.kill()
        memory.sim.set('a', Status='successful')
        it = memory.start()
        assert shows(it, memory.sim.listing())
        assert split(it.changes())[1] == ['inst/b\tsuccessful\tfailed\t-']
        memory.stop()


def test_a_directory_that_goes_is_made_again(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    it = memory.start()
    memory.wait_for_file()
    memory.file.unlink()
    memory.directory.rmdir()
    it.observe(lambda: memory.sim.set('a', Status='failed'))
    until(memory.file.exists)
    memory.wait_until_saved()


def other_users(memory):
    memory.directory.mkdir(mode=0o700)
    os.chown(memory.directory, 12345, 12345)


def everybodys(memory):
    memory.directory.mkdir()
    memory.directory.chmod(0o777)


def a_file(memory):
    memory.directory.write_text('mine')


def below_a_missing_one(memory):
    memory.directory = (memory.place / 'missing' /
                        memory.directory.relative_to(memory.place))


@needs_root
@pytest.mark.parametrize('spoil, reason', [
    (other_users, 'it belongs to uid 12345, not to uid 0'),
    (everybodys, 'everybody can write to it'),
    (a_file, 'Not a directory'),
    (below_a_missing_one, 'No such file or directory')])
def test_a_directory_that_cannot_be_used_is_left_alone(serve, remember, spoil, reason):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    spoil(memory)
    it = memory.start()
    assert read_tree(it.root) == files_of(memory.sim.listing())
    until(lambda: is_told(it, reason))
    assert memory.warned() == [f'dmsfs: warning: cannot keep the state: '
                               f'{memory.directory}: {reason}']
    memory.stop()
    if memory.directory.is_dir():
        assert os.listdir(memory.directory) == []
    elif memory.directory.exists():
        assert memory.directory.read_text() == 'mine'


# Whatever is wrong with the file


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def symlink(path):
    path.rename(path.parent.parent / 'elsewhere')
    path.symlink_to(path.parent.parent / 'elsewhere')


def directory(path):
    path.unlink()
    path.mkdir()


def torn(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b'')


def edited(path):
    path.write_bytes(path.read_bytes().replace(b'successful', b'failed'))


def another_version(path):
    body = path.read_bytes().replace(b'dmsfs state 1\n', b'dmsfs state 2\n')[:-74]
    digest = subprocess.run(['sha256sum'], input=body, check=True,
                            capture_output=True).stdout[:64]
    path.write_bytes(body + b'SHA-256: ' + digest + b'\n')


def other_users_file(path):
    os.chown(path, 12345, 12345)


@needs_root
@pytest.mark.parametrize('spoil, reason', [
    (fifo, 'a FIFO'), (symlink, 'a symbolic link'), (directory, 'a directory'),
    (torn, 'its state is damaged'), (empty, 'its state is damaged'),
    (edited, 'its state is damaged'), (other_users_file, "another user's"),
    (another_version, 'its state is of another version of dmsfs')])
def test_a_file_that_is_no_whole_state_is_set_aside(serve, remember, spoil, reason):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    memory.start()
    memory.wait_for_file()
    memory.stop()
    spoil(memory.file)
    before = os.lstat(memory.file)
    it = memory.start()
    assert it.changes() == []
    memory.wait_for_file()
    [aside] = memory.asides()
    assert os.lstat(aside).st_ino == before.st_ino
    [warning] = memory.warned()
    assert reason in warning and warning.endswith(
        f', so it is kept as {aside.name} and not used')
    assert it.status()['State'] == 'fresh'
    memory.stop()
    memory.start()
    assert memory.asides() == [aside]


def set_endpoint(memory):
    return [record('inst', 'a')], ['--endpoint-arn', record('inst', 'a')['EndpointArn']]


def set_instance(memory):
    return None, ['--replication-instance-arn',
                  record('inst', 'a')['ReplicationInstanceArn']]


def set_account(memory):
    return [record('inst', 'a', EndpointArn='arn:aws:dms:us-east-1:2:endpoint:A',
                   ReplicationInstanceArn='arn:aws:dms:us-east-1:2:rep:INST')], []


@pytest.mark.parametrize('change, reason', [
    (set_endpoint, 'its state is of another Region, endpoint or filter'),
    (set_instance, 'its state is of another Region, endpoint or filter'),
    (set_account, 'its state is of another account')])
def test_a_state_of_something_else_is_set_aside(serve, remember, change, reason):
    sim = serve(listing=[record('inst', 'a')])
    memory = remember(sim)
    memory.start()
    memory.wait_for_file()
    memory.stop()
    before = memory.file.read_bytes()
    listing, options = change(memory)
    if listing:
        sim.replace(wire(listing))
    it = memory.start(*options)
    assert it.changes() == []
    memory.wait_for_file()
    [aside] = memory.asides()
    assert aside.read_bytes() == before
    assert reason in memory.warned()[0]


def test_what_was_not_read_is_not_overwritten(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    memory.start()
    memory.wait_for_file()
    memory.stop()
    saved = memory.file.read_bytes()
    hidden = memory.place / 'hidden'
    memory.directory.rename(hidden)
    memory.directory.write_text('in the way')
    it = memory.start()
    until(lambda: is_told(it, 'Not a directory'))
    memory.directory.unlink()
    hidden.rename(memory.directory)
    until(lambda: it.status()['State'] == 'fresh')
    [aside] = memory.asides()
    assert aside.read_bytes() == saved


def test_one_mount_a_directory(serve, remember, place, refuse):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    it = memory.start()
    memory.wait_for_file()
    saved = memory.file.read_bytes()
    other = place / 'other'
    other.mkdir()
    said = refuse(memory.sim, arguments=['--endpoint-url', memory.sim.url, '--state',
                                         memory.directory, other])
    assert said.startswith(f'dmsfs: {memory.directory}: another mount keeps its state '
                           'there')
    assert f'process {it.mount.pid}' in said or 'process' not in said
    assert memory.file.read_bytes() == saved
    # It goes with the daemon, and not with the editor.
    editor = it.editor()
    end = os.pidfd_open(editor)
    os.kill(editor, signal.SIGSTOP)
    memory.kill()
    memory.start()
    os.kill(editor, signal.SIGKILL)
    select.poll().poll(0)
    os.close(end)


# A start without the service


def test_start_stale_shows_what_was_until_the_service_is_back(serve, remember):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    memory = remember(sim)
    it = memory.start()
    last = it.status()['LastRefresh']
    times = memory.times('inst/a', 'inst/b')
    memory.wait_for_file()
    memory.stop()
    before = sim.listing()
    sim.set('a', Status='failed', LastFailureMessage='meanwhile')
    down = sim.fault(kind='reset', count=-1)
    it = memory.start('--start-stale')
    status = it.status()
    assert status['State'] == 'stale' and status['LastError']
    assert status['LastRefresh'] == last
    assert read_tree(it.root) == files_of(before)
    assert memory.times('inst/a', 'inst/b') == times
    assert it.changes() == []
    [warning] = memory.warned()
    assert f'; showing the connections of {last}, as the state has them' in warning
    sim.clear_faults()
    assert down
    events = it.observe(lambda: None)
    assert 'MODIFY inst/a' in events
    assert not [event for event in events if 'inst/b' in event]
    until(lambda: it.status()['State'] == 'fresh')
    gaps, lines = split(it.changes())
    assert len(gaps) == 1 and it.changes()[0] == gaps[0]
    assert lines[0] == 'inst/a\tsuccessful\tfailed\tmeanwhile'
    assert counted_changes(it) == count_lines(lines)
    assert memory.times('inst/b') == times[1:]


def test_start_stale_that_never_gets_fresh_changes_nothing(serve, remember):
    sim = serve(listing=marked(record('inst', 'a')))
    memory = remember(sim)
    it = memory.start()
    memory.wait_for_file()
    memory.stop()
    saved = memory.file.read_bytes()
    sim.fault(kind='reset', count=-1)
    for _ in range(2):
        it = memory.start('--start-stale')
        assert it.changes() == []
        memory.stop()
        assert memory.file.read_bytes() == saved


def test_start_stale_is_stale_where_the_first_listing_cannot_be_compared(serve, remember):
    """It lacks a connection of before, and the question for that one fails."""
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    memory = remember(sim)
    memory.start()
    memory.wait_for_file()
    memory.stop()
    before = sim.listing()
    sim.remove('b')
    sim.fault(kind='error', filters=True, type='ThrottlingException', message='no',
              count=-1)
    it = memory.start('--start-stale')
    status = it.status()
    assert status['State'] == 'stale' and 'ThrottlingException' in status['LastError']
    assert read_tree(it.root) == files_of(before)
    sim.clear_faults()
    until(lambda: it.status()['State'] == 'fresh')
    assert shows(it, sim.listing())
    assert split(it.changes())[1] == ['inst/b\tsuccessful\t-\t-']


def test_without_start_stale_or_a_state_the_start_fails(serve, remember, refuse):
    sim = serve(listing=marked(record('inst', 'a')))
    memory = remember(sim)
    sim.fault(kind='reset', count=-1)
    attempts = {'AWS_MAX_ATTEMPTS': '1'}
    refuse(sim, '--state', memory.directory, '--start-stale', environment=attempts)
    sim.clear_faults()
    memory.start()
    memory.wait_for_file()
    memory.stop()
    sim.fault(kind='reset', count=-1)
    refuse(sim, '--state', memory.directory, environment=attempts)
    sim.clear_faults()
    # What will not pass is no reason to show what was.
    sim.fault(kind='error', type='AccessDeniedException', message='no', count=-1)
    refuse(sim, '--state', memory.directory, '--start-stale', environment=attempts)


def test_a_connection_that_slips_between_pages_at_a_start_is_asked_for(serve, remember):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    memory = remember(sim)
    memory.start()
    memory.wait_for_file()
    memory.stop()
    left_out = wire([one for one in sim.listing() if one['EndpointIdentifier'] != 'b'])
    sim.fault(kind='raw', body=left_out.decode(), count=1)
    it = memory.start()
    assert shows(it, sim.listing())
    assert split(it.changes())[1] == []


def test_the_end_lets_go_of_the_directory_for_who_waits(serve, remember):
    """As systemctl restart does it: the next one comes while the last one ends."""
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    for _ in range(5):
        old = memory.start().mount
        unmount(old.point)
        memory.start()
        assert old.wait() == 0
        memory.stop()


def test_no_secret_is_in_a_state(serve, remember):
    memory = remember(serve(listing=marked(record('inst', 'a'))))
    memory.start()
    memory.wait_for_file()
    memory.stop()
    text = pathlib.Path(memory.file).read_text()
    assert memory.sim.secret_key not in text
    assert memory.sim.access_key not in text
