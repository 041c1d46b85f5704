"""What `dmsfs --help` lists, for tests of what has to list the same."""

import re
import subprocess

import mount

OPTION = re.compile(r'^ {2}(?:-(?P<letter>\w), | {4})--(?P<name>[\w-]+)'
                    r'(?: (?P<value>[A-Z]+))?(?: |$)', re.M)


def _read(*command):
    text = subprocess.run([mount.program(), *command, '--help'], capture_output=True,
                          text=True, check=True, timeout=60).stdout
    found = {match['name']: (match['letter'], match['value'] is not None)
             for match in OPTION.finditer(text)}
    assert len(found) > (3 if command else 20), text
    return found


def options():
    """{name: (letter or None, whether it takes a value)}"""
    return _read()


def _typed(found):
    return {f'--{name}' for name in found} | {
        f'-{letter}' for letter, _ in found.values() if letter}


def words():
    """Options as they are typed, -o too."""
    return {'-o'} | _typed(options())


def command_words(command):
    """Those of `dmsfs test` or `dmsfs delete`."""
    return _typed(_read(command))


def mount_options():
    """The same as -o takes them, but for what mounts nothing."""
    return {name.replace('-', '_') + ('=' if has_value else '')
            for name, (_, has_value) in options().items()
            if name not in ('check', 'help', 'version')}
