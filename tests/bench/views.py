"""The views for machines: jq over connections.json beside `aws dms describe-connections`
into the same jq, and the memory that a reader leaves behind."""

import os
import shutil
import statistics

import process
import refreshing
import stage
from table import Row, ratio_of_rounds, seconds, size

GROUP = 'views'
CONNECTIONS = 6000
LATENCY_MS = 50
JQ_LIMIT = 1 / 50
MEMORY_LIMIT = 1.2
FILTER = '.Connections[] | select(.Status == "failed") | .EndpointIdentifier'
PIPE = f"\"$0\" --endpoint-url \"$1\" dms describe-connections | jq -r '{FILTER}'"
VIEWS = ('connections.json', 'metrics.prom')


def rows(rounds, select):
    for latency_ms, limit in ((0, None), (LATENCY_MS, JQ_LIMIT)):
        work = f'jq, {CONNECTIONS:,} at {latency_ms} ms a request'
        if select(f'{GROUP}: {work}'):
            with stage.serve(CONNECTIONS, latency_ms=latency_ms) as sim:
                yield from _jq_rows(sim, work, min(rounds, 3), limit)
    if select(f'{GROUP}: memory'):
        with stage.serve(CONNECTIONS) as sim:
            yield _memory_row(sim, rounds)


def _jq_rows(sim, work, rounds, limit):
    cli = '/usr/bin/aws' if os.path.exists('/usr/bin/aws') else shutil.which('aws')
    if not cli or not shutil.which('jq'):
        yield Row(GROUP, work, 'skipped', note='jq or the AWS CLI is not installed')
        return
    ours, theirs, asked = [], [], 0
    with stage.Dmsfs(sim) as mount:
        path = mount.path / '.dmsfs/connections.json'
        for _ in range(1 + rounds):
            asked -= sim.counters()['requests']
            ours.append(process.measure(['jq', '-r', FILTER, path], is_output_kept=True))
            asked += sim.counters()['requests']
            theirs.append(process.measure(['sh', '-c', PIPE, cli, sim.url],
                                          sim.environment(), is_output_kept=True))
    if sorted(ours[0].output.split()) != sorted(theirs[0].output.split()):
        raise RuntimeError('the AWS CLI lists others')
    ours_s, theirs_s = ([usage.wall_s for usage in of[1:]] for of in (ours, theirs))
    yield Row(GROUP, work, seconds(statistics.median(ours_s)),
              f'AWS CLI {seconds(statistics.median(theirs_s))}',
              ratio_of_rounds(ours_s, theirs_s), limit)
    yield Row(GROUP, f'requests of {work}', str(asked), 'none', asked, 0)


def _memory_row(sim, rounds):
    """After the first listing that follows a reader, beside what there was before it."""
    before, during, after = [], [], []
    for _ in range(rounds):
        with stage.Dmsfs(sim) as mount:
            stage.settle(mount)
            before.append(_pss(mount))
            for name in VIEWS:
                (mount.path / '.dmsfs' / name).read_bytes()
            stage.settle(mount)
            during.append(_pss(mount))
            refreshing.refresh(sim, mount)
            after.append(_pss(mount))
    return Row(GROUP, f'memory after a reader, {CONNECTIONS:,}',
               size(statistics.median(after)),
               f'before {size(statistics.median(before))}',
               ratio_of_rounds(after, before), MEMORY_LIMIT,
               f'while both views are held {size(statistics.median(during))}')


def _pss(mount):
    return sum(map(process.pss, stage.pids_of(mount)))
