"""Instructions of one unit of work, counted by callgrind: the difference between doing
it so many times and twice as many."""

import os
import re
import shutil
import subprocess

import stage
from table import Row

GROUP = 'instructions'
WORKS = {  # and how many times
    'read': ('one read', 2000),
    'lookup': ('one lookup', 2000),
    'getattr': ('one getattr', 2000),
    'readdirplus': ('one readdirplus entry', 50),
    'parse': ('one parsed connection', 20),
    'snapshot': ('one connection put in a snapshot', 4),
    'diff': ('one diffed connection', 20),
    'repoint': ('one connection pointed at its new record', 4),
}
# Else it depends on what is free by chance how long the allocator looks for a request.
ALLOCATOR = 'glibc.malloc.tcache_count=0:glibc.malloc.mxfast=160'
TOTAL = re.compile(r'Collected : (\d+)')


def rows(select):
    for work, (name, times) in WORKS.items():
        if not select(f'{GROUP}: {name}'):
            continue
        try:
            yield Row(GROUP, name, f'{count(work, times):,.0f}')
        except stage.Unavailable as reason:
            yield Row(GROUP, name, 'skipped', note=str(reason))


def count(work, times):
    once, units = _run(work, times)
    twice, _ = _run(work, 2 * times)
    return (twice - once) / (times * units)


def need_valgrind():
    if not shutil.which('valgrind'):
        raise stage.Unavailable('valgrind is not installed')


def _run(work, times):
    need_valgrind()
    program = stage.program('BENCH_INSTRUCTIONS', 'tests/bench/instructions')
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', str(program),
         work, str(times)], env={**os.environ, 'GLIBC_TUNABLES': ALLOCATOR},
        capture_output=True, text=True, check=False)
    found = TOTAL.search(done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f'{program} {work}: {done.stderr}')
    return int(found[1]), float(done.stdout)
