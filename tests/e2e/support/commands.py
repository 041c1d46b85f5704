"""The ioctl by which a mount takes commands, as another language uses it.

    result = give(TEST, mount.path / 'orders/oracle')
    assert result.errno == 'EALREADY', result
"""

import collections
import contextlib
import ctypes
import errno
import os
import sys


LIBC = ctypes.CDLL(None, use_errno=True)


class Command(ctypes.Structure):
    """struct dmsfs_command of dmsfs_ioctl.h."""
    _fields_ = [('name', ctypes.c_char * 512),
                ('flags', ctypes.c_uint32),
                ('reserved', ctypes.c_uint32 * 7),
                ('state', ctypes.c_uint32),
                ('reserved_out', ctypes.c_uint32 * 7),
                ('path', ctypes.c_char * 512),
                ('code', ctypes.c_char * 128),
                ('request_id', ctypes.c_char * 128),
                ('message', ctypes.c_char * 4096)]


def number(of):
    """_IOWR(0xD5, of, struct dmsfs_command)"""
    return 3 << 30 | ctypes.sizeof(Command) << 16 | 0xD5 << 8 | of


TEST = number(1)
DELETE = number(2)
PUBLISHED = 1

Result = collections.namedtuple('Result', 'errno state path code request_id message')


def _ioctl(fd, kind, command):
    """As fcntl.ioctl(), which for so large a struct lets no other thread run."""
    if LIBC.ioctl(fd, ctypes.c_ulong(kind), ctypes.byref(command)) < 0:
        raise OSError(ctypes.get_errno(), '')


def give(kind, path, name=b'', **fields):
    """Gives a command and waits for its end; errno is 'ok' or the name of one."""
    command = Command(name=name, **fields)
    error = 'ok'
    fd = -1
    try:
        fd = os.open(path, os.O_RDONLY)
        _ioctl(fd, kind, command)
    except OSError as failure:
        error = errno.errorcode[failure.errno]
    finally:
        if fd >= 0:
            with contextlib.suppress(OSError):  # of a mount that has died
                os.close(fd)
    return Result(error, command.state, *(
        getattr(command, text).decode() for text in ('path', 'code', 'request_id',
                                                     'message')))


def main():
    """commands.py KIND PATH [NAME]: gives one, from a process of its own."""
    kind, path, *name = sys.argv[1:]
    print(give({'test': TEST, 'delete': DELETE}[kind], path,
               os.fsencode(name[0]) if name else b'').errno)


if __name__ == '__main__':
    main()
