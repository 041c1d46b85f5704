"""What --state costs: a start that reads a state and a listing, beside those without."""

import os
import statistics

import process
import refreshing
import stage
from table import Row, ratio_of_rounds, seconds, size

GROUP = 'state'
WITHOUT, WITH = 'without', 'with'
EDIT = {'range': [0, 1], 'set': {'Status': 'failed'}}


def rows(sizes, rounds, select):
    for connections in sizes:
        if select(f'{GROUP}: {connections:,}'):
            with stage.serve(connections, failed_percent=0) as sim, \
                    stage.place() as directory:
                yield from _rows_of_size(sim, connections, rounds, directory / 'state')


def _rows_of_size(sim, connections, rounds, state):
    options = {WITHOUT: (), WITH: ('--state', state)}
    # The first of each warms up, and leaves a state.
    runs = {name: [] for name in options}
    for _ in range(1 + rounds):
        for name in options:
            runs[name].append(_observe(sim, options[name]))
    runs = {name: {key: [run[key] for run in of[1:]] for key in of[0]}
            for name, of in runs.items()}
    for key, what, unit in (('wall_s', 'start to ready', seconds),
                            ('cpu_s', 'CPU, start to rest', seconds),
                            ('peak', 'peak of memory', size),
                            ('pss', 'memory at rest', size),
                            ('listing_s', 'CPU of a listing, unchanged', seconds),
                            ('change_s', 'CPU of a listing, one changed', seconds)):
        ours, theirs = runs[WITH][key], runs[WITHOUT][key]
        yield Row(GROUP, f'{connections:,}: {what}', unit(statistics.median(ours)),
                  f'without {unit(statistics.median(theirs))}',
                  ratio_of_rounds(ours, theirs))
    yield Row(GROUP, f'{connections:,}: size of the file',
              size((state / 'state').stat().st_size))
    yield _written_row(sim, connections, options[WITH])


def _observe(sim, options):
    run = {}
    sim.edit({'range': [0, 1], 'set': {'Status': 'successful'}})
    cpu_s = os.times()
    with stage.Dmsfs(sim, '--warm', '0', *options, is_foreground=False) as mount:
        run['wall_s'] = mount.started_s
        stage.settle(mount)
        run['cpu_s'] = _children_s(os.times()) - _children_s(cpu_s) + stage.cpu_of(mount)
        run['peak'] = process.memory(mount.pid)['VmHWM']
        run['pss'] = process.pss(mount.pid)
        run['listing_s'] = refreshing.cpu_of_refresh(sim, mount)
    with stage.Dmsfs(sim, '--warm', '0', *options) as mount:
        sim.edit(EDIT)
        run['change_s'] = refreshing.cpu_of_refresh(sim, mount)
    return run


def _children_s(times):
    return times.children_user + times.children_system


def _written_row(sim, connections, options):
    """By the daemon, for a listing that changes nothing; on tmpfs nothing is counted."""
    with stage.Dmsfs(sim, *options) as mount:
        stage.settle(mount)
        before = process.written(mount.pid)
        refreshing.refresh(sim, mount)
        bytes_written = process.written(mount.pid) - before
    return Row(GROUP, f'{connections:,}: written by a listing, unchanged',
               f'{bytes_written} bytes', 'none', bytes_written, 0)
