"""dmsfs as a test holds it: runs that end by themselves, and mounts.

    with Mount(place, [*options, mountpoint], environment) as mount:
        subprocess.run(['ls', mount.path])

Nothing here waits for a time to pass: a mount is there when the kernel says so, and
a process is gone when its descriptor says so.
"""

import collections
import contextlib
import ctypes
import os
import pathlib
import re
import select
import signal
import subprocess
import time

BESIDE_US = pathlib.Path(__file__).resolve().parents[3] / 'build/fs/dmsfs'
PATIENCE_S = 120
PR_SET_CHILD_SUBREAPER = 36

SUMMARY = re.compile(
    r'dmsfs: (?P<region>\S+): (?P<connections>[\d,]+) connections? '
    r'on (?P<instances>[\d,]+) replication instances? '
    r'\((?P<pages>[\d,]+) pages?, (?P<seconds>\d+\.\d) s\)')
# Of one source of several, its name stands in front.
STATE = re.compile(r'dmsfs: (\S+: )?the files are ')
SANITIZER = re.compile(r'Sanitizer|runtime error:')
REQUEST = re.compile(r'^dmsfs: unique: \d+, opcode: (\w+) .* pid: (\d+)$', re.M)


def program():
    return os.environ.get('DMSFS') or str(BESIDE_US)


def adopt_orphans():
    """Makes daemons our children, so that their exit status is ours to read."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class MountError(Exception):
    """dmsfs did not do what every mount has to do."""


# The kernel's view


MountEntry = collections.namedtuple('MountEntry', 'options type source super_options')


def _unescape(field):
    return re.sub(r'\\([0-7]{3})', lambda digits: chr(int(digits[1], 8)), field)


def mount_entry(path, text=None):
    """What /proc/self/mountinfo says of a mountpoint; None if it is none."""
    if text is None:
        text = pathlib.Path('/proc/self/mountinfo').read_text()
    found = None
    for line in text.splitlines():
        before, after = line.split(' - ', 1)
        fields = before.split()
        if _unescape(fields[4]) == str(path):
            kind, source, super_options = after.split()
            found = MountEntry(set(fields[5].split(',')), kind, _unescape(source),
                               set(super_options.split(',')))
    return found


def mounts_below(directory):
    """The mountpoints below a directory, the innermost first."""
    text = pathlib.Path('/proc/self/mountinfo').read_text()
    points = [_unescape(line.split()[4]) for line in text.splitlines()]
    return [p for p in reversed(points) if p.startswith(f'{directory}/')]


def children_of(pid):
    """The processes whose parent is pid, with their command lines."""
    found = {}
    for entry in pathlib.Path('/proc').iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / 'stat').read_text().rpartition(')')[2].split()
            command = (entry / 'cmdline').read_bytes().decode().split('\0')[:-1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(state[1]) == pid:
            found[int(entry.name)] = command
    return found


def unmount(path):
    """As a user would. Busy is what it may be while the mount edits itself."""
    deadline = time.monotonic() + 10
    while True:
        run = subprocess.run(['fusermount3', '-u', str(path)], capture_output=True,
                             text=True, timeout=PATIENCE_S)
        if run.returncode == 0:
            return
        if 'busy' not in run.stderr or time.monotonic() > deadline:
            raise MountError(f'fusermount3 -u {path}: {run.stderr}')
        time.sleep(0.02)


def sweep(directory):
    """Ends what a failed test left mounted or running for a directory."""
    left = [(pid, command) for pid, command in children_of(os.getpid()).items()
            if any(str(directory) in word for word in command)]
    points = mounts_below(directory)
    for point in points:
        subprocess.run(['fusermount3', '-uz', point], stderr=subprocess.DEVNULL)
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return points, left


# Sanitizers


def with_sanitizer_logs(environment, directory):
    """Has reports written where they are found though stderr is gone."""
    variables = dict(environment)
    for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS'):
        given = os.environ.get(name)
        variables[name] = ':'.join(filter(None, [
            given, f'log_path={directory}/sanitizer']))
    return variables


def check_sanitizer_logs(directory, text=''):
    reports = [log.read_text(errors='replace')
               for log in sorted(pathlib.Path(directory).glob('sanitizer.*'))]
    if SANITIZER.search(text):
        reports.append(text)
    if reports:
        raise MountError('a sanitizer complained:\n' + '\n'.join(reports))


# Processes


def run(directory, arguments, environment, prefix=(), timeout=PATIENCE_S, **options):
    """dmsfs to its end (or to where it leaves for the background)."""
    done = subprocess.run(
        [*prefix, program(), *map(str, arguments)], text=True, timeout=timeout,
        env=with_sanitizer_logs(environment, directory), stdin=subprocess.DEVNULL,
        **{'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **options})
    check_sanitizer_logs(directory, done.stderr or '')
    return done


class Mount:
    """One mount. Its last argument is the mountpoint, unless `path` says otherwise.

    warnings: a pattern for lines that it may print beside the summary
    point: where it is mounted
    path: where a test looks: there, or in the directory of source
    prefix: a command to run it by, which must exec it
    """

    def __init__(self, directory, arguments, environment, is_foreground=True,
                 warnings=None, path=None, prefix=(), **options):
        self.point = pathlib.Path(path or arguments[-1])
        self.path = self.point
        self.source = None
        self.directory = pathlib.Path(directory)
        self.is_debug = '-d' in arguments
        self.is_foreground = is_foreground or self.is_debug
        self.warnings = warnings
        self.pid = None
        self.started_s = None
        self._command = [*prefix, program(), *map(str, arguments)]
        if is_foreground and not self.is_debug:
            self._command.insert(len(prefix) + 1, '-f')
        self._environment = with_sanitizer_logs(environment, directory)
        self._options = options
        self._stderr = self.directory / f'{self.point.name}.stderr'
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, traceback):
        if error is None:
            self.stop()
        else:
            self.kill()

    def start(self):
        """Returns when the mount answers, which is started_s after the command; what
        is checked of it then is not part of that."""
        began = time.perf_counter()
        with open(self._stderr, 'wb') as stderr:
            self._process = subprocess.Popen(
                self._command, env=self._environment, **{
                    'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL,
                    'stderr': stderr, **self._options})
        self.pid = self._process.pid
        if self.is_foreground:
            self._wait_until_mounted()
            self.started_s = time.perf_counter() - began
        else:
            status = self._wait_for_background()
            self.started_s = time.perf_counter() - began
            self._find_daemon(status)
        return self

    def stop(self):
        """Unmounts; raises unless all of it went as it should."""
        if self.pid is None:
            return
        try:
            unmount(self.point)
        except MountError as problem:
            raise MountError(f'{problem}; {self.stderr()}') from None
        self.check_end()

    def check_end(self):
        """For who ended it in another way: it must have ended well."""
        status = self.wait()
        text = self.stderr()
        check_sanitizer_logs(self.directory, text)
        if status != 0:
            raise MountError(f'exited with status {status}: {text}')
        if mount_entry(self.point):
            raise MountError(f'{self.point} is still mounted')
        if not self.is_debug and self.surprises():
            raise MountError(f'unexpected on stderr: {self.surprises()}')

    def wait(self):
        """The exit status; of a signal's end, its number below zero."""
        pid, self.pid = self.pid, None
        self._poll_end(pid)
        if self.is_foreground:
            return self._process.wait()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """Ends it without a word, and clears the mountpoint."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        if mount_entry(self.point):
            subprocess.run(['fusermount3', '-uz', str(self.point)], check=True)

    # What it said

    def stderr(self):
        return self._stderr.read_text(errors='replace')

    def lines(self):
        """Each line; of several sources, those about the source, without its name."""
        lines = self.stderr().splitlines()
        if not self.source:
            return lines
        named = re.compile(f'^(dmsfs: (?:warning: )?){re.escape(self.source)}: ')
        return [named.sub(r'\1', line) for line in lines if self.source in line]

    def summary(self):
        """The parts of the summary line; of several, of the source's."""
        [found] = [line for line in SUMMARY.finditer(self.stderr())
                   if self.source in (None, line['region'])]
        return found.groupdict()

    def surprises(self):
        """Lines that are neither the summary, a change of state, nor an expected
        warning."""
        return [line for line in self.stderr().splitlines()
                if not SUMMARY.fullmatch(line)
                and not STATE.match(line)
                and not (self.warnings and re.search(
                    self.warnings, line.replace(f'{self.source}: ', '')))]

    # What the kernel asked it for; with -d only

    def mark(self):
        """A place in the course of requests, for requests()."""
        return self._stderr.stat().st_size

    def requests(self, since=0):
        """Requests by opcode; those of the mount's own helpers are left out."""
        own = {str(pid) for pid in [self.pid, *children_of(self.pid)]}
        with open(self._stderr, encoding='utf-8', errors='replace') as text:
            text.seek(since)
            return collections.Counter(opcode for opcode, pid
                                       in REQUEST.findall(text.read())
                                       if pid not in own)

    # Own affairs

    def _wait_until_mounted(self):
        end = os.pidfd_open(self.pid)
        try:
            with open('/proc/self/mountinfo', encoding='utf-8') as info:
                changes = select.poll()
                changes.register(info, select.POLLPRI)
                changes.register(end, select.POLLIN)
                while not mount_entry(self.point, self._reread(info)):
                    self._check_events(changes.poll(PATIENCE_S * 1000), end)
        finally:
            os.close(end)
        with contextlib.suppress(PermissionError):  # another user's mount
            os.lstat(self.point / '.')

    @staticmethod
    def _reread(file):
        file.seek(0)
        return file.read()

    def _check_events(self, events, end):
        if not events:
            raise MountError(f'not mounted within {PATIENCE_S} s: {self.stderr()}')
        if end in dict(events):
            status = self.wait()
            raise MountError(f'exited with status {status}: {self.stderr()}')

    def _wait_for_background(self):
        # A wait with a timeout would look now and then, which the bench would measure.
        end = os.pidfd_open(self._process.pid)
        try:
            ended = select.select([end], [], [], PATIENCE_S)[0]
        finally:
            os.close(end)
        if not ended:
            raise MountError(f'not mounted within {PATIENCE_S} s: {self.stderr()}')
        return self._process.wait()

    def _find_daemon(self, status):
        self.pid = None
        if status != 0:
            raise MountError(f'exited with status {status}: {self.stderr()}')
        if not mount_entry(self.point):
            raise MountError('returned 0 before it was mounted')
        arguments = self._command[self._command.index(program()):]
        daemons = [pid for pid, command in children_of(os.getpid()).items()
                   if command == arguments]
        if len(daemons) != 1:
            raise MountError(f'not one daemon: {daemons}')
        [self.pid] = daemons

    @staticmethod
    def _poll_end(pid):
        end = os.pidfd_open(pid)
        try:
            ends = select.poll()
            ends.register(end, select.POLLIN)
            if not ends.poll(PATIENCE_S * 1000):
                raise MountError(f'process {pid} goes on after {PATIENCE_S} s')
        finally:
            os.close(end)
