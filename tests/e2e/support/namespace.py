"""A mount namespace of one's own, where no mount is seen outside, nor one from outside;
nor is a mount of dmsfs kept alive here that ends outside.

    enter()                         this process, and all that it starts from then on
    [*namespace.PREFIX, 'sh', ...]  a command in one
"""

import ctypes
import os
import subprocess
import sys

CLONE_NEWNS = 0x20000
PREFIX = (sys.executable, os.path.abspath(__file__))

# The root of a chroot may be no mount, whose propagation could be changed. Then one is
# made, below /dev, which is a mount there; it would be seen outside below another.
ROOT = '/dev/root'
SETUP = f"""
set -e
mount --make-rprivate /dev
mount -t tmpfs tmpfs /dev
mkdir {ROOT}
mount --rbind / {ROOT}
mount --make-rprivate {ROOT}
"""


def enter():
    """Raises an OSError, or a CalledProcessError, where that cannot be had."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if subprocess.run(['mount', '--make-rprivate', '/'], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        directory = os.getcwd()
        subprocess.run(['sh', '-c', SETUP], check=True, capture_output=True)
        os.chroot(ROOT)
        os.chdir(directory)
        subprocess.run(['umount', '/dev'], check=True, capture_output=True)
    subprocess.run(['umount', '--all', '--lazy', '--types', 'fuse.dmsfs'], check=False,
                   capture_output=True)


if __name__ == '__main__':
    enter()
    os.execvp(sys.argv[1], sys.argv[1:])
