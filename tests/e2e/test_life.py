"""Life and death: readers, shortages, stops, clocks, and mounts that come and go."""

import calendar
import mmap
import os
import pathlib
import random
import re
import select
import signal
import struct
import subprocess
import time

import pytest

from browse import read_tree
from contract import document, record, wire
from live import Live, begin_publishing, editor_of
from mount import Mount, mount_entry, mounts_below
from readers import readers
from shims import FAST, fast_pace, needs_shims, needs_shortage, preload
from showing import files_of, shows
from watch import until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
ROUNDS = 200 if IS_LONG else 15
UNMOUNTS = 200 if IS_LONG else 10
READERS = 64
STOP_S = 60 if IS_LONG else 3
HOUR_S = 3600
PATIENCE_S = 120
SEED = 20240229
# Of the places where memory may run short; all of them with DMSFS_LONG.
SHORTAGES = 60

needs_root = pytest.mark.skipif(os.getuid() != 0, reason='needs root')


def test_listing_a_directory_while_it_changes_leaves_no_old_content(serve, mount):
    # A listing that began before a change may bring the attributes of before, and
    # then the kernel throws those away that it is given for the change.
    records = [record('inst', f'e{i:02}') for i in range(40)]
    sim = serve(listing=records)
    it = Live(sim, mount(sim, environment=fast_pace()))
    inst = it.path('inst')
    with readers(2, lambda: os.listdir(inst)):
        for number in range(ROUNDS):
            records = [{**one, 'LastFailureMessage': f'edit {number:03}'}
                       for one in records[:40]]
            records += [record('inst', f'e{i:02}{number}') for i in range(40)]
            sim.replace(wire(records))
            it.refresh()
            until(lambda: shows(it, records), PATIENCE_S, f'listing {number}')


# Mounts that come and go


def read_all(root):
    for directory, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(directory, name), 'rb') as file:
                file.read()
    time.sleep(0.01)


def wait_for_end(pid, end):
    waiting = select.poll()
    waiting.register(end, select.POLLIN)
    assert waiting.poll(PATIENCE_S * 1000), f'process {pid} goes on'
    os.close(end)


def unmount(mount, number):
    if number % 2:
        mount.signal(signal.SIGTERM)
    else:
        subprocess.run(['fusermount3', '-uz', mount.path], check=True)


def test_unmounting_amid_reading_and_publishing_ends_well(
        serve, place, mountpoint, say):
    sim = serve(connections=200, failed_percent=0, testing_percent=0)
    arguments = ['--endpoint-url', sim.url, mountpoint]
    moments = random.Random(SEED)
    with readers(READERS, lambda: read_all(mountpoint)):
        for number in range(UNMOUNTS):
            mount = Mount(place, arguments, sim.environment(home=place)).start()
            editor = editor_of(mount.pid)
            end = os.pidfd_open(editor)
            begin_publishing(sim, mount, LastFailureMessage=f'edit {number}')
            select.poll().poll(moments.uniform(0, 20))
            unmount(mount, number)
            mount.check_end()
            wait_for_end(editor, end)
            assert mounts_below(place) == []
    say(f'{UNMOUNTS} times unmounted amid publishing, under {READERS} readers: 0 hung, '
        f'0 processes and 0 mounts were left')


def test_two_mounts_of_one_account_tell_the_same(serve, place, mountpoint):
    sim = serve(listing=[record('inst', 'a')])
    other = place / 'other'
    other.mkdir()
    environment = sim.environment(home=place)
    with Mount(place, ['--endpoint-url', sim.url, mountpoint], environment) as one, \
            Mount(place, ['--endpoint-url', sim.url, other], environment) as two:
        records = [record('inst', 'a', 'failed'), record('new', 'b')]
        sim.replace(wire(records))
        for mount in one, two:
            mount.signal(signal.SIGUSR1)
        for mount in one, two:
            until(lambda mount=mount: shows(Live(sim, mount), records))


@pytest.fixture
def private_place(place):
    """A place from which nothing that is unmounted elsewhere goes."""
    subprocess.run(['mount', '--bind', place, place], check=True)
    subprocess.run(['mount', '--make-private', place], check=True)
    yield
    subprocess.run(['umount', place], check=True)


@needs_root
def test_a_mountpoint_that_somebody_removes_ends_the_mount(serve, mount, private_place):
    sim = serve(listing=[record('inst', 'a')])
    mounted = mount(sim)
    path = mounted.point
    # In a mount namespace of its own, where it is no mountpoint any more.
    subprocess.run(['unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c',
                    'umount "$0" && rmdir "$0"', path], check=True)
    mounted.check_end()
    assert not path.exists()
    path.mkdir()


@pytest.fixture
def volume(place):
    """A directory whose mounts reach the containers that have it."""
    directory = place / 'volume'
    directory.mkdir()
    run('mount', '-t', 'tmpfs', 'tmpfs', directory)
    run('mount', '--make-shared', directory)
    (directory / 'mnt').mkdir()
    yield directory
    run('umount', directory)


CONTAINER = """
mount --rbind volume above
mount --rbind volume/mnt itself
mount --make-rslave above
mount --make-rslave itself
while read -r file; do
        head -n 1 "$file" 2>&1
done
"""


@needs_root
def test_a_container_with_the_directory_above_sees_the_next_mount(serve, place, volume):
    sim = serve(listing=[record('inst', 'a')])
    arguments = ['--endpoint-url', sim.url, volume / 'mnt']
    for name in 'above', 'itself':
        (place / name).mkdir()
    with subprocess.Popen(['unshare', '--mount', '--propagation', 'slave', 'sh', '-ec',
                           f'read -r _; {CONTAINER}'], cwd=place, text=True, bufsize=1,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as container:
        def look(path):
            container.stdin.write(f'{path}\n')
            return container.stdout.readline().rstrip('\n')

        with Mount(place, arguments, sim.environment(home=place)) as first:
            container.stdin.write('\n')
            for path in 'above/mnt/inst/a', 'itself/inst/a':
                assert look(path) == 'Status: successful'
            first.signal(signal.SIGTERM)
            first.check_end()
        sim.set('a', Status='failed')
        with Mount(place, arguments, sim.environment(home=place)):
            assert look('above/mnt/inst/a') == 'Status: failed'
            # What the kernel has kept, as long as it does; the status it never keeps.
            assert look('itself/inst/a') != 'Status: failed'
            assert 'not connected' in look('itself/.dmsfs/status')
            container.stdin.close()
            container.wait()


# The end


# In one of so many tries, as the machine may be busy.
END_S = 8
END_TRIES = 5


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def cover(path):
    run('mount', '-t', 'tmpfs', 'tmpfs', path)
    (path / 'mine').write_text('mine')


class Ends:
    """The situations in which a mount is ended: each prepares one, and returns what
    the mountpoints below are to be, and the exit status."""

    def __init__(self, it, place):
        self.it = it
        self.place = place
        self.path = it.mount.point

    def on_top(self):
        return [], 0

    def covered(self):
        cover(self.path)
        return [self.path, self.path], 1

    def covered_in_part(self):
        cover(self.path / 'inst')
        return [self.path / 'inst', self.path], 1

    def covered_above(self):
        cover(self.path.parent)
        return [self.path.parent, self.path], 1

    def moved(self):
        (self.place / 'else where').mkdir()
        run('mount', '--move', self.path, self.place / 'else where')
        return [], 0

    def moved_and_covered_where_it_was(self):
        self.moved()
        cover(self.path)
        return [self.path], 0

    def renamed(self):
        self.path.parent.rename(self.place / 'renamed')
        return [], 0

    def unmounted_while_in_use(self):
        self.file = open(self.path / 'inst/a', encoding='utf-8')
        run('umount', '--lazy', self.path)
        return [], 0

    def unmounted_and_its_device_number_given_to_others(self):
        device = os.stat(self.path).st_dev
        self.it.mount.signal(signal.SIGSTOP)
        run('umount', '--lazy', self.path)
        others = []
        # The kernel gives the lowest number that is free; another test may be faster.
        while len(others) < 20 and device not in (os.stat(other).st_dev
                                                  for other in others):
            others.append(self.place / f'other{len(others)}')
            others[-1].mkdir()
            cover(others[-1])
        self.it.mount.signal(signal.SIGCONT)
        return others, 0

    def aborted(self):
        ctl = self.place / 'ctl'
        ctl.mkdir()
        minor = os.minor(os.stat(self.path).st_dev)
        run('mount', '-t', 'fusectl', 'fusectl', ctl)
        (ctl / str(minor) / 'abort').write_text('1')
        run('umount', ctl)
        return [], 1

    def the_editor_is_stopped(self):
        self.editor = os.pidfd_open(self.it.editor())
        os.kill(self.it.editor(), signal.SIGSTOP)
        return [], 0

    def the_editor_is_stopped_at_work(self):
        begin_publishing(self.it.sim, self.it.mount, LastFailureMessage='first')
        self.the_editor_is_stopped()
        self.it.sim.edit({'set': {'LastFailureMessage': 'second'}})
        self.it.refresh_and_wait()
        return [], 0

    def the_service_hangs(self):
        self.it.sim.fault(kind='hang', count=-1)
        before = len(self.it.sim.log())
        self.it.refresh()
        self.it.sim.wait_for_requests(before + 1)
        return [], 0


SITUATIONS = [name for name in vars(Ends) if not name.startswith('_')]


def end_mount(serve, place, situation):
    """How long the end took, in seconds."""
    above = place / 'above'
    (above / 'mnt').mkdir(parents=True)
    sim = serve(listing=[record('inst', 'a'), record('inst', 'b')])
    mount = Mount(place, ['--endpoint-url', sim.url, above / 'mnt'],
                  sim.environment(home=place), is_foreground=False).start()
    ends = Ends(Live(sim, mount), place)
    left, status = getattr(ends, situation)()
    with_mine = [path for path in left if (path / 'mine').exists()]
    if situation != 'aborted':
        mount.signal(signal.SIGTERM)
    begun = time.monotonic()
    assert mount.wait() == status
    took_s = time.monotonic() - begun
    assert sorted(mounts_below(place)) == sorted(map(str, left))
    for path in with_mine:
        assert (path / 'mine').read_text() == 'mine'
    if hasattr(ends, 'editor'):
        wait_for_end(mount.pid, ends.editor)
    if hasattr(ends, 'file'):
        ends.file.close()
    sim.clear_faults()
    for path in left:
        run('umount', path)
    return took_s


@needs_root
@pytest.mark.parametrize('situation', SITUATIONS)
def test_the_end_takes_its_own_mount_and_nothing_else(
        serve, place, private_place, situation):
    assert any(end_mount(serve, place / f'try{number}', situation) < END_S
               for number in range(END_TRIES))


@needs_root
@pytest.mark.parametrize('situation, said', [
    ('covered', r'not unmounted, as another file system is mounted at \S+/mnt; .* '
                r'fusermount3 -u \S+/mnt$'),
    ('aborted', 'the kernel has cut the connection'),
])
def test_an_end_that_is_none_of_its_own_is_told(serve, mount, place, private_place,
                                                situation, said):
    sim = serve(listing=[record('inst', 'a')])
    it = Live(sim, mount(sim))
    left, _ = getattr(Ends(it, place), situation)()
    if left:
        it.mount.signal(signal.SIGTERM)
    assert it.mount.wait() == 1
    assert re.search(said, it.mount.stderr(), re.M)
    for path in left:
        run('umount', path)


def end_with_a_thread_that_hangs(sim, mount, config):
    """How long the end took, in seconds."""
    config.touch()
    it = Live(sim, mount(
        sim, '--refresh', '1', '--connect-timeout', '1', '--read-timeout', '1',
        environment=preload('hang_open', OPEN_HANGS=str(config),
                            AWS_CONFIG_FILE=str(config), AWS_MAX_ATTEMPTS='1'),
        warnings='.*'))
    before = read_tree(it.root)
    config.with_name(f'{config.name}.hangs').touch()
    config.write_text('[default]\n')
    until(lambda: it.status()['State'] == 'stale', PATIENCE_S)
    assert it.status()['LastError'].startswith('no listing has ended since ')
    assert read_tree(it.root) == before
    it.mount.signal(signal.SIGTERM)
    begun = time.monotonic()
    it.mount.check_end()
    took_s = time.monotonic() - begun
    assert it.mount.stderr().endswith(
        'warning: a thread does not end; ending without it\n')
    return took_s


@needs_shims
@pytest.mark.whole_mount
def test_a_thread_that_hangs_makes_the_state_stale_and_holds_up_no_end(
        serve, mount, place):
    """In open(2), of a file whose server does not respond: nothing can end that."""
    sim = serve(listing=[record('inst', 'a')])
    assert any(end_with_a_thread_that_hangs(sim, mount, place / f'config{number}') < END_S
               for number in range(END_TRIES))


def test_the_end_of_one_leaves_the_other(serve, place, mountpoint):
    sim = serve(listing=[record('inst', 'a')])
    other = place / 'other'
    other.mkdir()
    environment = sim.environment(home=place)
    with Mount(place, ['--endpoint-url', sim.url, other], environment) as left:
        Mount(place, ['--endpoint-url', sim.url, mountpoint], environment).start().stop()
        assert shows(Live(sim, left), sim.listing())


# Time


def test_a_daemon_that_was_stopped_for_a_while_goes_on(serve, mount):
    sim = serve(listing=[record('inst', 'a')])
    it = Live(sim, mount(sim, '--refresh', '1'))
    assert shows(it, sim.listing())
    it.mount.signal(signal.SIGSTOP)
    sim.set('a', Status='failed')
    with subprocess.Popen(['cat', it.path('inst/a'), it.path('.dmsfs/status')],
                          stdout=subprocess.PIPE) as reader:
        time.sleep(STOP_S)
        it.mount.signal(signal.SIGCONT)
        assert b'EndpointIdentifier: a' in reader.communicate(timeout=PATIENCE_S)[0]
        assert reader.returncode == 0
    until(lambda: shows(it, sim.listing()))


def time_in(field):
    return calendar.timegm(time.strptime(field, '%Y-%m-%dT%H:%M:%SZ'))


@needs_shims
@pytest.mark.parametrize('step_s', [-HOUR_S, HOUR_S])
def test_a_clock_that_is_set_changes_nothing_but_times(serve, mount, place, step_s):
    path = place / 'shift'
    path.write_bytes(bytes(8))
    with open(path, 'r+b') as file:
        shift = mmap.mmap(file.fileno(), 8)
    sim = serve(listing=[record('inst', 'a')])
    it = Live(sim, mount(sim, '--refresh', '1', environment=preload(
        'set_clock', CLOCK_SHIFT=str(path))))
    shift[:] = struct.pack('q', step_s)
    for status in 'failed', 'successful', 'failed':
        sim.set('a', Status=status)
        # It comes by itself: the times between listings are not those of the wall.
        until(lambda: shows(it, sim.listing()), PATIENCE_S)
        # The status is written last.
        for name in 'LastRefresh', 'NextRefresh', 'LastChange':
            until(lambda name=name: abs(
                time_in(it.status()[name]) - time.time() - step_s) < 60, what=name)


# Shortages


class Shortage:
    """The memory that shortage.c shares with us."""

    def __init__(self, place):
        self._path = place / 'shortage'
        self._path.write_bytes(bytes(24))
        with open(self._path, 'r+b') as file:
            self._shared = mmap.mmap(file.fileno(), 24)
        self.environment = preload('shortage', 'set_clock', FAIL_MALLOC=str(self._path),
                                   **FAST)

    def begin(self, first=0, more=0):
        self._shared[:] = struct.pack('3Q', 0, first, more)

    def count(self):
        return struct.unpack_from('Q', self._shared)[0]


def outlast(it, before, after):
    """Waits for what a refresh comes to: what it had listed, or an error and all as
    it was. Where it was listed and could not be shown, it is tried again."""
    def is_over():
        if it.status()['State'] != 'stale':
            return shows(it, after)
        try:
            return read_tree(it.root) in (files_of(before), files_of(after))
        except FileNotFoundError:  # listed, and gone before it was opened
            return False

    until(is_over, PATIENCE_S)


@needs_shortage
def test_memory_that_runs_short_in_a_refresh_leaves_the_old_tree(
        serve, mount, place, say):
    shortage = Shortage(place)
    records = [record('inst', 'a'), record('inst', 'b'), record('other', 'c')]
    sim = serve(listing=records)
    it = Live(sim, mount(sim, environment={**shortage.environment,
                                           'AWS_MAX_ATTEMPTS': '1'}))

    def change(number):
        return [record('inst', 'a', message=f'{number}'), record('inst', f'b{number}'),
                record(f'other{number}', 'c')]

    def refresh(number, before):
        after = change(number)
        sim.replace(wire(after))
        it.refresh()
        outlast(it, before, after)
        return after

    shortage.begin()
    records = refresh(0, records)
    most = shortage.count()
    assert most > 20
    step = 1 if IS_LONG else -(-most // SHORTAGES)
    failures = 0
    for first in range(1, most + 1, step):
        shortage.begin(first)
        records = refresh(first, records)
        failures += it.status()['State'] == 'stale'
        shortage.begin()
        it.refresh()
        until(lambda: shows(it, records), PATIENCE_S)
    assert failures > 0
    count = len(range(1, most + 1, step))
    say(f'{most} allocations in a refresh, {count} of them failed in turn: {failures} '
        f'refreshes failed, and each left a whole tree')


@needs_shortage
def test_no_memory_at_all_is_outlasted(serve, mount, place):
    shortage = Shortage(place)
    records = [record('inst', 'a')]
    sim = serve(listing=records)
    it = Live(sim, mount(sim, environment={**shortage.environment,
                                           'AWS_MAX_ATTEMPTS': '1'}))
    shortage.begin(1, 1 << 60)
    records = [record('inst', 'a', 'failed'), record('new', 'b')]
    sim.replace(wire(records))
    it.refresh()
    until(lambda: shortage.count() > 2)
    assert it.read('inst/a') == document(record('inst', 'a'))
    shortage.begin()
    it.refresh()
    until(lambda: shows(it, records), PATIENCE_S)


@needs_shortage
@pytest.mark.parametrize('threads', [0, 1])
def test_without_a_thread_it_does_not_start(serve, refuse, threads):
    sim = serve(listing=[record('inst', 'a')])
    text = refuse(sim, '-q', environment=preload('shortage', FAIL_THREAD=f'{threads}'))
    assert re.search('cannot start the (fetcher|publisher) thread: '
                     'Resource temporarily unavailable$', text, re.M)


def limit_descriptors(pid, count):
    subprocess.run(['prlimit', f'--pid={pid}', f'--nofile={count}'], check=True)


def test_descriptors_that_run_short_leave_the_old_tree(serve, mount):
    records = [record('inst', 'a')]
    sim = serve(listing=records)
    it = Live(sim, mount(sim, environment={'AWS_MAX_ATTEMPTS': '1'}))
    used = {int(fd) for fd in os.listdir(f'/proc/{it.mount.pid}/fd')}
    limits = pathlib.Path(f'/proc/{it.mount.pid}/limits').read_text()
    before = re.search(r'Max open files +(\d+) +(\d+)', limits)
    # The connection that it has is closed, and no other can be opened.
    sim.fault(kind='close', count=-1)
    limit_descriptors(it.mount.pid, f'{min(used) + 1}:{before[2]}')
    after = [record('inst', 'a', 'failed'), record('new', 'b')]
    sim.replace(wire(after))
    it.refresh()
    until(lambda: it.status()['State'] == 'stale')
    sim.clear_faults()
    it.refresh()
    until(lambda: 'LastError' in it.status())
    assert read_tree(it.root) == files_of(records)
    limit_descriptors(it.mount.pid, f'{before[1]}:{before[2]}')
    it.refresh()
    until(lambda: shows(it, after), PATIENCE_S)


@pytest.mark.parametrize('count', range(3, 20))
def test_with_few_descriptors_it_starts_or_says_why_not(serve, place, mountpoint, count):
    sim = serve(listing=[record('inst', 'a')])
    mount = Mount(place, ['--endpoint-url', sim.url, mountpoint],
                  {**sim.environment(home=place), 'AWS_MAX_ATTEMPTS': '1'},
                  prefix=['prlimit', f'--nofile={count}'], warnings='.*')
    try:
        mount.start()
    except Exception as error:
        assert 'exited with status 1' in str(error)
        assert 'dmsfs: ' in mount.stderr()
        assert mount_entry(mountpoint) is None
    else:
        assert read_tree(mountpoint) == files_of([record('inst', 'a')])
        mount.stop()
