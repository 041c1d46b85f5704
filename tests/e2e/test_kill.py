"""Killed amid its work: nobody hangs, the mount can be cleared, no event is lost."""

import collections
import errno
import multiprocessing
import os
import random
import select
import signal
import subprocess
import traceback

import pytest

from contract import document, record
from live import END, Live, begin_publishing, editor_of, fds_into, marked
from mount import Mount, mount_entry
from notify import MODIFY, Notify
from shims import fast_pace
from watch import Watch

TIMES = 200 if os.environ.get('DMSFS_LONG') else 10
FILES = 300
READERS = 4
PATIENCE_S = 120
SEED = 20240229


def state_of(pid):
    """A letter, and where in the kernel it waits."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            state = file.read().rpartition(')')[2].split()[0]
        with open(f'/proc/{pid}/wchan', encoding='utf-8') as file:
            return f'{state} in {file.read()}'
    except (FileNotFoundError, ProcessLookupError):
        return 'gone'


def wait_for_end(end, pid, what):
    """Of a pidfd; the process may be a zombie then."""
    waiting = select.poll()
    waiting.register(end, select.POLLIN)
    if not waiting.poll(PATIENCE_S * 1000):
        pytest.fail(f'the {what} goes on after {PATIENCE_S} s: {state_of(pid)}')
    os.close(end)


# Readers that go on until the mount is dead


def read_on(root, results):
    """Over and over all files and directories; .dmsfs/status, which the kernel does
    not keep, tells when the daemon is gone."""
    try:
        while True:
            for directory, _, files in os.walk(root):
                for name in files:
                    try:
                        with open(os.path.join(directory, name), 'rb') as file:
                            file.read()
                    except FileNotFoundError:
                        pass
            with open(os.path.join(root, '.dmsfs/status'), 'rb') as file:
                file.read()
    except OSError as error:
        is_dead = error.errno in (errno.ENOTCONN, errno.ECONNABORTED)
        results.put(None if is_dead else traceback.format_exc())
    except BaseException:
        results.put(traceback.format_exc())


class Readers:
    def __init__(self, root, count):
        context = multiprocessing.get_context('fork')
        self._results = context.Queue()
        self.processes = [context.Process(target=read_on, args=(root, self._results))
                          for _ in range(count)]
        for process in self.processes:
            process.start()

    def finish(self):
        for process in self.processes:
            complaint = self._results.get(timeout=PATIENCE_S)
            assert complaint is None, complaint
        for process in self.processes:
            process.join(PATIENCE_S)
            assert process.exitcode == 0, state_of(process.pid)


def test_a_daemon_that_is_killed_amid_publishing_leaves_nobody_hanging(
        serve, place, mountpoint, say):
    sim = serve(connections=FILES, failed_percent=0, testing_percent=0)
    moments = random.Random(SEED)
    for number in range(TIMES):
        # Every other dead mount is left to the next one to clear.
        mount = Mount(place, ['--clean-stale', '--endpoint-url', sim.url, mountpoint],
                      sim.environment(home=place), is_foreground=False)
        with mount:
            editor = editor_of(mount.pid)
            ends = [(os.pidfd_open(editor), editor, 'editor'),
                    (os.pidfd_open(mount.pid), mount.pid, 'daemon')]
            readers = Readers(mountpoint, READERS)
            begin_publishing(sim, mount, LastFailureMessage=f'{number}',
                             Status=('failed', 'successful')[number % 2])
            select.poll().poll(moments.uniform(0, 20))
            mount.signal(signal.SIGKILL)
            for end in ends:
                wait_for_end(*end)
            assert mount.wait() == -signal.SIGKILL
            os.waitpid(editor, 0)
            readers.finish()
            if number % 2 == 0 or number == TIMES - 1:
                done = subprocess.run(['fusermount3', '-u', mountpoint],
                                      capture_output=True, text=True,
                                      timeout=PATIENCE_S)
                assert (done.returncode, done.stderr) == (0, '')
                assert mount_entry(mountpoint) is None
    say(f'{TIMES} daemons killed amid publishing, under {READERS} readers each: 0 '
        f'processes in state D, 0 mounts that could not be cleared')


def names_of(number):
    """Half of the files are always there, others come and go."""
    names = [f'e{i:03}' for i in range(FILES // 2)]
    return names + [f'{"xy"[number % 2]}{i:03}' for i in range(FILES // 2)]


def records_of(number):
    return marked(*[record('inst', name, message=f'{number}')
                    for name in names_of(number)])


def check_told(events, number):
    """Everything is told; an edit maybe twice, since the next editor repeats what the
    one before had not reported."""
    counts = collections.Counter(events)
    came = set(names_of(number)) - set(names_of(number - 1))
    went = set(names_of(number - 1)) - set(names_of(number))
    for name in names_of(number):
        assert counts.pop(f'MODIFY inst/{name}', 0) in (1, 2), name
        assert counts.pop(f'CLOSE_WRITE inst/{name}', 0) in (1, 2), name
    link = '.dmsfs/by-status/successful/inst:'
    for kind, names in ('CREATE', came), ('DELETE', went):
        for name in names:
            assert counts.pop(f'{kind} inst/{name}', 0) == 1, f'{kind} {name}'
            assert counts.pop(f'{kind} {link}{name}', 0) == 1, f'{kind} link of {name}'
    rotation = {'MOVED_FROM .dmsfs/changes', 'MOVED_TO .dmsfs/changes.1',
                'CREATE .dmsfs/changes'}
    assert counts.keys() <= rotation | {
        f'{kind} .dmsfs/{name}' for kind in ('MODIFY', 'CLOSE_WRITE')
        for name in ('changes', 'connections.json')}


def test_an_editor_that_is_killed_loses_no_event(serve, mount, say):
    sim = serve(listing=records_of(0))
    it = Live(sim, mount(sim, environment=fast_pace()))
    moments = random.Random(SEED)
    killed = set()
    with Watch(it.root) as watch:
        notify = Notify()
        notify.add(it.path('inst'), MODIFY)
        for number in range(1, TIMES + 1):
            sim.replace(records_of(number))
            it.refresh()
            assert notify.read(PATIENCE_S)
            # Now there is one: the last may have been killed when all was done.
            editor = it.editor()
            killed.add(editor)
            select.poll().poll(moments.uniform(0, 20))
            os.kill(editor, signal.SIGKILL)
            check_told(watch.until(END), number)
            while notify.read(0):
                pass
            for name in names_of(number):
                assert it.read(f'inst/{name}') == document(
                    record('inst', name, message=f'{number}'))
            assert sorted(os.listdir(it.path('inst'))) == sorted(names_of(number))
        notify.close()
    assert len(killed) == TIMES
    say(f'{TIMES} editors killed amid publishing: 0 events lost')


def test_an_editor_that_is_killed_while_idle_is_started_again(serve, mount):
    sim = serve(listing=marked(record('inst', 'a')))
    it = Live(sim, mount(sim))
    for status in 'failed', 'successful', 'failed':
        editor = it.editor()
        os.kill(editor, signal.SIGKILL)
        events = it.observe(lambda: sim.set('a', Status=status))
        assert events[:2] == ['MODIFY inst/a', 'CLOSE_WRITE inst/a']
        assert it.editor() != editor


def test_the_editor_ends_with_the_daemon(serve, mount):
    sim = serve(listing=marked(record('inst', 'a')))
    it = Live(sim, mount(sim))
    editor = it.editor()
    end = os.pidfd_open(editor)
    it.mount.stop()
    wait_for_end(end, editor, 'editor')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP,
                                    signal.SIGHUP, signal.SIGTERM, signal.SIGTTOU])
def test_the_editor_ignores_the_signals_of_a_terminal(serve, mount, number):
    sim = serve(listing=marked(record('inst', 'a')))
    it = Live(sim, mount(sim))
    editor = it.editor()
    os.kill(editor, number)
    assert it.observe(lambda: sim.set('a', Status='failed'))[0] == 'MODIFY inst/a'
    assert it.editor() == editor


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_both_amid_publishing_ends_well(serve, mount, number):
    sim = serve(connections=FILES, failed_percent=0, testing_percent=0)
    it = Live(sim, mount(sim, start_new_session=True))
    notify = Notify()
    for directory in os.listdir(it.root):
        notify.add(it.path(directory), MODIFY)
    sim.edit({'set': {'LastFailureMessage': 'new'}})
    it.refresh()
    assert notify.read(PATIENCE_S)
    os.killpg(it.mount.pid, number)
    it.mount.check_end()
    notify.close()


@pytest.mark.whole_mount
def test_the_mount_is_not_busy_after_a_publication(serve, mount):
    sim = serve(listing=marked(record('inst', 'a')))
    it = Live(sim, mount(sim))
    it.observe(lambda: sim.set('a', Status='failed'))
    it.wait_until_idle()
    assert not fds_into(it.mount.pid, it.root)
    subprocess.run(['fusermount3', '-u', it.root], check=True)
    it.mount.check_end()


def test_the_editor_holds_nothing_but_its_socket(serve, mount):
    sim = serve(listing=marked(record('inst', 'a')))
    it = Live(sim, mount(sim))
    it.observe(lambda: sim.set('a', Status='failed'))
    editor = it.editor()
    fds = {os.readlink(f'/proc/{editor}/fd/{fd}') for fd in os.listdir(
        f'/proc/{editor}/fd')}
    assert {fd.partition(':')[0] for fd in fds} == {'/dev/null', 'socket'}
    with open(f'/proc/{editor}/comm', encoding='utf-8') as file:
        assert file.read() == 'dmsfs-editor\n'
