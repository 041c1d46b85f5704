"""A flood: connections by the ten thousand appear, change and go, while people look."""

import collections
import os
import re
import subprocess
import time

from contract import record, wire
from live import Live
from readers import readers
from shims import fast_pace
from watch import Watch, until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
COUNT = 100_000 if IS_LONG else 20_000
INSTANCES = 60
READERS = 32
PATIENCE_S = 2400 if IS_LONG else 300
# The memory that is left may be that much more, of what it was.
GROWTH = 1.10
# By these a leak of a MiB a flood is found, as by GROWTH after three floods.
TRIES = 8
WAVER = 1.3


def memory_of(pid):
    """Resident, in kB."""
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        return int(re.search(r'VmRSS:\s*(\d+) kB', file.read())[1])


def settled_memory(it):
    """Once the kernel has forgotten what has gone, and the last refresh is over: it is
    the same ten times."""
    memory = collections.deque(maxlen=10)

    def is_settled():
        it.refresh_and_wait()
        memory.append(memory_of(it.mount.pid))
        return len(memory) == 10 and len(set(memory)) == 1

    until(is_settled, PATIENCE_S, 'memory that stays')
    return memory[-1]


def look(root):
    subprocess.run(['ls', '-lR', root / 'inst0000'], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    time.sleep(0.5)


def flood(edit):
    return [record(f'inst{i % INSTANCES:04}', f'e{i:06}', message=edit)
            for i in range(COUNT)]


def time_of_changes(it):
    """None in the moment between its new name and the next file."""
    try:
        return it.path('.dmsfs/changes').stat().st_mtime_ns
    except FileNotFoundError:
        return None


def bring(it, records):
    """Brings a listing; the time until the tree has it."""
    # LastChange tells whole seconds, and two listings may come within one.
    changed = until(lambda: time_of_changes(it))
    requests = it.sim.counters()['requests']
    it.sim.replace(wire(records))
    begun = time.monotonic()
    it.refresh()
    until(lambda: it.status()['Connections'] == str(len(records))
          and time_of_changes(it) not in (None, changed),
          PATIENCE_S, 'the listing')
    return time.monotonic() - begun, it.sim.counters()['requests'] - requests


def test_a_flood_comes_and_goes_and_leaves_no_memory_behind(serve, mount, say):
    drops = [record('calm', 'a'), record('calm', 'b')]
    sim = serve(listing=drops)
    it = Live(sim, mount(sim, '--warm', '0', environment=fast_pace()))
    lines = []
    # By the first flood .dmsfs/changes has all the lines that it may have, and all
    # buffers that are kept have their size.
    for records in flood('none'), flood('zero'), drops:
        bring(it, records)
    before = settled_memory(it)
    peak = 0
    with readers(READERS, lambda: look(it.root)), Watch(it.root) as watch:
        for name, records in [('appearing', flood('one')), ('changing', flood('two')),
                              ('going', drops)]:
            seconds, requests = bring(it, records)
            memory = memory_of(it.mount.pid)
            peak = max(peak, memory)
            lines.append(f'{COUNT:,} connections {name}: {seconds:.1f} s, '
                         f'{requests:,} requests, {memory / 1024:.1f} MiB')
        watch.until('CLOSE_WRITE .dmsfs/changes')
    assert sorted(os.listdir(it.root)) == ['.dmsfs', 'calm']
    after = settled_memory(it)
    most = before * GROWTH
    if after > most:
        # How malloc() comes to place things is chance, a few MiB up and down; what leaks
        # comes again with each flood.
        most = after * WAVER
        for number in range(TRIES):
            bring(it, flood(f'again {number}'))
            bring(it, drops)
        after = settled_memory(it)
    lines.append(f'memory: {before / 1024:.1f} MiB before, {peak / 1024:.1f} MiB at '
                 f'most, {after / 1024:.1f} MiB after')
    say('\n'.join(lines))
    assert after <= most
