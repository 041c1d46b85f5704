"""The kernel is the cache: what was read once is not asked of dmsfs again."""

import ctypes
import errno
import os
import subprocess

import pytest

from contract import record
from live import Live, marked
from watch import until

ASKED_ONCE = {'OPEN', 'OPENDIR', 'READ', 'LOOKUP', 'READDIR', 'READDIRPLUS'}
# Only a mount that the kernel has nothing left to learn of asks none of these.
ASKED_WHILE_COLD = ASKED_ONCE | {'GETATTR', 'ACCESS', 'FLUSH', 'RELEASE', 'RELEASEDIR'}


def counted(*command):
    """How many lines a command prints."""
    done = subprocess.run([*map(str, command)], capture_output=True, timeout=300,
                          check=True)
    return done.stdout.count(b'\n')


def grep(root):
    return counted('grep', '-rc', '--exclude-dir=.dmsfs', '^Status: ', root)


def requests_of(mounted, work):
    """What a piece of work makes the kernel ask for."""
    begin = mounted.mark()
    work()
    return mounted.requests(begin)


def requests_when_warm(mounted, work, unwanted):
    """The same, again and again where the kernel had to drop some of its cache, which it
    may whenever memory is short."""
    def asked_if_warm():
        asked = requests_of(mounted, work)
        return None if unwanted & set(asked) else [asked]

    [asked] = until(asked_if_warm, what=f'work that asks for none of {unwanted}')
    return asked


def test_a_second_grep_and_ls_ask_nothing_of_50000_connections(serve, mount):
    mounted = mount(serve(connections=50_000, instances=60), '-d')

    def search():
        assert grep(mounted.path) == 50_000

    def list_all():
        assert counted('ls', '-lR', mounted.path) >= 50_000

    assert requests_of(mounted, search)['READ'] > 0
    for work in (search, list_all):
        asked = requests_when_warm(mounted, work, ASKED_ONCE)
        assert ASKED_ONCE & set(asked) == set(), asked
    # Reading moved the access times, which the kernel has asked for again by now.
    for work in (search, list_all):
        asked = requests_when_warm(mounted, work, ASKED_WHILE_COLD)
        # ls asks once whether there are extended attributes, and is told for ever.
        assert asked['GETXATTR'] + asked['LISTXATTR'] <= 1
        assert asked['STATFS'] <= 61
        assert set(asked) <= {'GETXATTR', 'LISTXATTR', 'STATFS'}, asked


@pytest.fixture
def warm(serve, mount):
    mounted = mount(serve(connections=300, instances=5), '-d')
    for _ in range(2):
        assert grep(mounted.path) == 300
        counted('ls', '-lR', mounted.path)
    return mounted


@pytest.mark.parametrize('command', [
    ['find', '.', '-path', './.dmsfs', '-prune', '-o', '-newermt', '2000-01-01'],
    ['du', '-a', '--exclude=.dmsfs', '.'],
    ['sh', '-c', 'cat */*'],
    ['sh', '-c', 'stat */*'],
    ['tar', '-cf', '-', '--exclude=./.dmsfs', '.'],
    ['sh', '-c', 'wc -c */* && head -c 5 */*'],
])
def test_other_tools_find_all_in_the_cache_too(warm, command):
    def work():
        done = subprocess.run(command, cwd=warm.path, capture_output=True, timeout=60,
                              check=True)
        assert done.stdout.count(b'\n') >= 300

    asked = requests_when_warm(warm, work, ASKED_WHILE_COLD)
    assert ASKED_WHILE_COLD & set(asked) == set(), asked


def test_extended_attributes_are_asked_for_once(warm):
    def work():
        for directory, _, files in os.walk(warm.path):
            for name in files:
                with pytest.raises(OSError):
                    os.getxattr(os.path.join(directory, name), 'security.selinux')

    assert requests_of(warm, work)['GETXATTR'] <= 1


def test_a_first_reading_asks_once_a_file_at_most(serve, mount):
    mounted = mount(serve(connections=2_000, instances=5), '-d')
    asked = requests_of(mounted, lambda: grep(mounted.path))
    assert asked['READ'] <= 2_000
    assert asked['LOOKUP'] == 0
    assert asked['OPEN'] + asked['OPENDIR'] <= 2


# Handles, by which a process may open a file again that it has closed


class Handle(ctypes.Structure):
    _fields_ = [('bytes', ctypes.c_uint), ('type', ctypes.c_int),
                ('high', ctypes.c_uint), ('low', ctypes.c_uint),
                ('generation', ctypes.c_uint), ('spare', ctypes.c_uint * 29)]


libc = ctypes.CDLL(None, use_errno=True)


def handle_of(path):
    handle = Handle(bytes=128)
    mount_id = ctypes.c_int()
    if libc.name_to_handle_at(-100, os.fsencode(path), ctypes.byref(handle),
                              ctypes.byref(mount_id), 0) < 0:
        raise OSError(ctypes.get_errno(), str(path))
    return handle


def open_handle(root, handle):
    at = os.open(root, os.O_RDONLY)
    fd = libc.open_by_handle_at(at, ctypes.byref(handle), os.O_RDONLY)
    error = ctypes.get_errno()
    os.close(at)
    if fd < 0:
        raise OSError(error, 'open_by_handle_at')
    with os.fdopen(fd, 'rb') as file:
        return file.read()


@pytest.mark.skipif(os.getuid() != 0, reason='needs root to open by a handle')
def test_a_handle_opens_its_own_file_or_none(serve, mount):
    sim = serve(listing=marked(*[record('inst', f'e{i}') for i in range(50)]))
    live = Live(sim, mount(sim))
    old = {}
    for name in os.listdir(live.path('inst')):
        path = live.path('inst') / name
        old[name] = handle_of(path)
        assert open_handle(live.root, old[name]) == path.read_bytes()
        # Numbers that are counted, and so no address.
        assert old[name].high == path.stat().st_ino
    inodes = {(live.path('inst') / name).stat().st_ino for name in old}
    for name in old:
        sim.remove(name)
    sim.add(*[record('inst', f'n{i}') for i in range(200)])
    live.settle()
    for name in os.listdir(live.path('inst')):
        path = live.path('inst') / name
        assert open_handle(live.root, handle_of(path)) == path.read_bytes()
        assert path.stat().st_ino not in inodes
    for handle in old.values():
        with pytest.raises(OSError) as gone:
            open_handle(live.root, handle)
        assert gone.value.errno == errno.ESTALE
