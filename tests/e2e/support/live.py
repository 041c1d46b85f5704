"""A mount and the service behind it, while the service changes.

The connection mark/er serves as a mark: what the mount tells of one listing comes
before what it tells of the next, so once a change of mark/er is seen, all events of
the listing before have been seen. A mount on a busy machine may find both listings at
once, and publishes what differs as one.
"""

import itertools
import os
import signal

from contract import record
from notify import MODIFY, Notify
from watch import PATIENCE_S, Watch, fields, until

MARK = 'mark/er'
STATUS = ' .dmsfs/status'
VIEW = ' .dmsfs/connections.json'  # comes after all else; test_browse.py tells of it
END = 'CLOSE_WRITE .dmsfs/changes'
TOLD = ['MODIFY .dmsfs/changes', END]


class Live:
    def __init__(self, sim, mount):
        self.sim = sim
        self.mount = mount
        self.root = mount.path
        self._marks = itertools.count(1)

    def refresh(self):
        """Asks for a listing without touching the mount; waits for nothing."""
        self.mount.signal(signal.SIGUSR1)

    def refresh_and_wait(self, requests=1):
        """Asks for a listing, and waits until the service has answered it."""
        # Of which the last may not have been logged as answered yet.
        before = len(self.sim.log())
        self.refresh()
        self.sim.wait_for(lambda log: _answered(log[before:]) >= requests)

    def mark(self):
        """Changes mark/er on the service and asks for a listing."""
        self.sim.set('er', LastFailureMessage=f'mark {next(self._marks)}')
        self.refresh_and_wait()

    def events_of(self, step, watch):
        """What a watch of the root tells of what step() does to the service."""
        step()
        self.refresh_and_wait()
        self.mark()
        events = [event for event in watch.until(f'MODIFY {MARK}')[:-1]
                  if not event.endswith(VIEW)]
        later = [event for event in watch.until(END)
                 if event != f'CLOSE_WRITE {MARK}' and
                 not event.endswith((STATUS, VIEW))]
        is_told = END in events or all(event.endswith(STATUS) for event in events)
        if later != TOLD or not is_told:
            events += later  # published with the mark
        return events

    def observe(self, step):
        """The same with a watch of all the mount."""
        with Watch(self.root) as watch:
            return self.events_of(step, watch)

    def settle(self):
        """Returns when all that the service says by now can be seen."""
        self.observe(lambda: None)

    def path(self, name):
        return self.root / name

    def read(self, name):
        return self.path(name).read_bytes()

    def status(self):
        return fields(self.path('.dmsfs/status'))

    def changes(self):
        """The lines of .dmsfs/changes without their times."""
        lines = self.path('.dmsfs/changes').read_text().splitlines()
        return [line.split('\t', 1)[1] for line in lines]

    def wait_until_idle(self):
        """Until the editor has ended what it was at, and closed the mount's root."""
        editor = self.editor()
        until(lambda: not fds_into(editor, self.root), what='an idle editor')

    def editor(self):
        return editor_of(self.mount.pid)


def begin_publishing(sim, mount, **fields_of_all):
    """Gives all connections these fields and returns upon the first event of many."""
    notify = Notify()
    for directory in os.listdir(mount.path):
        notify.add(mount.path / directory, MODIFY)
    sim.edit({'set': fields_of_all})
    mount.signal(signal.SIGUSR1)
    assert notify.read(PATIENCE_S), 'no event'
    notify.close()


def fds_into(pid, root):
    """What a process has open below a directory."""
    found = []
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            target = os.readlink(f'/proc/{pid}/fd/{fd}')
        except FileNotFoundError:
            continue
        if target == str(root) or target.startswith(f'{root}/'):
            found.append(target)
    return found


def _answered(log):
    return sum(request['answered'] > 0 for request in log)


def marked(*records):
    """A listing with the connection that Live needs."""
    return [*records, record('mark', 'er')]


def comm_of(pid):
    try:
        with open(f'/proc/{pid}/comm', encoding='utf-8') as file:
            return file.read().rstrip('\n')
    except (FileNotFoundError, ProcessLookupError):
        return None


def editors_of(pid):
    """The processes of that name whose parent is pid, the dead ones left out."""
    found = []
    for entry in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{entry}/stat', encoding='utf-8') as file:
                name, _, rest = file.read().rpartition(')')
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = rest.split()[:2]
        if int(parent) == pid and name.endswith('(dmsfs-editor') and state != 'Z':
            found.append(int(entry))
    return found


def editor_of(pid):
    """The editor of a daemon; one that was killed is started again with the next
    order, so there may be none for now."""
    [editor] = until(lambda: editors_of(pid), what='an editor')
    return editor
