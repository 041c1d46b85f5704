"""A /dev of one's own, in a mount namespace of one's own, for tests that want of it
what the system's may not have: a /dev/fuse for every user, and a /dev/log.

This process and all that it starts stay in there, so a test file that does this is
all in there from then on.
"""

import functools
import os
import subprocess
import tempfile

import pytest

import namespace

# Moved into place as a whole, so that nothing is ever missing.
SETUP = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
for node in null zero full random urandom tty fuse; do
	cp -a "/dev/$node" .
done
chmod 666 fuse
ln -s /proc/self/fd fd
for folder in pts shm; do
	mkdir "$folder"
	[ ! -d "/dev/$folder" ] || mount --rbind "/dev/$folder" "$folder"
done
ln -s pts/ptmx ptmx
cd /
mount --move "$1" /dev
"""


@functools.cache
def enter():
    """Skips the test where that cannot be had."""
    if os.getuid() != 0:
        pytest.skip('only root can have a /dev of its own')
    try:
        namespace.enter()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f'no mount namespace: {error}')
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(['sh', '-c', SETUP, 'sh', directory], text=True,
                              capture_output=True, timeout=60)
    if done.returncode != 0:
        pytest.skip(f'no /dev of our own: {done.stderr.strip()}')


def cover(path, text):
    """Has a file that is there show another text, to us alone."""
    with tempfile.NamedTemporaryFile('w', dir='/dev', delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    subprocess.run(['mount', '--bind', file.name, path], check=True, timeout=60)
    os.unlink(file.name)


def uncover(path):
    subprocess.run(['umount', path], check=True, timeout=60)
