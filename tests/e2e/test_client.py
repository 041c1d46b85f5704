"""dmsfs test and dmsfs delete, as scripts use them."""

import array
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios

import pytest

import mount as mounting
from contract import ARN, record
from watch import until

PATIENCE_S = 300
FOR_EVER = 86400

OLD = 'the reason of an older test'
REASON = 'Test Endpoint failed: no route\n\nsecond part\nprod/b: successful'
REASON_AS_PRINTED = 'Test Endpoint failed: no route\n .\n second part\n prod/b: successful'


class Gate:
    """A mount, its service, and the clients that a test starts."""

    def __init__(self, place, sim, mounted):
        self.place = place
        self.sim = sim
        self.mounted = mounted
        self.path = mounted.path
        self.clients = []

    def start(self, *words, **options):
        command = [mounting.program(), *map(str, words)]
        self.clients.append(subprocess.Popen(
            command, text=True, **{'stdin': subprocess.DEVNULL,
                                   'stdout': subprocess.PIPE,
                                   'stderr': subprocess.PIPE, **options}))
        return self.clients[-1]

    def run(self, *words, **options):
        return self.end(self.start(*words, **options))

    def end(self, client):
        """(exit status, standard output, standard error); of several sources, without
        the name of this one."""
        named = re.compile(f'(^|(?<= )){self.mounted.source}/', re.M)
        out, err = (text and named.sub('', text)
                    for text in client.communicate(timeout=PATIENCE_S))
        return client.returncode, out, err

    def close(self):
        for client in self.clients:
            if client.poll() is None:
                client.kill()
            client.wait()
            for stream in (client.stdout, client.stderr):
                if stream:
                    stream.close()

    def status(self, path):
        return (self.path / path).read_text().splitlines()[0].removeprefix('Status: ')

    def wait_until(self, path, status):
        until(lambda: self.status(path) == status, timeout=PATIENCE_S)

    def tests(self):
        return len(self.sim.log(action='TestConnection'))


@pytest.fixture
def gate(place, serve, mount):
    """gate(RECORD..., options=[...], **of the sim); a test runs until somebody ends it,
    but that test_seconds says otherwise."""
    gates = []

    def start(*records, options=(), is_foreground=True, **settings):
        sim = serve(listing={'Connections': list(records)},
                    **{'test_seconds': FOR_EVER, 'delete_seconds': FOR_EVER, **settings})
        # Polled without an end, however long a busy machine needs.
        mounted = mount(sim, '--allow-test', '--allow-delete', '--refresh-active', '1',
                        *options, warnings='stale|cannot',
                        is_foreground=is_foreground)
        gates.append(Gate(place, sim, mounted))
        return gates[-1]

    yield start
    for one in gates:
        one.close()


def two(first='failed', second='successful'):
    return [record('prod', 'a', first, OLD), record('prod', 'b', second)]


# Results


def test_passes_a_test_that_is_successful(gate):
    one = gate(*two(), test_seconds=0)
    assert one.run('test', one.path / 'prod/a') == (0, 'prod/a: successful\n', '')
    assert one.tests() == 1


def test_stops_with_the_whole_reason(gate):
    one = gate(*two(), test_seconds=0)
    one.sim.fail_tests('b', REASON)
    assert one.run('test', one.path / 'prod/b') == (
        1, f'prod/b: failed: {REASON_AS_PRINTED}\n', '')


@pytest.mark.parametrize('old, new', [
    ('failed', 'successful'), ('successful', 'failed'), ('failed', 'failed')])
def test_never_takes_an_old_result(gate, old, new):
    one = gate(*two(first=old))
    client = one.start('test', one.path / 'prod/a')
    one.wait_until('prod/a', 'testing')
    assert client.poll() is None
    one.sim.set('a', Status=new, LastFailureMessage='new')
    status, out, err = one.end(client)
    assert (status, err) == (int(new == 'failed'), '')
    assert out == f'prod/a: {new}' + (': new\n' if new == 'failed' else '\n')


def test_says_nothing_of_successes_if_quiet(gate):
    one = gate(*two(), test_seconds=0)
    one.sim.fail_tests('b', 'why')
    assert one.run('test', '-q', one.path / 'prod') == (1, 'prod/b: failed: why\n', '')


def test_tests_a_connection_for_the_first_time(gate):
    one = gate(*two(), test_seconds=0)
    one.sim.make_known('endpoint', f'{ARN}:endpoint:E-new', 'new')
    one.sim.make_known('replication-instance', f'{ARN}:rep:R-fresh', 'fresh')
    status, out, err = one.run('test', one.path / 'prod/new', one.path / 'fresh/new')
    assert (status, err) == (0, '')
    assert sorted(out.splitlines()) == ['fresh/new: successful', 'prod/new: successful']
    assert one.status('prod/new') == 'successful'
    assert one.status('fresh/new') == 'successful'


def test_deletes_a_connection(gate):
    one = gate(*two())
    client = one.start('delete', one.path / 'prod/a')
    one.wait_until('prod/a', 'deleting')
    one.sim.remove('a')
    assert one.end(client) == (0, 'prod/a: deleted\n', '')
    assert not (one.path / 'prod/a').exists()


# Paths


def test_takes_a_directory_for_all_in_it(gate):
    one = gate(*two(), record('test', 'c', 'failed', OLD), test_seconds=0,
               options=['--test-interval', '0'])
    for path, names in (('prod', ['prod/a', 'prod/b']),
                        ('', ['prod/a', 'prod/b', 'test/c'])):
        status, out, err = one.run('test', one.path / path)
        assert (status, err) == (0, '')
        assert sorted(out.splitlines()) == [f'{name}: successful' for name in names]


def test_takes_all_that_failed_by_their_links(gate):
    one = gate(*two(), record('test', 'c', 'failed', OLD), test_seconds=0)
    failed = one.path / '.dmsfs/by-status/failed'
    status, out, err = one.run('test', failed, failed / 'prod:a')
    assert (status, err) == (0, '')
    assert sorted(out.splitlines()) == ['prod/a: successful', 'test/c: successful']
    assert one.tests() == 2
    status, _, err = one.run('test', failed)
    assert (status, err) == (
        3, f'dmsfs: {failed}: no connection is in this directory\n')


@pytest.mark.whole_mount
@pytest.mark.parametrize('path, reason', [
    ('prod/none/deeper', 'No such file or directory'),
    ('none', 'No such file or directory'),
    ('.dmsfs/status', None),
    ('.dmsfs/refresh', None),
    ('prod/no-such-endpoint', None),
    ('no-such-instance/a', None),
])
def test_refuses_what_is_no_connection(gate, path, reason):
    one = gate(*two())
    status, out, err = one.run('test', one.path / path)
    assert (status, out) == (3, '')
    assert err.startswith('dmsfs: ') and err.count('\n') == 1, err
    assert reason is None or err == f'dmsfs: {one.path / path}: {reason}\n'
    assert one.tests() == 0


def test_opens_nothing_on_other_file_systems(gate):
    one = gate(*two())
    fifo = one.place / 'fifo'
    os.mkfifo(fifo)
    for path in (fifo, one.place, '/dev/null'):
        assert one.run('test', path) == (
            3, '', f'dmsfs: {path}: not on a mount of dmsfs\n')


def test_refuses_wrong_usage(gate):
    one = gate(*two())
    status, out, err = one.run('test')
    assert (status, out) == (2, '')
    assert 'PATH is missing' in err
    status, out, _ = one.run('test', '-h')
    assert status == 0
    assert '--timeout' in out


# Refusals


@pytest.mark.parametrize('kind', ['AccessDeniedFault', 'KMSKeyNotAccessibleFault',
                                  'ResourceQuotaExceededFault', 'ResourceNotFoundFault',
                                  'InvalidResourceStateFault'])
def test_says_why_the_service_refused(gate, kind):
    one = gate(*two())
    one.sim.fault(kind='error', action='TestConnection', type=kind, message='not today')
    status, out, err = one.run('test', one.path / 'prod/a')
    assert (status, out) == (3, '')
    request = one.sim.log(action='TestConnection')[0]['request_id']
    assert err.startswith(f'dmsfs: prod/a: {kind}: not today'), err
    assert err.endswith(f' (request id {request})\n'), err
    assert one.status('prod/a') == 'failed'


def test_sends_nothing_through_a_mount_that_does_not_allow_it(gate, serve, mount, place):
    sim = serve(listing={'Connections': two()})
    mounted = mount(sim)
    one = Gate(place, sim, mounted)
    for command in ('test', 'delete'):
        status, out, err = one.run(command, one.path / 'prod/a')
        assert (status, out) == (3, '')
        assert err.startswith('dmsfs: prod/a: '), err
    one.close()
    assert [request['action'] for request in sim.log()] == ['DescribeConnections']


def test_says_that_a_pair_was_tested_too_recently(gate):
    one = gate(*two(), test_seconds=0, options=['--test-interval', '3600'])
    assert one.run('test', one.path / 'prod/a')[0] == 0
    status, out, err = one.run('test', one.path / 'prod/a')
    assert (status, out) == (3, '')
    assert err.startswith('dmsfs: prod/a: it was tested '), err
    assert one.tests() == 1


def test_ranks_what_could_not_be_done_over_what_failed(gate):
    one = gate(*two(), record('prod', 'c'), test_seconds=0)
    one.sim.fail_tests('b', 'why')
    one.sim.fault(kind='error', action='TestConnection', type='AccessDeniedFault',
                  message='no')
    status, out, err = one.run('test', one.path / 'prod')
    assert status == 3
    assert err.count('AccessDeniedFault') == 1
    assert len(out.splitlines()) == 2


# Time


def test_gives_up_when_the_time_is_up(gate):
    one = gate(*two())
    assert one.run('test', '--timeout', '1', one.path / 'prod/a') == (
        4, '', 'dmsfs: prod/a: still testing after 1 s; the test goes on\n')
    assert one.status('prod/a') == 'testing'


def test_gives_up_on_a_daemon_that_does_not_reply(gate):
    # In the background once it is ready: before, its editor may wait for it as well,
    # and hold the lock of a directory meanwhile.
    one = gate(*two(), is_foreground=False)
    one.mounted.signal(signal.SIGSTOP)
    # A request that it has taken cannot be killed, so it must take none any more.
    os.waitid(os.P_PID, one.mounted.pid, os.WSTOPPED | os.WNOWAIT)
    try:
        status, out, err = one.run('test', '--timeout', '1', one.path / 'prod/a')
    finally:
        one.mounted.signal(signal.SIGCONT)
    assert (status, out) == (4, '')
    assert err == 'dmsfs: no response from the mount in time\n'


def test_waits_for_nobody_if_told_so(gate):
    one = gate(*two())
    assert one.run('test', '--no-wait', one.path / 'prod/a') == (
        0, 'prod/a: testing\n', '')
    assert one.run('delete', '--no-wait', one.path / 'prod/b') == (
        0, 'prod/b: deleting\n', '')
    assert one.status('prod/b') == 'deleting'


# Tests that run already


def test_waits_for_anothers_test(gate):
    one = gate(*two())
    one.sim.set('a', Status='testing')
    client = one.start('test', one.path / 'prod/a')
    one.wait_until('prod/a', 'testing')
    assert client.poll() is None
    # As before, so that no event tells of it but that of the test's end.
    one.sim.set('a', Status='failed')
    assert one.end(client) == (
        1, f'prod/a: failed: {OLD}\n',
        "dmsfs: prod/a: another's test runs already; its result is waited for\n")
    assert one.tests() == 1


def test_tests_once_more_after_anothers(gate):
    one = gate(*two())
    one.sim.set('a', Status='testing')
    client = one.start('test', '--restart', one.path / 'prod/a')
    one.wait_until('prod/a', 'testing')
    one.sim.settings(test_seconds=0)
    one.sim.set('a', Status='failed')
    assert one.end(client) == (
        0, 'prod/a: successful\n',
        "dmsfs: prod/a: another's test runs already; testing again once it has ended\n")
    assert one.tests() == 2


def busy(one):
    return {found['EndpointIdentifier'] for found in one.sim.listing()
            if found['Status'] == 'testing'}


def test_keeps_to_four_at_once(gate):
    one = gate(*[record('prod', f'e{number}') for number in range(6)])
    client = one.start('test', one.path)
    done = set()
    while len(done) < 6:
        at_once = min(4, 6 - len(done))
        until(lambda at_once=at_once: len(busy(one)) == at_once, timeout=PATIENCE_S)
        assert one.tests() == len(done) + at_once
        first = sorted(busy(one))[0]
        one.sim.set(first, Status='successful')
        done.add(first)
    status, out, err = one.end(client)
    assert (status, err) == (0, '')
    assert len(out.splitlines()) == 6
    assert one.tests() == 6


def test_waits_for_its_turn_while_others_test(gate):
    one = gate(*[record('prod', f'e{number}') for number in range(5)])
    four = [one.path / f'prod/e{number}' for number in range(4)]
    assert one.run('test', '--no-wait', '-q', *four) == (0, '', '')
    assert len(busy(one)) == 4
    client = one.start('test', one.path / 'prod/e4')
    commands = one.path / '.dmsfs/commands'
    until(lambda: 'test prod/e4\tEBUSY' in commands.read_text(), timeout=PATIENCE_S)
    assert one.tests() == 4
    one.sim.set('e2', Status='successful')
    one.wait_until('prod/e4', 'testing')
    one.sim.set('e4', Status='successful')
    assert one.end(client) == (0, 'prod/e4: successful\n', '')


# Signals, and the end of the mount


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_says_what_goes_on_when_interrupted(gate, number):
    one = gate(*two())
    client = one.start('test', one.path / 'prod/a')
    one.wait_until('prod/a', 'testing')
    client.send_signal(number)
    assert one.end(client) == (
        -number, '', 'dmsfs: interrupted; the service goes on with prod/a\n')
    one.sim.set('a', Status='successful')
    one.wait_until('prod/a', 'successful')


def test_is_interrupted_while_the_service_is_silent(gate):
    one = gate(*two())
    one.sim.settings(latency_ms=5000)
    client = one.start('test', one.path / 'prod/a')
    one.sim.wait_for(lambda _: one.tests() == 1)
    client.send_signal(signal.SIGINT)
    status, _, err = one.end(client)
    assert status == -signal.SIGINT
    assert err == 'dmsfs: interrupted; the service goes on with prod/a\n'


def bytes_in(pipe):
    count = array.array('i', [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_is_interrupted_while_nobody_reads_its_output(gate):
    one = gate(*two(), test_seconds=0)
    one.sim.fail_tests('a', 'x' * 60000)
    one.sim.fail_tests('b', 'x' * 60000)
    client = one.start('test', one.path / 'prod')
    # Of 120,000 bytes a pipe holds 65,536: one of the two threads waits, or will.
    until(lambda: bytes_in(client.stdout) > 60500, PATIENCE_S)
    client.send_signal(signal.SIGTERM)
    assert client.wait(timeout=PATIENCE_S) == -signal.SIGTERM


def test_goes_on_after_it_was_stopped(gate):
    one = gate(*two())
    one.sim.settings(latency_ms=1000)
    client = one.start('test', one.path / 'prod/a')
    one.sim.wait_for(lambda _: one.tests() == 1)
    client.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, client.pid, os.WSTOPPED | os.WNOWAIT)
    client.send_signal(signal.SIGCONT)
    one.sim.settings(latency_ms=0)
    one.wait_until('prod/a', 'testing')
    one.sim.set('a', Status='successful')
    assert one.end(client) == (0, 'prod/a: successful\n', '')
    assert one.tests() == 1


def test_ignores_a_signal_that_its_caller_ignores(gate):
    one = gate(*two())
    client = one.start('test', one.path / 'prod/a',
                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    one.wait_until('prod/a', 'testing')
    client.send_signal(signal.SIGHUP)
    one.sim.set('a', Status='successful')
    assert one.end(client) == (0, 'prod/a: successful\n', '')


ENDED = 'the mount has ended; what the service was asked to do goes on'


@pytest.mark.parametrize('command, status', [('test', 'testing'),
                                             ('delete', 'deleting')])
def test_ends_when_the_daemon_is_killed(gate, command, status):
    one = gate(*two())
    client = one.start(command, one.path / 'prod/a')
    one.wait_until('prod/a', status)
    one.mounted.kill()
    code, out, err = one.end(client)
    assert (code, out) == (3, '')
    assert err == f'dmsfs: prod/a: {ENDED}\n'


def test_ends_when_the_daemon_is_killed_before_the_reply(gate):
    one = gate(*two())
    one.sim.settings(latency_ms=10000)
    client = one.start('test', one.path / 'prod/a')
    one.sim.wait_for(lambda _: one.tests() == 1)
    one.mounted.signal(signal.SIGKILL)
    assert one.end(client) == (3, '', f'dmsfs: prod/a: {ENDED}\n')
    one.mounted.kill()


@pytest.mark.parametrize('command, status', [('test', 'testing'),
                                             ('delete', 'deleting')])
def test_keeps_nobody_from_unmounting(gate, command, status):
    one = gate(*two())
    client = one.start(command, one.path / 'prod/a')
    one.wait_until('prod/a', status)
    one.mounted.stop()
    code, out, err = one.end(client)
    assert (code, out) == (3, '')
    assert ENDED in err


def test_says_that_the_mount_is_stale(gate):
    one = gate(*two())
    client = one.start('test', one.path / 'prod/a')
    one.wait_until('prod/a', 'testing')
    one.sim.fault(kind='error', type='AccessDeniedFault', message='gone', count=-1)
    assert 'the mount is stale, so results may be late: ' in client.stderr.readline()
    one.sim.clear_faults()
    one.sim.set('a', Status='successful')
    assert one.end(client)[:2] == (0, 'prod/a: successful\n')


# Shells and terminals


SCRIPTS = {
    'or': ('sh', 'dmsfs test "$1" || exit; echo on'),
    'if': ('sh', 'if ! reason=$(dmsfs test -q "$1"); then echo "$reason"; exit 7; fi;'
                 ' echo on'),
    'errexit': ('bash', 'set -euo pipefail; dmsfs test "$1" | cat; echo on'),
    'status': ('sh', 'dmsfs test -q "$1" >/dev/null; case $? in 0) echo on;;'
                     ' 1) exit 8;; esac'),
}
ON = {'or': 'prod/a: successful\non\n', 'if': 'on\n',
      'errexit': 'prod/a: successful\non\n', 'status': 'on\n'}
OFF = {'or': (1, 'prod/a: failed: why\n'), 'if': (7, 'prod/a: failed: why\n'),
       'errexit': (1, 'prod/a: failed: why\n'), 'status': (8, '')}


@pytest.mark.whole_mount
@pytest.mark.parametrize('name', SCRIPTS)
@pytest.mark.parametrize('is_on', [True, False], ids=['goes_on', 'stops'])
def test_gates_a_script(gate, name, is_on):
    one = gate(*two(), test_seconds=0)
    if not is_on:
        one.sim.fail_tests('a', 'why')
    (one.place / 'bin').mkdir()
    (one.place / 'bin/dmsfs').symlink_to(mounting.program())
    shell, script = SCRIPTS[name]
    # Without a terminal and with an environment as small as a runner's.
    done = subprocess.run(
        [shell, '-c', script, shell, one.path / 'prod/a'], text=True,
        capture_output=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
        start_new_session=True, env={'PATH': f'{one.place}/bin:/usr/bin:/bin'})
    assert done.stderr == ''
    assert (done.returncode, done.stdout) == ((0, ON[name]) if is_on else OFF[name])


def test_fails_where_its_result_cannot_be_written(gate):
    one = gate(*two(), test_seconds=0)
    with open('/dev/full', 'w', encoding='utf-8') as full:
        status, _, err = one.run('test', one.path / 'prod/a', stdout=full)
    assert (status, err) == (3, 'dmsfs: standard output: No space left on device\n')


@pytest.mark.whole_mount
def test_shows_on_a_terminal_what_is_under_way(gate):
    one = gate(*two())
    terminal, other = pty.openpty()
    client = one.start('test', one.path / 'prod/a', stdout=other, stderr=other)
    os.close(other)
    shown = b''
    # Any number of seconds: a busy machine may skip some.
    while not re.search(rb'prod/a: testing \d+:\d\d', shown):
        assert select.select([terminal], [], [], PATIENCE_S)[0], shown
        shown += os.read(terminal, 4096)
    one.sim.set('a', Status='successful')
    assert client.wait(timeout=PATIENCE_S) == 0
    with contextlib.suppress(OSError):  # EIO: nobody has the other side
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    # What is left when each line has been cleared as a terminal does it.
    left = [line.rpartition('\x1b[K')[2] for line in shown.decode().split('\r\n')]
    assert left == ['prod/a: successful', '']


# Other languages


ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / 'fs/data/dmsfs.1').read_text()

PROGRAM = """
#include <dmsfs_ioctl.h>
#include <stddef.h>
#include <stdio.h>
#define AT(field) offsetof(struct dmsfs_command, field)
int main(void)
{
	printf("%zu %zu %zu %zu %zu %zu %zu\\n", AT(name), AT(flags), AT(state), AT(path),
	       AT(code), AT(request_id), AT(message));
	printf("%zu 0x%lX 0x%lX\\n", sizeof(struct dmsfs_command),
	       (unsigned long)DMSFS_IOC_TEST, (unsigned long)DMSFS_IOC_DELETE);
	return 0;
}
"""


def python_example():
    [example] = re.findall(r'^In Python:\n\.Bd .*?\n(.*?)^\.Ed', PAGE, re.M | re.S)
    return example.replace('\\e', '\\')


@pytest.mark.skipif(not shutil.which('cc'), reason='there is no C compiler')
def test_the_header_agrees_with_the_man_page(place, sh):
    (place / 'program.c').write_text(PROGRAM)
    sh('cc', '-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror',
       '-I', ROOT / 'fs/fuse', '-o', place / 'program', place / 'program.c')
    offsets, sizes = sh(place / 'program').splitlines()
    assert offsets.split() == re.findall(r'^\.It (\d+) Ta', PAGE, re.M)
    size, *numbers = sizes.split()
    assert f'{size} bytes, texts ending' in PAGE
    assert numbers == re.findall(r'\b(0x[0-9A-F]{8}) to (?:test|delete)', PAGE)


def test_the_example_in_python_works(gate):
    one = gate(*two())

    def run(path):
        done = subprocess.run([sys.executable, '-c', python_example(), path], text=True,
                              capture_output=True, timeout=PATIENCE_S)
        return done.returncode, done.stdout, done.stderr

    assert run(one.path / 'prod/a') == (0, 'Status: testing\n', '')
    one.sim.fault(kind='error', action='TestConnection', message='not today',
                  type='ResourceQuotaExceededFault')
    status, _, err = run(one.path / 'prod/b')
    assert (status, err) == (1, f'{one.path}/prod/b: not today\n')
    assert run('/dev/null')[0] == 1
