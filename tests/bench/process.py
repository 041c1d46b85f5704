"""Processes as the bench sees them: time, CPU and memory, of children and of others."""

import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Usage:
    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str = ''


class CommandError(Exception):
    """A measured command that failed."""


def measure(command, environment=None, is_output_kept=False, statuses=(0,)):
    """Runs a command to its end. Its output goes to a file in memory: grep does less
    when it writes to /dev/null."""
    with tempfile.TemporaryFile(dir='/dev/shm') as output, \
            tempfile.TemporaryFile(dir='/dev/shm') as complaints:
        began = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command],
                                   env=environment or _plain_environment(),
                                   stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=complaints)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in statuses:
            complaints.seek(0)
            first = complaints.readline().decode(errors='replace').strip()
            raise CommandError(f'{command[0]}: status {process.returncode}: {first}')
        output.seek(0)
        text = output.read().decode(errors='replace') if is_output_kept else ''
    return Usage(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text)


def _plain_environment():
    return {**os.environ, 'LC_ALL': 'C'}


def cpu_s(pid):
    """CPU time of a process so far, threads that ended included, to the nanosecond:
    the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime((~pid << 3) | 2)


def memory(pid):
    """The fields of /proc/PID/status that count memory, in bytes."""
    found = {}
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        name, _, value = line.partition(':')
        if value.endswith(' kB'):
            found[name] = int(value.split()[0]) * 1024
    return found


def pss(pid):
    """Bytes in memory; a page that processes share counts to each by its part."""
    text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text()
    return int(re.search(r'^Pss: +(\d+)', text, re.M)[1]) * 1024


def context_switches(pids):
    """Those made by all threads of the processes: voluntary, involuntary."""
    counts = {'voluntary_ctxt_switches': 0, 'nonvoluntary_ctxt_switches': 0}
    for pid in pids:
        for status in pathlib.Path(f'/proc/{pid}/task').glob('*/status'):
            for line in status.read_text().splitlines():
                name, _, value = line.partition(':')
                if name in counts:
                    counts[name] += int(value)
    return tuple(counts.values())


def written(pid):
    """Bytes that a process has had to be written to a disk so far."""
    text = pathlib.Path(f'/proc/{pid}/io').read_text()
    return int(re.search(r'^write_bytes: (\d+)', text, re.M)[1])
