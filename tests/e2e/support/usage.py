"""What `dmsfs --help` lists, for tests of what has to list the same."""

import re
import subprocess

import mount

OPTION = re.compile(r'^ {2}(?:-(?P<letter>\w), | {4})--(?P<name>[\w-]+)'
                    r'(?: (?P<value>[A-Z]+))?(?: |$)', re.M)


def options():
    """{name: (letter or None, whether it takes a value)}"""
    text = subprocess.run([mount.program(), '--help'], capture_output=True, text=True,
                          check=True, timeout=60).stdout
    found = {match['name']: (match['letter'], match['value'] is not None)
             for match in OPTION.finditer(text)}
    assert len(found) > 20, text
    return found


def words():
    """Options as they are typed, -o too."""
    found = {'-o'}
    for name, (letter, _) in options().items():
        found.add(f'--{name}')
        if letter:
            found.add(f'-{letter}')
    return found


def mount_options():
    """The same as -o takes them, but for what mounts nothing."""
    return {name.replace('-', '_') + ('=' if has_value else '')
            for name, (_, has_value) in options().items()
            if name not in ('check', 'help', 'version')}
