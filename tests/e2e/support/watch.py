"""inotifywait as a witness: what it told, and when.

    with Watch(mount.path) as watch:
        ...
        watch.until('MODIFY orders/oracle')

An event is written as 'NAMES path', the path relative to what is watched, with a
slash at its end where a watched directory tells of itself: 'CREATE,ISDIR orders',
'MODIFY orders/oracle', 'DELETE_SELF orders/'.
"""

import os
import pathlib
import subprocess
import threading
import time

PATIENCE_S = 120

# All but what mere looking raises.
CHANGES = ('modify', 'attrib', 'close_write', 'move', 'create', 'delete',
           'delete_self', 'move_self', 'unmount')


class Timeout(Exception):
    """What was waited for did not come, and what came instead."""


class Watch:
    """inotifywait -m on paths, -r unless told otherwise, until the end of the block.

    root: what paths are told relative to; the first path by default
    """

    def __init__(self, *paths, recursive=True, events=CHANGES, root=None):
        self._paths = [str(path) for path in paths]
        self._root = str(root or paths[0])
        self._options = ['-r'] if recursive else []
        for event in events:
            self._options += ['-e', event]
        self._lock = threading.Condition()
        self._events = []
        self._complaints = []
        self._is_at_end = False
        self._process = None
        self._threads = []

    def __enter__(self):
        self._process = subprocess.Popen(
            ['inotifywait', '-m', *self._options, '--format', '%,e|%w%f',
             *self._paths],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, 'LC_ALL': 'C.UTF-8'}, text=True,
            errors='surrogateescape')
        said = []
        for line in self._process.stderr:
            said.append(line)
            if line == 'Watches established.\n':
                break
        else:
            self._process.wait()
            raise RuntimeError(f'inotifywait did not start: {said}')
        self._threads = [threading.Thread(target=self._collect),
                         threading.Thread(target=self._collect_complaints)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._process.terminate()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def events(self):
        """All that came so far and was not taken."""
        with self._lock:
            return [event for _, event in self._events]

    def clear(self):
        with self._lock:
            self._events.clear()

    def complaints(self):
        """What inotifywait wrote to stderr: overflows above all."""
        return list(self._complaints)

    def until(self, event, timeout=PATIENCE_S):
        """Waits for an event; it and all before it, which are taken."""
        return [name for _, name in self.until_timed(event, timeout)]

    def until_timed(self, event, timeout=PATIENCE_S):
        """The same as pairs of the time that it was read, and the event."""
        deadline = time.monotonic() + timeout
        seen = 0
        with self._lock:
            while True:
                for i in range(seen, len(self._events)):
                    if self._events[i][1] == event:
                        taken = self._events[:i + 1]
                        del self._events[:i + 1]
                        return taken
                seen = len(self._events)
                left = deadline - time.monotonic()
                if self._is_at_end or left <= 0:
                    last = [name for _, name in self._events[-40:]]
                    raise Timeout(f'no {event!r} within {timeout} s; last of {seen} '
                                  f'events: {last}; {self._complaints}')
                self._lock.wait(left)

    def _collect(self):
        for line in self._process.stdout:
            now = time.time()
            event = self._read(line.rstrip('\n'))
            with self._lock:
                if event:
                    self._events.append((now, event))
                    self._lock.notify_all()
        with self._lock:
            self._is_at_end = True
            self._lock.notify_all()

    def _collect_complaints(self):
        for line in self._process.stderr:
            self._complaints.append(line.rstrip('\n'))

    def _read(self, line):
        names, _, path = line.partition('|')
        if names == 'IGNORED':
            return None
        names = names.replace('CLOSE_WRITE,CLOSE', 'CLOSE_WRITE')
        path = path.removeprefix(self._root).removeprefix('/')
        return f'{names} {path}'.rstrip()


def until(is_so, timeout=PATIENCE_S, what='what was waited for'):
    """Looks again and again until it is so; what is_so() returned. For what raises
    no event that could be waited for."""
    deadline = time.monotonic() + timeout
    pause_s = 0.005
    while True:
        result = is_so()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Timeout(f'{what}: not within {timeout} s')
        time.sleep(pause_s)
        pause_s = min(1.2 * pause_s, 0.1)


def fields(path):
    """The fields of a file in the form of Debian control files, of one line each."""
    lines = pathlib.Path(path).read_text().splitlines()
    return dict(line.split(': ', 1) for line in lines if ': ' in line)
