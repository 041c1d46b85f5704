"""The judges: each answers cases in the form that inputs.py tells."""

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
import inputs  # noqa: E402
from aws_services import AwsServices  # noqa: E402

PATIENCE_S = 120
FIELDS = ('host', 'region', 'key', 'until')


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
            asked = [{'environment': place.lay_out(case), 'profile': case.get('profile'),
                      'region': case.get('region')} for case in cases]
            done = subprocess.run(self.command, input=json.dumps(asked), text=True,
                                  capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(cases)
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


def is_same(one, other):
    """Two refusals are the same, whatever their words."""
    if 'refused' in one or 'refused' in other:
        return 'refused' in one and 'refused' in other
    return all(one.get(field) == other.get(field) for field in FIELDS)


def reason_for(name, ours, botocores):
    """Why dmsfs may differ from botocore; None where no reason is known."""
    for part, reason in inputs.KEPT_REFUSALS.items():
        if part in ours.get('refused', '') and not is_same(ours, botocores):
            return reason
    return inputs.KEPT.get(name)


def shown(answer):
    if 'refused' in answer:
        first = answer['refused'].split('\n')[-1]
        return f'refused: {first[:70]}'
    parts = [answer['host'], answer['region'], answer['key']]
    return ' '.join(str(part) for part in parts) + (
        f' until {answer["until"]}' if answer['until'] else '')
