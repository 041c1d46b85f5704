"""Nobody but the mount's own editor changes anything, also while that is at work."""

import contextlib
import errno
import mmap
import os
import stat
import subprocess
import sys
import threading

import pytest

from contract import document, record
from live import Live, marked
from shims import fast_pace
from watch import Watch, until

ROUNDS = 50
NOBODY = 65534
# What each does to a file, a directory, and the directory above.
COMMANDS = {
    'touch': 'touch inst/a',
    'touch new': 'touch inst/new',
    'rm': 'rm -f inst/a',
    'rm -r': 'rm -rf inst',
    'rmdir': 'rmdir inst',
    'mv': 'mv -f inst/a inst/c',
    'mv over': 'mv -f inst/a inst/b',
    'mv directory': 'mv -f inst other',
    'mkdir': 'mkdir inst/new',
    'mknod': 'mknod inst/new p',
    'chmod': 'chmod 600 inst/a',
    'chmod directory': 'chmod 700 inst',
    'chown': 'chown 1:1 inst/a',
    'ln': 'ln inst/a inst/new',
    'ln -s': 'ln -s a inst/new',
    '>': ': >inst/a',
    '> new': ': >inst/new',
    '>>': 'cat /etc/passwd >>inst/a',
    'truncate': 'truncate -s 0 inst/a',
    'truncate longer': 'truncate -s 100000 inst/a',
    'dd': 'printf XXXX | dd of=inst/a conv=notrunc status=none',
    'cp over': 'cp inst/b inst/a',
    'sed -i': 'sed -i s/a/b/ inst/a',
    'setxattr': f'{sys.executable} -c "import os; os.setxattr(\'inst/a\', \'user.x\', '
                'b\'y\')"',
    'status': 'cat /etc/passwd >>.dmsfs/status',
    'changes': ': >.dmsfs/changes',
    'rm refresh': 'rm -f .dmsfs/refresh',
    'chmod refresh': 'chmod 600 .dmsfs/refresh',
    'mkdir by-status': 'mkdir .dmsfs/by-status/new',
    'rm link': 'rm -f .dmsfs/by-status/successful/inst:a',
    'ln -s by-status': 'ln -s x .dmsfs/by-status/failed/x',
}
REFUSED = 'Read-only file system'


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    return Live(sim, mount(sim, '-o', 'allow_other', environment=fast_pace()))


def run(live, command, **options):
    return subprocess.run(['sh', '-c', command], cwd=live.root, capture_output=True,
                          text=True, env={**os.environ, 'LC_ALL': 'C.UTF-8'}, **options)


def look(live):
    """All that is there: names, kinds and modes, and what the files say."""
    found = {}
    for directory, names, files in os.walk(live.root):
        for name in names + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            found[path] = (status.st_mode, status.st_nlink, status.st_uid)
            if stat.S_ISREG(status.st_mode) and not directory.endswith('.dmsfs'):
                with open(path, 'rb') as file:
                    found[path] += (file.read(),)
    return found


@pytest.mark.parametrize('command', COMMANDS.values(), ids=COMMANDS.keys())
def test_root_is_refused(live, command):
    before = look(live)
    with Watch(live.root) as watch:
        done = run(live, command)
        assert done.returncode != 0
        assert REFUSED in done.stderr, done.stderr
        live.mark()
        events = watch.until('MODIFY mark/er')
    # A refused > is still an open for writing that was closed.
    assert [e for e in events if not e.startswith('CLOSE_WRITE ')] == ['MODIFY mark/er']
    after = look(live)
    before.pop(str(live.path('mark/er')))
    after.pop(str(live.path('mark/er')))
    assert after == before


@pytest.mark.skipif(os.getuid() != 0, reason='needs root to be another user')
@pytest.mark.parametrize('command', COMMANDS.values(), ids=COMMANDS.keys())
def test_another_user_is_refused(live, command):
    before = look(live)
    done = run(live, command, user=NOBODY, group=NOBODY, extra_groups=[])
    assert done.returncode != 0
    assert any(why in done.stderr for why in (
        REFUSED, 'Permission denied', 'Operation not permitted')), done.stderr
    assert look(live) == before


def test_all_is_refused_while_the_publisher_is_at_work(live):
    """Tried for the very names that the publisher makes and removes meanwhile."""
    is_over = threading.Event()
    outcomes = []

    def attempt(call, *arguments):
        try:
            call(*arguments)
            outcomes.append((call.__name__, 'done'))
        except OSError as error:
            outcomes.append((call.__name__, errno.errorcode[error.errno]))

    def dirty(path):
        fd = os.open(path, os.O_WRONLY)
        try:
            os.write(fd, b'XXXX')
        finally:
            os.close(fd)

    def meddle():
        while not is_over.is_set():
            for name in 'inst/new', 'inst/a':
                path = live.path(name)
                attempt(os.mknod, path)
                attempt(os.mkdir, path)
                attempt(os.symlink, 'x', path)
                attempt(os.unlink, path)
                attempt(os.utime, path)
                attempt(os.truncate, path, 0)
                attempt(dirty, path)

    threads = [threading.Thread(target=meddle) for _ in range(2)]
    with Watch(live.root) as watch:
        for thread in threads:
            thread.start()
        try:
            for number in range(ROUNDS):
                live.sim.add(record('inst', 'new'))
                live.sim.set('a', LastFailureMessage=f'{number}')
                live.refresh()
                watch.until('CREATE inst/new')
                live.sim.remove('new')
                live.refresh()
                watch.until('DELETE inst/new')
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
    live.settle()
    # There is a moment at which a name is there or is not.
    assert {why for _, why in outcomes} <= {'EROFS', 'EEXIST', 'ENOENT'}
    refused = {call for call, why in outcomes if why == 'EROFS'}
    assert refused == {'mknod', 'mkdir', 'symlink', 'unlink', 'utime', 'truncate',
                       'dirty'}
    assert sorted(os.listdir(live.path('inst'))) == ['a', 'b']
    until(lambda: live.read('inst/a') == document(record('inst', 'a', message=f'{ROUNDS - 1}')))


def test_a_refused_write_through_a_mapping_leaves_the_content(live):
    wanted = document(record('inst', 'a'))
    for _ in range(20):
        fd = os.open(live.path('inst/a'), os.O_RDWR)
        with mmap.mmap(fd, 0) as mapping:
            os.close(fd)
            mapping[:6] = b'SPOILT'
            with pytest.raises(OSError):
                mapping.flush()
        until(lambda: live.read('inst/a') == wanted)


def test_a_mapping_that_is_never_flushed_leaves_the_content(live):
    wanted = document(record('inst', 'a'))
    fd = os.open(live.path('inst/a'), os.O_RDWR)
    with mmap.mmap(fd, 0) as mapping:
        mapping[:6] = b'SPOILT'
        # Linux writes it out with this, and says that it could not.
        with contextlib.suppress(OSError):
            os.close(fd)
    os.sync()
    until(lambda: live.read('inst/a') == wanted)
    events = live.observe(lambda: live.sim.set('a', Status='failed'))
    assert 'MODIFY inst/a' in events
    assert live.read('inst/a') == document(record('inst', 'a', 'failed'))


def test_dropping_a_dirtied_page_raises_no_event(live):
    with Watch(live.root) as watch:
        fd = os.open(live.path('inst/a'), os.O_RDWR)
        with mmap.mmap(fd, 0) as mapping:
            mapping[:6] = b'SPOILT'
            with pytest.raises(OSError):
                mapping.flush()
        until(lambda: live.read('inst/a') == document(record('inst', 'a')))
        os.close(fd)
        live.mark()
        assert watch.until('MODIFY mark/er') == ['CLOSE_WRITE inst/a', 'MODIFY mark/er']


@pytest.mark.parametrize('command', [
    'echo now >.dmsfs/refresh', 'echo now >>.dmsfs/refresh', 'touch .dmsfs/refresh',
    'printf x | dd of=.dmsfs/refresh conv=notrunc status=none',
    ': >.dmsfs/refresh'])
def test_the_refresh_file_takes_what_is_written(live, command):
    live.sim.set('a', Status='failed')
    with Watch(live.root) as watch:
        done = run(live, command)
        assert (done.returncode, done.stderr) == (0, '')
        watch.until('MODIFY inst/a')
    assert live.read('.dmsfs/refresh') == b''


def test_several_refreshes_at_once_make_one_listing(live):
    # The first of them is under way while the others come; those make one more.
    live.sim.fault(kind='hang')
    live.path('.dmsfs/refresh').touch()
    live.sim.wait_for_requests(2)
    for _ in range(10):
        live.path('.dmsfs/refresh').touch()
        live.path('.dmsfs/refresh').write_text('now')
        live.refresh()
    live.sim.clear_faults()
    # The first listing, the one that hung, and one for all that was asked meanwhile.
    live.sim.wait_for(lambda log: len(whole(log)) >= 3)
    live.settle()
    # And the two of settle().
    assert len(whole(live.sim.wait_for(lambda log: len(whole(log)) >= 5))) == 5


def whole(log):
    return [request for request in log if request['status'] == 200
            and request['answered']]
