"""What is measured and what it is measured against: mounts of dmsfs before a dms-sim,
and the same tree on tmpfs and on other FUSE file systems."""

import collections
import contextlib
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'e2e/support'))

import mount as mounting  # noqa: E402
from sim import Sim  # noqa: E402

import process  # noqa: E402

INSTANCES = 60
SELDOM = ['--refresh', '86400', '--refresh-active', '86400']
EXAMPLES = pathlib.Path('/usr/share/doc/libfuse3-dev/examples')
PATIENCE_S = 600
FILES_MAX = 1 << 20

mounting.PATIENCE_S = PATIENCE_S
mounting.adopt_orphans()


@contextlib.contextmanager
def place():
    with tempfile.TemporaryDirectory(prefix='dmsfs-bench.') as directory:
        try:
            yield pathlib.Path(directory)
        finally:
            mounting.sweep(directory)


def serve(connections, instances=INSTANCES, **options):
    """A dms-sim with that many connections, none of them active."""
    return Sim(connections=connections, instances=min(instances, connections),
               testing_percent=0, **options)


class Dmsfs:
    """One mount: `with Dmsfs(sim) as mount`. -f unless debugged or in background."""

    def __init__(self, sim, *options, is_foreground=True):
        self._sim = sim
        self._options = options
        self._is_foreground = is_foreground
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(place())
            point = directory / 'dms'
            point.mkdir()
            arguments = [*SELDOM, '--endpoint-url', self._sim.url, *self._options,
                         point]
            mount = mounting.Mount(directory, arguments,
                                   self._sim.environment(home=directory),
                                   is_foreground=self._is_foreground)
            stack.enter_context(mount)
            self._stack = stack.pop_all()
        return mount

    def __exit__(self, *error):
        return self._stack.__exit__(*error)


def pids_of(mount):
    return [mount.pid, *mounting.children_of(mount.pid)]


def cpu_of(mount):
    return sum(process.cpu_s(pid) for pid in pids_of(mount))


Request = collections.namedtuple('Request', 'opcode node')
REQUEST = re.compile(r'^dmsfs: unique: \d+, opcode: (\w+) \(\d+\), nodeid: (\d+),', re.M)


def requests_of(mount, start=0):
    """What a mount with -d was asked since a mark, its own editor included."""
    text = mount.stderr().encode()[start:].decode()
    return [Request(*found) for found in REQUEST.findall(text)]


def settle(mount, sim=None, requests=0):
    """Returns when the sim has been asked so often, and the daemon has come to rest."""
    deadline = time.monotonic() + PATIENCE_S
    while sim and sim.counters()['requests'] < requests:
        if time.monotonic() > deadline:
            raise TimeoutError(f'not {requests} requests within {PATIENCE_S} s')
        time.sleep(0.005)
    before = None
    while before != (before := cpu_of(mount)):
        time.sleep(0.05)


@contextlib.contextmanager
def tmpfs_copy(root):
    """The same tree on tmpfs, .dmsfs included."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix='dmsfs-bench.', dir='/dev/shm'))
    try:
        subprocess.run(['cp', '-a', f'{root}/.', str(directory)], check=True)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class Unavailable(Exception):
    """A peer that is not here, with the reason."""


class Bindfs:
    name = 'bindfs'

    @staticmethod
    def command(source, point, _directory):
        if not shutil.which('bindfs'):
            raise Unavailable('bindfs is not installed')
        return ['bindfs', '-f', source, point]


class Passthrough:
    """libfuse's example, with all the caching that it offers."""
    name = 'passthrough_ll'

    @classmethod
    def command(cls, source, point, directory):
        return [cls._build(directory), '-f', '-o',
                f'source={source},cache=always,timeout=86400', point]

    @staticmethod
    def _build(directory):
        code = EXAMPLES / 'passthrough_ll.c'
        if not code.exists():
            raise Unavailable(f'{code} is not there')
        program = directory / 'passthrough_ll'
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'fuse3'],
                               capture_output=True, text=True, check=False)
        built = subprocess.run(['cc', '-O2', '-w', f'-I{EXAMPLES}', str(code), '-o',
                                str(program), *flags.stdout.split()],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Unavailable(f'{code} does not build: {built.stderr[:200]}')
        return program


def _raise_file_limit():
    """passthrough_ll holds a descriptor for each file that the kernel knows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.suppress(ValueError, OSError):  # not for everybody
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))


@contextlib.contextmanager
def peer(kind, source):
    """Another FUSE file system over a directory."""
    with place() as directory:
        point = directory / 'mnt'
        point.mkdir()
        daemon = subprocess.Popen(
            [str(word) for word in kind.command(source, point, directory)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=_raise_file_limit)
        try:
            while not mounting.mount_entry(point):
                if daemon.poll() is not None:
                    raise Unavailable(f'{kind.name} ended with {daemon.returncode}')
                time.sleep(0.002)
            yield point
        finally:
            subprocess.run(['fusermount3', '-uz', str(point)], check=False,
                           stderr=subprocess.DEVNULL)
            daemon.wait(timeout=30)


def program(variable, beside):
    """A program of the bench: where the build says, else in the build beside us."""
    path = pathlib.Path(os.environ.get(variable)
                        or HERE.parent.parent / 'build' / beside)
    if not path.exists():
        raise Unavailable(f'{path} is not built')
    return path
