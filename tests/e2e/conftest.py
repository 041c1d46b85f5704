"""Fixtures of the end-to-end tests: real mounts of a simulated service."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / 'support'))

# pylint: disable=wrong-import-position
import mount as mounting
import sources
from mount import Mount
from sim import Sim

# Refreshes come when a test wants them.
SELDOM = ('--refresh', '86400', '--refresh-active', '86400')
# The mounts of tests are one source among three, of which one fails and one hangs. Not
# all that tests look at is there then; those of `among` in meson.build are for it.
IS_AMONG = bool(os.environ.get('DMSFS_AMONG'))


def pytest_configure(config):
    config.addinivalue_line('markers', 'whole_mount: looks at what is of the mount, not '
                            'of a source, counts all that the mount does, or brings a '
                            'config file')
    mounting.adopt_orphans()
    # dmsfs ignores it where its caller does, and that may be nohup(1).
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _why_no_mount():
    try:
        os.close(os.open('/dev/fuse', os.O_RDWR))
    except OSError as error:
        return f'/dev/fuse: {error.strerror}'
    return None if shutil.which('fusermount3') else 'fusermount3 is missing'


def pytest_collection_modifyitems(config, items):
    part, parts = map(int, os.environ.get('DMSFS_PART', '1/1').split('/'))
    config.hook.pytest_deselected(items=[item for number, item in enumerate(items)
                                         if number % parts != part - 1])
    items[:] = items[part - 1::parts]
    reason = os.environ.get('DMSFS_NO_MOUNT') or _why_no_mount()
    for item in items:
        if reason and item.path.name != 'test_sim.py':
            item.add_marker(pytest.mark.skip(reason=reason))
        if IS_AMONG and item.get_closest_marker('whole_mount'):
            item.add_marker(pytest.mark.skip(reason='looks at the whole mount'))


@pytest.fixture
def place():
    """A directory of the test's own that every user can look into."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix='dmsfs-e2e.')).resolve()
    directory.chmod(0o755)
    yield directory
    left = mounting.sweep(directory)
    shutil.rmtree(directory)
    assert left == ([], []), 'mounts and processes left over'


@pytest.fixture
def say(capsys):
    """Prints what a test came to, past what pytest keeps to itself."""
    def show(text):
        with capsys.disabled():
            print(f'\n{text}', end=' ', flush=True)

    return show


@pytest.fixture
def mountpoint(place):
    directory = place / 'mnt'
    directory.mkdir()
    return directory


@pytest.fixture
def serve(place):
    """Starts sims that are stopped, and must end well, after the test."""
    sims = []

    def start(**options):
        sims.append(Sim(**options))
        return sims[-1].start()

    yield start
    for sim in sims:
        sim.stop()


def _stop(mounts):
    for one in reversed(mounts):
        try:
            one.stop()
        except Exception:
            one.kill()
            raise


@pytest.fixture
def among(place, mountpoint, serve):
    """As mount(), but that the sim is one of three sources."""
    mounts, others = [], {}

    def start(sim, *options, environment=None, arguments=None, **settings):
        if arguments is not None:
            pytest.skip('is for one source')
        others.update(others or sources.neighbours(serve))
        sources.heal_neighbours(others)
        sims = {**others, sources.TESTED: sim}
        variables = {**sim.environment(home=place),
                     **sources.write_profiles(place, sims), **(environment or {})}
        mounts.append(Mount(place, sources.arguments_of(sims, [*SELDOM, *options],
                                                        mountpoint),
                            variables, **settings).start())
        mounts[-1].source = sources.word(sources.TESTED, sim)
        mounts[-1].path = mountpoint / mounts[-1].source
        sources.break_neighbours(sims, mountpoint)
        return mounts[-1]

    yield start
    _stop(mounts)


@pytest.fixture
def mount(request, place, mountpoint, serve):
    """Mounts a sim: mount(sim, OPTION...). The mount is stopped after the test, and
    must end well. `environment` adds to the sim's; `arguments` takes the place of
    all of them."""
    if IS_AMONG:
        yield request.getfixturevalue('among')
        return
    mounts = []

    def start(sim, *options, environment=None, arguments=None, **settings):
        variables = {**sim.environment(home=place), **(environment or {})}
        if arguments is None:
            arguments = [*SELDOM, '--endpoint-url', sim.url, *options, mountpoint]
        mounts.append(Mount(place, arguments, variables, **settings))
        return mounts[-1].start()

    yield start
    _stop(mounts)


@pytest.fixture
def refuse(place, mountpoint):
    """Runs dmsfs where it must not start: refuse(sim, OPTION..., status=1). Returns
    the one line that it said, after the checks that hold for every refusal."""

    def start(sim, *options, environment=None, arguments=None, status=1, unset=(),
              **settings):
        variables = {**sim.environment(home=place), **(environment or {})}
        for name in unset:
            del variables[name]
        if arguments is None:
            arguments = ['--endpoint-url', sim.url, *options, mountpoint]
        mounts_before = mounting.mounts_below(place)
        done = mounting.run(place, arguments, variables, **settings)
        assert done.returncode == status, done.stderr
        assert done.stdout == ''
        assert done.stderr.startswith('dmsfs: ')
        assert done.stderr.count('\n') == 1, done.stderr
        assert sim.secret_key not in done.stderr
        assert mounting.mounts_below(place) == mounts_before
        return done.stderr.rstrip('\n')

    return start


@pytest.fixture
def sh():
    """Runs a command that must succeed; its output."""

    def call(*command, **options):
        done = subprocess.run([str(word) for word in command], text=True,
                              capture_output=True, timeout=120,
                              env={**os.environ, 'LC_ALL': 'C.UTF-8'}, **options)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ''
        return done.stdout

    return call


@pytest.fixture
def certificate(place):
    """Makes a certificate of its own for names: (cert, key)."""

    def make(*names, stem='server'):
        cert, key = place / f'{stem}.pem', place / f'{stem}.key'
        kinds = [f'IP:{name}' if name[0].isdigit() else f'DNS:{name}' for name in names]
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', key,
             '-out', cert, '-subj', '/CN=dms-sim', '-addext',
             'subjectAltName=' + ','.join(kinds)],
            check=True, capture_output=True, timeout=60)
        return cert, key

    return make
