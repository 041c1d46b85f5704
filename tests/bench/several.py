"""Twenty sources in one mount: their start, their memory beside twenty mounts of one
source each, their rest between listings, and the tree of all of them beside tmpfs."""

import contextlib
import statistics
import time

import mount as mounting
import process
import reading
import stage
from notify import MODIFY, Notify
from table import Row, ratio_of_rounds, seconds, size

GROUP = 'sources'
SOURCES = 20
SMALL, LARGE = 50, 6000
MEMORY_LIMIT = {SMALL: 0.15, LARGE: 0.7}
START_LIMIT = 1.2
LATENCY_MS = 200
IDLE_S = 10
STATUSES = ('failed', 'successful')
WALKS = ('ls -lR', 'find', 'grep -r')


def rows(rounds, select):
    if select(f'{GROUP}: start'):
        yield _start_row(max(3, rounds // 3))
    for connections in (SMALL, LARGE):
        if select(f'{GROUP}: memory, {connections:,}'):
            yield _memory_row(connections)
    if select(f'{GROUP}: wake-ups'):
        yield _idle_row()
    if select(f'{GROUP}: a change beside'):
        yield _beside_row(rounds)
    names = [name for name in WALKS if select(f'{GROUP}: warm {name}')]
    if names:
        yield from _walk_rows(names, max(3, rounds // 3))


def _name(index):
    return f'p{index}@us-east-1'


@contextlib.contextmanager
def _serve(connections, **options):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(stage.serve(connections, seed=index, **options))
               for index in range(SOURCES)]


def _write_profiles(home, sims):
    settings = home / '.aws'
    settings.mkdir()
    with open(settings / 'config', 'w', encoding='utf-8') as config:
        for index, sim in enumerate(sims):
            config.write(f'[profile p{index}]\nendpoint_url = {sim.url}\n'
                         f'aws_access_key_id = {sim.access_key}\n'
                         f'aws_secret_access_key = {sim.secret_key}\n')


@contextlib.contextmanager
def _mount(sims, names):
    """One mount of these sources, whose profiles are those of all @sims."""
    with stage.place() as directory:
        _write_profiles(directory, sims)
        point = directory / 'dms'
        point.mkdir()
        environment = {name: value
                       for name, value in sims[0].environment(home=directory).items()
                       if not name.startswith('AWS_')}
        with mounting.Mount(directory, [*stage.SELDOM, *names, point],
                            environment) as mount:
            yield mount


def _start_s(sims, names):
    with _mount(sims, names) as mount:
        return mount.started_s


def _start_row(rounds):
    """All sims wait equally long before each response, so that the slowest is any."""
    all_names = [_name(index) for index in range(SOURCES)]
    ours, theirs = [], []
    with _serve(SMALL, latency_ms=LATENCY_MS) as sims:
        for _ in range(rounds):
            ours.append(_start_s(sims, all_names))
            theirs.append(_start_s(sims, all_names[:1]))
    return Row(GROUP, f'start of {SOURCES}, {LATENCY_MS} ms a response',
               seconds(statistics.median(ours)),
               f'one {seconds(statistics.median(theirs))}',
               ratio_of_rounds(ours, theirs), START_LIMIT)


def _pss(mounts):
    for mount in mounts:
        stage.settle(mount)
    return sum(process.pss(pid) for mount in mounts for pid in stage.pids_of(mount))


def _memory_row(connections):
    names = [_name(index) for index in range(SOURCES)]
    with _serve(connections) as sims:
        with _mount(sims, names) as mount:
            ours = _pss([mount])
        with contextlib.ExitStack() as stack:
            theirs = _pss([stack.enter_context(_mount(sims, [name])) for name in names])
    return Row(GROUP, f'memory of {SOURCES} of {connections:,}, PSS', size(ours),
               f'{SOURCES} mounts {size(theirs)}', ours / theirs,
               MEMORY_LIMIT[connections])


def _idle_row():
    with _serve(SMALL) as sims, \
            _mount(sims, [_name(index) for index in range(SOURCES)]) as mount:
        stage.settle(mount)
        before = process.context_switches(stage.pids_of(mount))
        time.sleep(IDLE_S)
        after = process.context_switches(stage.pids_of(mount))
    wakes = sum(after) - sum(before)
    return Row(GROUP, f'wake-ups of {SOURCES} between listings, {IDLE_S} s',
               f'{wakes}', 'none', wakes, 0)


def _refresh(mount, index):
    (mount.path / _name(index) / '.dmsfs/refresh').write_text('now')


def _change_s(sim, mount, index, number):
    """From the answer that tells of one change of a text to its event."""
    path = next((mount.path / _name(index)).glob('[!.]*'))
    with contextlib.closing(Notify()) as notify:
        notify.add(path, MODIFY)
        sim.edit({'range': [0, SMALL],
                  'set': {'LastFailureMessage': f'change {number}'}})
        sim.clear_log()
        _refresh(mount, index)
        if not notify.read(stage.PATIENCE_S):
            raise RuntimeError('there was no event')
        now = time.time()
    return now - max(entry['answered'] for entry in sim.log())


def _beside_s(flood, other, number):
    """Seconds of a change alone, and of one beside a flood. In a mount of its own, as
    the flood is more than a source may borrow of its budget twice."""
    with _mount([flood, other], [_name(0), _name(1)]) as mount, \
            contextlib.closing(Notify()) as notify:
        stage.settle(mount)
        alone = _change_s(other, mount, 1, f'{number} alone')
        for path in (mount.path / _name(0)).glob('[!.]*'):
            notify.add(path, MODIFY)
        flood.edit({'range': [0, LARGE],
                    'set': {'Status': STATUSES[number % len(STATUSES)]}})
        _refresh(mount, 0)
        notify.read(stage.PATIENCE_S)
        return alone, _change_s(other, mount, 1, number)


def _beside_row(rounds):
    """While all statuses of one source are being published, another one changes."""
    with stage.serve(LARGE, failed_percent=0) as flood, \
            stage.serve(SMALL, failed_percent=0) as other:
        alone, beside = zip(*(_beside_s(flood, other, number)
                              for number in range(rounds)))
    return Row(GROUP, f'a change beside {LARGE:,} of another source',
               seconds(statistics.median(beside)),
               f'alone {seconds(statistics.median(alone))}',
               ratio_of_rounds(beside, alone))


def _walk_rows(names, rounds):
    with _serve(LARGE) as sims, \
            _mount(sims, [_name(index) for index in range(SOURCES)]) as mount, \
            stage.tmpfs_copy(mount.path) as copy:
        for name in names:
            ours, theirs = [], []
            reading.run(name, mount.path)
            for _ in range(rounds):
                ours.append(reading.run(name, mount.path).wall_s)
                theirs.append(reading.run(name, copy).wall_s)
            yield Row(GROUP, f'warm {name}, {SOURCES} of {LARGE:,}',
                      seconds(statistics.median(ours)),
                      f'tmpfs {seconds(statistics.median(theirs))}',
                      ratio_of_rounds(ours, theirs), reading.WARM_LIMIT[name])
