"""What a test puts between dmsfs and its libc, by LD_PRELOAD."""

import os

import pytest

DIRECTORY = os.environ.get('DMSFS_SHIMS')
IS_SANITIZED = bool(os.environ.get('DMSFS_SANITIZED'))
FAST = {'CLOCK_SPEED': '20'}

needs_shims = pytest.mark.skipif(not DIRECTORY, reason='the shims are not built')
needs_shortage = pytest.mark.skipif(
    not DIRECTORY or IS_SANITIZED, reason='a sanitizer has the allocations to itself')


def preload(*names, **variables):
    """The environment of a mount with these shims, and what they take from it."""
    paths = ':'.join(f'{DIRECTORY}/{name}.so' for name in names)
    return {'LD_PRELOAD': paths, **variables}


def fast_pace():
    """The environment of a mount that is asked for more than the pace allows: it takes
    40 requests a second, and lends 40 as ever. Each listing has to begin its last page
    within 30 s. A test that uses it shows the same without the shims, and waits."""
    return preload('set_clock', **FAST) if DIRECTORY else {}
