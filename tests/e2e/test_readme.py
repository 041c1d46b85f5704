"""Every recipe of README.md, run as it is written there."""

import os
import pathlib
import re
import select
import signal
import subprocess

import pytest

import mount as mounting
from contract import record
from watch import until

README = pathlib.Path(__file__).resolve().parents[2] / 'README.md'
RECIPE = re.compile(r'^<!-- recipe: (?P<name>.*?) -->\n```sh\n(?P<text>.*?)^```$',
                    re.M | re.S)
RECIPES = {match['name']: match['text'] for match in RECIPE.finditer(README.read_text())}

LISTING = [
    record('orders-prod', 'oracle-src', Status='testing'),
    record('orders-prod', 'mysql-tgt', Status='successful',
           LastFailureMessage='an earlier failure'),
    record('warehouse', 'db2-src', Status='failed', LastFailureMessage='no route'),
]

MAIL = """#!/bin/sh
{ echo "$@"; cat; } >"$HOME/mail.new"
mv "$HOME/mail.new" "$HOME/mail"
"""


@pytest.fixture
def home(place, mountpoint, serve, mount):
    """A home directory in which ~/dms is mounted, and mail is kept in a file."""
    sim = serve(listing={'Connections': LISTING})
    mountpoint.rename(place / 'dms')
    (place / 'bin').mkdir()
    (place / 'bin/mail').write_text(MAIL)
    (place / 'bin/mail').chmod(0o755)
    (place / 'bin/dmsfs').symlink_to(mounting.program())
    mounted = mount(sim, arguments=['--endpoint-url', sim.url, '--refresh', '86400',
                                    '--refresh-active', '1', '--allow-test',
                                    place / 'dms'])
    yield Home(place, sim, mounted)


class Home:
    def __init__(self, path, sim, mounted):
        self.path = path
        self.sim = sim
        self.mounted = mounted

    def start(self, name):
        environment = {**os.environ, 'HOME': str(self.path), 'LC_ALL': 'C.UTF-8',
                       'PATH': f'{self.path}/bin:{os.environ["PATH"]}'}
        return subprocess.Popen(['bash', '-c', RECIPES[name]], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, start_new_session=True)

    def run(self, name):
        """What a recipe prints that ends by itself."""
        out, err = self.start(name).communicate(timeout=60)
        assert err == ''
        return out

    def change(self, endpoint, **fields):
        """Changes a connection on the service, and has the mount see it."""
        self.sim.set(endpoint, **fields)
        self.mounted.signal(signal.SIGUSR1)


def stop(process):
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)


def watches_of(process):
    """How many inotify watches the process group of a recipe has."""
    count = 0
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            if os.getpgid(int(entry.name)) != process.pid:
                continue
            for info in (entry / 'fdinfo').iterdir():
                count += info.read_text().count('inotify wd')
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            continue
    return count


def test_every_recipe_is_tried():
    tried = {name for function in globals().values()
             for name in getattr(function, 'recipes', ())}
    assert tried == set(RECIPES)


def recipe(name):
    def mark(function):
        function.recipes = [name]
        return function
    return mark


@recipe('what failed, and why')
def test_what_failed(home):
    lines = home.run('what failed, and why').splitlines()
    assert lines[0] == f'{home.path}/dms/warehouse/db2-src'
    assert 'LastFailureMessage: no route' in lines


@recipe('how many of each status')
def test_how_many_of_each_status(home):
    words = [line.split() for line in home.run('how many of each status').splitlines()]
    assert words == [['1', 'Status:', 'failed'], ['1', 'Status:', 'successful'],
                     ['1', 'Status:', 'testing']]


@recipe('a table of all connections')
def test_a_table(home):
    table = [line.split() for line in home.run('a table of all connections').splitlines()]
    assert table == [['orders-prod/mysql-tgt', 'successful'],
                     ['orders-prod/oracle-src', 'testing'],
                     ['warehouse/db2-src', 'failed']]


@recipe('a gate: start a test, wait, print the reason, stop the pipeline')
def test_a_gate(home):
    home.sim.set('oracle-src', Status='failed', LastFailureMessage='an old reason')
    home.mounted.signal(signal.SIGUSR1)
    gate = home.start('a gate: start a test, wait, print the reason, stop the pipeline')
    out, err = gate.communicate(timeout=60)
    assert (gate.returncode, out, err) == (0, 'orders-prod/oracle-src: successful\n', '')


@recipe('mail on each new failure')
def test_mail_on_a_new_failure(home):
    waiting = home.start('mail on each new failure')
    until(lambda: watches_of(waiting), what='the recipe to wait')
    home.change('mysql-tgt', Status='failed', LastFailureMessage='gone')
    mail = home.path / 'mail'
    until(mail.exists, what='mail')
    stop(waiting)
    lines = mail.read_text().splitlines()
    assert lines[0] == '-s DMS: orders-prod:mysql-tgt failed ops@example.com'
    assert lines[1] == 'Status: failed'
    assert lines[-1] == 'LastFailureMessage: gone'


def has_open(process, path):
    fds = pathlib.Path(f'/proc/{process.pid}/fd')
    return any(fd.exists() and fd.samefile(path) for fd in fds.iterdir())


def read_until(stream, text, timeout=60):
    """What comes until @text is there."""
    seen = ''
    while text not in seen:
        ready, _, _ = select.select([stream], [], [], timeout)
        assert ready, f'no {text!r} in {seen!r}'
        piece = os.read(stream.fileno(), 65536).decode()
        assert piece, f'it ended with {seen!r}'
        seen += piece
    return seen


@recipe('follow all changes')
def test_follow_all_changes(home):
    following = home.start('follow all changes')
    changes = home.path / 'dms/.dmsfs/changes'
    until(lambda: has_open(following, changes), what='tail to open the file')
    home.change('mysql-tgt', Status='failed', LastFailureMessage='gone')
    until(lambda: 'gone' in changes.read_text(), what='the first change')
    # tail polls; whichever of the two it sees first, it sees the second.
    home.change('mysql-tgt', Status='successful', LastFailureMessage='back')
    line = read_until(following.stdout, '\tback\n').splitlines()[-1]
    stop(following)
    assert line.split('\t')[1:] == ['orders-prod/mysql-tgt', 'failed', 'successful',
                                    'back']


@recipe('what failed since yesterday')
def test_what_failed_since_yesterday(home):
    assert home.run('what failed since yesterday') == ''
    home.change('mysql-tgt', Status='failed', LastFailureMessage='gone')
    changes = home.path / 'dms/.dmsfs/changes'
    until(lambda: 'gone' in changes.read_text(), what='the change')
    out = home.run('what failed since yesterday')
    assert out.rstrip('\n').split('\t')[1:] == ['orders-prod/mysql-tgt', 'successful',
                                                'failed', 'gone']


@recipe('ask the service now')
def test_ask_the_service_now(home):
    home.sim.set('mysql-tgt', Status='failed')
    assert home.run('ask the service now') == ''
    file = home.path / 'dms/orders-prod/mysql-tgt'
    until(lambda: file.read_text().startswith('Status: failed\n'), what='a refresh')
