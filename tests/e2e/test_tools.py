"""The tools that people wait with notice a change made on the service."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading

import pytest

from contract import document, record
from live import Live, marked
from notify import (ATTRIB, CLOSE_WRITE, CREATE, DELETE, DELETE_SELF, MODIFY, MOVE_SELF,
                    Notify)
from watch import PATIENCE_S, Watch, until

MOVED = 0xc0


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    return Live(sim, mount(sim))


class Tool:
    """A process whose lines are waited for."""

    def __init__(self, *command, given=''):
        self._lines = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env={**os.environ, 'LC_ALL': 'C.UTF-8'})
        with self._process.stdin as stdin:
            stdin.write(given)
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()

    def has(self, part, timeout):
        """Whether a line comes that has the part."""
        with self._news:
            return self._news.wait_for(
                lambda: any(part in line for line in self._lines), timeout)

    def wait_for(self, part):
        """The first line, not waited for before, that has the part."""
        def find():
            return next((i for i, line in enumerate(self._lines) if part in line), -1)

        with self._news:
            assert self._news.wait_for(lambda: find() >= 0, PATIENCE_S), (
                f'no {part!r} in {self._lines}')
            found = find()
            line = self._lines[found]
            del self._lines[:found + 1]
            return line

    def _collect(self):
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line.rstrip('\n'))
                self._news.notify_all()


@pytest.mark.parametrize('event', ['modify', 'close_write'])
def test_inotifywait_ends_with_the_change(live, event):
    with Tool('inotifywait', '-e', event, '--format', '%e %w', live.path('inst/a')
              ) as tool:
        tool.wait_for('Watches established')
        live.sim.set('a', Status='failed')
        live.refresh()
        assert tool.wait_for(event.upper()).endswith(f' {live.path("inst/a")}')


def test_tail_follows_the_changes(live):
    with Tool('tail', '-n', '+1', '-F', live.path('.dmsfs/changes')) as tool:
        for status in 'failed', 'testing', 'successful':
            live.sim.set('a', Status=status)
            live.refresh()
            assert tool.wait_for('inst/a').endswith(f'\t{status}\t-')


@pytest.mark.skipif(not shutil.which('entr'), reason='entr is missing')
def test_entr_runs_its_command_again(live):
    script = f'cat {live.path("inst/a")} && echo ran'
    with Tool('entr', '-n', 'sh', '-c', script, given=f'{live.path("inst/a")}\n'
              ) as tool:
        tool.wait_for('ran')
        # For 50 ms after its command entr hears nothing, whatever the file system.
        numbers = itertools.count(1)

        def is_noticed():
            live.sim.set('a', Status='failed', LastFailureMessage=f'{next(numbers)}')
            live.refresh()
            return tool.has('Status: failed', 0.2)

        until(is_noticed)


def test_a_watch_as_systemd_keeps_one_notices(live):
    """PathModified= watches the file, and the directories that lead to it."""
    notify = Notify()
    path = live.path('inst/a')
    of_file = notify.add(path, DELETE_SELF | MOVE_SELF | ATTRIB | CLOSE_WRITE | MODIFY)
    for directory in path.parent, live.root:
        notify.add(directory, DELETE_SELF | MOVE_SELF | ATTRIB | CREATE | DELETE | MOVED)

    def events():
        return [(event.watch == of_file, event.mask, event.name)
                for event in notify.read(PATIENCE_S)]

    def collect(count):
        found = []
        while len(found) < count:
            more = events()
            assert more, f'no more than {found}'
            found += more
        return found

    live.sim.set('a', Status='failed')
    live.refresh_and_wait()
    assert collect(2) == [(True, MODIFY, b''), (True, CLOSE_WRITE, b'')]
    assert path.read_bytes() == document(record('inst', 'a', 'failed'))
    live.sim.remove('a')
    live.refresh_and_wait()
    masks = [mask for is_file, mask, _ in collect(3) if is_file]
    assert DELETE_SELF in masks
    notify.close()


def test_the_wait_for_a_test_to_end(live):
    """The recipe of the README: sleep on the file until it is no longer testing."""
    live.observe(lambda: live.sim.set('a', Status='testing'))
    # The limit of time: between grep and inotifywait a change can go by.
    script = ('while grep -q "^Status: testing" "$0"; do '
              'inotifywait -qq -t 5 -e close_write "$0"; done; grep ^Status: "$0"')
    with Watch(live.root) as watch, Tool('sh', '-c', script, live.path('inst/a')) as tool:
        live.sim.set('a', LastFailureMessage='still at it')
        live.refresh_and_wait()
        watch.until('CLOSE_WRITE .dmsfs/changes')
        live.sim.set('a', Status='successful')
        live.refresh()
        assert tool.wait_for('Status: ') == 'Status: successful'
