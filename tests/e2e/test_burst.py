"""Bursts: 1 to 10,000 changes in one listing, each told, and how soon."""

import collections
import pathlib

import pytest

import browse
from contract import document
from live import END, Live
from shims import fast_pace
from watch import Watch

CONNECTIONS = 10000
QUEUE = pathlib.Path('/proc/sys/fs/inotify/max_queued_events')
TEXT = 'changed in a burst'


@pytest.fixture
def live(serve, mount):
    sim = serve(connections=CONNECTIONS, failed_percent=0, testing_percent=0)
    it = Live(sim, mount(sim, environment=fast_pace()))
    # The editor reads the tree first, for people; that is not what is timed here.
    it.wait_until_idle()
    return it


def time_to_last_event(sim, timed):
    """From the answer's last byte to when inotifywait had told the last event."""
    return timed[-1][0] - max(request['answered'] for request in sim.log())


def check_told_once(events, wanted):
    """Every event that is wanted came once, and no other."""
    counts = collections.Counter(events)
    assert not wanted - counts.keys(), 'events were lost'
    assert counts == collections.Counter(wanted)


def path_of(record):
    return (f'{record["ReplicationInstanceIdentifier"]}/'
            f'{record["EndpointIdentifier"]}')


def link_of(record, status):
    return f'.dmsfs/by-status/{status}/{path_of(record).replace("/", ":")}'


@pytest.fixture
def default_queue():
    if int(QUEUE.read_text()) != 16384:
        pytest.skip(f'{QUEUE} is not its default')


@pytest.mark.parametrize('count', [1, 100, CONNECTIONS])
def test_no_change_of_a_burst_is_lost(live, default_queue, count, say):
    before = live.sim.listing()
    # Spread over all instances.
    chosen = before[::CONNECTIONS // count]
    assert len(chosen) == count
    edits = [{'range': [i, i + 1], 'set': {'LastFailureMessage': TEXT}}
             for i in range(0, CONNECTIONS, CONNECTIONS // count)]
    with Watch(live.root) as watch:
        live.sim.edit(*edits)
        live.refresh()
        timed = watch.until_timed(END)
        assert watch.complaints() == []
    seconds = time_to_last_event(live.sim, timed)
    say(f'{count} changes: {seconds * 1000:.1f} ms from the last page to the last '
        f'event')
    wanted = {f'{kind} {path}' for kind in ('MODIFY', 'CLOSE_WRITE')
              for path in [*map(path_of, chosen), '.dmsfs/changes']}
    check_told_once([event for _, event in timed], wanted)
    assert sorted(live.changes()) == sorted(
        f'{path_of(record)}\tsuccessful\tsuccessful\t{TEXT}' for record in chosen)
    for record in chosen:
        assert live.read(path_of(record)) == document(
            {**record, 'LastFailureMessage': TEXT})


def test_no_change_of_all_statuses_is_lost(live, default_queue):
    records = live.sim.listing()
    with Watch(live.root) as watch:
        live.sim.edit({'set': {'Status': 'failed'}})
        live.refresh()
        timed = watch.until_timed(END)
        assert watch.complaints() == []
    wanted = {f'{kind} {path}' for kind in ('MODIFY', 'CLOSE_WRITE')
              for path in [*map(path_of, records), '.dmsfs/changes']}
    wanted |= {f'DELETE {link_of(record, "successful")}' for record in records}
    wanted |= {f'CREATE {link_of(record, "failed")}' for record in records}
    check_told_once([event for _, event in timed], wanted)
    assert len(live.changes()) == len(records)


def test_no_change_of_an_exodus_and_a_return_is_lost(live, default_queue):
    records = live.sim.listing()
    with Watch(live.root) as watch:
        live.sim.replace(records[:12])
        live.refresh()
        events = watch.until(END)
        watch.until('CLOSE_WRITE .dmsfs/connections.json')
        assert watch.complaints() == []
        gone = records[12:]
        wanted = {f'DELETE {path_of(record)}' for record in gone}
        wanted |= {f'DELETE {link_of(record, "successful")}' for record in gone}
        wanted |= {f'{kind} .dmsfs/changes' for kind in ('MODIFY', 'CLOSE_WRITE')}
        check_told_once(events, wanted)

        live.sim.replace(records)
        live.refresh()
        events = watch.until(END)
        assert watch.complaints() == []
        wanted = {f'{kind} {path}' for kind in ('MODIFY', 'CLOSE_WRITE')
                  for path in [*map(path_of, gone), '.dmsfs/changes']}
        wanted |= {f'CREATE {path_of(record)}' for record in gone}
        wanted |= {f'CREATE {link_of(record, "successful")}' for record in gone}
        # The lines of both would be more than a mebibyte.
        wanted |= {'MOVED_FROM .dmsfs/changes', 'MOVED_TO .dmsfs/changes.1',
                   'CREATE .dmsfs/changes'}
        check_told_once(events, wanted)
    assert len(browse.read_tree(live.root)) == CONNECTIONS


def test_a_burst_beyond_a_mebibyte_begins_the_changes_anew(live):
    text = 'x' * 500
    with Watch(live.path('.dmsfs'), recursive=False, root=live.root) as watch:
        for number in range(2):
            live.sim.edit({'set': {'LastFailureMessage': f'{number} {text}'}})
            live.refresh()
            watch.until(END)
    for number, name in enumerate(['changes.1', 'changes']):
        lines = live.read(f'.dmsfs/{name}').decode().splitlines()
        assert len(lines) == CONNECTIONS
        # So many texts at once come to more than a line may have of each.
        assert all(f'\tsuccessful\tsuccessful\t{number} xxx' in line for line in lines)
