"""Another file system over the mount, or over a part of it: nothing is ever done to
that, and once it is gone the mount tells what it has missed."""

import os
import subprocess

import pytest

from contract import document, record
from live import Live, marked
from watch import Watch, until

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason='needs root to mount a tmpfs')


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    return Live(sim, mount(sim))


class Cover:
    """A tmpfs on a path, with files in it."""

    def __init__(self, path, *files):
        self._path = path
        self._files = files

    def __enter__(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', self._path], check=True)
        for name in self._files:
            path = self._path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text('mine')
        self._before = self._look()
        return self

    def __exit__(self, kind, error, traceback):
        after = self._look()
        subprocess.run(['umount', self._path], check=True)
        if error is None:
            assert after == self._before

    def _look(self):
        found = {}
        for directory, names, files in os.walk(self._path):
            for name in names + files:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                found[path] = (status.st_mode, status.st_mtime_ns, status.st_ino)
        return found


def change(live):
    live.sim.set('a', Status='failed')
    live.sim.remove('b')
    live.sim.add(record('inst', 'c'), record('new', 'd'))


def check_changed(live):
    assert live.read('inst/a') == document(record('inst', 'a', 'failed'))
    assert sorted(os.listdir(live.path('inst'))) == ['a', 'c']
    assert os.listdir(live.path('new')) == ['d']


def test_changes_wait_while_another_lies_over_the_mount(live):
    with Watch(live.root) as watch:
        with Cover(live.root, 'inst/a', 'inst/b', '.dmsfs/changes'):
            change(live)
            live.refresh_and_wait()
            # The state can be asked for no more; but what the service is asked is.
            live.refresh_and_wait()
        events = watch.until('CLOSE_WRITE .dmsfs/changes')
    for event in 'MODIFY inst/a', 'DELETE inst/b', 'CREATE inst/c', 'CREATE,ISDIR new':
        assert events.count(event) == 1
    check_changed(live)


def test_a_mount_can_be_covered_and_bared_while_it_changes(live):
    with Watch(live.root) as watch:
        for number in range(3):
            live.sim.set('a', LastFailureMessage=f'{number}')
            live.refresh()
            with Cover(live.root, 'inst/a'):
                live.refresh_and_wait()
            watch.until('CLOSE_WRITE .dmsfs/changes')
            until(lambda: f' {number}\n'.encode() in live.read('inst/a'))
    assert live.mount.surprises() == []


@pytest.mark.parametrize('part', ['inst', '.dmsfs', '.dmsfs/by-status/successful'])
def test_changes_wait_while_another_lies_over_a_part(live, part):
    # The kernel knows it all.
    assert subprocess.run(['grep', '-r', 'x', live.root], check=False,
                          stdout=subprocess.DEVNULL).returncode < 2
    covered = ['a', 'b', 'c', 'changes', 'status', 'inst:a', 'inst:b']
    with Watch(live.root) as watch:
        with Cover(live.path(part), *covered):
            change(live)
            live.refresh_and_wait()
            # What can be reached is told, and told once however often it is tried.
            reached = {'inst': 'CREATE .dmsfs/by-status/failed/inst:a',
                       '.dmsfs': 'CREATE inst/c'}.get(part, 'CREATE inst/c')
            events = watch.until(reached)
            live.refresh_and_wait()
        events += watch.until('CLOSE_WRITE .dmsfs/changes')
    for event in ('MODIFY inst/a', 'CLOSE_WRITE inst/a', 'DELETE inst/b',
                  'CREATE inst/c', 'MODIFY inst/c', 'CREATE,ISDIR new',
                  'DELETE .dmsfs/by-status/successful/inst:a',
                  'CREATE .dmsfs/by-status/failed/inst:a',
                  'MODIFY .dmsfs/changes'):
        assert events.count(event) == 1, event
    check_changed(live)
    assert len(live.changes()) == 4
    assert sorted(os.listdir(live.path('.dmsfs/by-status/successful'))) == [
        'inst:c', 'mark:er', 'new:d']


def test_the_changes_wait_while_another_lies_over_their_file(live, tmp_path):
    mine = tmp_path / 'mine'
    mine.write_text('mine')
    before = mine.stat().st_mtime_ns
    with Watch(live.root) as watch:
        subprocess.run(['mount', '--bind', mine, live.path('.dmsfs/changes')],
                       check=True)
        try:
            change(live)
            live.refresh_and_wait()
            # All else is told meanwhile.
            watch.until('MODIFY new/d')
            check_changed(live)
            until(lambda: 'cannot show changes' in live.mount.stderr())
            assert (mine.read_text(), mine.stat().st_mtime_ns) == ('mine', before)
        finally:
            subprocess.run(['umount', live.path('.dmsfs/changes')], check=True)
        watch.until('CLOSE_WRITE .dmsfs/changes')
    assert len(live.changes()) == 4
