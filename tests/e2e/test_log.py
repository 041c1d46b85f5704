"""What dmsfs says, and where: terminal, file, syslog, journal; its debugging."""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess

import pytest

import mount as mounting
import own_dev
from live import Live
from watch import until

TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'
OPCODE = re.compile(r'unique: \d+, opcode: \w+')


@pytest.fixture
def sim(serve):
    return serve(connections=140, instances=4)


def break_and_mend(it, tries=3):
    """An outage that outlasts some tries, and its end."""
    it.sim.fault(kind='error', count=-1, type='AccessDeniedException',
                 message='not today')
    for _ in range(tries):
        it.refresh_and_wait()
    until(lambda: it.status()['State'] == 'stale')
    it.sim.clear_faults()
    it.refresh_and_wait()
    until(lambda: it.status()['State'] == 'fresh')


# --log-file


def test_appends_to_a_file_with_time_and_mountpoint(sim, mount, place, mountpoint):
    log = place / 'log'
    log.write_text('a line of an earlier time\n')
    it = Live(sim, mount(sim, '--log-file', log, is_foreground=False))
    break_and_mend(it)
    it.mount.stop()
    first, summary, *changes = log.read_text().splitlines()
    assert first == 'a line of an earlier time'
    assert re.fullmatch(rf'{TIME} dmsfs {mountpoint}: us-east-1: 140 connections on '
                        r'4 replication instances \(2 pages, \d+\.\d s\)', summary)
    assert it.mount.stderr() == ''
    # One for each change of state, not for each try.
    assert [re.sub(f'^{TIME} dmsfs {mountpoint}: ', '', line)[:22]
            for line in changes] == ['the files are stale be', 'the files are fresh ag']


def test_makes_the_file_for_its_owner_alone(sim, mount, place):
    mount(sim, '--log-file', place / 'log')
    assert (place / 'log').stat().st_mode & 0o777 == 0o600


def rename(log):
    log.rename(f'{log}.1')


def rename_and_make(log):
    log.rename(f'{log}.1')
    log.touch(mode=0o640)


def copy_and_truncate(log):
    shutil.copy(log, f'{log}.1')
    os.truncate(log, 0)


@pytest.mark.parametrize('rotate', [rename, rename_and_make, copy_and_truncate])
def test_goes_on_in_a_new_file_after_a_rotation(sim, mount, place, mountpoint, rotate):
    it = Live(sim, mount(sim, is_foreground=False, cwd=place, path=mountpoint, arguments=[
        '--log-file', 'log', '--endpoint-url', sim.url, mountpoint]))
    before = (place / 'log').read_text()
    rotate(place / 'log')
    break_and_mend(it, tries=1)
    rotated = (place / 'log').read_text()
    assert re.findall('the files are (stale|fresh)', rotated) == ['stale', 'fresh']
    assert (place / 'log.1').read_text() == before
    assert (place / 'log').stat().st_mode & 0o777 == (
        0o640 if rotate is rename_and_make else 0o600)


def put_a_link(log, other):
    log.symlink_to(other)


def put_a_fifo(log, _):
    os.mkfifo(log)


@pytest.mark.parametrize('put', [put_a_link, put_a_fifo])
def test_opens_nothing_but_a_file_after_a_rotation(sim, mount, place, put):
    (place / 'other').write_text('of another')
    log = place / 'log'
    it = Live(sim, mount(sim, '--log-file', log))
    log.rename(place / 'log.1')
    put(log, place / 'other')
    break_and_mend(it, tries=1)
    assert 'the files are fresh again' in (place / 'log.1').read_text()
    assert (place / 'other').read_text() == 'of another'


def test_a_file_at_its_limit_costs_lines_alone(sim, mount, place):
    log = place / 'log'
    log.write_text('x' * 4095 + '\n')
    it = Live(sim, mount(sim, '--log-file', log, prefix=['prlimit', '--fsize=4096']))
    break_and_mend(it, tries=1)
    assert log.stat().st_size == 4096
    os.truncate(log, 0)
    it.mount.signal(signal.SIGUSR2)
    until(lambda: 'SIGUSR2 turned debugging on' in log.read_text())
    # The summary, and a line for each change of state.
    assert 'warning: 3 lines lost here\n' in log.read_text()


# A pipe


def reads_all(mounted):
    for path in mounted.path.rglob('*'):
        if path.is_file():
            path.read_bytes()
    return True


def test_a_pipe_that_nobody_holds_any_more_costs_lines_alone(sim, mount):
    reading, writing = os.pipe()
    it = Live(sim, mount(sim, stderr=writing))
    os.close(writing)
    os.read(reading, 65536)
    os.close(reading)
    break_and_mend(it)
    assert reads_all(it.mount)


def test_a_pipe_that_nobody_reads_stops_no_reader(sim, mount):
    reading, writing = os.pipe()
    mounted = mount(sim, '-d', stderr=writing)
    os.close(writing)
    # As many lines as fill it several times.
    for _ in range(2000):
        (mounted.path / '.dmsfs/status').stat()
    assert reads_all(mounted)
    told = b''
    while b'lines lost here' not in told:
        assert select.select([reading], [], [], mounting.PATIENCE_S)[0]
        told += os.read(reading, 65536)
        mounted.signal(signal.SIGUSR1)
    os.close(reading)


# syslog and the journal


@pytest.fixture
def syslog():
    """What arrives at /dev/log: (priority, tag, text)."""
    own_dev.enter()
    path = pathlib.Path('/dev/log')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(str(path))
        own.settimeout(mounting.PATIENCE_S)

        def receive():
            line = own.recv(65536).decode().rstrip('\0\n')
            return re.fullmatch(r'<(\d+)>\w+ +\d+ [\d:]+ (.*?)\[\d+\]: (.*)',
                                line).groups()
        yield receive
    path.unlink()


DAEMON = 3 << 3
WARNING, INFO, DEBUG = (str(DAEMON | level) for level in (4, 6, 7))


def test_speaks_to_syslog_from_the_background(syslog, sim, mount, mountpoint):
    it = Live(sim, mount(sim, is_foreground=False))
    break_and_mend(it)
    tag = f'dmsfs {mountpoint}'
    priority, by, text = syslog()
    assert (priority, by) == (WARNING, tag)
    assert text.startswith('the files are stale because the last refresh failed: '
                           'AccessDeniedException: not today')
    assert syslog() == (INFO, tag, 'the files are fresh again')


def test_debugs_to_syslog_on_sigusr2(syslog, sim, mount):
    it = Live(sim, mount(sim, is_foreground=False))
    it.mount.signal(signal.SIGUSR2)
    assert syslog()[::2] == (DEBUG, 'SIGUSR2 turned debugging on')
    it.refresh()
    while not syslog()[2].startswith(f'POST {sim.url}/: status 200'):
        pass
    it.mount.signal(signal.SIGUSR2)
    while syslog()[::2] != (DEBUG, 'SIGUSR2 turned debugging off'):
        pass
    break_and_mend(it, tries=1)
    lines = [syslog()]
    while lines[-1][0] != INFO:
        lines.append(syslog())
    # A line of debugging may be late, but not one of what came after.
    assert not any('status 400' in text for _, _, text in lines)
    assert [priority for priority, _, _ in lines if priority != DEBUG] == [WARNING, INFO]


def test_gives_the_journal_its_levels(sim, mount, place):
    stderr = place / 'mnt.stderr'
    stderr.touch()
    stat = stderr.stat()
    it = Live(sim, mount(sim, environment={
        'JOURNAL_STREAM': f'{stat.st_dev}:{stat.st_ino}'},
        warnings='^<[46]>'))
    break_and_mend(it)
    it.mount.stop()
    assert [line[:14] for line in it.mount.stderr().splitlines()] == [
        '<6>us-east-1: ', '<4>the files a', '<6>the files a']


# Levels


def test_says_nothing_but_errors_when_quiet(sim, mount):
    it = Live(sim, mount(sim, '-q'))
    break_and_mend(it)
    it.mount.stop()
    assert it.mount.stderr() == ''


@pytest.mark.parametrize('options', [(), ('-q',)], ids=['plain', 'quiet'])
def test_sigusr2_turns_debugging_on_and_off(sim, mount, place, options):
    log = place / 'log'
    it = Live(sim, mount(sim, '--log-file', log, *options))
    before = log.read_text()
    it.refresh_and_wait()
    assert log.read_text() == before

    it.mount.signal(signal.SIGUSR2)
    until(lambda: 'SIGUSR2 turned debugging on' in log.read_text())
    it.refresh_and_wait()
    it.status()
    until(lambda: f'POST {sim.url}/: status 200' in log.read_text())
    until(lambda: OPCODE.search(log.read_text()))
    assert sim.secret_key not in log.read_text()
    assert 'Authorization' not in log.read_text()

    it.mount.signal(signal.SIGUSR2)
    until(lambda: 'SIGUSR2 turned debugging off' in log.read_text())

    def works_in_silence():
        text = log.read_text()
        it.refresh_and_wait()
        it.status()
        return log.read_text() == text

    # A thread may have been about to write a line.
    until(works_in_silence)
    assert it.mount.stderr() == ''


def test_debug_goes_to_the_log_file_too(sim, mount, place):
    log = place / 'log'
    mounted = mount(sim, '-d', '--log-file', log)
    assert OPCODE.search(log.read_text())
    assert 'credentials of profile default: ' in log.read_text()
    assert mounted.stderr() == ''


@pytest.mark.parametrize('number', [signal.SIGUSR1, signal.SIGUSR2],
                         ids=lambda number: number.name)
def test_a_request_while_it_lists_waits_for_the_mount(sim, mount, place, number):
    sim.fault(kind='error', count=2, type='ThrottlingException', message='slow down')
    log = place / 'log'
    send = (f'until grep -q "retrying" {log} 2>/dev/null; do sleep 0.05; done; '
            f'kill -{number.name[3:]} $(cat {place}/pid)')
    with subprocess.Popen(['sh', '-c', send]) as sender:
        mount(sim, '--log-file', log, '--wait', '60',
              prefix=['sh', '-c', f'echo $$ >{place}/pid; exec "$@"', 'sh'],
              environment={'AWS_MAX_ATTEMPTS': '1'})
        assert sender.wait() == 0
    if number == signal.SIGUSR2:
        until(lambda: 'SIGUSR2 turned debugging on' in log.read_text())
    # Two that failed and two pages, and once more what was asked for.
    else:
        sim.wait_for_requests(6)


# The terminal


class Terminal:
    """Runs dmsfs with a terminal for stderr, and keeps what that shows."""

    def __init__(self):
        self.own, self.theirs = os.openpty()
        self.shown = b''

    def run(self, command, environment):
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=self.theirs) as process:
            while process.poll() is None:
                self._read(0.02)
            self._read(0)
        os.close(self.own)
        os.close(self.theirs)
        return process.returncode, self.shown.decode()

    def _read(self, timeout_s):
        while select.select([self.own], [], [], timeout_s)[0]:
            self.shown += os.read(self.own, 65536)


def on_a_terminal(sim, place, *options, **environment):
    return Terminal().run([mounting.program(), '--check', '--endpoint-url', sim.url,
                           *options],
                          {**sim.environment(home=place), 'TERM': 'xterm',
                           **environment})


def test_shows_how_a_long_listing_goes_on_a_terminal(sim, place):
    status, shown = on_a_terminal(sim, place, '--max-records', '20')
    assert status == 0
    pages = re.findall(r'\r\x1b\[Kdmsfs: us-east-1: (\d+) connections \((\d+) pages?\)',
                       shown)
    assert pages == [(str(min(20 * n, 140)), str(n)) for n in range(1, 8)]
    # It is wiped, and the summary takes its place.
    assert re.search(r'\r\x1b\[Kdmsfs: us-east-1: 140 connections on 4 \D+ '
                     r'\(7 pages, \d+\.\d s\)\r\n$', shown)


def test_shows_none_of_that_when_quiet(sim, place):
    assert on_a_terminal(sim, place, '-q') == (0, '')


def test_shows_none_of_that_elsewhere(sim, place):
    done = mounting.run(place, ['--check', '--endpoint-url', sim.url],
                        {**sim.environment(home=place), 'TERM': 'xterm'})
    assert done.returncode == 0
    assert '\x1b' not in done.stderr and '\r' not in done.stderr
    assert done.stderr.count('\n') == 1


def fail_on_a_terminal(sim, place, **environment):
    sim.fault(kind='error', count=-1, type='AccessDeniedException', message='no')
    status, shown = on_a_terminal(sim, place, **environment)
    assert status == 1
    return shown


def test_an_error_is_red_on_a_terminal(sim, place):
    assert fail_on_a_terminal(sim, place).startswith(
        '\x1b[1;31mdmsfs:\x1b[m AccessDeniedException: ')


@pytest.mark.parametrize('environment', [{'NO_COLOR': '1'}, {'TERM': 'dumb'}],
                         ids=['NO_COLOR', 'dumb'])
def test_nothing_is_coloured_where_that_is_not_wanted(sim, place, environment):
    shown = fail_on_a_terminal(sim, place, **environment)
    assert shown.startswith('dmsfs: AccessDeniedException: ')
    assert '\x1b[1' not in shown


def test_a_warning_is_yellow_on_a_terminal(serve, place):
    status, shown = on_a_terminal(serve(), place)
    assert status == 0
    assert '\x1b[1;33mdmsfs:\x1b[m warning: there are no connections yet; ' in shown
