"""Life and death: readers, shortages, stops, clocks, and mounts that come and go."""

import contextlib
import multiprocessing
import os
import signal

from browse import read_tree
from contract import document, record, tree, wire
from live import Live
from watch import until

IS_LONG = bool(os.environ.get('DMSFS_LONG'))
ROUNDS = 200 if IS_LONG else 15
OFTEN = ('--refresh', '86400', '--refresh-active', '86400', '--max-records', '100')


def files_of(records):
    return {path: document(one) for path, one in tree(records)[0].items()}


def _work(read):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        with contextlib.suppress(OSError):
            read()


@contextlib.contextmanager
def readers(count, read):
    """So many processes that read again and again until the end of the block."""
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=_work, args=(read,), daemon=True)
                 for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join(30)
            assert process.exitcode == -signal.SIGKILL, 'a reader hangs'


def shows(it, records):
    try:
        return (it.status()['State'] == 'fresh'
                and read_tree(it.root) == files_of(records))
    except FileNotFoundError:  # listed, and gone before it was opened
        return False


def test_listing_a_directory_while_it_changes_leaves_no_old_content(serve, mount):
    # A listing that began before a change may bring the attributes of before, and
    # then the kernel throws those away that it is given for the change.
    records = [record('inst', f'e{i:02}') for i in range(40)]
    sim = serve(listing=records)
    it = Live(sim, mount(sim))
    inst = it.path('inst')
    with readers(2, lambda: os.listdir(inst)):
        for number in range(ROUNDS):
            records = [{**one, 'LastFailureMessage': f'edit {number:03}'}
                       for one in records[:40]]
            records += [record('inst', f'e{i:02}{number}') for i in range(40)]
            sim.replace(wire(records))
            it.refresh()
            until(lambda: shows(it, records), 20, f'listing {number}')
