"""README.md and tests/README.md tried as a newcomer would: every command that they show
is run, and has to print what they show. test_readme.py has the recipes."""

import os
import pathlib
import re
import subprocess

import pytest

import mount as mounting
from test_readme import README
from watch import until

TEXT = README.read_text()
TESTS_TEXT = (README.parent / 'tests/README.md').read_text()
DEMO = README.parent / 'tests/demo'
PREPARE = README.parent / 'tests/prepare.sh'
FAILURE = 'Test Endpoint failed: Application-Status: 1020912, no route to host'
KEYS = {'access_key': 'AKIAIOSFODNN7EXAMPLE',
        'secret_key': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'}

# What is another each time.
VARIABLE = [(r'127\.0\.0\.1:\d+', 'ADDRESS'),
            (r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', 'TIME'),
            (r'[A-Z][a-z]{2} [ \d]\d \d\d:\d\d', 'TIME'), (r'\d+\.\d+ s\b', 'TIME'),
            (r'(?<=RefreshSeconds: )\S+', 'TIME'),
            (r'(?<=^[d-][rwx-]{9} \d )\S+ +\S+', 'OWNER')]


def normal(text):
    for pattern, name in VARIABLE:
        text = re.sub(pattern, name, text, flags=re.M)
    return text.rstrip('\n')


def indented(heading, text=TEXT):
    """The indented lines below a heading, blank ones between them too."""
    section = re.search(rf'^#+ {heading}\n(.*?)(?=^##? |\Z)', text, re.M | re.S)[1]
    return re.sub(r'^ {4}', '', ''.join(re.findall(r'^(?: {4}.*)?\n', section, re.M)),
                  flags=re.M)


def steps(text):
    """(what is typed, or comes to pass on the service; what is shown then)"""
    parts = re.split(r'^(\$ .*|# on the service: .*)\n', text, flags=re.M)
    return list(zip(parts[1::2], (shown.strip('\n') for shown in parts[2::2])))


def demo_options():
    """Those that tests/demo gives its stand-in for the service."""
    line = re.search(r'dms-sim" (--connections.*?)\\\n', DEMO.read_text())[1]
    words = line.split()
    return {name[2:].replace('-', '_'): value
            for name, value in zip(words[::2], words[1::2])}


@pytest.fixture
def shell(place):
    """Runs lines as they are typed in a home that has dmsfs on its PATH."""
    (place / 'bin').mkdir()
    (place / 'bin/dmsfs').symlink_to(pathlib.Path(mounting.program()).resolve())

    def run(line, sim, **variables):
        environment = mounting.with_sanitizer_logs(
            {**sim.environment(home=place), 'LC_ALL': 'C.UTF-8',
             'PATH': f'{place}/bin:{os.environ["PATH"]}', **variables}, place)
        done = subprocess.run(['sh', '-c', line], cwd=place, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=mounting.PATIENCE_S)
        assert done.returncode == 0, done.stdout
        return done.stdout
    return run


def daemons():
    return {pid for pid, command in mounting.children_of(os.getpid()).items()
            if command and os.path.basename(command[0]) == 'dmsfs'}


def end(path):
    """Unmounts; the daemon has to end well."""
    [daemon] = daemons()
    mounting.unmount(path)
    assert os.waitpid(daemon, 0)[1] == 0


# The sessions


class Watcher:
    """The command that watches, as it is typed but for -q: it says when it watches."""

    def __init__(self, command, place):
        self._events = place / 'events'
        self._shown = 0
        self._publications = 0
        with open(self._events, 'wb') as out, open(place / 'said', 'wb') as said:
            self._process = subprocess.Popen(
                command.removesuffix(' &').replace(' -mrq ', ' -mr ').split(),
                cwd=place, stdin=subprocess.DEVNULL, stdout=out, stderr=said)
        until(lambda: 'established' in (place / 'said').read_text())

    def next(self):
        """The events of one publication, the refresh that was asked for left out."""
        self._publications += 1
        until(lambda: self._lines().count('dms/.dmsfs/ MODIFY connections.json')
              == self._publications)
        lines = self._lines()[self._shown:]
        self._shown += len(lines)
        return [line for line in lines if not line.endswith(' refresh')]

    def stop(self):
        self._process.kill()
        self._process.wait()

    def _lines(self):
        return self._events.read_text().splitlines()


def change(sim, what):
    endpoint, status = re.fullmatch(r'# on the service: (\S+) is (\S+)', what).groups()
    fields = {'Status': status}
    if status == 'failed':
        fields['LastFailureMessage'] = FAILURE
    sim.set(endpoint, **fields)


@pytest.mark.parametrize('session', [indented('The tree and one file'),
                                     indented('A whole session', TESTS_TEXT)],
                         ids=['README.md', 'tests/README.md'])
def test_a_session_goes_as_it_is_shown(serve, shell, place, session):
    (place / 'dms').mkdir()
    sim = serve(**demo_options(), **KEYS)
    watcher = None
    for typed, shown in steps(session):
        command = re.sub(r'http://127\.0\.0\.1:\d+', sim.url, typed.removeprefix('$ '))
        if typed.startswith('#'):
            change(sim, typed)
            (place / 'dms/.dmsfs/refresh').touch()
            assert watcher.next() == shown.splitlines()
        elif command.endswith(' &'):
            watcher = Watcher(command, place)
        else:
            said = normal(shell(command, sim))
            wanted = normal(shown)
            # grep -r goes by the order of the directory.
            if command.startswith('grep'):
                said, wanted = (sorted(text.splitlines()) for text in (said, wanted))
            assert said == wanted, command
    if watcher:
        watcher.stop()
    end(place / 'dms')


# Mount an account


def test_an_account_is_mounted_as_it_says(serve, shell, place):
    [block] = re.findall(r'^ {4}mkdir .*\n(?: {4}.*\n)*', TEXT, re.M)
    make, first, second, unmount = re.sub(r' +#.*|^ +', '', block, flags=re.M).splitlines()
    assert (first, second, unmount) == (
        'dmsfs ~/dms', 'dmsfs prod@eu-west-1 ~/dms', 'fusermount3 -u ~/dms')
    home, prod = (serve(connections=14, region=region, **KEYS)
                  for region in ('us-east-1', 'eu-west-1'))
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(
        f'[default]\nregion = us-east-1\nendpoint_url = {home.url}\n'
        f'[profile prod]\nendpoint_url = {prod.url}\n')
    keys = (f'aws_access_key_id = {KEYS["access_key"]}\n'
            f'aws_secret_access_key = {KEYS["secret_key"]}\n')
    (place / '.aws/credentials').write_text(f'[default]\n{keys}[prod]\n{keys}')
    bare = {name: '' for name in ('AWS_REGION', 'AWS_DEFAULT_REGION',
                                  'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')}
    assert shell(make, home) == ''
    for command, region in ((first, 'us-east-1'), (second, 'eu-west-1')):
        assert shell(command, home, **bare).startswith(
            f'dmsfs: {region}: 14 connections on ')
        [daemon] = daemons()
        assert shell(unmount, home) == ''
        assert os.waitpid(daemon, 0)[1] == 0
    assert 'Connections: 14\n' in shell('dmsfs --check', home, **bare)


def test_the_line_for_fstab_is_taken(shell, serve):
    [line] = [line for line in indented('Mount an account').splitlines()
              if ' fuse.dmsfs ' in line]
    source, point, _, options, *_ = line.split()
    # mount.fuse3 passes them on like this. 2: the options; 1: all but those.
    done = subprocess.run([mounting.program(), source, point, '-o', options],
                          env={'PATH': os.environ['PATH'], 'HOME': '/nowhere'},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr


# Install


def test_names_the_packages_that_a_build_needs():
    wanted = re.search(r'apt install (.*(?:\n.*)*?)\n +meson', TEXT)[1]
    named = set(wanted.replace('\\\n', ' ').split())
    needed = {line.split()[1] for line in PREPARE.read_text().splitlines()
              if line.startswith('build ')}
    # libc's come with the compiler; the others are for tests, or may be absent.
    assert needed - named == {'libc6-dev', 'libseccomp-dev', 'libmicrohttpd-dev'}
    assert named - needed == set()
