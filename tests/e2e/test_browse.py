"""A mount browsed by the tools that people use."""

import contextlib
import errno
import importlib.util
import json
import mmap
import os
import re
import shutil
import stat
import subprocess
import sys
import time

import pytest

import contract
from browse import find, read_tree
from live import Live, marked
from mount import mount_entry
from notify import CLOSE_WRITE, Notify
from shims import fast_pace
from watch import PATIENCE_S, until

NOBODY = 65534
CONNECTIONS = 140

needs_root = pytest.mark.skipif(os.getuid() != 0, reason='only root can act as others')


@pytest.fixture
def sim(serve):
    return serve(connections=CONNECTIONS, instances=4)


@pytest.fixture
def files(sim):
    """What is to be seen: {(directory, file): record}, in str."""
    return {tuple(os.fsdecode(part) for part in path): record
            for path, record in contract.tree(sim.listing())[0].items()}


@pytest.fixture
def root(sim, mount):
    return mount(sim).path


def directories(files):
    return sorted({directory for directory, _ in files})


def text(record):
    return contract.document(record).decode()


# Reading


def test_ls_lists_instances_and_their_connections(root, files, sh):
    assert sh('ls', root).split() == directories(files)
    for directory in directories(files):
        expected = sorted(file for of, file in files if of == directory)
        assert sh('ls', root / directory).split() == expected
        assert sh('ls', '-a', root / directory).split() == ['.', '..', *expected]


def test_ls_l_shows_modes_links_owner_and_size(root, files, sh):
    me = [str(os.getuid()), str(os.getgid())]
    for directory in directories(files):
        lines = sh('ls', '-ln', root / directory).splitlines()
        assert lines.pop(0).startswith('total ')
        shown = {line.split()[-1]: line.split()[:5] for line in lines}
        assert shown == {
            file: ['-rw-r--r--', '1', *me, str(len(contract.document(record)))]
            for (of, file), record in files.items() if of == directory}
    for line in sh('ls', '-ln', root).splitlines()[1:]:
        assert line.split()[:4] == ['drwxr-xr-x', '2', *me]


def test_the_root_has_a_link_for_each_directory(root, sh):
    below = [entry for entry in os.scandir(root) if entry.is_dir()]
    assert os.stat(root).st_nlink == 2 + len(below)


def test_mtime_is_when_the_content_was_first_seen(sim, mount, files):
    before = time.time_ns()
    root = mount(sim).path
    after = time.time_ns()
    for path in [root, *(root.joinpath(*file) for file in files)]:
        assert before <= path.stat().st_mtime_ns <= after


def test_find_sees_each_file_once_and_knows_types(root, files, sh):
    found = sh(*find(root, '-type', 'f')).splitlines()
    assert sorted(found) == sorted(str(root.joinpath(*path)) for path in files)
    assert sh(*find(root, '-mindepth', '1', '-type', 'd')).count('\n') == 4
    assert sh(*find(root, '-type', 'l')) == ''
    assert sh(*find(root, '-type', 'f', '-empty')) == ''


def test_inode_numbers_differ_and_agree_in_listing_and_stat(root, files):
    seen = {os.stat(root).st_ino}
    for directory in directories(files):
        for entry in [next(e for e in os.scandir(root) if e.name == directory),
                      *os.scandir(root / directory)]:
            assert entry.inode() == os.stat(entry.path).st_ino
            assert entry.inode() not in seen
            seen.add(entry.inode())
    assert len(seen) == 1 + 4 + len(files)
    assert os.stat(root / directory / '..').st_ino == os.stat(root).st_ino


def test_cat_shows_a_whole_file(root, files, sh):
    for path, record in files.items():
        assert sh('cat', root.joinpath(*path)) == text(record)


def test_grep_finds_failures_and_no_success_with_an_old_failure(root, files, sh):
    failed = sorted(str(root.joinpath(*path)) for path, record in files.items()
                    if record['Status'] == 'failed')
    found = sh('grep', '-rl', '--exclude-dir=.dmsfs', '^Status: failed', root)
    assert failed
    assert sorted(found.splitlines()) == failed
    assert any(record['Status'] == 'successful' and 'LastFailureMessage' in record
               for record in files.values())


def test_wc_counts_what_stat_says(root, files, sh):
    for path, record in list(files.items())[:10]:
        whole = contract.document(record)
        file = root.joinpath(*path)
        assert sh('wc', '-c', file).split()[0] == str(len(whole))
        assert sh('wc', '-l', file).split()[0] == str(whole.count(b'\n'))
        assert sh('stat', '-c', '%s %F %h', file) == (
            f'{len(whole)} regular file 1\n')


def test_tar_and_cp_take_all_of_it_along(root, files, place, sh):
    sh('tar', '-C', root, '-cf', place / 'all.tar', '--exclude=./.dmsfs', '.')
    (place / 'unpacked').mkdir()
    sh('tar', '-C', place / 'unpacked', '-xf', place / 'all.tar')
    (place / 'copied').mkdir()
    for directory in directories(files):
        sh('cp', '-a', root / directory, place / 'copied')
    for copy in (place / 'unpacked', place / 'copied'):
        sh('diff', '-r', '--exclude=.dmsfs', root, copy)
        assert len(read_tree(copy)) == len(files)
        for path in files:
            # tar keeps no fractions.
            assert (int(copy.joinpath(*path).stat().st_mtime)
                    == int(root.joinpath(*path).stat().st_mtime))


def test_any_part_of_a_file_reads_as_that_part(serve, mount):
    record = contract.record(status='failed', message='ab\r\ncd\x1be\n\n' * 3000)
    root = mount(serve(listing=contract.wire([record]))).path
    whole = contract.document(record)
    assert len(whole) > 20000
    with open(root / 'inst' / 'ep', 'rb', buffering=0) as file:
        for offset in (0, 1, 4095, 4096, 8191, len(whole) - 1, len(whole),
                       len(whole) + 100000):
            for size in (1, 7, 4096, 70000):
                assert os.pread(file.fileno(), size, offset) == (
                    whole[offset:offset + size])
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert mapped[:] == whole


def test_a_missing_file_is_missing_each_time(root, files):
    directory = directories(files)[0]
    for _ in range(3):
        for path in ('nothing', f'{directory}/nothing', f'{directory}/{"x" * 255}'):
            with pytest.raises(FileNotFoundError):
                os.stat(root / path)
    with pytest.raises(OSError) as caught:
        os.stat(root / directory / ('x' * 256))
    assert caught.value.errno == errno.ENAMETOOLONG
    with pytest.raises(NotADirectoryError):
        os.listdir(root.joinpath(*next(iter(files))))


def test_a_file_stays_readable_by_a_process_that_stands_in_its_directory(
        root, files, sh):
    directory, file = next(iter(files))
    assert sh('sh', '-c', f'cd {root}/{directory} && cat ./{file} ../*/{file}') == (
        2 * text(files[directory, file]))


# The file system as a whole


@pytest.mark.whole_mount
def test_statfs_counts_files_and_no_blocks(root, files):
    whole = os.statvfs(root)
    seen = 1 + sum(len(directories) + len(names)
                   for _, directories, names in os.walk(root))
    assert (whole.f_blocks, whole.f_bfree, whole.f_bavail) == (0, 0, 0)
    assert (whole.f_files, whole.f_ffree, whole.f_favail) == (seen, seen, seen)
    assert seen >= 1 + 4 + len(files)
    assert whole.f_namemax == 255
    assert whole.f_bsize == whole.f_frsize == 4096


@pytest.mark.whole_mount
def test_df_passes_it_over_but_shows_it_when_asked(root):
    def try_df(*options):
        # Other file systems of the machine may be out of reach: exit status 1. And other
        # tests stop their daemons for a while, which holds up a df of all mounts.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(['df', *options], capture_output=True, text=True,
                                  timeout=15, check=False).stdout

    def df(*options):
        return until(lambda: try_df(*options))

    assert str(root) not in df()
    assert str(root) in df('-a')
    assert df('--output=source,target', root).splitlines()[1].split() == [
        'us-east-1', str(root)]


@pytest.mark.whole_mount
def test_shows_as_fuse_dmsfs_with_its_region_and_safe_options(root):
    entry = mount_entry(root)
    assert (entry.type, entry.source) == ('fuse.dmsfs', 'us-east-1')
    assert entry.options >= {'rw', 'nosuid', 'nodev', 'noexec'}
    assert not entry.super_options & {'allow_other', 'default_permissions'}


def test_has_no_extended_attributes(root, files):
    file = root.joinpath(*next(iter(files)))
    with pytest.raises(OSError) as caught:
        os.getxattr(file, 'user.comment')
    assert caught.value.errno == errno.ENOTSUP
    with pytest.raises(OSError) as caught:
        os.listxattr(file)
    assert caught.value.errno == errno.ENOTSUP


# Writing


def open_to_write(flags):
    def attempt(file, _directory):
        os.close(os.open(file, flags))
    return attempt


def fallocate(file, _directory):
    # By the owner's bits the kernel lets a writer open a file; then it must fail.
    writer = os.open(file, os.O_WRONLY)
    try:
        os.posix_fallocate(writer, 0, 10)
    finally:
        os.close(writer)


def write(file, _directory):
    writer = os.open(file, os.O_WRONLY)
    try:
        os.write(writer, b'x')
    finally:
        os.close(writer)


def append(file, _directory):
    with open(file, 'ab', buffering=0) as appender:
        appender.write(b'x')


WRITES = {
    'create': lambda file, directory: (directory / 'new').touch(),
    'mkdir': lambda file, directory: (directory / 'new').mkdir(),
    'mknod': lambda file, directory: os.mknod(directory / 'new', stat.S_IFREG | 0o644),
    'mkfifo': lambda file, directory: os.mkfifo(directory / 'new'),
    'symlink': lambda file, directory: (directory / 'new').symlink_to('x'),
    'link': lambda file, directory: os.link(file, directory / 'new'),
    'unlink': lambda file, directory: file.unlink(),
    'rmdir': lambda file, directory: directory.rmdir(),
    'rename': lambda file, directory: file.rename(directory / 'new'),
    'rename_directory': lambda file, directory:
        directory.rename(directory.parent / 'new'),
    'write': write,
    'append': append,
    'truncate': lambda file, directory: os.truncate(file, 0),
    'open_truncating': open_to_write(os.O_WRONLY | os.O_TRUNC),
    'chmod': lambda file, directory: file.chmod(0o600),
    'chmod_directory': lambda file, directory: directory.chmod(0o700),
    'chown': lambda file, directory: os.chown(file, os.getuid(), os.getgid()),
    'utime': lambda file, directory: os.utime(file, (1, 1)),
    'fallocate': fallocate,
    'setxattr': lambda file, directory: os.setxattr(file, 'user.a', b'b'),
    'removexattr': lambda file, directory: os.removexattr(file, 'user.a'),
}


@pytest.mark.parametrize('how', WRITES)
@pytest.mark.parametrize('depth', ['in a directory', 'in the root'])
def test_refuses_to_be_written(sim, mount, files, how, depth):
    root = mount(sim).path
    file = root.joinpath(*next(iter(files)))
    directory = file.parent if depth == 'in a directory' else root
    if how in ('rmdir', 'rename_directory', 'chmod_directory'):
        directory = file.parent
    before = file.stat(), sorted(os.listdir(root)), read_tree(root)
    with pytest.raises(OSError) as caught:
        WRITES[how](file, directory)
    assert caught.value.errno == errno.EROFS
    assert (file.stat(), sorted(os.listdir(root)), read_tree(root)) == before


def test_the_tools_say_read_only_file_system(root, files):
    file = root.joinpath(*next(iter(files)))
    for command in (['touch', root / 'x'], ['rm', '-f', file], ['mv', file, root],
                    ['mkdir', root / 'x'], ['sed', '-i', 's/a/b/', file],
                    ['chmod', '600', file]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              check=False, env={**os.environ, 'LC_ALL': 'C'})
        assert done.returncode != 0
        assert 'Read-only file system' in done.stderr


# Permissions


def modes(root, files):
    file = root.joinpath(*next(iter(files)))
    return tuple(oct(stat.S_IMODE(path.stat().st_mode))
                 for path in (root, file.parent, file))


@pytest.mark.parametrize('umask, expected', [
    ('0', ('0o755', '0o755', '0o644')),
    ('022', ('0o755', '0o755', '0o644')),
    ('027', ('0o750', '0o750', '0o640')),
    ('077', ('0o700', '0o700', '0o600')),
    # The owner's bits are always there.
    ('0777', ('0o700', '0o700', '0o600')),
])
def test_takes_the_umask_from_its_option(sim, mount, files, umask, expected):
    assert modes(mount(sim, '-o', f'umask={umask}').path, files) == expected


def test_keeps_its_umask_whatever_that_of_the_process_is(sim, mount, files):
    mounted = mount(sim, umask=0o077)
    assert modes(mounted.path, files) == ('0o755', '0o755', '0o644')


@needs_root
def test_gives_files_to_the_user_and_group_of_its_options(sim, mount, files):
    root = mount(sim, '-o', 'uid=1234', '-o', 'gid=4321').path
    for path in (root, root / next(iter(files))[0], root.joinpath(*next(iter(files)))):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def as_nobody(*command):
    return subprocess.run(
        ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups',
         *map(str, command)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, 'LC_ALL': 'C'})


def test_the_shell_may_read_files_and_not_execute_them(root, files):
    file = root.joinpath(*next(iter(files)))
    may = [not subprocess.run(['test', flag, file], check=False).returncode
           for flag in ('-r', '-x')]
    assert may == [True, False]
    assert subprocess.run(['find', file, '-executable'], capture_output=True,
                          check=True).stdout == b''


@needs_root
def test_keeps_other_users_out(sim, mount, files):
    root = mount(sim).path
    for path in (root, root.joinpath(*next(iter(files)))):
        done = as_nobody('cat', path)
        assert done.returncode != 0
        assert 'Permission denied' in done.stderr


@needs_root
def test_lets_other_users_read_with_allow_other(sim, mount, files):
    one = mount(sim, '-o', 'allow_other')
    root = one.path
    assert {'allow_other', 'default_permissions'} <= \
        mount_entry(one.point).super_options
    file = root.joinpath(*next(iter(files)))
    done = as_nobody('cat', file)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout == text(next(iter(files.values())))
    assert as_nobody('ls', root).stdout.split() == directories(files)
    for command in (['touch', file], ['rm', '-f', file], ['mkdir', root / 'x']):
        done = as_nobody(*command)
        assert done.returncode != 0
        assert any(cause in done.stderr
                   for cause in ('Permission denied', 'Read-only file system'))


@needs_root
def test_the_umask_holds_for_users_let_in(sim, mount, files):
    root = mount(sim, '-o', 'allow_other,umask=077').path
    done = as_nobody('ls', root)
    assert done.returncode != 0
    assert 'Permission denied' in done.stderr
    assert done.stdout == ''


@needs_root
def test_lets_the_owner_of_its_options_in_as_owner(sim, mount, files):
    root = mount(sim, '-o', f'allow_other,umask=077,uid={NOBODY}').path
    assert as_nobody('ls', root).stdout.split() == directories(files)


# The views for machines

VIEWS = 'connections.json', 'metrics.prom'
ODD = ['', 'a "quoted" \\ back/slash', ''.join(map(chr, range(0x20))), '\x7f\x80\x9f',
       '\u2028\u2029\u202e\ufeff', '\ufffe\uffff\ufffd', '\U0001f600\U0010ffff',
       'lone \ud800 surrogate', 'x' * (1 << 20), 'line\r\n\n.\n']


def view(live, name):
    return (live.root / '.dmsfs' / name).read_bytes()


def in_path_order(records):
    return sorted(records, key=lambda one: (one['ReplicationInstanceIdentifier'].encode(),
                                            one['EndpointIdentifier'].encode()))


@pytest.fixture
def odd(serve, mount):
    records = [contract.record('inst', f'e{number:02}', 'failed', text)
               for number, text in enumerate(ODD)]
    records.append(contract.record('inst', 'none', Status=None, EndpointArn=None))
    records.append({**contract.record('inst', 'nulls', ''), 'LastFailureMessage': None,
                    'Unknown': 'x'})
    sim = serve(listing=contract.wire(marked(*records)))
    return records, Live(sim, mount(sim, environment=fast_pace()))


def test_connections_json_is_what_a_reader_of_the_service_has(odd):
    records, live = odd
    wanted = [{name: contract.LONE_SURROGATE.sub('\ufffd', value)
               for name, value in one.items() if name in contract.FIELDS
               and value is not None} for one in marked(*records)]
    assert json.loads(view(live, 'connections.json')) == {
        'Connections': in_path_order(wanted)}


def by_botocore(sim, place):
    """The connections, as its paginator has them."""
    script = '''
import json
from botocore.config import Config
from botocore.session import get_session
client = get_session().create_client('dms', endpoint_url=%r, config=Config(proxies={}))
pages = client.get_paginator('describe_connections').paginate()
print(json.dumps([one for page in pages for one in page['Connections']]))
'''
    done = subprocess.run([sys.executable, '-c', script % sim.url], check=True,
                          capture_output=True, env=sim.environment(home=place))
    return json.loads(done.stdout)


def clean(connection):
    return {name: contract.LONE_SURROGATE.sub('\ufffd', value)
            for name, value in connection.items()}


# Odd texts in each member, members that are null, and one of nobody knows whom.
ODD_RECORDS = [
    *(contract.record('inst', f'{member}{number}', **{member: text})
      for member in contract.FIELDS for number, text in enumerate(ODD)),
    *({**contract.record('null', member), member: None, 'Unknown': 'x'}
      for member in contract.FIELDS),
    {'Status': 'failed', 'LastFailureMessage': 'no route'}]


@pytest.mark.skipif(not importlib.util.find_spec('botocore'),
                    reason='botocore is missing')
@pytest.mark.parametrize('count, options', [
    (len(ODD_RECORDS), {'listing': contract.wire(ODD_RECORDS)}),
    (0, {'connections': 0}), (6000, {'connections': 6000, 'instances': 60}),
], ids=['odd', 'none', '6,000'])
def test_connections_json_is_what_botocore_has(place, serve, mount, count, options):
    sim = serve(**options)
    path = mount(sim, warnings='no connections|skipped').path / '.dmsfs/connections.json'
    theirs = by_botocore(sim, place)
    tree, skipped = contract.tree(theirs)
    assert len(tree) + skipped == len(theirs) == count
    assert json.loads(path.read_bytes()) == {
        'Connections': [clean(tree[place]) for place in sorted(tree)]}


# The distribution's, and all read the text of a document.
READERS = {
    'jq': ['jq', '-c', '.'],
    'gojq': ['gojq', '-c', '.'],
    'yq': ['yq', '-c', '.'],
    'node': ['node', '-e', '''const {readFileSync, writeSync} = require("fs");
             let rest = Buffer.from(JSON.stringify(JSON.parse(
                 readFileSync(process.argv[1], "utf8"))));
             while (rest.length) rest = rest.subarray(writeSync(1, rest));'''],
}


@pytest.mark.parametrize('name', READERS)
def test_readers_of_json_agree_on_connections_json(odd, name):
    _, live = odd
    if not shutil.which(name):
        pytest.skip(f'{name} is missing')
    done = subprocess.run([*READERS[name], live.root / '.dmsfs/connections.json'],
                          check=True, capture_output=True)
    assert done.stderr == b''
    assert json.loads(done.stdout) == json.loads(view(live, 'connections.json'))


def test_an_empty_listing_is_a_document(serve, mount):
    sim = serve(listing=marked())
    live = Live(sim, mount(sim))
    live.sim.replace([])
    live.refresh()
    until(lambda: json.loads(view(live, 'connections.json')) == {'Connections': []})
    assert b'dmsfs_fresh{' in view(live, 'metrics.prom')


@pytest.mark.parametrize('name', VIEWS)
def test_who_has_a_view_open_reads_one_version_to_its_end(odd, name):
    _, live = odd
    number = os.stat(live.root / '.dmsfs' / name).st_ino
    before = view(live, name)
    with open(live.root / '.dmsfs' / name, 'rb', buffering=0) as file:
        start = file.read(1000)
        live.observe(lambda: live.sim.set('e01', Status='testing',
                                          LastFailureMessage='a shorter one'))
        after = view(live, name)
        assert after != before
        assert os.stat(live.root / '.dmsfs' / name).st_ino == number
        live.observe(lambda: live.sim.set('e01', Status='failed'))
        assert start + file.read() == before
    assert os.stat(live.root / '.dmsfs' / name).st_size == len(view(live, name))


def test_who_watches_a_view_is_told_of_each_change(odd):
    _, live = odd
    path = live.root / '.dmsfs/connections.json'
    with contextlib.ExitStack() as stack:
        watches = []
        for number in range(4):
            watches.append(stack.enter_context(contextlib.closing(Notify())))
            watches[-1].add(path, CLOSE_WRITE)
            live.observe(lambda: live.sim.set('e01', Status=f'status-{number}'))
            assert f'status-{number}'.encode() in view(live, path.name)
            for watch in watches:
                assert watch.read(PATIENCE_S)


@pytest.mark.whole_mount
def test_metrics_tell_what_the_mount_knows(odd):
    _, live = odd
    live.observe(lambda: live.sim.set('e01', Status='new "status"'))
    lines = view(live, 'metrics.prom').decode()
    labels = f'source="us-east-1",mount="{live.root}"'
    assert lines.endswith('\n') and '\r' not in lines and ODD[1] not in lines
    assert (f'dms_connection_status{{{labels},region="us-east-1",'
            'replication_instance="inst",endpoint="e01",status="new \\"status\\""} 1\n'
            in lines)
    assert f'dmsfs_fresh{{{labels}}} 1\n' in lines
    assert f'dmsfs_changes_total{{{labels},old="failed",new="new \\"status\\""}} 1\n' in lines
    since = re.search(r'since_timestamp_seconds{[^}]*endpoint="e01"} ([0-9.]+)', lines)
    link = next((live.root / '.dmsfs/by-status/new "status"').iterdir())
    assert float(since[1]) == pytest.approx(link.lstat().st_mtime, abs=0.001)
    refreshed = re.search(r'dmsfs_last_refresh_timestamp_seconds{[^}]*} ([0-9.]+)', lines)
    assert float(refreshed[1]) == pytest.approx(
        os.stat(live.root / '.dmsfs/metrics.prom').st_mtime, abs=0.001)
    asked = sum(int(count) for count in re.findall(
        r'dmsfs_requests_total{[^}]*operation="DescribeConnections",code="ok"} (\d+)', lines))
    assert 0 < asked <= len(live.sim.log())
    live.sim.fault(kind='error', status=403, type='AccessDeniedException', message='no')
    live.refresh_and_wait()
    until(lambda: f'dmsfs_fresh{{{labels}}} 0\n' in view(live, 'metrics.prom').decode())
    assert 'code="AccessDeniedException"} 1\n' in view(live, 'metrics.prom').decode()


@pytest.mark.skipif(not shutil.which('promtool'), reason='promtool is missing')
def test_promtool_has_nothing_to_say(odd):
    _, live = odd
    done = subprocess.run(['promtool', 'check', 'metrics'], capture_output=True,
                          input=view(live, 'metrics.prom'), check=True)
    assert done.stdout + done.stderr == b''
