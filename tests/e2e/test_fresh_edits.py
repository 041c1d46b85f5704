"""`fresh` is a promise: where the kernel refuses the editor's calls the state is stale
and names the cause, and once the cause has gone all is shown and told that was due."""

import contextlib
import fcntl
import os
import signal
import subprocess

import pytest

from contract import document, record
from live import Live, marked
from showing import shows
from watch import Watch, until

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason='needs root to mount')

PATIENCE_S = 30


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b'),
                               record('gone', 'x')))
    return Live(sim, mount(sim))


def change(live):
    """One of each kind, links and directories too."""
    live.sim.set('a', Status='failed')
    live.sim.remove('b')
    live.sim.remove('x')
    live.sim.add(record('inst', 'c'), record('new', 'd', 'modifying'))


EVENTS = ('MODIFY inst/a', 'CLOSE_WRITE inst/a', 'DELETE inst/b', 'CREATE inst/c',
          'MODIFY inst/c', 'CLOSE_WRITE inst/c', 'CREATE,ISDIR new', 'CREATE new/d',
          'MODIFY new/d', 'CLOSE_WRITE new/d',
          'DELETE gone/x', 'DELETE,ISDIR gone', 'DELETE_SELF gone/',
          'DELETE .dmsfs/by-status/successful/inst:a',
          'DELETE .dmsfs/by-status/successful/inst:b',
          'CREATE .dmsfs/by-status/failed/inst:a',
          'CREATE .dmsfs/by-status/successful/inst:c',
          'CREATE,ISDIR .dmsfs/by-status/modifying',
          'CREATE .dmsfs/by-status/modifying/new:d',
          'MODIFY .dmsfs/changes', 'CLOSE_WRITE .dmsfs/changes')


def stale_lines(live):
    return [line for line in live.mount.stderr().splitlines()
            if line.startswith('dmsfs: the files are ')]


def wait_until_stale(live, *causes):
    """Within the 10 s that a failed edit has to be told in, by what may be asked."""
    until(lambda: live.status()['State'] == 'stale', timeout=10, what='stale')
    for cause in causes:
        assert cause in live.status()['LastError']


def wait_until_fresh(live):
    until(lambda: live.status()['State'] == 'fresh', timeout=PATIENCE_S, what='fresh')


# The causes: each breaks the edits of a mount until its end


@contextlib.contextmanager
def read_only(root):
    subprocess.run(['mount', '-o', 'remount,bind,ro', root], check=True)
    yield
    subprocess.run(['mount', '-o', 'remount,bind,rw', root], check=True)



@pytest.mark.parametrize('times', [1, 2])
def test_a_mount_made_read_only(live, times):
    for number in range(times):
        with Watch(live.root) as watch:
            with read_only(live.root):
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
        assert len(stale_lines(live)) == 2 * (number + 1)


def lease(path):
    """A process's read lease; closing it ends the lease."""
    fd = os.open(path, os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return fd


@pytest.mark.parametrize('name', ['inst/a', '.dmsfs/changes'])
def test_a_lease_on_a_file_that_changes(live, name):
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    old = live.read('inst/a')
    fd = lease(live.path(name))
    try:
        with Watch(live.root) as watch:
            change(live)
            live.refresh_and_wait()
            wait_until_stale(live, f'open for writing {name}', 'lease')
            # All others go on.
            events = watch.until('MODIFY .dmsfs/status')
            assert 'CREATE inst/c' in events
            if name == 'inst/a':
                assert live.read(name) == old
            os.close(fd)
            fd = -1
            events += watch.until('CLOSE_WRITE .dmsfs/changes')
            for event in EVENTS:
                assert events.count(event) == 1, event
            watch.until('MODIFY .dmsfs/status')
    finally:
        if fd >= 0:
            os.close(fd)
        signal.signal(signal.SIGIO, before)
    wait_until_fresh(live)
    assert live.read('inst/a') == document(record('inst', 'a', 'failed'))
    assert shows(live, live.sim.listing())
    assert len(stale_lines(live)) == 2
