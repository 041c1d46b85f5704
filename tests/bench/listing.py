"""Listing: dmsfs from its start to its mount, beside Debian's AWS CLI, boto3's
paginator and the bare exchange of the same requests."""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys

import process
import refreshing
import signing
import stage
from table import Row, ratio_of_rounds, seconds, size

GROUP = 'listing'
BOTO3_LIST = stage.HERE / 'list_with_boto3.py'
WIRE_LIMIT = 1.3
CPU_LIMIT = 0.1
PARALLEL = {'connections': 6000, 'latency_ms': 50}
PARALLEL_LIMIT = 1 / 6


class Run:
    """One client's listing: what it took, and what the sim saw of it."""

    def __init__(self, usage, wire_s, sim_cpu_s, extra=0.0):
        self.wall_s, self.cpu_s, self.peak = usage.wall_s, usage.cpu_s, usage.peak_bytes
        self.wire_s, self.sim_cpu_s, self.extra = wire_s, sim_cpu_s, extra


def rows(sizes, rounds, select):
    for connections in sizes:
        if select(f'{GROUP}: {connections:,}'):
            with stage.serve(connections) as sim, stage.place() as directory:
                yield from _rows_of_size(sim, connections, rounds, directory)
    if select(f'{GROUP}: parallel'):
        with stage.serve(**PARALLEL) as sim, stage.place() as directory:
            yield _parallel_row(sim, directory, max(1, rounds // 3))


def _rounds(name, connections, rounds):
    """The shorter, the more often; the first of each warms up."""
    if name in ('dmsfs', 'exchange'):
        return 1 + (3 if connections >= 100000 else 3 * rounds)
    return 1 + (1 if name == 'AWS CLI' else min(rounds, 3))


def _rows_of_size(sim, connections, rounds, directory):
    bodies = list(signing.bodies(sim))
    clients, skipped = make_clients(sim, bodies, directory)
    runs = {name: [] for name in clients}
    for number in range(_rounds('dmsfs', connections, rounds)):
        for name, client in clients.items():
            if number < _rounds(name, connections, rounds):
                runs[name].append(_observe(sim, client, len(bodies)))
    runs = {name: of[1:] for name, of in runs.items()}
    yield _wire_row(connections, runs, len(bodies))
    yield _ready_row(connections, runs)
    if 'boto3' in runs:
        yield _cpu_row(connections, runs)
        yield _memory_row(connections, runs, skipped)


def make_clients(sim, bodies, directory):
    """What lists, by name: each returns its Usage and one figure of its own."""
    clients = {'exchange': lambda: exchange(sim, bodies, directory),
               'dmsfs': lambda: dmsfs(sim)}
    skipped = []
    python = _python_with_boto3()
    if python:
        clients['boto3'] = lambda: _boto3(python, sim)
    else:
        skipped.append('boto3 is not installed')
    cli = '/usr/bin/aws' if os.path.exists('/usr/bin/aws') else shutil.which('aws')
    if cli:
        clients['AWS CLI'] = lambda: _aws_cli(cli, sim)
    else:
        skipped.append('the AWS CLI is not installed')
    return clients, skipped


def _observe(sim, client, pages):
    sim.clear_log()
    before = process.cpu_s(sim.pid)
    usage, extra = client()
    sim_cpu_s = process.cpu_s(sim.pid) - before
    log = [entry for entry in sim.log() if entry['action'] == 'DescribeConnections']
    if len(log) != pages:
        raise RuntimeError(f'{len(log)} requests instead of {pages}')
    wire_s = max(e['answered'] for e in log) - min(e['time'] for e in log)
    return Run(usage, wire_s, sim_cpu_s, extra)


def has_exchange():
    try:
        return bool(stage.program('BENCH_EXCHANGE', 'tests/bench/exchange'))
    except stage.Unavailable:
        return False


def exchange(sim, bodies, directory):
    path = directory / 'requests'
    signing.write(sim, bodies, path)
    usage = process.measure(
        [stage.program('BENCH_EXCHANGE', 'tests/bench/exchange'), sim.url, path],
        is_output_kept=True)
    return usage, float(usage.output)


def dmsfs(sim):
    """To where it leaves for the background, which is when the mount answers."""
    before = os.times()
    with stage.Dmsfs(sim, '--warm', '0', is_foreground=False) as mount:
        after = os.times()
        first = after.children_user + after.children_system - (
            before.children_user + before.children_system)
        usage = process.Usage(mount.started_s, first + stage.cpu_of(mount),
                              process.memory(mount.pid)['VmHWM'])
        return usage, refresh_seconds(mount.path)


def refresh_seconds(root):
    status = (root / '.dmsfs/status').read_text()
    [listing_s] = [line.split()[1] for line in status.splitlines()
                   if line.startswith('RefreshSeconds:')]
    return float(listing_s)


def _python_with_boto3():
    for python in (sys.executable, '/usr/bin/python3'):
        if pathlib.Path(python).exists() and subprocess.run(
                [python, '-c', 'import boto3'], check=False,
                stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def _boto3(python, sim):
    usage = process.measure([python, BOTO3_LIST, sim.url], sim.environment(),
                            is_output_kept=True)
    _, listing_cpu_s, peak = usage.output.split()
    usage.peak_bytes = int(peak)
    return usage, float(listing_cpu_s)


def _aws_cli(cli, sim):
    return process.measure([cli, '--endpoint-url', sim.url, '--output', 'json', 'dms',
                            'describe-connections'], sim.environment()), 0.0


def _median(runs, name, field):
    return statistics.median(getattr(run, field) for run in runs[name])


def _wire_row(connections, runs, pages):
    """From the arrival of the first request to the last byte of the last answer: by
    the sim's log, so without anybody's start."""
    limit = WIRE_LIMIT if pages > 1 else None  # of one page, the sim alone is timed
    wire = {name: [run.wire_s for run in of] for name, of in runs.items()}
    sim_s = _median(runs, 'exchange', 'sim_cpu_s')
    return Row(GROUP, f'{connections:,}: pages on the wire',
               seconds(_median(runs, 'dmsfs', 'wire_s')),
               f'exchange {seconds(_median(runs, "exchange", "wire_s"))}',
               ratio_of_rounds(wire['dmsfs'], wire['exchange']), limit,
               f'{pages:,} pages; dms-sim takes {sim_s / pages * 1e6:.0f} us of CPU a '
               f'page, {sim_s / _median(runs, "exchange", "wire_s"):.0%} of the '
               f'exchange; RefreshSeconds {_median(runs, "dmsfs", "extra"):.3f}')


def _ready_row(connections, runs):
    wall = {name: [run.wall_s for run in of] for name, of in runs.items()}
    others = [f'{name} {seconds(_median(runs, name, "wall_s"))}'
              for name in ('boto3', 'AWS CLI') if name in runs]
    return Row(GROUP, f'{connections:,}: start to ready',
               seconds(_median(runs, 'dmsfs', 'wall_s')),
               f'exchange {seconds(_median(runs, "exchange", "wall_s"))}',
               ratio_of_rounds(wall['dmsfs'], wall['exchange']),
               note='; '.join(others))


def _cpu_row(connections, runs):
    cpu = {name: [run.cpu_s for run in of] for name, of in runs.items()}
    ours = _median(runs, 'dmsfs', 'cpu_s')
    alone = _median(runs, 'boto3', 'extra')
    notes = [f'{ours / connections * 1e6:.1f} us a connection',
             f'boto3 without its start {seconds(alone)}, of that {ours / alone:.2f}',
             f'exchange {seconds(_median(runs, "exchange", "cpu_s"))}']
    if 'AWS CLI' in runs:
        notes.append(f'AWS CLI {seconds(_median(runs, "AWS CLI", "cpu_s"))}')
    return Row(GROUP, f'{connections:,}: CPU, start to ready', seconds(ours),
               f'boto3 {seconds(_median(runs, "boto3", "cpu_s"))}',
               ratio_of_rounds(cpu['dmsfs'], cpu['boto3']), CPU_LIMIT, '; '.join(notes))


def _memory_row(connections, runs, skipped):
    note = skipped
    if 'AWS CLI' in runs:
        note = [f'AWS CLI {size(_median(runs, "AWS CLI", "peak"))}', *skipped]
    return Row(GROUP, f'{connections:,}: peak of memory',
               size(_median(runs, 'dmsfs', 'peak')),
               f'boto3 {size(_median(runs, "boto3", "peak"))}',
               _median(runs, 'dmsfs', 'peak') / _median(runs, 'boto3', 'peak'), None,
               '; '.join(note))


def _parallel_row(sim, directory, rounds):
    """Of the listings that follow the first: that is serial, whatever it takes."""
    bodies = list(signing.bodies(sim))
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(exchange(sim, bodies, directory)[0].wall_s)
        with stage.Dmsfs(sim) as mount:
            refreshing.refresh(sim, mount)
            ours.append(refresh_seconds(mount.path))
    return Row(GROUP, 'parallel, 6,000 at 50 ms a request',
               seconds(statistics.median(ours)),
               f'serial {seconds(statistics.median(theirs))}',
               ratio_of_rounds(ours, theirs), PARALLEL_LIMIT,
               f'{len(bodies)} pages one after the other, {stage.INSTANCES} instances')
