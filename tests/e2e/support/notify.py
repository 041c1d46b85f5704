"""inotify without a process between: for tests that act on each event at once."""

import collections
import ctypes
import os
import select
import struct

MODIFY = 0x2
ATTRIB = 0x4
CLOSE_WRITE = 0x8
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
OVERFLOW = 0x4000
IGNORED = 0x8000

_HEADER = struct.Struct('iIII')
_LIBC = ctypes.CDLL(None, use_errno=True)

Event = collections.namedtuple('Event', 'watch mask name')


class Notify:
    """One inotify instance; names are bytes."""

    def __init__(self):
        self._fd = _LIBC.inotify_init1(os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), 'inotify_init1')

    def add(self, path, mask):
        """The number of the watch."""
        watch = _LIBC.inotify_add_watch(self._fd, os.fsencode(path), mask)
        if watch < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(path))
        return watch

    def read(self, timeout_s):
        """The events that are there, or the first ones to come; [] at the timeout."""
        waiting = select.poll()
        waiting.register(self._fd, select.POLLIN)
        if not waiting.poll(timeout_s * 1000):
            return []
        data = os.read(self._fd, 1 << 16)
        events = []
        at = 0
        while at < len(data):
            watch, mask, _, size = _HEADER.unpack_from(data, at)
            at += _HEADER.size
            name = data[at:at + size].rstrip(b'\0')
            at += size
            events.append(Event(watch, mask, name))
        return events

    def close(self):
        os.close(self._fd)
