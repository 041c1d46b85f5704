"""The judges: each answers cases in the form that inputs.py tells."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'e2e/support')]

# pylint: disable=wrong-import-position
from aws_services import AwsServices  # noqa: E402
from service import Service  # noqa: E402

PATIENCE_S = 120
KEYS = {'AWS_ACCESS_KEY_ID': 'ID', 'AWS_SECRET_ACCESS_KEY': 'secret',
        'AWS_REGION': 'us-east-1', 'AWS_DEFAULT_REGION': 'us-east-1'}
# Most of the time they wait for the next attempt.
DMSFS_AT_ONCE = 64
FOREIGN_AT_ONCE = 4


class Place:
    """A home for each case of a judge, laid out."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self._count = 0

    def lay_out(self, case):
        """The environment for the case."""
        self._count += 1
        home = self.directory / str(self._count)
        (home / '.aws').mkdir(parents=True)
        if case.get('is_config_a_directory'):
            (home / '.aws/config').mkdir()
        for name in ('config', 'credentials'):
            if name in case:
                text = case[name].replace('{home}', str(home))
                (home / '.aws' / name).write_bytes(text.encode())
        (home / 'printed.json').write_text(case.get('printed', ''))
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith('AWS_') and not name.lower().endswith('_proxy')}
        return {**kept, 'HOME': str(home), 'AWS_EC2_METADATA_DISABLED': 'true',
                'AWS_MAX_ATTEMPTS': '1', **case.get('variables', {})}


class Dmsfs:
    """The program itself, by `--check`, before stand-ins for all hosts."""

    name = 'dmsfs'

    def __init__(self, program):
        self.program = program
        done = subprocess.run([program, '-V'], text=True, capture_output=True, check=True,
                              timeout=PATIENCE_S)
        self.version = done.stdout.split()[1]

    def answer(self, cases):
        with tempfile.TemporaryDirectory(prefix='dmsfs-parity.') as directory:
            with AwsServices(directory) as services:
                services.is_lenient = True
                place = Place(directory)
                return [self._answer_one(services, place, case) for case in cases]

    def _answer_one(self, services, place, case):
        services.clear()
        arguments = [f'--{name}={case[name]}' for name in ('profile', 'region')
                     if name in case]
        done = subprocess.run(
            [self.program, '--check', *arguments], text=True, capture_output=True,
            env={**place.lay_out(case), **services.environment()}, timeout=PATIENCE_S)
        if not services.calls:
            return {'refused': done.stderr.strip().removeprefix('dmsfs: ')}
        host, headers = services.calls[-1]
        found = re.search('Credential=([^/]*)/[^/]*/([^/]*)/', headers['authorization'])
        until = re.search('^Credentials: .*, until (.*)$', done.stdout, re.MULTILINE)
        return {'host': host.lower(), 'region': found[2], 'key': found[1],
                'until': until[1] if until else None}


    def converse(self, cases):
        """The answers to exchanges."""
        with tempfile.TemporaryDirectory(prefix='dmsfs-parity.') as directory, \
                Service(cases) as service, \
                concurrent.futures.ThreadPoolExecutor(DMSFS_AT_ONCE) as pool:
            environments = lay_out_exchanges(directory, service)
            said = list(pool.map(self._list, environments, map(
                service.url, range(len(environments)))))
            return [{'said': one, **service.seen(number)}
                    for number, one in enumerate(said)]

    def _list(self, environment, url):
        done = subprocess.run([self.program, '--check', '--endpoint-url', url], text=True,
                              capture_output=True, env=environment, timeout=PATIENCE_S)
        found = re.search('^Connections: ([0-9]+)', done.stdout, re.MULTILINE)
        if done.returncode == 0:
            return {'connections': int(found[1])}
        return said_by_dmsfs(done.stderr.strip().split('\n')[-1].removeprefix('dmsfs: '))


def lay_out_exchanges(directory, service):
    """The environments of a service's cases."""
    place = Place(directory)
    environments = []
    for case in service.cases:
        environment = place.lay_out({**case, 'variables': {**KEYS, **case.get(
            'variables', {})}})
        if 'AWS_MAX_ATTEMPTS' not in case.get('variables', {}):
            del environment['AWS_MAX_ATTEMPTS']
        environments.append(environment)
    return environments


def said_by_dmsfs(text):
    """Its message in parts: the code, or the status without one, and the text."""
    text = re.sub(r'127\.0\.0\.1:\d+', 'HOST', text)
    text = re.sub(r' \(request id [^)]*\)$', '', text)
    text = re.sub('; the identity needs the permission .*', '', text)
    found = re.match('([A-Za-z0-9]+): (.*)', text)
    code, text = found.groups() if found else ('', text)
    text = re.sub('^page [0-9]+: ', '', text)
    found = (re.match(r'(?P<text>.*) \(HTTP status (?P<status>\d+)\)$', text) or
             re.match(r'HTTP status (?P<status>\d+) without a message(?P<text>)$', text) or
             re.match(r'HTTP status (?P<status>\d+), and (?P<text>.*)', text))
    if found:
        code, text = code or found['status'], found['text']
    return {'code': code, 'text': text}


class Foreign:
    """A program that reads cases from stdin, as {environment, profile, region}, and
    writes a line of JSON for each."""

    def __init__(self, name, command, version):
        self.name = name
        self.command = command
        self.version = version

    def answer(self, cases):
        with tempfile.TemporaryDirectory(prefix='dmsfs-parity.') as directory:
            place = Place(directory)
            return self._ask([{'environment': place.lay_out(case),
                               'profile': case.get('profile'),
                               'region': case.get('region')} for case in cases])

    def converse(self, cases):
        """The answers to exchanges."""
        with tempfile.TemporaryDirectory(prefix='dmsfs-parity.') as directory, \
                Service(cases) as service, \
                concurrent.futures.ThreadPoolExecutor(FOREIGN_AT_ONCE) as pool:
            asked = [{'environment': environment, 'endpoint': service.url(number)}
                     for number, environment in enumerate(
                         lay_out_exchanges(directory, service))]
            # Taken apart by turns, since what waits long stands together.
            shares = [asked[first::FOREIGN_AT_ONCE] for first in range(FOREIGN_AT_ONCE)]
            said = [None] * len(asked)
            for first, share in enumerate(pool.map(self._ask, shares)):
                said[first::FOREIGN_AT_ONCE] = share
            return [{'said': one, **service.seen(number)}
                    for number, one in enumerate(said)]

    def _ask(self, asked):
        done = subprocess.run(self.command, input=json.dumps(asked), text=True,
                              capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(asked)
        return answers


def find_botocore():
    """That of this Python, or of the distribution's; None without one."""
    for python in (sys.executable, '/usr/bin/python3'):
        try:
            done = subprocess.run(
                [python, '-c', 'import botocore; print(botocore.__version__)'], text=True,
                check=True, capture_output=True, timeout=PATIENCE_S)
        except (OSError, subprocess.CalledProcessError):
            continue
        return Foreign('botocore', [python, str(HERE / 'botocore_answers.py')],
                       done.stdout.strip())
    return None
