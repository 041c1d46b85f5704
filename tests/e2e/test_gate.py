"""Commands by ioctl, as other languages give them: what is sent, what comes back and
when, and that nothing else on the mount sends any."""

import concurrent.futures
import contextlib
import fcntl
import json
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import termios

import pytest

import commands
from commands import DELETE, PUBLISHED, TEST, give
from contract import record
from gate import Gate
from live import Live, editor_of
from watch import Watch, until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
PATIENCE_S = 120
ALLOWED = ('--allow-test', '--allow-delete', '--test-interval', '0')
ACTIONS = ('TestConnection', 'DeleteConnection')
OTHER_USER = 65534


@pytest.fixture
def live(serve, mount):
    """A mount of a few connections, on which all is allowed; tests go on for ever."""

    def start(*options, records=None, count=6, allowed=ALLOWED, **settings):
        records = records or [record('inst', f'e{i}') for i in range(count)]
        sim = serve(listing=records, **{'test_seconds': 86400, 'delete_seconds': 86400,
                                        **settings})
        return Live(sim, mount(sim, *allowed, *options))

    return start


def named(it, name):
    """As the mount names a path: below its mountpoint."""
    return str(it.path(name).relative_to(it.mount.point))


def commanded(sim):
    """The commands that the service got."""
    return [request for request in sim.log() if request['action'] in ACTIONS]


def lines(it, name='commands'):
    """Of .dmsfs/commands, without time, uid and pid."""
    text = it.path(f'.dmsfs/{name}').read_text()
    return [line.split('\t')[3:] for line in text.splitlines()]


class Caller:
    """A process that gives a command."""

    def __init__(self, kind, path, *name, **options):
        self._process = subprocess.Popen(
            [sys.executable, commands.__file__, kind, str(path), *name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        self.pid = self._process.pid

    def signal(self, number):
        self._process.send_signal(number)

    def result(self):
        """The name of the errno, or '' where it came to no end."""
        return self._process.communicate(timeout=PATIENCE_S)[0].strip()

    def status(self):
        return self._process.wait(timeout=PATIENCE_S)


def hang(sim, action='TestConnection'):
    """Has all such commands hang from now on."""
    sim.fault(kind='hang', action=action, count=-1)


def wait_for_commands(sim, count):
    until(lambda: len(commanded(sim)) >= count, what=f'{count} commands')


# The main job


@pytest.mark.parametrize('kind, verb, status', [(TEST, 'test', 'testing'),
                                                (DELETE, 'delete', 'deleting')])
def test_the_file_has_the_new_status_when_the_ioctl_returns(live, kind, verb, status):
    it = live()
    with Watch(it.root) as watch:
        result = give(kind, it.path('inst/e3'))
        text = it.read('inst/e3').decode()
        # The line is there as well.
        [line] = lines(it)
        watch.until('MODIFY inst/e3')
        watch.until('CLOSE_WRITE .dmsfs/commands')
    assert result[:4] == ('ok', PUBLISHED, named(it, 'inst/e3'), '')
    assert result.message == ''
    assert text.startswith(f'Status: {status}\n')
    [request] = commanded(it.sim)
    assert line == [f'{verb} inst/e3', 'ok', '-', request['request_id']]
    assert result.request_id == request['request_id']
    [whole] = it.path('.dmsfs/commands').read_text().splitlines()
    assert re.match(rf'\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t{os.getuid()}\t{os.getpid()}'
                    rf'\t{verb} ', whole)
    until(lambda: it.changes() == [f'inst/e3\tsuccessful\t{status}\t-'],
          what='a line in changes')


@pytest.mark.parametrize('where, name', [('inst', b'e3'), ('.', b'inst/e3'),
                                         ('inst', b'new'), ('.', b'other/new')])
def test_a_name_on_a_directory_stands_for_its_file(live, where, name):
    it = live()
    for kind in 'endpoint', 'replication-instance':
        short = 'new' if kind == 'endpoint' else 'other'
        it.sim.make_known(kind, f'arn:aws:dms:us-east-1:123456789012:x:{short}', short)
    path = os.path.normpath(os.path.join(where, name.decode()))
    result = give(TEST, it.path(where), name)
    assert result[:4] == ('ok', PUBLISHED, named(it, path), '')
    assert it.read(path).startswith(b'Status: testing\n')
    assert len(commanded(it.sim)) == 1


def test_the_result_comes_as_an_event(live):
    it = live(test_seconds=1)
    it.sim.fail_tests('e1', 'no route')
    with Watch(it.root) as watch:
        for name in 'e1', 'e2':
            assert give(TEST, it.path(f'inst/{name}')).errno == 'ok'
        until(lambda: it.read('inst/e2').startswith(b'Status: successful\n'))
        until(lambda: it.read('inst/e1').startswith(b'Status: failed\n'))
        watch.until('CREATE .dmsfs/by-status/failed/inst:e1')
    assert b'LastFailureMessage: no route\n' in it.read('inst/e1')
    until(lambda: len(it.changes()) == 4, what='the changes')
    assert sorted(it.changes()) == [
        'inst/e1\tsuccessful\ttesting\t-', 'inst/e1\ttesting\tfailed\tno route',
        'inst/e2\tsuccessful\ttesting\t-', 'inst/e2\ttesting\tsuccessful\t-']


def test_what_was_deleted_goes(live):
    it = live(delete_seconds=0.1)
    assert give(DELETE, it.path('inst/e1')).errno == 'ok'
    until(lambda: not it.path('inst/e1').exists(), what='the end of a file')


def test_the_same_command_of_the_same_user_is_joined(live):
    it = live()
    it.sim.fault(kind='delay', action='TestConnection', delay_ms=2000)
    callers = [Caller('test', it.path('inst/e1')) for _ in range(5)]
    callers += [Caller('test', it.path('inst'), 'e1') for _ in range(5)]
    # One that comes when it has ended is told by the mount that a test runs.
    results = {caller.result() for caller in callers}
    assert 'ok' in results and results <= {'ok', 'EALREADY'}
    assert len(commanded(it.sim)) == 1


# The table of errnos


FAULTS = [
    ('ResourceNotFoundFault', 'nothing there', 'ENOENT'),
    ('InvalidResourceStateFault', 'it is stopped', 'EBUSY'),
    ('AccessDeniedException', 'User: me is not authorized', 'EACCES'),
    ('AccessDeniedFault', 'no role', 'EACCES'),
    ('KMSKeyNotAccessibleFault', 'no key', 'ENOKEY'),
    ('ResourceQuotaExceededFault', 'enough', 'EDQUOT'),
    ('InternalFailure', 'oops', 'EIO'),
    ('SomethingNew', 'odd \x1b[2J', 'EIO'),
]


@pytest.mark.parametrize('kind', [TEST, DELETE], ids=['test', 'delete'])
@pytest.mark.parametrize('fault, message, name', FAULTS)
def test_a_fault_of_the_service_is_an_errno_with_its_text(live, kind, fault, message,
                                                         name):
    it = live()
    before = it.read('inst/e1')
    it.sim.fault(kind='error', type=fault, message=message)
    result = give(kind, it.path('inst/e1'))
    assert (result.errno, result.code, result.path) == (
        name, fault, named(it, 'inst/e1'))
    assert message.replace('\x1b', '\\x1B') in result.message
    [request] = commanded(it.sim)
    assert result.request_id == request['request_id']
    assert it.read('inst/e1') == before
    [line] = lines(it)
    assert line[1:] == [name, result.message, result.request_id]
    # What was refused starts no interval, and is not under way.
    assert give(kind, it.path('inst/e1')).errno == 'ok'


def test_a_test_of_another_that_runs_is_told_with_the_record_shown(live):
    it = live()
    it.sim.set('e1', Status='testing')
    result = give(TEST, it.path('inst/e1'))
    assert (result.errno, result.state) == ('EALREADY', PUBLISHED)
    assert result.code == 'InvalidResourceStateFault'
    assert it.read('inst/e1').startswith(b'Status: testing\n')


def test_a_throttled_command_is_sent_again(live):
    it = live()
    it.sim.fault(kind='error', type='ThrottlingException', message='Rate exceeded')
    assert give(TEST, it.path('inst/e1')).errno == 'ok'
    assert [request['status'] for request in commanded(it.sim)] == [400, 200]


def test_a_service_that_goes_on_to_throttle_is_busy(live):
    it = live()
    it.sim.fault(kind='error', type='ThrottlingException', message='Rate exceeded',
                 action='TestConnection', count=-1)
    result = give(TEST, it.path('inst/e1'))
    assert (result.errno, result.code) == ('EBUSY', 'ThrottlingException')
    assert len(commanded(it.sim)) > 1


def test_credentials_that_are_no_longer_valid_are_told(live):
    it = live()
    it.sim.replace_credentials({'access_key': 'AKIDOTHER', 'secret_key': 'x'})
    result = give(TEST, it.path('inst/e1'))
    assert result.errno == 'EKEYEXPIRED', result
    assert result.message


def test_a_service_that_does_not_respond_is_told_in_time(live):
    it = live()
    hang(it.sim)
    result = give(TEST, it.path('inst/e1'))
    assert result.errno == 'ETIMEDOUT', result
    # It may have been done all the same.
    assert len(commanded(it.sim)) == 1


def test_a_service_that_cannot_be_reached_is_told(serve, mount):
    sim = serve(listing=[record('inst', 'e1')])
    with Gate(int(sim.url.rsplit(':', 1)[1])) as gate:
        it = Live(sim, mount(sim, *ALLOWED, '--endpoint-url', gate.url))
        gate.refuse()
        result = give(TEST, it.path('inst/e1'))
    assert result.errno == 'EHOSTUNREACH', result
    assert commanded(sim) == []


# What is refused is not sent


@pytest.mark.parametrize('allowed, is_allowed', [
    ((), (False, False)), (('--allow-test',), (True, False)),
    (('-o', 'allow_delete'), (False, True)), (('--allow-test', '-o', 'ro'),
                                              (False, False))])
def test_nothing_is_sent_that_the_mount_does_not_allow(live, allowed, is_allowed):
    it = live(allowed=allowed)
    for kind, allows in zip((TEST, DELETE), is_allowed):
        for path, name in ('inst/e1', b''), ('inst', b'e2'), ('.', b'inst/e3'):
            result = give(kind, it.path(path), name)
            assert result.errno == ('ok' if allows else 'EPERM'), result
            assert allows or '--allow-' in result.message
    assert {request['action'] for request in commanded(it.sim)} == {
        action for action, allows in zip(ACTIONS, is_allowed) if allows}
    assert it.path('.dmsfs/commands').exists() == any(is_allowed)
    if any(is_allowed):
        assert sum(line[1] == 'EPERM' for line in lines(it)) == 3


def test_other_users_may_look_and_not_command(live, place):
    if os.getuid() != 0:
        pytest.skip('only root can be another user as well')
    it = live('--allow-other')
    # A program that the other user can reach.
    program = place / 'commands.py'
    program.write_bytes(open(commands.__file__, 'rb').read())
    done = subprocess.run(
        ['setpriv', f'--reuid={OTHER_USER}', '--clear-groups', sys.executable, '-I',
         program, 'test', it.path('inst/e1')], text=True, capture_output=True,
        timeout=PATIENCE_S)
    assert (done.stdout, done.stderr) == ('EPERM\n', '')
    assert commanded(it.sim) == []
    [line] = it.path('.dmsfs/commands').read_text().splitlines()
    assert line.split('\t')[1] == str(OTHER_USER)


@pytest.mark.parametrize('path, name, fields', [
    ('inst/e1', b'e1', {}), ('inst', b'', {}), ('inst', b'a/b', {}), ('.', b'inst', {}),
    ('.', b'', {}), ('inst', b'..', {}), ('.', b'../etc/passwd', {}),
    ('inst', b'x' * 511, {}), ('inst', b'x' * 512, {}), ('inst', b'\xff', {}),
    ('inst', b'\x1b[2J', {}), ('.dmsfs', b'status', {}), ('.dmsfs/status', b'', {}),
    ('.dmsfs/by-status', b'failed', {}), ('inst/e1', b'', {'flags': 1}),
    ('inst/e1', b'', {'reserved': (0, 0, 0, 0, 0, 0, 1)})])
def test_nothing_is_sent_for_a_bad_name(live, path, name, fields):
    it = live()
    result = give(TEST, it.path(path), name, **fields)
    assert result.errno == 'EINVAL', result
    assert result.message
    [line] = lines(it)
    assert line[1:] == ['EINVAL', result.message, '-']
    assert it.path('.dmsfs/commands').read_bytes().isascii()
    assert commanded(it.sim) == []


@pytest.mark.parametrize('path, name', [('inst', b'nobody'), ('.', b'nowhere/e1'),
                                        ('.', b'nowhere/nobody')])
def test_a_name_that_the_service_does_not_know_is_not_there(live, path, name):
    it = live()
    result = give(TEST, it.path(path), name)
    assert result.errno == 'ENOENT', result
    assert commanded(it.sim) == []


def test_no_more_than_four_tests_are_under_way(live):
    it = live()
    for number in range(4):
        assert give(TEST, it.path(f'inst/e{number}')).errno == 'ok'
    result = give(TEST, it.path('inst/e4'))
    assert (result.errno, result.code) == ('EBUSY', 'TooManyTests')
    assert len(commanded(it.sim)) == 4
    # Where one has ended there is room.
    it.sim.set('e2', Status='successful')
    until(lambda: it.read('inst/e2').startswith(b'Status: successful\n'))
    assert give(TEST, it.path('inst/e4')).errno == 'ok'


def test_a_pair_is_tested_once_in_an_interval(live):
    it = live('--test-interval', '3600', test_seconds=0)
    assert give(TEST, it.path('inst/e1')).errno == 'ok'
    until(lambda: it.read('inst/e1').startswith(b'Status: successful\n'))
    result = give(TEST, it.path('inst/e1'))
    assert (result.errno, result.code) == ('EBUSY', 'TestInterval')
    assert give(TEST, it.path('inst/e2')).errno == 'ok'
    assert len(commanded(it.sim)) == 2


# Nothing else sends a command


def ioctl_quietly(fd, number, argument):
    with contextlib.suppress(OSError):
        fcntl.ioctl(fd, number, argument)


def do_all_else(path):
    """What programs do to a file, but for our ioctls."""
    for number in (termios.TCGETS, termios.FIONREAD, termios.FIONBIO, termios.FIOASYNC,
                   0x80086601, 0x40086602, 0x801c581f, 1, 2, 0x1277, 0x40049409,
                   0xc020660b, 0xc0185879, commands.number(0), commands.number(3),
                   0xd501, 0xd502):
        fd = os.open(path, os.O_RDONLY)
        ioctl_quietly(fd, number, bytearray(64))
        os.close(fd)
    if os.path.isdir(path):
        return
    for flags in os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_APPEND:
        with contextlib.suppress(OSError):
            fd = os.open(path, flags)
            with contextlib.suppress(OSError):
                os.write(fd, b'test')
            for act in (lambda fd: os.ftruncate(fd, 0), os.fsync, os.utime,
                        lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
                        lambda fd: fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB),
                        lambda fd: os.posix_fallocate(fd, 0, 1),
                        lambda fd: mmap.mmap(fd, 1, prot=mmap.PROT_READ).close()):
                with contextlib.suppress(OSError, ValueError):
                    act(fd)
            os.close(fd)
    for act in (os.unlink, os.rmdir, lambda path: os.rename(path, f'{path}.new'),
                lambda path: os.link(path, f'{path}.new'),
                lambda path: os.setxattr(path, 'user.test', b'1'), os.listxattr,
                lambda path: os.chmod(path, 0o600), lambda path: os.truncate(path, 0)):
        with contextlib.suppress(OSError):
            act(path)


def test_nothing_else_that_programs_do_sends_a_command(live):
    it = live(count=2)
    paths = [os.path.join(directory, name) for directory, names, files
             in os.walk(it.root) for name in [*names, *files, '.']]
    assert str(it.path('inst/e1')) in paths
    for path in paths:
        do_all_else(path)
    assert commanded(it.sim) == []
    assert it.read('.dmsfs/commands') == b''


# While commands wait


def look_and_touch(it):
    """What others do to the mount meanwhile; none of it may wait for a command."""
    for command in (['ls', '-lR', it.root], ['grep', '-r', 'x', it.root],
                    ['tar', '-cf', '/dev/null', '-C', it.root, '.'],
                    ['rm', '-f', it.path('inst/e1')], ['touch', it.path('inst/e1')],
                    ['mv', it.path('inst/e1'), it.path('inst/x')],
                    ['find', it.root, '-newer', it.root]):
        subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)


def rotate_changes(it):
    """By more than a MiB of lines, in two listings."""
    for half in range(2):
        it.sim.add(*(record('more', f'f{half}{number}', 'failed', 'x' * 60000)
                     for number in range(10)))
        it.refresh()
        until(it.path(f'more/f{half}9').exists, what='a listing')
    until(it.path('.dmsfs/changes.1').exists, what='a rotation')


def remount(it, *options):
    for option in options:
        # It is refused as busy while the editor has a file open for writing.
        until(lambda: subprocess.run(
            ['mount', '-o', f'remount,bind,{option}', it.mount.point],
            check=False).returncode == 0, what=f'a remount {option}')


@pytest.mark.parametrize('count', [1, 4, 50])
def test_nobody_waits_for_commands_that_wait(live, count):
    """Deletions, since there is no limit to those."""
    it = live(count=count)
    hang(it.sim, 'DeleteConnection')
    callers = [Caller('delete', it.path(f'inst/e{number}')) for number in range(count)]
    wait_for_commands(it.sim, min(count, 4))
    look_and_touch(it)
    it.sim.set('e0', LastFailureMessage='changed meanwhile')
    it.refresh()
    until(lambda: b'changed meanwhile' in it.read('inst/e0'), what='a listing')
    rotate_changes(it)
    if os.getuid() == 0:
        remount(it, 'ro', 'rw')
    for caller in callers:
        assert caller.result() == 'ETIMEDOUT'
    assert len(lines(it)) == count
    # Nothing was asked twice.
    endpoints = [request['body'] for request in commanded(it.sim)]
    assert len(endpoints) == len(set(map(str, endpoints)))


def test_a_signal_ends_the_wait_and_the_command_goes_on(live):
    it = live()
    it.sim.fault(kind='delay', action='TestConnection', delay_ms=3000, count=-1)
    callers = {}
    for name, number in ('e1', signal.SIGINT), ('e2', signal.SIGKILL), ('e3', None):
        callers[name] = Caller('test', it.path(f'inst/{name}'), preexec_fn=lambda:
                               signal.signal(signal.SIGINT, signal.SIG_DFL))
        wait_for_commands(it.sim, len(callers))
        if number:
            callers[name].signal(number)
            assert callers[name].status() == -number
    assert callers['e3'].result() == 'ok'
    until(lambda: len(lines(it)) == 3, what='a line for each')
    assert {line[1] for line in lines(it)} == {'ok'}
    for name in callers:
        until(lambda: it.read(f'inst/{name}').startswith(b'Status: testing\n'))
    assert len(commanded(it.sim)) == 3


def test_a_stopped_caller_holds_nobody_up(live):
    it = live()
    it.sim.fault(kind='delay', action='TestConnection', delay_ms=1000)
    caller = Caller('test', it.path('inst/e1'))
    wait_for_commands(it.sim, 1)
    caller.signal(signal.SIGSTOP)
    until(lambda: len(lines(it)) == 1, what='the end of the command')
    look_and_touch(it)
    caller.signal(signal.SIGCONT)
    # SIGSTOP is a signal to the kernel, which may end the wait.
    assert caller.result() in ('ok', 'EINTR')


@pytest.mark.parametrize('count', [1, 4, 50])
def test_a_killed_daemon_ends_the_callers(live, count):
    it = live(count=count)
    hang(it.sim, 'DeleteConnection')
    callers = [Caller('delete', it.path(f'inst/e{number}')) for number in range(count)]
    wait_for_commands(it.sim, min(count, 4))
    editor = editor_of(it.mount.pid)
    it.mount.signal(signal.SIGKILL)
    # Those that had not begun find no mount.
    assert {caller.result() for caller in callers} <= {'ECONNABORTED', 'ENOTCONN'}
    it.mount.kill()
    os.waitpid(editor, 0)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_mount_ends_the_callers(live, number):
    it = live()
    hang(it.sim)
    callers = [Caller('test', it.path(f'inst/e{i}')) for i in range(3)]
    wait_for_commands(it.sim, 3)
    it.mount.signal(number)
    for caller in callers:
        assert caller.result() == 'ECONNABORTED'
    it.mount.check_end()


def test_a_mount_that_is_detached_ends_after_the_command(live):
    it = live()
    it.sim.fault(kind='delay', action='TestConnection', delay_ms=1000)
    caller = Caller('test', it.path('inst/e1'))
    wait_for_commands(it.sim, 1)
    subprocess.run(['fusermount3', '-u', '-z', it.mount.point], check=True,
                   timeout=PATIENCE_S)
    # Nothing can be shown there any more.
    assert caller.result() == 'ok'
    it.mount.check_end()


def test_an_editor_that_is_killed_costs_nothing(live):
    it = live()
    it.sim.fault(kind='delay', action='TestConnection', delay_ms=1000, count=-1)
    callers = [Caller('test', it.path(f'inst/e{i}')) for i in range(3)]
    wait_for_commands(it.sim, 3)
    os.kill(editor_of(it.mount.pid), signal.SIGKILL)
    for caller in callers:
        assert caller.result() == 'ok'
    for number in range(3):
        until(lambda: it.read(f'inst/e{number}').startswith(b'Status: testing\n'))
    until(lambda: len(lines(it)) == 3, what='the lines')


def test_an_editor_that_hangs_delays_a_reply_and_no_more(live):
    it = live()
    editor = editor_of(it.mount.pid)
    os.kill(editor, signal.SIGSTOP)
    result = give(TEST, it.path('inst/e1'))
    # The daemon may have started another one already.
    assert result.errno == 'ok'
    until(lambda: it.read('inst/e1').startswith(b'Status: testing\n'))
    until(lambda: len(lines(it)) == 1, what='the line')


# Many


def test_the_log_of_commands_rotates_and_loses_no_line(live):
    it = live(count=1)
    count = 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        while not it.path('.dmsfs/commands.1').exists():
            for result in pool.map(lambda i: give(TEST, it.path('inst'),
                                                  b'%d/' % i + b'x' * 480),
                                   range(count, count + 200)):
                assert result.errno == 'EINVAL'
            count += 200
            assert count < 10000
    numbers = [int(line[0].split('/')[1]) for name in ('commands.1', 'commands')
               for line in lines(it, name)]
    assert sorted(numbers) == list(range(count))
    assert it.path('.dmsfs/commands.1').stat().st_size <= 1024 * 1024


@pytest.mark.skipif(os.getuid() != 0, reason='needs root to mount')
def test_as_many_lines_wait_as_a_file_takes_while_none_can_be_shown(live):
    it = live(count=1)
    assert give(TEST, it.path('inst'), b'/shown').errno == 'EINVAL'
    until(lambda: lines(it), what='a line')
    remount(it, 'ro')
    # About 2 KiB each, as all of them are escaped; and each waits for two seconds.
    count = 1600
    with concurrent.futures.ThreadPoolExecutor(count // 2) as pool:
        for result in pool.map(lambda i: give(TEST, it.path('inst'),
                                              b'%d/' % i + b'\x01' * 480), range(count)):
            assert result.errno == 'EINVAL'
    remount(it, 'rw')
    until(lambda: it.status()['State'] == 'fresh', what='fresh')
    files = [it.path(f'.dmsfs/{name}') for name in ('commands.1', 'commands')]
    shown, *waited = [line for file in files if file.exists()
                      for line in file.read_text().splitlines(keepends=True)]
    assert '/shown' in shown
    assert 1024 * 1024 - 4096 < sum(map(len, waited)) <= 1024 * 1024
    assert {line.count('\t') for line in waited} == {6}


def status_of(path):
    """The first line, or '' where the file is gone."""
    try:
        return path.read_text().split('\n', 1)[0]
    except FileNotFoundError:
        return ''


def test_no_reader_sees_the_old_status_after_a_command(live, say):
    """While listings are under way that began before."""
    count = 2000 if IS_LONG else 300
    it = live('--max-records', '100', count=count)
    pauses = random.Random(13)
    for action in 'DeleteConnection', 'DescribeConnections':
        for _ in range(50):
            it.sim.fault(kind='delay', action=action, count=count // 50,
                         delay_ms=pauses.choice([0, 0, 5, 20, 100, 300]))
    seen = []

    def command(number):
        path = it.path(f'inst/e{number}')
        result = give(DELETE, path)
        seen.append((result, status_of(path)))
        if number % 10 == 0:
            it.refresh()
        # It stays so, whatever the listings say that began before.
        return path, result

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(command, range(count)))
        assert {status for _, status in seen} == {'Status: deleting'}
        it.refresh()
        for path, result in results:
            assert result.errno == 'ok', result
            assert status_of(path) == 'Status: deleting'
    late = sum(result.state != PUBLISHED for result, _ in seen)
    say(f'{count} commands, {late} of them late')
    assert sorted(it.changes()) == sorted(
        f'inst/e{number}\tsuccessful\tdeleting\t-' for number in range(count))
    log = it.sim.log()
    assert len(commanded(it.sim)) == count
    listings = [request for request in log
                if request['action'] == 'DescribeConnections']
    assert any(listing['time'] < request['answered'] < listing['answered']
               for request in commanded(it.sim) for listing in listings)


def test_sends_what_the_model_of_the_api_knows(live):
    """Each request, as botocore's model has it: no member that is unknown, none that
    is missing."""
    session = pytest.importorskip('botocore.session').get_session()
    validator = pytest.importorskip('botocore.validate').ParamValidator()
    model = session.get_service_model('dms')
    it = live('--refresh-active', '1')
    arn = 'arn:aws:dms:us-east-1:123456789012:'
    it.sim.make_known('endpoint', f'{arn}endpoint:NEW', 'new-endpoint')
    it.sim.make_known('replication-instance', f'{arn}rep:NEW', 'new-instance')
    assert give(TEST, it.path('inst/e0')).errno == 'ok'
    assert give(TEST, it.root, b'new-instance/new-endpoint').errno == 'ok'
    assert give(DELETE, it.path('inst/e1')).errno == 'ok'
    it.sim.wait_for(lambda log: log[-1]['action'] == 'DescribeConnections')
    log = it.sim.log()
    assert {request['action'] for request in log} == {
        'DescribeConnections', 'DescribeReplicationInstances', 'DescribeEndpoints',
        *ACTIONS}
    for request in log:
        shape = model.operation_model(request['action']).input_shape
        body = json.loads(request['body'])
        report = validator.validate(body, shape)
        assert not report.has_errors(), report.generate_report()
        assert set(body) <= set(shape.members)
