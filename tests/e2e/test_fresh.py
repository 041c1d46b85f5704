"""`fresh` is a promise. Where the kernel refuses the editor's calls, or the editor does
not respond, the state is stale and names the cause; once the cause has gone, all is
shown and told that was due. A mount that was moved is followed."""

import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest

import shims
from contract import document, record, wire
from live import Live, editors_of, marked
from mount import mount_entry
from showing import shows
from watch import Watch, until

needs_root = pytest.mark.skipif(os.getuid() != 0, reason='needs root to mount')

# The promise for an edit that fails, which one try of several has to keep.
TOLD_S = 10
TRIES = 5


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b'),
                               record('gone', 'x')))
    it = Live(sim, mount(sim))
    # By then the trial edit of the start is over.
    it.settle()
    return it


def change(live):
    """One of each kind, links and directories too."""
    live.sim.set('a', Status='failed')
    live.sim.remove('b')
    live.sim.remove('x')
    live.sim.add(record('inst', 'c'), record('new', 'd', 'modifying'))


# A busy inotifywait may watch a new directory too late for what comes into it.
EVENTS = ('MODIFY inst/a', 'CLOSE_WRITE inst/a', 'DELETE inst/b', 'CREATE inst/c',
          'MODIFY inst/c', 'CLOSE_WRITE inst/c', 'CREATE,ISDIR new',
          'DELETE gone/x', 'DELETE,ISDIR gone', 'DELETE_SELF gone/',
          'DELETE .dmsfs/by-status/successful/inst:a',
          'DELETE .dmsfs/by-status/successful/inst:b',
          'CREATE .dmsfs/by-status/failed/inst:a',
          'CREATE .dmsfs/by-status/successful/inst:c',
          'CREATE,ISDIR .dmsfs/by-status/modifying',
          'MODIFY .dmsfs/changes', 'CLOSE_WRITE .dmsfs/changes')


def states_told(live):
    return [line for line in live.mount.lines()
            if line.startswith('dmsfs: the files are ')]


def wait_until_stale(live, *causes):
    until(lambda: live.status()['State'] == 'stale', what='stale')
    for cause in causes:
        assert cause in live.status()['LastError']


def check_states_told(live, count):
    """The line may be written after the status."""
    until(lambda: len(states_told(live)) >= count, what='a line')
    assert len(states_told(live)) == count


def wait_until_told(live, number, cause):
    """The cause is told by that line, though it may have passed by now."""
    until(lambda: len(states_told(live)) > number, what='a line')
    assert cause in states_told(live)[number]


def wait_until_fresh(live):
    until(lambda: live.status()['State'] == 'fresh', what='fresh')


# Edits that the kernel refuses


def remount(root, option):
    """It is refused as busy while the editor has a file open for writing."""
    until(lambda: subprocess.run(['mount', '-o', f'remount,bind,{option}', root],
                                 check=False).returncode == 0)


@contextlib.contextmanager
def read_only(root):
    remount(root, 'ro')
    yield
    remount(root, 'rw')


@needs_root
@pytest.mark.parametrize('times', [1, 2])
def test_a_mount_made_read_only(live, times):
    for number in range(times):
        with Watch(live.root) as watch:
            with read_only(live.mount.point):
                if number == 0:
                    change(live)
                else:
                    live.sim.set('a', Status='successful')
                live.refresh_and_wait()
                wait_until_stale(live, 'cannot show changes', 'Read-only file system')
                # All is as it was, and no change is told.
                assert not [event for event in watch.events()
                            if not event.startswith('OPEN')]
                live.refresh_and_wait()
            events = watch.until('CLOSE_WRITE .dmsfs/changes')
            if number == 0:
                for event in EVENTS:
                    assert events.count(event) == 1, event
        wait_until_fresh(live)
        assert shows(live, live.sim.listing())
        check_states_told(live, 2 * (number + 1))


@needs_root
def test_an_edit_that_fails_is_told_soon(live):
    def is_told_in_time(number):
        with read_only(live.mount.point):
            live.sim.set('a', LastFailureMessage=f'{number}')
            live.refresh_and_wait()
            begun = time.monotonic()
            wait_until_told(live, 2 * number, 'Read-only file system')
            took_s = time.monotonic() - begun
        wait_until_told(live, 2 * number + 1, 'fresh again')
        return took_s < TOLD_S

    assert any(map(is_told_in_time, range(TRIES)))


@contextlib.contextmanager
def leases(*paths):
    """A process's read leases, until the end of the block. The signal that asks for one
    back is ignored."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    with contextlib.ExitStack() as held:
        held.callback(signal.signal, signal.SIGIO, before)
        for path in paths:
            fd = os.open(path, os.O_RDONLY)
            held.callback(os.close, fd)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        yield


@pytest.mark.parametrize('name', ['inst/a', '.dmsfs/changes'])
def test_a_lease_on_a_file_that_changes(live, name):
    old = live.read('inst/a')
    with Watch(live.root) as watch:
        with leases(live.path(name)):
            change(live)
            live.refresh_and_wait()
            path = live.path(name).relative_to(live.mount.point)
            wait_until_stale(live, f'open for writing {path}', 'lease')
            # All others go on.
            events = watch.until('MODIFY .dmsfs/status')
            assert 'CREATE inst/c' in events
            if name == 'inst/a':
                assert live.read(name) == old
        events += watch.until('CLOSE_WRITE .dmsfs/changes')
        for event in EVENTS:
            assert events.count(event) == 1, event
        watch.until('MODIFY .dmsfs/status')
    wait_until_fresh(live)
    assert live.read('inst/a') == document(record('inst', 'a', 'failed'))
    assert shows(live, live.sim.listing())
    check_states_told(live, 2)


def test_leases_on_all_files_of_an_instance_leave_the_others(serve, mount):
    """As a backup takes them: more failures in a row than a refusal of the whole mount
    would need."""
    busy = [record('busy', f'e{number:02}') for number in range(100)]
    sim = serve(listing=[*busy, record('other', 'a'), record('zoo', 'a')])
    live = Live(sim, mount(sim))
    changed = [{**one, 'LastFailureMessage': 'new'} for one in sim.listing()]
    with leases(*(live.path(f'busy/{one["EndpointIdentifier"]}') for one in busy)):
        sim.replace(wire(changed))
        live.refresh_and_wait()
        wait_until_stale(live, 'lease')
        for name in ('other/a', 'zoo/a'):
            until(lambda: b'new' in live.read(name))
    wait_until_fresh(live)
    assert shows(live, changed)


# An editor that does not respond


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    yield
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def frozen_by(pid, options, file, freeze, thaw):
    """In a cgroup of its own, in a mount of the hierarchy of its own."""
    root = pathlib.Path(tempfile.mkdtemp(prefix='dmsfs-cgroup.'))
    group = root / f'dmsfs-test.{pid}'
    done = subprocess.run(['mount', *options, 'none', root], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        root.rmdir()
        pytest.skip(f'no cgroups: {done.stderr}')
    try:
        group.mkdir()
        (group / 'cgroup.procs').write_text(str(pid))
        (group / file).write_text(freeze)
        try:
            yield
        finally:
            (group / file).write_text(thaw)
        until(lambda: not (group / 'cgroup.procs').read_text(), what='an empty cgroup')
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()
        subprocess.run(['umount', root], check=True)
        root.rmdir()


def frozen(pid):
    return frozen_by(pid, ['-t', 'cgroup2'], 'cgroup.freeze', '1', '0')


def frozen_by_the_older(pid):
    """SIGKILL does not end it."""
    return frozen_by(pid, ['-t', 'cgroup', '-o', 'freezer'], 'freezer.state', 'FROZEN',
                     'THAWED')


@pytest.mark.parametrize('halt', [
    stopped, pytest.param(frozen, marks=needs_root),
    pytest.param(frozen_by_the_older, marks=needs_root)])
def test_an_editor_that_does_not_respond_is_replaced(live, halt):
    editor = live.editor()
    with Watch(live.root) as watch:
        with halt(editor):
            live.sim.set('a', Status='failed')
            live.sim.remove('b')
            live.sim.add(record('new', 'c'))
            live.refresh_and_wait()
            wait_until_told(live, 0, 'editor process does not respond')
            events = watch.until('CLOSE_WRITE .dmsfs/changes')
    for event in ('MODIFY inst/a', 'CLOSE_WRITE inst/a', 'DELETE inst/b',
                  'CREATE,ISDIR new'):
        assert events.count(event) == 1, event
    until(lambda: shows(live, live.sim.listing()))
    assert live.editor() != editor
    check_states_told(live, 2)


def test_an_editor_that_does_not_respond_is_told_soon(live):
    def is_told_in_time(number):
        with stopped(live.editor()):
            live.sim.set('a', LastFailureMessage=f'{number}')
            live.refresh_and_wait()
            begun = time.monotonic()
            wait_until_told(live, 2 * number, 'editor process does not respond')
            took_s = time.monotonic() - begun
        wait_until_told(live, 2 * number + 1, 'fresh again')
        return took_s < TOLD_S

    assert any(map(is_told_in_time, range(TRIES)))


def test_the_end_does_not_wait_for_an_editor_that_is_stopped(live):
    editor = live.editor()
    with stopped(editor):
        live.sim.set('a', Status='failed')
        live.refresh_and_wait()
        live.mount.signal(signal.SIGTERM)
        live.mount.check_end()
    assert not os.path.exists(f'/proc/{editor}')


def memory_of(pid):
    """All that a process can read."""
    found = []
    maps = pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines()
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for line in maps:
            span, access = line.split()[:2]
            first, end = (int(bound, 16) for bound in span.split('-'))
            if access[0] != 'r' or line.endswith(('[vvar]', '[vsyscall]',
                                                  '[vvar_vclock]')):
                continue
            memory.seek(first)
            found.append(memory.read(end - first))
    return b''.join(found)


@needs_root
@pytest.mark.skipif(shims.IS_SANITIZED,
                    reason='a sanitizer keeps a copy of the environment')
def test_no_editor_holds_the_secret_key(live):
    secret = live.sim.secret_key.encode()
    assert secret in memory_of(live.mount.pid)
    for status in 'failed', 'successful', 'failed':
        editor = live.editor()
        memory = memory_of(editor)
        assert secret not in memory
        assert b'dmsfs-editor' in memory
        os.kill(editor, signal.SIGKILL)
        until(lambda: not editors_of(live.mount.pid))
        live.observe(lambda status=status: live.sim.set('a', Status=status))


@needs_root
@pytest.mark.parametrize('how', ['mv', 'mount --move', 'both'])
def test_a_mount_that_was_moved_is_followed(serve, mount, place, how):
    above = place / 'above'
    (above / 'mnt').mkdir(parents=True)
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    arguments = ['--refresh', '600', '--endpoint-url', sim.url, above / 'mnt']
    live = Live(sim, mount(sim, arguments=arguments))
    new = place / 'new name\twith blanks'
    if how in ('mv', 'both'):
        above.rename(new)
        new = new / 'mnt'
        live.mount.point = live.mount.path = live.root = new
    if how in ('mount --move', 'both'):
        source, new = live.root, place / 'other'
        new.mkdir()
        subprocess.run(['mount', '--make-private', source.parents[1]],
                       stderr=subprocess.DEVNULL, check=False)
        moved = subprocess.run(['mount', '--move', source, new], check=False,
                               capture_output=True, text=True)
        if moved.returncode != 0:
            pytest.skip(f'mount --move: {moved.stderr}')
        live.mount.point = live.mount.path = live.root = new
    live.mount.warnings = '^dmsfs: the mount is at '
    with Watch(new) as watch:
        sim.set('a', Status='failed')
        sim.remove('b')
        live.refresh_and_wait()
        events = watch.until('CLOSE_WRITE .dmsfs/changes')
    assert events.count('MODIFY inst/a') == 1
    assert events.count('DELETE inst/b') == 1
    assert shows(live, sim.listing())
    for status in 'successful', 'failed':
        live.observe(lambda status=status: sim.set('a', Status=status))
    # A line for each move that it came upon.
    assert live.mount.stderr().count('the mount is at ') in (1, 1 + (how == 'both'))
    assert states_told(live) == []
    assert mount_entry(new)


# Age


def test_a_listing_that_does_not_end_is_told(serve, mount):
    """Markers without an end: no request fails, and nothing new is ever shown."""
    sim = serve(listing=marked(record('inst', 'a')))
    # What one page may take at most is what it waits for.
    live = Live(sim, mount(sim, '--refresh', '1', '--connect-timeout', '5',
                           '--read-timeout', '5',
                           environment={'AWS_MAX_ATTEMPTS': '1'}))
    with Watch(live.path('.dmsfs'), recursive=False) as watch:
        # First, so that no listing without an end is a quick one.
        sim.settings(latency_ms=300)
        sim.fault(kind='endless-markers', count=-1)
        watch.until('MODIFY status')
        status = live.status()
        assert status['State'] == 'stale'
        assert status['LastError'].startswith('no listing has ended since 2')
        assert status['LastError'].endswith(': the next one is overdue')
    sim.clear_faults()
    sim.settings(latency_ms=0)
    wait_until_fresh(live)
    check_states_told(live, 2)
    told = states_told(live)
    assert told[0].endswith(': the next one is overdue')
    assert told[1] == 'dmsfs: the files are fresh again'


# The trial edit at the start


@needs_root
@pytest.mark.parametrize('kept', ['+sys_admin', '+sys_admin,+dac_override'])
def test_a_start_is_refused_where_edits_fail(serve, refuse, kept):
    sim = serve(listing=[record('inst', 'a')])
    said = refuse(sim, '-q', '-o', 'uid=1000,allow_other', prefix=[
        'setpriv', f'--bounding-set=-all,{kept}', '--no-new-privs'])
    assert 'cannot show changes: ' in said
    assert 'not permitted' in said or 'Permission denied' in said
    assert 'run dmsfs as uid 1000' in said and 'CAP_FOWNER' in said


@needs_root
@pytest.mark.parametrize('kept', ['+dac_override,+fowner', '+chown'])
def test_a_start_needs_no_more_than_it_uses(serve, mount, kept):
    sim = serve(listing=marked(record('inst', 'a')))
    owner = ['-o', 'uid=1000,allow_other'] if 'fowner' in kept else []
    live = Live(sim, mount(sim, *owner, prefix=[
        'setpriv', f'--bounding-set=-all,+sys_admin,{kept}', '--no-new-privs']))
    events = live.observe(lambda: sim.set('a', Status='failed'))
    assert events[:2] == ['MODIFY inst/a', 'CLOSE_WRITE inst/a']


# Another file system over a part


@needs_root
@pytest.mark.parametrize('part', ['inst', '.dmsfs/by-status', '.dmsfs/changes'])
def test_another_file_system_over_a_part_is_told_though_nothing_changes(
        live, part, tmp_path):
    (tmp_path / 'mine').touch()
    source = tmp_path if live.path(part).is_dir() else tmp_path / 'mine'
    with Watch(live.path('.dmsfs/status')) as watch:
        subprocess.run(['mount', '--bind', source, live.path(part)], check=True)
        try:
            live.refresh()
            watch.until('MODIFY')
            assert live.status()['State'] == 'stale'
            assert 'mounted over the mount' in live.status()['LastError']
            live.refresh_and_wait()
        finally:
            subprocess.run(['umount', live.path(part)], check=True)
        watch.until('MODIFY')
    wait_until_fresh(live)
    check_states_told(live, 2)


# Few descriptors


@needs_root
def test_many_directories_change_with_few_descriptors(serve, mount):
    records = [record(f'inst{number}', 'a') for number in range(12)]
    sim = serve(listing=marked(*records))
    live = Live(sim, mount(sim))
    live.settle()
    # With 9 of them there is room for its socket, the root and four more.
    subprocess.run(['prlimit', '--pid', str(live.editor()), '--nofile=9:'], check=True)
    events = live.observe(lambda: sim.edit({'set': {'Status': 'failed'}}))
    for number in range(12):
        assert events.count(f'MODIFY inst{number}/a') == 1
    assert shows(live, sim.listing())
    # Too few for one file: told, and made up for.
    subprocess.run(['prlimit', '--pid', str(live.editor()), '--nofile=5:'], check=True)
    with Watch(live.root) as watch:
        sim.edit({'set': {'Status': 'successful'}})
        live.refresh_and_wait()
        wait_until_stale(live, 'Too many open files')
        subprocess.run(['prlimit', '--pid', str(live.editor()), '--nofile=64:'],
                       check=True)
        events = watch.until('CLOSE_WRITE .dmsfs/changes')
    for number in range(12):
        assert events.count(f'MODIFY inst{number}/a') == 1
    wait_until_fresh(live)
    assert shows(live, sim.listing())
    check_states_told(live, 2)
