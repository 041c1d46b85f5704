"""The systemd units: well-formed, and doing what they say with a real mount."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import mount as mounting

BUILT = pathlib.Path(mounting.program()).resolve().parent
UNITS = {'system': BUILT / 'dmsfs@.service',
         'user': BUILT / 'systemd/dmsfs@.service'}

# Each gives the service a mount namespace, where its mount would be hidden.
HIDES_THE_MOUNT = re.compile(
    r'^(PrivateTmp|PrivateDevices|PrivateMounts|PrivateUsers|Protect(System|Home|Proc|'
    r'Kernel\w+|ControlGroups)|ProcSubset|\w*Paths|BindPaths|TemporaryFileSystem|'
    r'RootDirectory|DynamicUser|MountFlags)=', re.M)


@pytest.fixture(params=UNITS, ids=str)
def kind(request):
    return request.param


@pytest.fixture
def unit(kind):
    """The text of a unit, lines that were continued joined."""
    return UNITS[kind].read_text().replace('\\\n', ' ')


def values(unit, name):
    return re.findall(rf'^{name}=(.*)$', unit, re.M)


def run_as_systemd_would(command, environment, **options):
    """By the shell, which splits what is not in braces as systemd does."""
    command = re.sub(r'\$\{(\w+)\}', r'"$\1"', command)
    return subprocess.run(['sh', '-c', command], env=environment, text=True,
                          capture_output=True, timeout=60, **options)


def test_is_taken_by_systemd(kind, place):
    if not shutil.which('systemd-analyze'):
        pytest.skip('systemd-analyze is not installed')
    (place / 'dmsfs@.service').write_text(re.sub(
        r'^ExecStart=\S+', f'ExecStart={mounting.program()}', UNITS[kind].read_text(),
        flags=re.M))
    scope = ['--user'] if kind == 'user' else []
    done = subprocess.run(
        ['systemd-analyze', *scope, '--man=no', 'verify', f'{place}/dmsfs@prod.service'],
        text=True, capture_output=True, timeout=120,
        env={**os.environ, 'XDG_RUNTIME_DIR': str(place), 'HOME': str(place)})
    if 'Failed to initialize manager' in done.stderr:
        pytest.skip(f'systemd-analyze cannot work here: {done.stderr.strip()}')
    # What it has to say of units that are not ours is nobody's concern.
    assert [line for line in done.stderr.splitlines() if 'dmsfs' in line] == []
    assert done.returncode == 0, done.stderr


def test_starts_the_installed_program(unit):
    [command] = values(unit, 'ExecStart')
    assert re.match(r'/\S+/bin/dmsfs ', command)


def test_leaves_the_mount_to_be_seen(unit):
    assert not HIDES_THE_MOUNT.search(unit)


def test_lets_a_user_mount_through_fusermount():
    # Each implies NoNewPrivileges= for who is not root.
    assert not re.search(r'^(NoNewPrivileges|SystemCall\w+|Restrict\w+|Lock\w+|'
                         r'MemoryDeny\w+|Protect\w+)=', UNITS['user'].read_text(), re.M)


@pytest.fixture
def service(unit, serve, place):
    """What the commands of the unit find in their environment."""
    sim = serve(connections=20)
    point = place / 'a mount'
    return {**sim.environment(home=place), 'DMSFS_SOURCE': 'none',
            'DMSFS_MOUNTPOINT': str(point),
            'DMSFS_OPTIONS': f'--endpoint-url {sim.url} --refresh 86400'}


@pytest.fixture
def start(unit, service, place):
    [before] = values(unit, 'ExecStartPre')
    [command] = values(unit, 'ExecStart')
    command = re.sub(r'^\S+', mounting.program(), command)
    daemons = []

    def run():
        for step in (before, command):
            done = run_as_systemd_would(step, service)
            assert done.returncode == 0, done.stderr
        point = service['DMSFS_MOUNTPOINT']
        [daemon] = [pid for pid, words in mounting.children_of(os.getpid()).items()
                    if point in words]
        daemons.append(daemon)
        return daemon

    yield run
    mounting.sweep(place)


def end(pid, number):
    os.kill(pid, number)
    os.waitpid(pid, 0)


def test_makes_the_mountpoint_and_mounts(start, service):
    daemon = start()
    point = pathlib.Path(service['DMSFS_MOUNTPOINT'])
    assert mounting.mount_entry(point).type == 'fuse.dmsfs'
    assert (point / '.dmsfs/status').read_text().startswith('State: fresh\n')
    end(daemon, signal.SIGTERM)
    assert mounting.mount_entry(point) is None


def test_clears_the_mount_of_a_program_that_was_killed(unit, start, service):
    end(start(), signal.SIGKILL)
    point = pathlib.Path(service['DMSFS_MOUNTPOINT'])
    assert mounting.mount_entry(point)
    [command] = values(unit, 'ExecStopPost')
    done = run_as_systemd_would(command, service)
    assert (done.returncode, done.stderr) == (0, '')
    assert mounting.mount_entry(point) is None
    end(start(), signal.SIGTERM)


def test_leaves_a_mount_that_answers(unit, start, service):
    daemon = start()
    [command] = values(unit, 'ExecStopPost')
    done = run_as_systemd_would(command, service)
    assert (done.returncode, done.stderr) == (0, '')
    assert mounting.mount_entry(pathlib.Path(service['DMSFS_MOUNTPOINT']))
    end(daemon, signal.SIGTERM)


def test_has_nothing_to_clear_where_nothing_is_mounted(unit, service):
    [command] = values(unit, 'ExecStopPost')
    done = run_as_systemd_would(command, service)
    assert (done.returncode, done.stderr) == (0, '')
