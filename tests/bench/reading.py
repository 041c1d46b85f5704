"""Reading: `ls -lR`, `find`, `grep -r` and a `cat`, warm, and first after mounting."""

import collections
import statistics

import process
import stage
from table import Row, ratio_of_rounds, seconds

GROUP = 'reading'
COMMANDS = {
    'ls -lR': ['ls', '-lR'],
    'find': ['find'],
    'grep -r': ['grep', '-r', '^Status: failed'],
    'cat': ['cat'],
}
WARM_LIMIT = {'ls -lR': 1.0, 'find': 1.0, 'grep -r': 1.3}
PREREAD_MAX = 20000  # to here a first grep -r is to be as a warm one
PEERS = (stage.Bindfs, stage.Passthrough)
ROUNDS_MAX = 60
READDIR = ('READDIR', 'READDIRPLUS')


def rows(sizes, rounds, select):
    for connections in sizes:
        if any(select(name) for name in _names(connections)):
            with stage.serve(connections) as sim:
                yield from _rows_of_size(sim, connections, rounds, select)


def _names(connections):
    """What rows are selected by."""
    timed = (f'{GROUP}: {when} {name}, {connections:,}'
             for when in ('warm', 'first') for name in COMMANDS)
    return [*timed, f'{GROUP}: requests, {connections:,}']


def _rows_of_size(sim, connections, rounds, select):
    # The larger the tree, the less a round is disturbed.
    rounds = rounds if connections <= 20000 else max(3, rounds // 2)
    with stage.Dmsfs(sim) as mount, stage.tmpfs_copy(mount.path) as copy:
        for name in COMMANDS:
            if select(f'{GROUP}: warm {name}, {connections:,}'):
                yield _warm_row(name, connections, mount.path, copy, rounds)
        for name in COMMANDS:
            if select(f'{GROUP}: first {name}, {connections:,}'):
                yield _cold_row(name, connections, sim, copy, max(3, rounds // 3))
    if select(f'{GROUP}: requests, {connections:,}'):
        yield from _request_rows(sim, connections)


def run(name, path):
    statuses = (0, 1) if name == 'grep -r' else (0,)
    return process.measure([*COMMANDS[name], path], statuses=statuses)


def _target(name, copy):
    """What a command is given of each tree, relative to its root. Looked up in the
    copy: a look at a mount would warm it."""
    if name != 'cat':
        return '.'
    instance = min(copy.glob('[!.]*'))
    return min(instance.iterdir()).relative_to(copy)


def interleave(name, paths, rounds):
    """The runs on each path, round by round, each round beginning with another one."""
    runs = {key: [] for key in paths}
    order = collections.deque(paths)
    for _ in range(rounds):
        for key in order:
            runs[key].append(run(name, paths[key]))
        order.rotate(1)
    return runs


def _warm_row(name, connections, root, copy, rounds):
    target = _target(name, copy)
    paths = {'dmsfs': root / target, 'tmpfs': copy / target}
    peers = _against_peers(name, copy, 1 if connections > 20000 else 3)
    warming = interleave(name, paths, 2)
    # What is soon over is easily disturbed: half a second of it, in the end.
    rounds = max(rounds, min(ROUNDS_MAX, int(0.5 / warming['tmpfs'][-1].wall_s)))
    runs = interleave(name, paths, rounds)
    return _row(f'warm {name}, {connections:,}', runs, peers, WARM_LIMIT.get(name))


def _against_peers(name, copy, rounds, is_warm=True):
    """How many times tmpfs each peer takes, and which are not here. They take so much
    longer that a few rounds tell."""
    told = []
    target = _target(name, copy)
    for kind in PEERS:
        try:
            with stage.peer(kind, copy) as point:
                paths = {kind.name: point / target, 'tmpfs': copy / target}
                if is_warm:
                    interleave(name, paths, 1)
                runs = interleave(name, paths, rounds)
            told.append(f'{kind.name} {_ratio(runs[kind.name], runs["tmpfs"]):.1f} x')
        except (stage.Unavailable, process.CommandError) as reason:
            told.append(f'{kind.name} skipped: {reason}')
    return told


def _ratio(ours, theirs, field='wall_s'):
    return ratio_of_rounds([getattr(run, field) for run in ours],
                           [getattr(run, field) for run in theirs])


def _row(work, runs, peers, limit):
    ours, theirs = runs['dmsfs'], runs['tmpfs']
    wall = {key: statistics.median(run.wall_s for run in of)
            for key, of in runs.items()}
    cpu_ratio = _ratio(ours, theirs, 'cpu_s')
    notes = [*peers, f'CPU of the command {cpu_ratio:.2f} x', f'{len(ours)} rounds']
    return Row(GROUP, work, seconds(wall['dmsfs']), f'tmpfs {seconds(wall["tmpfs"])}',
               _ratio(ours, theirs), limit, '; '.join(notes))


def _cold_row(name, connections, sim, copy, rounds):
    """The first run after mounting. tmpfs has no such thing: its runs are warm."""
    runs = {'dmsfs': [], 'tmpfs': []}
    peers = _against_peers(name, copy, 1, is_warm=False)
    target = _target(name, copy)
    run(name, copy / target)
    for _ in range(rounds):
        # Ready is when it leaves for the background.
        with stage.Dmsfs(sim, is_foreground=False) as mount:
            runs['dmsfs'].append(run(name, mount.path / target))
        runs['tmpfs'].append(run(name, copy / target))
    limit = None
    if name == 'grep -r' and connections <= PREREAD_MAX:
        limit = WARM_LIMIT[name]
    return _row(f'first {name}, {connections:,}', runs, peers, limit)


def _request_rows(sim, connections):
    """What the daemon is asked for, counted by its own -d. The second run is not warm
    yet: what the first one read has made the kernel doubt its times."""
    # The root, .dmsfs, by-status and the four known statuses.
    directories = sim.state()['instances'] + 7
    for name in ('ls -lR', 'find', 'grep -r'):
        with stage.Dmsfs(sim, '-d') as mount:
            stage.settle(mount)  # -d stays in the foreground, and says not when ready
            first, second, third = (_count(mount, name) for _ in range(3))
        yield _first_requests(name, connections, directories, first)
        yield Row(GROUP, f'requests of a second {name}, {connections:,}',
                  f'{sum(second.values()):,}', note=_spell(second))
        yield _warm_requests(name, connections, directories, third)


def _count(mount, name):
    """Requests of a run by opcode. Left out are forgets, by which the kernel tidies up,
    and those for .dmsfs/status, whose attributes are never cached, by contract."""
    start = mount.mark()
    (mount.path / '.dmsfs/status').stat()
    status = stage.requests_of(mount, start)[-1].node
    start = mount.mark()
    run(name, mount.path)
    return collections.Counter(
        request.opcode for request in stage.requests_of(mount, start)
        if request.node != status and 'FORGET' not in request.opcode)


def _spell(counts):
    each = (f'{count:,} {name}' for name, count in counts.most_common())
    return ', '.join(each) or 'none'


def _first_requests(name, connections, directories, counts):
    files = connections + directories + 3  # status, changes and refresh
    beside = sum(count for opcode, count in counts.items() if opcode not in READDIR)
    limit = 1 if name == 'grep -r' and connections > PREREAD_MAX else None
    return Row(GROUP, f'requests of a first {name}, {connections:,}', f'{beside:,}',
               f'{files:,} files', beside / files, limit,
               f'beside the directory reads; in all: {_spell(counts)}')


def _warm_requests(name, connections, directories, counts):
    """grep asks statfs of each directory; beside that, nothing may be asked."""
    allowed = directories if name == 'grep -r' else 0
    asked = sum(counts.values())
    beside = asked - min(counts['STATFS'], allowed)
    return Row(GROUP, f'requests of a warm {name}, {connections:,}', f'{asked:,}',
               f'{allowed:,} STATFS allowed' if allowed else 'none', beside, 0,
               _spell(counts))
