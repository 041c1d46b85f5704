"""A short life under valgrind, without an error or a leak: by tests/valgrind alone,
since it needs a build whose editor has no filter of system calls."""

import os
import re
import signal
import subprocess

import pytest

from contract import record, wire
from live import Live, editor_of
from showing import shows
from watch import until

pytestmark = pytest.mark.skipif('DMSFS_VALGRIND' not in os.environ,
                                reason='by tests/valgrind alone')
VALGRIND = ['valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full',
            '--show-leak-kinds=definite,indirect',
            '--errors-for-leak-kinds=definite,indirect']


def errors_of(log, is_daemon):
    """What valgrind complains of. What an editor has lost is what the daemon's other
    threads hold, which it is a fork of; and openat2(2) is new to valgrind."""
    text = re.sub(r'^--\d+-- .*\n', '', log.read_text(), flags=re.M)
    blocks = re.split(r'^==\d+== *\n', text, flags=re.M)
    return [block for block in blocks
            if block.strip() and (is_daemon or 'in loss record' not in block)]


def test_a_short_life_has_no_error_and_no_leak(serve, mount, place):
    records = [record('inst', f'e{i:03}') for i in range(150)]
    sim = serve(listing=records)
    log = place / 'valgrind'
    it = Live(sim, mount(sim, prefix=[*VALGRIND, f'--log-file={log}.%p']))
    assert shows(it, records)
    for number in range(5):
        records = [record('inst', f'e{i:03}', message=f'edit {number}')
                   for i in range(number, 150 + number)]
        records += [record(f'other{number}', 'a', 'testing')]
        sim.replace(wire(records))
        it.refresh()
        until(lambda: shows(it, records))
        subprocess.run(['grep', '-rq', 'edit', it.root], check=True)
        assert subprocess.run(['touch', it.path('inst/x')], check=False,
                              stderr=subprocess.DEVNULL).returncode != 0
    sim.fault(kind='error', type='AccessDeniedException', message='no', count=-1)
    it.refresh()
    until(lambda: it.status()['State'] == 'stale')
    sim.clear_faults()
    # One editor dies, and another one is started.
    os.kill(editor_of(it.mount.pid), signal.SIGKILL)
    it.refresh()
    until(lambda: shows(it, records))
    daemon = it.mount.pid
    it.mount.stop()
    logs = sorted(place.glob('valgrind.*'))
    assert place / f'valgrind.{daemon}' in logs
    assert len(logs) >= 2, 'the daemon and an editor have one each'
    for log in logs:
        assert errors_of(log, log.name == f'valgrind.{daemon}') == []
