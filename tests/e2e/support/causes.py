"""Causes that keep a mount from showing what the service says, each for as long as its
block lasts:

    with CAUSES['a cover'](it):
        ...

`it` has the mount's path `root`, a directory `place` of its own around it that holds
`above` (the parent of the root) and the file `config`, the stand-in `sim`, a random
source `chance` and `editor()`.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import threading

from watch import until


def _run(*command):
    subprocess.run([str(word) for word in command], check=True)


def _is_done(*command):
    return subprocess.run([str(word) for word in command], check=False).returncode == 0


@contextlib.contextmanager
def read_only(it):
    # It is refused as busy while the editor has a file open for writing.
    until(lambda: _is_done('mount', '-o', 'remount,bind,ro', it.root))
    try:
        yield
    finally:
        _run('mount', '-o', 'remount,bind,rw', it.root)


@contextlib.contextmanager
def leases(it):
    """On some files; the signal that asks for a lease back is ignored."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    names = [os.path.join(top, name) for top, _, files in os.walk(it.root)
             if '.dmsfs' not in top for name in sorted(files)]
    held = []
    try:
        for name in it.chance.sample(names, 20):
            held.append(os.open(name, os.O_RDONLY))
            with contextlib.suppress(BlockingIOError):  # the editor is writing it
                fcntl.fcntl(held[-1], fcntl.F_SETLEASE, fcntl.F_RDLCK)
        yield
    finally:
        for fd in held:
            os.close(fd)
        signal.signal(signal.SIGIO, before)


@contextlib.contextmanager
def stopped_editor(it):
    editor = it.editor()
    os.kill(editor, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(editor, signal.SIGCONT)


@contextlib.contextmanager
def killed_editor(it):
    os.kill(it.editor(), signal.SIGKILL)
    yield


@contextlib.contextmanager
def _tmpfs(path):
    _run('mount', '-t', 'tmpfs', 'tmpfs', path)
    try:
        yield
    finally:
        # It is busy while the editor looks at what lies there.
        until(lambda: _is_done('umount', path))


def cover(it):
    return _tmpfs(it.root)


def cover_of_a_part(it):
    names = sorted(name for name in os.listdir(it.root) if name != '.dmsfs')
    return _tmpfs(it.root / it.chance.choice(names))


@contextlib.contextmanager
def renamed(it):
    above, other = it.place / 'above', it.place / 'renamed'
    above.rename(other)
    try:
        yield
    finally:
        other.rename(above)


@contextlib.contextmanager
def moved(it):
    other = it.place / 'other'
    other.mkdir(exist_ok=True)
    _run('mount', '--move', it.root, other)
    try:
        yield
    finally:
        _run('mount', '--move', other, it.root)


@contextlib.contextmanager
def fifo(it):
    config, kept = it.place / 'config', it.place / 'config.kept'
    config.rename(kept)
    os.mkfifo(config)
    try:
        yield
    finally:
        kept.replace(config)


@contextlib.contextmanager
def asked_in_a_loop(it):
    end = threading.Event()

    def ask():
        while not end.wait(0.01):
            with contextlib.suppress(OSError):
                os.utime(it.root / '.dmsfs/refresh')

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _fault(**fault):
    @contextlib.contextmanager
    def cause(it):
        it.sim.fault(count=-1, **fault)
        try:
            yield
        finally:
            it.sim.clear_faults()
    return cause


CAUSES = {
    'read-only': read_only,
    'leases': leases,
    'editor stopped': stopped_editor,
    'editor killed': killed_editor,
    'covered': cover,
    'covered in part': cover_of_a_part,
    'renamed': renamed,
    'moved': moved,
    'FIFO as config': fifo,
    'asked in a loop': asked_in_a_loop,
    'outage': _fault(kind='reset'),
    'throttled': _fault(kind='error', type='ThrottlingException', message='no'),
    'filters refused': _fault(kind='error', filters=True, message='no',
                              type='InvalidParameterValueException'),
    'endless markers': _fault(kind='endless-markers', delay_ms=500),
}
