"""The tools that people wait with notice a change made on the service, and those that
monitor a fleet see what the mounts are like."""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import termios
import threading

import pytest

from conftest import SELDOM
from contract import document, record, wire
from exporter import Exporter, needs_exporter
from live import Live, marked
from metrics import of_dms, series_of, value_of
from notify import (ATTRIB, CLOSE_WRITE, CREATE, DELETE, DELETE_SELF, MODIFY, MOVE_SELF,
                    Notify)
from shims import fast_pace
from watch import PATIENCE_S, Watch, until

MOVED = 0xc0


@pytest.fixture
def live(serve, mount):
    sim = serve(listing=marked(record('inst', 'a'), record('inst', 'b')))
    return Live(sim, mount(sim, environment=fast_pace()))


class Tool:
    """A process whose lines are waited for."""

    def __init__(self, *command, given=''):
        self._lines = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env={**os.environ, 'LC_ALL': 'C.UTF-8'})
        with self._process.stdin as stdin:
            stdin.write(given)
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()

    def has(self, part, timeout):
        """Whether a line comes that has the part."""
        with self._news:
            return self._news.wait_for(
                lambda: any(part in line for line in self._lines), timeout)

    def wait_for(self, part):
        """The first line, not waited for before, that has the part."""
        def find():
            return next((i for i, line in enumerate(self._lines) if part in line), -1)

        with self._news:
            assert self._news.wait_for(lambda: find() >= 0, PATIENCE_S), (
                f'no {part!r} in {self._lines}')
            found = find()
            line = self._lines[found]
            del self._lines[:found + 1]
            return line

    def _collect(self):
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line.rstrip('\n'))
                self._news.notify_all()


@pytest.mark.parametrize('event', ['modify', 'close_write'])
def test_inotifywait_ends_with_the_change(live, event):
    with Tool('inotifywait', '-e', event, '--format', '%e %w', live.path('inst/a')
              ) as tool:
        tool.wait_for('Watches established')
        live.sim.set('a', Status='failed')
        live.refresh()
        assert tool.wait_for(event.upper()).endswith(f' {live.path("inst/a")}')


def test_tail_follows_the_changes(live):
    with Tool('tail', '-n', '+1', '-F', live.path('.dmsfs/changes')) as tool:
        for status in 'failed', 'testing', 'successful':
            live.sim.set('a', Status=status)
            live.refresh()
            assert tool.wait_for('inst/a').endswith(f'\t{status}\t-')


class Shipper(threading.Thread):
    """Reads as log shippers do: on to the end of the file that it has, and when the
    name stands for another inode, from its beginning."""

    def __init__(self, path):
        super().__init__()
        self._path = path
        self._is_ended = threading.Event()
        self.text = b''

    def has(self, part):
        return part in self.text

    def end(self):
        self._is_ended.set()
        self.join()

    def run(self):
        file = open(self._path, 'rb')
        while not self._is_ended.wait(0.02):
            self.text += file.read()
            try:
                successor = open(self._path, 'rb')
            except FileNotFoundError:
                continue
            if os.fstat(successor.fileno()).st_ino == os.fstat(file.fileno()).st_ino:
                successor.close()
                continue
            self.text += file.read()
            file.close()
            file = successor
        file.close()


class Poller(threading.Thread):
    """Reads a file that grows, again and again, on from where the last read ended."""

    def __init__(self, path, pause_s):
        super().__init__()
        self._path = path
        self._pause_s = pause_s
        self._is_ended = threading.Event()
        self.text = b''

    def end(self):
        self._is_ended.set()
        self.join()

    def run(self):
        with open(self._path, 'rb', buffering=0) as file:
            while not self._is_ended.wait(self._pause_s):
                self.text += file.read(1 << 16)
            self.text += file.read()


def test_readers_that_poll_a_growing_file_see_no_zeros(live):
    path = live.path('.dmsfs/changes')
    pollers = [Poller(path, pause_s) for pause_s in (0, 0, 0.001, 0.001)]
    for poller in pollers:
        poller.start()
    try:
        with Watch(live.path('.dmsfs'), recursive=False) as watch:
            for number in range(30):
                live.sim.set('a', LastFailureMessage='x' * (100 + number * 7919 % 1500))
                live.refresh()
                watch.until('CLOSE_WRITE changes')
    finally:
        for poller in pollers:
            poller.end()
    for poller in pollers:
        assert poller.text == path.read_bytes()


class Collector(threading.Thread):
    """What a program writes to its standard output, or to its terminal."""

    def __init__(self, *command, terminal=False):
        super().__init__(daemon=True)
        streams = {'stderr': subprocess.DEVNULL}
        if terminal:
            self._output, inside = os.openpty()
            termios.tcsetwinsize(inside, (24, 80))
            streams.update(stdin=inside, stderr=inside, start_new_session=True,
                           env={**os.environ, 'TERM': 'dumb', 'LESS': ''})
        else:
            self._output, inside = os.pipe()
        self._process = subprocess.Popen([str(word) for word in command],
                                         stdout=inside, **streams)
        os.close(inside)
        self.text = b''

    def has(self, part):
        return part in self.text

    def end(self):
        self._process.terminate()
        self._process.wait()
        self.join()
        os.close(self._output)

    def run(self):
        part = b'-'
        while part:
            try:
                part = os.read(self._output, 1 << 16)
            except OSError:  # a terminal that the program has closed
                return
            self.text += part


class Imfile:
    """rsyslog, which follows the file and writes its lines to another one."""

    def __init__(self, place, path):
        self._output = place / 'lines'
        config = place / 'rsyslog.conf'
        config.write_text(f'''
global(workDirectory="{place}" maxMessageSize="128k")
module(load="imfile" mode="polling" pollingInterval="1")
template(name="line" type="string" string="%msg%\\n")
input(type="imfile" File="{path}" Tag="x" ruleset="r" freshStartTail="off")
ruleset(name="r") {{ action(type="omfile" file="{self._output}" template="line") }}
''')
        self._process = subprocess.Popen(
            ['rsyslogd', '-n', '-f', config, '-i', place / 'pid'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def text(self):
        return self._output.read_bytes() if self._output.exists() else b''

    def has(self, part):
        return part in self.text

    def end(self):
        self._process.terminate()
        self._process.wait()


@pytest.mark.parametrize('is_equal', [True, False], ids=['equal', 'other'])
def test_followers_see_each_line_once_over_rotations(live, tmp_path, is_equal):
    """Of single changes, with texts of one length and of others."""
    path = live.path('.dmsfs/changes')
    followers = [Collector('tail', '-n', '+1', '-s', '0.2', '-F', path), Shipper(path)]
    for follower in followers:
        follower.start()
    if shutil.which('rsyslogd'):
        followers.append(Imfile(tmp_path, path))
    # On a terminal less may draw a line more than once: less 590 does so on any file
    # system when another file takes the name.
    pager = Collector('less', '-S', '-d', '+F', '--follow-name', path, terminal=True)
    pager.start()
    until(lambda: pager.has(b'Waiting for data'), timeout=PATIENCE_S)
    numbers = itertools.count(1)
    rotations = 0
    with Watch(live.path('.dmsfs'), recursive=False) as watch:
        while rotations < 3:
            number = next(numbers)
            inode = path.stat().st_ino
            size = 60000 if is_equal else 40000 + number * 7919 % 26000
            text = f'<{number:05}>' + 'x' * size
            live.sim.set('a', LastFailureMessage=text)
            live.refresh()
            told = watch.until('CLOSE_WRITE changes')
            is_rotated = path.stat().st_ino != inode
            assert ('MOVED_FROM changes' in told) == is_rotated
            assert ('MOVED_TO changes.1' in told) == is_rotated
            assert ('CREATE changes' in told) == is_rotated
            assert 'MODIFY changes' in told
            assert path.stat().st_size <= 1 << 20
            rotations += is_rotated
            # A follower that polls has to see one file before there is another, and
            # the pager forgets what it has not seen of the one before.
            mark = f'<{number:05}>'.encode()
            until(lambda: pager.has(mark), timeout=PATIENCE_S)
            if is_rotated:
                for follower in followers:
                    until(lambda: follower.has(mark), timeout=PATIENCE_S)
    pager.end()
    found = re.findall(rb'<([0-9]{5})>', pager.text)
    assert [int(each) for each in dict.fromkeys(found)] == list(range(1, number + 1))
    for follower in followers:
        follower.end()
        found = re.findall(rb'<([0-9]{5})>', follower.text)
        assert [int(each) for each in found] == list(range(1, number + 1))
        for line in follower.text.splitlines():
            assert line.startswith(b'2') and line.count(b'\t') == 4
    before = live.read('.dmsfs/changes.1')
    assert before.endswith(b'\n') and len(before) <= 1 << 20
    assert f'<{number - 1:05}>'.encode() in before.splitlines()[-1]


@pytest.mark.skipif(not shutil.which('entr'), reason='entr is missing')
def test_entr_runs_its_command_again(live):
    script = f'cat {live.path("inst/a")} && echo ran'
    with Tool('entr', '-n', 'sh', '-c', script, given=f'{live.path("inst/a")}\n'
              ) as tool:
        tool.wait_for('ran')
        # For 50 ms after its command entr hears nothing, whatever the file system.
        numbers = itertools.count(1)

        def is_noticed():
            live.sim.set('a', Status='failed', LastFailureMessage=f'{next(numbers)}')
            live.refresh()
            return tool.has('Status: failed', 0.2)

        until(is_noticed)


def test_a_watch_as_systemd_keeps_one_notices(live):
    """PathModified= watches the file, and the directories that lead to it."""
    notify = Notify()
    path = live.path('inst/a')
    of_file = notify.add(path, DELETE_SELF | MOVE_SELF | ATTRIB | CLOSE_WRITE | MODIFY)
    for directory in path.parent, live.root:
        notify.add(directory, DELETE_SELF | MOVE_SELF | ATTRIB | CREATE | DELETE | MOVED)

    def events():
        return [(event.watch == of_file, event.mask, event.name)
                for event in notify.read(PATIENCE_S)]

    def collect(count):
        found = []
        while len(found) < count:
            more = events()
            assert more, f'no more than {found}'
            found += more
        return found

    live.sim.set('a', Status='failed')
    live.refresh_and_wait()
    assert collect(2) == [(True, MODIFY, b''), (True, CLOSE_WRITE, b'')]
    assert path.read_bytes() == document(record('inst', 'a', 'failed'))
    live.sim.remove('a')
    live.refresh_and_wait()
    masks = [mask for is_file, mask, _ in collect(3) if is_file]
    assert DELETE_SELF in masks
    notify.close()


def test_the_wait_for_a_test_to_end(live):
    """The recipe of the README: sleep on the file until it is no longer testing."""
    live.observe(lambda: live.sim.set('a', Status='testing'))
    # The limit of time: between grep and inotifywait a change can go by.
    script = ('while grep -q "^Status: testing" "$0"; do '
              'inotifywait -qq -t 5 -e close_write "$0"; done; grep ^Status: "$0"')
    with Watch(live.root) as watch, Tool('sh', '-c', script, live.path('inst/a')) as tool:
        live.sim.set('a', LastFailureMessage='still at it')
        live.refresh_and_wait()
        watch.until('CLOSE_WRITE .dmsfs/changes')
        live.sim.set('a', Status='successful')
        live.refresh()
        assert tool.wait_for('Status: ') == 'Status: successful'


# node_exporter


class Fleet:
    """Two mounts whose metrics differ by the mountpoint alone, and the directory from
    which node_exporter takes them."""

    def __init__(self, place, serve, mount):
        self.directory = place / 'textfile'
        self.directory.mkdir()
        self.lives = []
        for number in range(2):
            sim = serve(listing=marked(record('inst', 'a'),
                                       record('inst', 'b', 'failed', 'why')))
            point = place / f'mnt{number}'
            point.mkdir()
            (self.directory / f'{number}.prom').symlink_to(
                point / '.dmsfs/metrics.prom')
            self.lives.append(Live(sim, mount(sim, environment=fast_pace(), arguments=[
                *SELDOM, '--endpoint-url', sim.url, '-o', 'allow_other', point])))

    def labels(self, number):
        return {'source': 'us-east-1', 'mount': str(self.lives[number].root)}

    def mtime(self, text, number):
        return value_of(text, 'node_textfile_mtime_seconds',
                        file=str(self.directory / f'{number}.prom'))

    def listed_at(self, text, number):
        return value_of(text, 'dmsfs_last_refresh_timestamp_seconds',
                        **self.labels(number))


@pytest.fixture
def fleet(place, serve, mount):
    return Fleet(place, serve, mount)


def kill_daemon(live):
    """Leaves a dead mount, once the editor has ended, too."""
    editor = live.editor()
    live.mount.signal(signal.SIGKILL)
    live.mount.wait()
    os.waitpid(editor, 0)


def helps(text):
    return sorted(line for line in text.splitlines() if line.startswith('# HELP dms'))


@needs_exporter
def test_node_exporter_shows_a_stale_mount_beside_a_fresh_one(place, fleet):
    fresh, stale = fleet.lives
    stale.sim.fault(kind='error', status=403, type='AccessDeniedException',
                    message='no', count=-1)
    stale.refresh()
    with Exporter(place, fleet.directory) as exporter:
        text = until(lambda: value_of(
            text := exporter.scrape(), 'dmsfs_fresh', **fleet.labels(1)) == 0 and text,
            what='a stale mount')
        assert value_of(text, 'dmsfs_fresh', **fleet.labels(0)) == 1
        assert value_of(text, 'node_textfile_scrape_error') == 0
        views = [live.read('.dmsfs/metrics.prom').decode() for live in fleet.lives]
        assert of_dms(text) == sorted(of_dms(views[0]) + of_dms(views[1]))
        # It leaves out the metrics that have no series here.
        assert set(helps(text)) <= set(helps(views[0])) and helps(views[0]) == helps(views[1])
        listed_at = fleet.listed_at(text, 1)
        # A stale mount's file stays as old as its listing, in whole seconds.
        text = until(lambda: fresh.refresh_and_wait() or fleet.mtime(
            text := exporter.scrape(), 0) > int(listed_at) and text, what='a later mtime')
        assert fleet.mtime(text, 1) == int(listed_at) == int(fleet.listed_at(text, 1))
        assert value_of(text, 'node_textfile_scrape_error') == 0


@needs_exporter
@pytest.mark.parametrize('is_killed', [True, False], ids=['killed', 'unmounted'])
def test_node_exporter_tells_of_a_mount_that_is_gone(place, fleet, is_killed):
    _, gone = fleet.lives
    with Exporter(place, fleet.directory) as exporter:
        assert value_of(exporter.scrape(), 'node_textfile_scrape_error') == 0
        if is_killed:
            kill_daemon(gone)
        else:
            gone.mount.stop()
        text = exporter.scrape()
        assert value_of(text, 'node_textfile_scrape_error') == 1
        assert value_of(text, 'dmsfs_fresh', **fleet.labels(0)) == 1
        assert value_of(text, 'dmsfs_fresh', **fleet.labels(1)) is None
        assert fleet.mtime(text, 0) and not fleet.mtime(text, 1)
        if is_killed:
            gone.mount.kill()
            gone.mount.start()
            text = exporter.scrape()
            assert value_of(text, 'node_textfile_scrape_error') == 0
            assert value_of(text, 'dmsfs_fresh', **fleet.labels(1)) == 1


@needs_exporter
def test_a_scrape_during_changes_gets_whole_metrics(place, fleet):
    live, _ = fleet.lives
    is_ended = threading.Event()
    texts = []

    def scrape():
        while not is_ended.is_set():
            texts.append(exporter.scrape())

    with Exporter(place, fleet.directory) as exporter:
        scraper = threading.Thread(target=scrape)
        scraper.start()
        try:
            with Watch(live.root) as watch:
                for status in ['testing', 'failed', 'successful'] * 10:
                    live.sim.set('a', Status=status)
                    live.refresh()
                    watch.until('CLOSE_WRITE .dmsfs/connections.json')
        finally:
            is_ended.set()
            scraper.join()
        texts.append(exporter.scrape())
    counted = 0
    for text in texts:
        assert value_of(text, 'node_textfile_scrape_error') == 0
        statuses = [one for one in series_of(text) if one.name == 'dms_connection_status']
        assert len(statuses) == 2 * 3 * 4
        assert sum(one.value for one in statuses) == 2 * 3
        changes = sum(one.value for one in series_of(text)
                      if one.name == 'dmsfs_changes_total')
        assert counted <= changes
        counted = changes
    assert counted == len(live.changes()) > 0
    assert value_of(texts[-1], 'dms_connection_status', endpoint='a', status='successful',
                    **fleet.labels(0)) == 1


@needs_exporter
def test_node_exporter_of_another_user_needs_allow_other(place, live):
    directory = live.path('.dmsfs')
    with Exporter(place, directory) as exporter:
        text = exporter.scrape()
        assert value_of(text, 'node_textfile_scrape_error') == 1
        assert value_of(text, 'dmsfs_fresh') is None


@needs_exporter
def test_node_exporter_takes_the_directory_of_one_mount(place, fleet):
    with Exporter(place, fleet.lives[0].path('.dmsfs')) as exporter:
        text = exporter.scrape()
        assert value_of(text, 'node_textfile_scrape_error') == 0
        assert value_of(text, 'dmsfs_fresh') == 1
        kill_daemon(fleet.lives[0])
        text = exporter.scrape()
        assert value_of(text, 'node_textfile_scrape_error') == 1
        assert value_of(text, 'dmsfs_fresh') is None
        fleet.lives[0].mount.kill()


ODD_NAMES = ['a "quoted"', 'back\\slash', 'new\nline', 'cr\r\n', '\x00\x1b[2J', '\x7f\x85',
             '\u2028', '\u202eright', '\U0001f600', '\udcffno UTF-8\udcc3', 'lone \ud800',
             'a/b', '..', '%41', ' blank ', '{a="b"} 1', '#', 'x' * 300, '\u00e4' * 200, 'last']


@needs_exporter
@pytest.mark.skipif(not shutil.which('promtool'), reason='promtool is missing')
def test_names_of_any_kind_pass_through_to_the_scrape(place, serve, mount):
    point = place / 'a "mount" \\ of\nours \u00e4'
    point.mkdir()
    sim = serve(listing=wire([record(name, name, f'{name} status', EndpointArn=f'arn:e:{i}')
                              for i, name in enumerate(ODD_NAMES)]))
    mounted = mount(sim, environment=fast_pace(), arguments=[
        *SELDOM, '--endpoint-url', sim.url, '-o', 'allow_other', point])
    live = Live(sim, mounted)
    changed = len(ODD_NAMES) - 1
    sim.edit(*({'where': {'EndpointArn': f'arn:e:{i}'}, 'set': {'Status': 'failed'}}
               for i in range(changed)))
    live.refresh()
    until(lambda: live.read('.dmsfs/changes').count(b'\n') == changed)
    with Exporter(place, live.path('.dmsfs')) as exporter:
        # The time of the refresh comes after its changes.
        text, scraped = until(lambda: (text := live.read('.dmsfs/metrics.prom')) and
                              of_dms(scraped := exporter.scrape()) == of_dms(
                                  text.decode()) and (text, scraped))
    checked = subprocess.run(['promtool', 'check', 'metrics'], input=text, check=True,
                             capture_output=True)
    assert checked.stdout + checked.stderr == b''
    assert value_of(scraped, 'node_textfile_scrape_error') == 0
    shown = {(one.labels['replication_instance'], one.labels['endpoint'])
             for one in series_of(scraped) if one.name == 'dms_connection_status'}
    assert shown == {(path.parent.name, path.name) for path in point.glob('[!.]*/*')}
    assert value_of(scraped, 'dmsfs_fresh',
                    mount=str(point).replace('\n', '\\x0A')) == 1
