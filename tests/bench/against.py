"""Every figure of this build and of another one, in turns, in one run.

Each group is a generator of samples: the row, how its values are written, whose the
sample is and its value. Two mounts of a group stand before one dms-sim, so that an edit
is the same for both.
"""

import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time
import traceback

import instructions
import listing
import process
import reading
import refreshing
import signing
import stage
from notify import CREATE, DELETE, MODIFY, OVERFLOW, Notify
from table import ratio_of_rounds, seconds, size, spell_middle_half, spell_ratio

SOURCE = 6000
MOUNT = 120000
PER_INSTANCE = 100
BURST = 10000
LATENCY_MS = 50
IDLE_S = 10
CHANGES = CREATE | MODIFY | DELETE
COLLECTED = re.compile(r'Collected : (\d+)')


def microseconds(value):
    return f'{value * 1e6:.2f} us'


def count(value):
    return f'{value:,.0f}'


def hundredths(value):
    return f'{value:.2f}'


def build_at(path):
    """The programs of a build, given as its directory or as its dmsfs."""
    path = pathlib.Path(path).resolve()
    root = path if path.is_dir() else path.parent.parent
    programs = {'DMSFS': path if path.is_file() else root / 'fs/dmsfs',
                'BENCH_INSTRUCTIONS': root / 'tests/bench/instructions'}
    if not programs['DMSFS'].exists():
        raise SystemExit(f'{programs["DMSFS"]} is not built')
    return {name: str(program) for name, program in programs.items()}


def _turns(names, turns):
    """A B, B A and so on, the programs of each in the environment at its turn."""
    order = collections.deque(names)
    for _ in range(turns):
        for name in order:
            os.environ.update(names[name])
            yield name
        order.rotate(1)


def _fewer(turns, connections):
    return turns if connections <= SOURCE else max(3, turns // 3)


def _serve(connections, **options):
    return stage.serve(connections, connections // PER_INSTANCE, **options)


@contextlib.contextmanager
def _mounts(builds, sim, *options):
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(stage.Dmsfs(sim, *options))
               for name in _turns(builds, 1)}


def start(builds, sizes, turns):
    for connections in sizes:
        with _serve(connections) as sim, stage.place() as directory:
            bodies = list(signing.bodies(sim))
            clients, _ = listing.make_clients(sim, bodies, directory)
            beside = {name: {} for name in ('exchange', 'boto3') if name in clients}
            if not listing.has_exchange():
                beside.pop('exchange')
            if connections > SOURCE:  # boto3 would take most of the time
                beside.pop('boto3', None)
            for name in _turns({**builds, **beside}, _fewer(turns, connections)):
                usage, _ = clients[name if name in beside else 'dmsfs']()
                if name != 'boto3':
                    yield f'start: {connections:,}', seconds, name, usage.wall_s
                if name != 'exchange':
                    yield f'start: {connections:,}, CPU', seconds, name, usage.cpu_s


def far(builds, _sizes, turns):
    with _serve(SOURCE, latency_ms=LATENCY_MS) as sim, stage.place() as directory:
        bodies = list(signing.bodies(sim))
        work = f'{SOURCE:,} at {LATENCY_MS} ms a request'
        beside = {'exchange': {}} if listing.has_exchange() else {}
        for name in _turns({**builds, **beside}, max(2, turns // 3)):
            if name == 'exchange':
                wall_s = listing.exchange(sim, bodies, directory)[0].wall_s
                yield f'far: start, {work}', seconds, name, wall_s
                yield f'far: refresh, {work}', seconds, name, wall_s
                continue
            with stage.Dmsfs(sim, '--warm', '0', is_foreground=False) as mount:
                yield f'far: start, {work}', seconds, name, mount.started_s
                refreshing.refresh(sim, mount)
                yield (f'far: refresh, {work}', seconds, name,
                       listing.refresh_seconds(mount.path))


def refresh(builds, sizes, turns):
    for connections in sizes:
        with _serve(connections) as sim:
            for name in _turns(builds, _fewer(turns, connections)):
                with stage.Dmsfs(sim) as mount:
                    cpu_s = refreshing.cpu_of_refresh(sim, mount)
                yield (f'refresh: {connections:,} unchanged, CPU each', microseconds,
                       name, cpu_s / connections)


def _publish(sim, mount, events):
    """Seconds from the listing's last byte to the last of so many events, and CPU
    seconds of it all."""
    notify = Notify()
    for path in (*mount.path.glob('[!.]*'), *mount.path.glob('.dmsfs/by-status/*')):
        notify.add(path, CHANGES)
    stage.settle(mount)
    before = stage.cpu_of(mount)
    sim.clear_log()
    mount.signal(signal.SIGUSR1)
    while events > 0:
        batch = notify.read(stage.PATIENCE_S)
        if not batch or any(event.mask & OVERFLOW for event in batch):
            raise RuntimeError(f'{events} events are missing, then {batch[-1:]}')
        events -= sum(bool(event.mask & CHANGES) for event in batch)
    ended = time.time()
    notify.close()
    stage.settle(mount)
    answered = max(entry['answered'] for entry in sim.log() if 'filters' not in entry)
    return ended - answered, stage.cpu_of(mount) - before


def _publish_in_turn(builds, order, sim, edit, events):
    """By name, for one edit, in mounts that were there before it."""
    with _mounts(builds, sim) as mounts:
        sim.edit(edit)
        for name in itertools.islice(order, len(builds)):
            yield name, _publish(sim, mounts[name], events)


def change(builds, _sizes, turns):
    with _serve(SOURCE) as sim:
        order = _turns(builds, 3 * turns)
        for number in range(3 * turns):
            edit = {'range': [SOURCE // 2, SOURCE // 2 + 1],
                    'set': {'LastFailureMessage': f'change {number}'}}
            for name, (wall_s, _) in _publish_in_turn(builds, order, sim, edit, 1):
                yield 'change: one text, answer to event', seconds, name, wall_s


def requests(builds, _sizes, _turns_wanted):
    """Counted in the output of -d, so the same in each run."""
    with _serve(SOURCE, failed_percent=0) as sim, \
            _mounts(builds, sim, '-d') as mounts:
        sim.edit({'range': [0, SOURCE // 2], 'set': {'Status': 'failed'}})
        for name, mount in mounts.items():
            stage.settle(mount)
            start = mount.mark()
            _publish(sim, mount, 3 * SOURCE // 2)
            yield ('requests: a changed status', hundredths, name,
                   len(stage.requests_of(mount, start)) / (SOURCE // 2))


def burst(builds, _sizes, turns):
    """Of 12,000 connections, so that no directory comes or goes."""
    with _serve(BURST * 6 // 5, failed_percent=0) as sim:
        first = {'range': [0, BURST]}
        # Of a status: MODIFY, and a link that goes and one that comes.
        steps = [('statuses', 3, {**first, 'set': {'Status': 'failed'}}),
                 ('statuses', 3, {**first, 'set': {'Status': 'successful'}}),
                 ('removed', 2, {**first, 'remove': True}),
                 ('added', 3, {'add': sim.listing()[:BURST], 'at': 0})]
        orders = {work: _turns(builds, 2 * turns) for work, *_ in steps}
        for work, events, edit in steps * turns:
            for name, (wall_s, cpu_s) in _publish_in_turn(
                    builds, orders[work], sim, edit, events * BURST):
                yield f'burst: {BURST:,} {work}', seconds, name, wall_s
                yield f'burst: {BURST:,} {work}, CPU', seconds, name, cpu_s


def warm(builds, sizes, turns):
    for connections in sizes:
        with _serve(connections) as sim, _mounts(builds, sim) as mounts:
            paths = {name: mount.path for name, mount in mounts.items()}
            with stage.tmpfs_copy(next(iter(paths.values()))) as copy:
                paths['tmpfs'] = copy
                for command in ('ls -lR', 'find', 'grep -r'):
                    reading.interleave(command, paths, 2)
                    runs = reading.interleave(command, paths,
                                              3 * _fewer(turns, connections))
                    for name, usages in runs.items():
                        for usage in usages:
                            yield (f'warm: {command}, {connections:,}', seconds, name,
                                   usage.wall_s)


def first(builds, sizes, turns):
    for connections in sizes:
        with _serve(connections) as sim, _mounts(builds, sim) as mounts, \
                stage.tmpfs_copy(next(iter(mounts.values())).path) as copy:
            for name in _turns({**builds, 'tmpfs': {}}, _fewer(turns, connections)):
                work = f'first: grep -r, {connections:,}'
                if name == 'tmpfs':
                    yield work, seconds, name, reading.run('grep -r', copy).wall_s
                    continue
                with stage.Dmsfs(sim, is_foreground=False) as mount:
                    yield (work, seconds, name,
                           reading.run('grep -r', mount.path).wall_s)


def memory(builds, sizes, turns):
    for connections in sizes:
        with _serve(connections) as sim:
            for _ in range(min(turns, 3)):
                with _mounts(builds, sim) as mounts:
                    for mount in mounts.values():
                        reading.run('grep -r', mount.path)
                        refreshing.refresh(sim, mount)
                    for name, mount in mounts.items():
                        yield (f'memory: PSS, {connections:,}', size, name,
                               sum(map(process.pss, stage.pids_of(mount))))


def idle(builds, _sizes, _turns):
    with _serve(SOURCE) as sim, _mounts(builds, sim) as mounts:
        for mount in mounts.values():
            reading.run('grep -r', mount.path)
            refreshing.refresh(sim, mount)
        time.sleep(1)  # what is still being tidied up is none of idling
        pids = {name: stage.pids_of(mount) for name, mount in mounts.items()}
        before = {name: process.context_switches(pids[name])[0] for name in builds}
        time.sleep(IDLE_S)
        for name in builds:
            yield (f'idle: wake-ups in {IDLE_S} s', count, name,
                   process.context_switches(pids[name])[0] - before[name])


def counted(builds, _sizes, _turns_wanted):
    with _serve(SOURCE) as sim:
        for name in _turns(builds, 1):
            yield (f'instructions: --check of {SOURCE:,}', count, name,
                   _instructions_of_check(sim))
    for work, (what, times) in instructions.WORKS.items():
        for name in _turns(builds, 1):
            with contextlib.suppress(stage.Unavailable):
                yield (f'instructions: {what}', count, name,
                       instructions.count(work, times))


def _instructions_of_check(sim):
    instructions.need_valgrind()
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null',
         os.environ['DMSFS'], '--check', '--endpoint-url', sim.url],
        env=sim.environment(), capture_output=True, text=True, check=False)
    found = COLLECTED.findall(done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f'dmsfs --check: {done.stderr}')
    return max(map(int, found))


def suite(builds, _sizes, _turns_wanted):
    """Each build by the tests of its own sources, once, as it takes minutes."""
    for name, programs in builds.items():
        build = pathlib.Path(programs['DMSFS']).parent.parent
        usage = process.measure([_sources_of(build) / 'tests/run', '--build', build],
                                is_output_kept=True, statuses=(0, 1))
        print(f'{name}: {usage.output.splitlines()[-1]}', file=sys.stderr)
        yield 'suite: tests/run', seconds, name, usage.wall_s
        yield 'suite: tests/run, CPU', seconds, name, usage.cpu_s


def _sources_of(build):
    info = build / 'meson-info/meson-info.json'
    if not info.exists():
        raise stage.Unavailable(f'{build} is no build directory')
    return pathlib.Path(json.loads(info.read_text())['directories']['source'])


GROUPS = {'start': start, 'far': far, 'refresh': refresh, 'change': change,
          'requests': requests, 'burst': burst, 'warm': warm, 'first': first,
          'memory': memory, 'idle': idle, 'instructions': counted,
          'suite': suite}


HEADINGS = ('ratio', 'middle half', 'of the least', 'beside')


def compare(builds, sizes, turns, select):
    """Prints a table in Markdown, group by group, and returns all samples, by row and
    by whose they are, and the groups that broke off."""
    samples, broken = {}, []
    cells = ['work', *builds, *HEADINGS]
    print(_line(cells), _line(['---'] * len(cells)), sep='\n', flush=True)
    for group, measure in GROUPS.items():
        if not select(group):
            continue
        units = {}
        with unless_broken(group, broken):
            for row, unit, name, value in measure(builds, sizes, turns):
                units[row] = unit
                samples.setdefault(row, {}).setdefault(name, []).append(value)
        for row, unit in units.items():
            print(_line(_cells(builds, row, unit, samples[row])), flush=True)
    return samples, broken


@contextlib.contextmanager
def unless_broken(group, broken):
    """The others are measured all the same."""
    try:
        yield
    except Exception as reason:  # whatever it is, an hour's figures are not to be lost
        if not isinstance(reason, stage.Unavailable):
            broken.append(group)
            traceback.print_exc()
        print(_line([group, 'skipped', '-', '-', '', '', str(reason)]), flush=True)


def line_of(row):
    """The same of a row that is measured for this build alone."""
    if row.ratio is None:
        beside = ' '.join(filter(None, (row.theirs, row.note)))
    else:
        beside = _spell_beside(row.ratio, row.theirs)
    return _line([f'{row.group}: {row.work}', row.ours, '-', '-', '', '', beside])


def _spell_beside(ratio, name):
    spread = spell_middle_half(ratio)
    return f'{spell_ratio(ratio)}{spread and f" ({spread})"} of {name}'


def _line(cells):
    return f'| {" | ".join(cells)} |'


def _cells(builds, row, unit, values):
    medians = [unit(statistics.median(values[name])) if name in values else '-'
               for name in builds]
    this, _ = builds
    beside = [_spell_beside(ratio_of_rounds(values[this], values[name]), name)
              for name in values if name not in builds and this in values]
    return [row, *medians, *_ratios(*(values.get(name, []) for name in builds)),
            ', '.join(beside)]


def _ratios(ours, theirs):
    """The median of the ratios turn by turn, between what its middle half lies, and the
    ratio of the least of each, which other work on the machine disturbs least."""
    if not ours or not theirs or not all(theirs):
        return '-', '', ''
    ratio = ratio_of_rounds(ours, theirs)
    return (spell_ratio(ratio), spell_middle_half(ratio),
            # An event may be read before dms-sim has noted its last byte.
            '-' if min(*ours, *theirs) < 0 else spell_ratio(min(ours) / min(theirs)))
