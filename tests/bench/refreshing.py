"""A listing without a change, and a mount that has nothing to do."""

import signal
import statistics
import time

import process
import stage
from table import Row

GROUP = 'refresh'
CPU_LIMIT_US = 5
IDLE = 'idle'


def rows(sizes, rounds, select):
    for connections in sizes:
        if select(f'{GROUP}: unchanged, {connections:,}'):
            with stage.serve(connections) as sim:
                yield _cpu_row(sim, connections, rounds)
                yield _requests_row(sim, connections)
    if select(f'{IDLE}: wake-ups'):
        with stage.serve(1000) as sim:
            yield _idle_row(sim, 10 if rounds > 3 else 3)


def refresh(sim, mount):
    """One listing, to its end; whatever came of it has come. The first that is asked
    for begins at once; another one would wait until it is paid for, half a second a
    page, so each is measured in a mount of its own."""
    pages = -(-sim.state()['connections'] // 100)
    wanted = sim.counters()['requests'] + pages
    mount.signal(signal.SIGUSR1)
    stage.settle(mount, sim, wanted)


def cpu_of_refresh(sim, mount):
    """Seconds of the daemon and its editor."""
    stage.settle(mount)
    before = stage.cpu_of(mount)
    refresh(sim, mount)
    return stage.cpu_of(mount) - before


def _cpu_row(sim, connections, rounds):
    runs = []
    for _ in range(rounds):
        with stage.Dmsfs(sim) as mount:
            runs.append(cpu_of_refresh(sim, mount))
    cpu_s = statistics.median(runs)
    microseconds = cpu_s * 1e6 / connections
    return Row(GROUP, f'CPU unchanged, {connections:,}', f'{microseconds:.2f} us each',
               f'{CPU_LIMIT_US} us', microseconds / CPU_LIMIT_US, 1,
               f'{cpu_s * 1e3:.1f} ms a listing, {rounds} listings')


def _requests_row(sim, connections):
    with stage.Dmsfs(sim, '-d') as mount:
        stage.settle(mount)
        start = mount.mark()
        refresh(sim, mount)
        asked = [request.opcode for request in stage.requests_of(mount, start)]
    return Row(GROUP, f'requests unchanged, {connections:,}', str(len(asked)), 'none',
               len(asked), 0, ', '.join(sorted(set(asked))))


def _idle_row(sim, seconds):
    with stage.Dmsfs(sim) as mount:
        list(mount.path.rglob('*'))
        refresh(sim, mount)
        time.sleep(1)  # what is still being tidied up is none of idling
        pids = stage.pids_of(mount)
        before = process.context_switches(pids)
        time.sleep(seconds)
        after = process.context_switches(pids)
    return Row(IDLE, f'wake-ups in {seconds} s', str(after[0] - before[0]), 'none',
               after[0] - before[0], 0,
               f'voluntary context switches of all threads; involuntary '
               f'{after[1] - before[1]}')
