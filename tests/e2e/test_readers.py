"""What readers read on an event: always the new content, and whole.

Every file carries the number of its last change in a text whose rest follows from
that number, so that a mixture of two contents, or one cut short, shows; and a
reader has counted the events, so that an old content shows.
"""

import mmap
import multiprocessing
import os
import signal
import time
import traceback

import pytest

from contract import document, record
from live import Live, marked
from notify import CLOSE_WRITE, MODIFY, OVERFLOW, Notify
from shims import fast_pace
from watch import Watch

FILES = 100  # one page of a listing
READERS = 32
CHANGES_A_SECOND = 1000
SECONDS = int(os.environ.get('DMSFS_READ_SECONDS')
              or (20 if os.environ.get('DMSFS_LONG') else 5))
PATIENCE_S = 120
PREFIX = b'LastFailureMessage: '


def text_of(number):
    """Of another length each time, within a page of memory."""
    lines = number * 7919 % 211
    return '\n'.join([f'{number} of {lines}', *[f'line {number}'] * lines, 'end'])


def number_in(content):
    start = content.index(PREFIX) + len(PREFIX)
    return int(content[start:content.index(b' ', start)])


def expected(name, number):
    return document(record('inst', name, message=text_of(number)))


class Contents:
    """The contents that a file may have, made once each."""

    def __init__(self, names):
        self._heads = {name: document(record('inst', name)) for name in names}
        self._tails = {}

    def of(self, name, number):
        if number not in self._tails:
            whole = document(record('x', 'y', message=text_of(number)))
            self._tails[number] = whole[whole.index(PREFIX):]
        return self._heads[name] + self._tails[number]


def read(path):
    """By one call: where a change comes between two, the second one reads on in that."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 16)
    finally:
        os.close(fd)


class Reader:
    """Reads each file at each of its events, to the last change."""

    def __init__(self, directory, names, last, mask):
        self._directory = os.fsencode(directory)
        self._contents = Contents(names)
        self._seen = {os.fsencode(name): 0 for name in names}
        self._last = last
        self._notify = Notify()
        self._notify.add(directory, mask)

    def run(self):
        """How many events it took."""
        taken = 0
        left = len(self._seen)
        while left:
            events = self._notify.read(PATIENCE_S)
            assert events, f'{left} files were not changed for the last time'
            for event in events:
                assert not event.mask & OVERFLOW, 'the queue ran over'
                self._seen[event.name] += 1
                self._look(event.name, self._seen[event.name])
                left -= self._seen[event.name] == self._last
                taken += 1
        return taken

    def _look(self, name, least):
        """Nothing older than the event, and nothing of two changes."""
        content = read(self._directory + b'/' + name)
        number = number_in(content)
        assert number >= least, f'{name}: {number} at event {least}'
        whole = self._contents.of(name.decode(), number)
        assert content == whole or self._is_resized(content, whole, name, number), (
            f'{name} is torn at event {least}: {content}')

    def _is_resized(self, content, whole, name, number):
        """The kernel takes the size of the next change before it drops the old content,
        and whoever comes so late may see the old content with that."""
        if number == self._last:
            return False
        size = len(self._contents.of(name.decode(), number + 1))
        return content == whole[:size].ljust(size, b'\0')


def run_reader(queue, ready, *arguments):
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        reader = Reader(*arguments)
        ready.release()
        queue.put((reader.run(), None))
    except BaseException:
        ready.release()
        queue.put((0, traceback.format_exc()))


class Readers:
    """So many processes that read along."""

    def __init__(self, count, *arguments):
        context = multiprocessing.get_context('fork')
        ready = context.Semaphore(0)
        self._queue = context.Queue()
        self._processes = [context.Process(target=run_reader, args=(
            self._queue, ready, *arguments)) for _ in range(count)]
        for process in self._processes:
            process.start()
        for process in self._processes:
            assert ready.acquire(timeout=PATIENCE_S)

    def finish(self):
        """What each has counted."""
        results = [self._queue.get(timeout=2 * PATIENCE_S) for _ in self._processes]
        for process in self._processes:
            process.join()
        complaints = [complaint for _, complaint in results if complaint]
        assert not complaints, f'{len(complaints)} readers: {complaints[0]}'
        return [taken for taken, _ in results]

    def end(self):
        for process in self._processes:
            process.kill()
            process.join()


@pytest.fixture
def files(serve, mount):
    names = [f'ep-{i:03}' for i in range(FILES)]
    sim = serve(listing=[record('inst', name, message=text_of(0)) for name in names])
    it = Live(sim, mount(sim, environment=fast_pace()))
    for name in names:
        assert it.read(f'inst/{name}') == expected(name, 0)
    return it, names


@pytest.fixture
def readers(files):
    it, names = files
    running = []

    def start(count, last, mask=MODIFY):
        running.append(Readers(count, it.path('inst'), names, last, mask))
        return running[-1]

    yield start
    for one in running:
        one.end()


class Changes:
    """Gives all files another content, and waits until that was told: what changes
    while a listing is being published would be told once for both."""

    def __init__(self, it):
        self._it = it
        self._told = Notify()
        # The file itself is renamed when it has grown too large.
        self._told.add(it.path('.dmsfs'), CLOSE_WRITE)

    def change_all(self, number):
        self.change_all_to(text_of(number))

    def change_all_to(self, text):
        self._it.sim.edit({'set': {'LastFailureMessage': text}})
        self._it.refresh()
        is_told = False
        while not is_told:
            events = self._told.read(PATIENCE_S)
            assert events, 'no line of the changes'
            is_told = any(event.name == b'changes' for event in events)


@pytest.mark.parametrize('mask', [MODIFY, CLOSE_WRITE], ids=['modify', 'close_write'])
def test_a_read_on_the_event_gives_the_new_content(files, readers, mask):
    it, _ = files
    reading = readers(1, 20, mask)
    changes = Changes(it)
    for number in range(1, 21):
        changes.change_all(number)
    assert reading.finish() == [20 * FILES]


def test_many_readers_of_many_changes_read_nothing_old_and_nothing_torn(files, readers, say):
    it, names = files
    rounds = SECONDS * CHANGES_A_SECOND // FILES
    reading = readers(READERS, rounds)
    changes = Changes(it)
    begun = time.monotonic()
    for number in range(1, rounds + 1):
        changes.change_all(number)
        # The pace that was asked for, not a wait for anything.
        time.sleep(max(0, begun + number * FILES / CHANGES_A_SECOND - time.monotonic()))
    counts = reading.finish()
    took = time.monotonic() - begun
    say(f'{rounds * FILES} changes in {took:.1f} s, {sum(counts)} reads')
    assert counts == [rounds * FILES] * READERS
    assert it.read(f'inst/{names[0]}') == expected(names[0], rounds)


def read_second_pages(directory, names, is_over):
    """Again and again from the daemon, while the kernel keeps the first ones."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while not is_over.is_set():
        for name in names:
            fd = os.open(os.path.join(directory, name), os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
            os.pread(fd, 100, 0)
            for _ in range(10):
                os.posix_fadvise(fd, mmap.PAGESIZE, 0, os.POSIX_FADV_DONTNEED)
                os.pread(fd, 100, mmap.PAGESIZE)
            os.close(fd)


def test_no_page_of_old_content_stays(files):
    """The read of a last page tells the kernel where the file ends by now."""
    it, names = files
    directory = it.path('inst')
    context = multiprocessing.get_context('fork')
    is_over = context.Event()
    processes = [context.Process(target=read_second_pages,
                                 args=(directory, names[i::3], is_over)) for i in range(3)]
    changes = Changes(it)
    for process in processes:
        process.start()
    try:
        for number in range(1, 51):
            size = mmap.PAGESIZE + 3000 - number * 13 % 2000
            changes.change_all_to(f'{number} '.ljust(size, 'x'))
            for name in names:
                content = read(os.fsencode(os.path.join(directory, name)))
                assert number_in(content) == number, name
    finally:
        is_over.set()
        for process in processes:
            process.join()


def test_a_file_that_stays_open_reads_new_too(files):
    it, names = files
    name = f'inst/{names[0]}'
    with open(it.path(name), 'rb', buffering=0) as file, \
            mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapping, \
            Watch(it.path(name), recursive=False, root=it.root) as watch:
        assert mapping[:] == file.readall() == expected(names[0], 0)
        Changes(it).change_all(1)
        watch.until(f'MODIFY {name}')
        file.seek(0)
        assert file.readall() == expected(names[0], 1)
        assert mapping[:] == expected(names[0], 1)[:len(mapping)]
