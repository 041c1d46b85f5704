"""A process of which the first thread alone runs on, the one that serves the kernel.

    with halted(pid):
        ...

By ptrace(2): a signal would stop all threads.
"""

import contextlib
import ctypes
import os

import pytest

LIBC = ctypes.CDLL(None, use_errno=True)
ATTACH, DETACH = 16, 17
ANY_THREAD = 0x40000000  # __WALL


def _trace(request, thread):
    if LIBC.ptrace(request, thread, None, None) < 0:
        pytest.skip(f'ptrace: {os.strerror(ctypes.get_errno())}')


@contextlib.contextmanager
def halted(pid):
    threads = [int(thread) for thread in os.listdir(f'/proc/{pid}/task')
               if int(thread) != pid]
    for thread in threads:
        _trace(ATTACH, thread)
    for thread in threads:
        os.waitpid(thread, ANY_THREAD)
    try:
        yield
    finally:
        for thread in threads:
            _trace(DETACH, thread)
