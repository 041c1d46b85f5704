"""The systemd units: well-formed, and doing what they say with a real mount."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

import mount as mounting
from watch import until

BUILT = pathlib.Path(mounting.program()).resolve().parent / 'data'
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


def for_the_shell(command):
    """The shell splits what is not in braces, as systemd does."""
    return re.sub(r'\$\{(\w+)\}', r'"$\1"', command)


def run_as_systemd_would(command, environment):
    return subprocess.run(['sh', '-c', for_the_shell(command)], env=environment,
                          text=True, capture_output=True, timeout=60)


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
def sim(serve):
    return serve(connections=20)


@pytest.fixture
def service(sim, place):
    """What the commands of the unit find in their environment."""
    return {**sim.environment(home=place), 'DMSFS_SOURCE': 'none',
            'DMSFS_MOUNTPOINT': str(place / 'a mount'),
            'DMSFS_OPTIONS': f'--endpoint-url {sim.url} --refresh 86400'}


class Manager:
    """Starts the service, and hears what it says of itself."""

    def __init__(self, unit, environment, place):
        self.point = pathlib.Path(environment['DMSFS_MOUNTPOINT'])
        self.state = place / 'state'
        self._unit = unit
        self._place = place
        self._environment = environment
        self._process = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f'{place}/notify')
        self._socket.settimeout(mounting.PATIENCE_S)

    def start(self):
        """Returns when the service says that it is up."""
        [before] = values(self._unit, 'ExecStartPre')
        done = run_as_systemd_would(before, self._environment)
        assert done.returncode == 0, done.stderr
        [command] = values(self._unit, 'ExecStart')
        self._process = subprocess.Popen(
            ['sh', '-c', 'exec ' + for_the_shell(
                re.sub(r'^\S+', mounting.program(), command).replace(
                    '%S/dmsfs/%i', str(self.state)))],
            env=mounting.with_sanitizer_logs(
                {**self._environment, 'NOTIFY_SOCKET': f'{self._place}/notify'},
                self._place),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.hear('READY=1')

    def hear(self, message):
        """Waits for a message that begins so; what came before it is forgotten."""
        while True:
            heard = self._socket.recv(4096).decode()
            if heard.startswith(message):
                return heard

    def end(self, number):
        self._process.send_signal(number)
        return self._process.wait(timeout=mounting.PATIENCE_S)

    def clear(self):
        """What is done when the service has ended."""
        [command] = values(self._unit, 'ExecStopPost')
        done = run_as_systemd_would(command, self._environment)
        assert (done.returncode, done.stderr) == (0, '')

    def close(self):
        if self._process and self._process.poll() is None:
            self.end(signal.SIGKILL)
        self._socket.close()


@pytest.fixture
def manager(unit, service, place):
    own = Manager(unit, service, place)
    yield own
    own.close()


def test_makes_the_mountpoint_and_is_up_when_the_mount_answers(manager):
    manager.start()
    assert mounting.mount_entry(manager.point).type == 'fuse.dmsfs'
    # Without a refresh, which is due in a day.
    assert re.fullmatch(r'STATUS=20 connections, \d+ failed, refreshed \d\d:\d\d:\d\d',
                        manager.hear('STATUS='))
    status = manager.point / '.dmsfs/status'
    assert status.read_text().startswith('State: fresh\n')
    assert manager.end(signal.SIGTERM) == 0
    manager.hear('STOPPING=1')
    assert mounting.mount_entry(manager.point) is None


def test_clears_the_mount_of_a_program_that_was_killed(manager):
    manager.start()
    manager.end(signal.SIGKILL)
    assert mounting.mount_entry(manager.point)
    manager.clear()
    assert mounting.mount_entry(manager.point) is None
    manager.start()
    assert manager.end(signal.SIGTERM) == 0


def test_remembers_over_a_restart(sim, unit, manager):
    assert values(unit, 'StateDirectory') == ['dmsfs/%i']
    assert values(unit, 'StateDirectoryMode') == ['0700']
    manager.state.mkdir(mode=0o700)
    manager.start()
    until((manager.state / 'state').exists)
    assert manager.end(signal.SIGTERM) == 0
    sim.edit({'set': {'Status': 'failed', 'LastFailureMessage': 'meanwhile'}})
    manager.start()
    changes = manager.point / '.dmsfs/changes'
    gap, *lines = changes.read_text().splitlines()
    assert '\t.\t-\t-\tnot watched since ' in gap
    assert lines and all(line.split('\t')[3] == 'failed' for line in lines)
    assert manager.end(signal.SIGTERM) == 0


def test_takes_several_sources_of_its_settings(sim, unit, service, place):
    keys = (f'endpoint_url = {sim.url}\naws_access_key_id = {sim.access_key}\n'
            f'aws_secret_access_key = {sim.secret_key}\n')
    (place / 'config').write_text(f'[profile a]\n{keys}[profile b]\n{keys}')
    sources = ['a@us-east-1', 'b@us-east-1']
    manager = Manager(unit, {**service, 'AWS_CONFIG_FILE': str(place / 'config'),
                             'DMSFS_SOURCE': ','.join(sources),
                             'DMSFS_OPTIONS': '--refresh 86400 --partial'}, place)
    try:
        manager.start()
        assert re.match(r'STATUS=40 connections, ', manager.hear('STATUS='))
        assert sorted(os.listdir(manager.point)) == ['.dmsfs', *sources]
        assert manager.end(signal.SIGTERM) == 0
        for source in sources:
            assert (manager.state / source / 'state').exists()
    finally:
        manager.close()


def test_leaves_a_mount_that_answers(manager):
    manager.start()
    manager.clear()
    assert mounting.mount_entry(manager.point)
    assert manager.end(signal.SIGTERM) == 0


def test_has_nothing_to_clear_where_nothing_is_mounted(manager):
    manager.clear()
