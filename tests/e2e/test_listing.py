"""A whole listing becomes the tree: all pages, each once, over one connection."""

import ast
import ctypes
import errno
import json
import os
import pty
import re

import pytest

import contract
from browse import find, read_tree

SIZES = [0, 1, 20, 100, 101, 2345]
NO_CONNECTIONS = '^dmsfs: warning: there are no connections'

# https://docs.aws.amazon.com, boto3: DatabaseMigrationService.Client
# .describe_connections, "Expected Output". Its EndpointArn is malformed.
EXAMPLE = """{
    'Connections': [
        {
            'EndpointArn': 'arn:aws:dms:us-east-arn:aws:dms:us-east-1:123456789012:endpoint:ZW5UAN6P4E77EC7YWHK4RZZ3BE',
            'EndpointIdentifier': 'testsrc1',
            'ReplicationInstanceArn': 'arn:aws:dms:us-east-1:123456789012:rep:6UTDJGBOUS3VI3SUWA66XFJCJQ',
            'ReplicationInstanceIdentifier': 'test',
            'Status': 'successful',
        },
    ],
    'Marker': '',
    'ResponseMetadata': {
        '...': '...',
    },
}"""  # noqa: E501

EXAMPLE_FILE = """\
Status: successful
EndpointIdentifier: testsrc1
EndpointArn: arn:aws:dms:us-east-arn:aws:dms:us-east-1:123456789012:endpoint:ZW5UAN6P4E77EC7YWHK4RZZ3BE
ReplicationInstanceIdentifier: test
ReplicationInstanceArn: arn:aws:dms:us-east-1:123456789012:rep:6UTDJGBOUS3VI3SUWA66XFJCJQ
"""  # noqa: E501


def pages_of(count, page_size):
    return max(1, -(-count // page_size))


@pytest.mark.parametrize('page_size', [20, 100])
@pytest.mark.parametrize('count', SIZES)
def test_follows_each_marker_once_over_one_connection(serve, mount, sh, count,
                                                      page_size):
    sim = serve(connections=count, instances=min(12, max(count, 1)))
    # On a busy machine all pages may be so slow that it would go on by instance.
    sim.fault(kind='error', status=400, type='AccessDeniedException', count=-1,
              action='DescribeReplicationInstances')
    mounted = mount(sim, '--max-records', page_size, warnings=NO_CONNECTIONS)
    log = [request for request in sim.log()
           if request['action'] != 'DescribeReplicationInstances']
    files = find(mounted.path, '-type', 'f')
    counted = sh('sh', '-c', '"$@" | wc -l', 'sh', *files)
    assert int(counted) == count
    assert read_tree(mounted.path) == {
        path: contract.document(record)
        for path, record in contract.tree(sim.listing())[0].items()}
    markers = [request['marker'] for request in log if 'marker' in request]
    assert len(log) == pages_of(count, page_size)
    assert len(markers) == len(set(markers)) == len(log) - 1
    assert 'marker' not in log[0]
    assert {request['connection'] for request in log} == {log[0]['connection']}
    assert {request['max_records'] for request in log} == {page_size}
    assert {request['status'] for request in log} == {200}


@pytest.mark.parametrize('end_marker', ['absent', 'empty', 'null'])
def test_ends_at_any_form_of_no_marker(serve, mount, end_marker):
    sim = serve(connections=120, instances=3, end_marker=end_marker)
    mounted = mount(sim)
    assert len(read_tree(mounted.path)) == 120
    assert len(sim.log()) == 2


@pytest.mark.parametrize('fault', [{'kind': 'duplicate-records', 'times': 3},
                                   {'kind': 'big', 'bytes': 5_000_000},
                                   {'kind': 'big', 'bytes': 100, 'chunked': True}])
def test_reads_pages_of_odd_shapes(serve, mount, fault):
    sim = serve(connections=150, instances=3)
    sim.fault(count=-1, **fault)
    mounted = mount(sim)
    assert read_tree(mounted.path) == {
        path: contract.document(record)
        for path, record in contract.tree(sim.listing())[0].items()}
    assert mounted.summary()['connections'] == '150'


def test_keeps_the_last_record_of_a_repeated_connection(serve, mount):
    early = contract.record(status='testing')
    late = contract.record(status='failed', message='no route')
    others = [contract.record('other', f'ep-{i}') for i in range(120)]
    sim = serve(listing=contract.wire([early, *others, late]))
    mounted = mount(sim)
    assert read_tree(mounted.path)[b'inst', b'ep'] == contract.document(late)
    assert mounted.summary()['connections'] == '121'


class Dirent(ctypes.Structure):
    _fields_ = [('d_ino', ctypes.c_uint64), ('d_off', ctypes.c_int64),
                ('d_reclen', ctypes.c_uint16), ('d_type', ctypes.c_uint8),
                ('d_name', ctypes.c_char * 256)]


def list_with_seeks(path):
    """All names of a directory, by a reader that goes to the start and back to where
    it was after each."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.opendir.restype = ctypes.c_void_p
    libc.readdir.restype = ctypes.POINTER(Dirent)
    libc.telldir.restype = ctypes.c_long
    stream = ctypes.c_void_p(libc.opendir(os.fsencode(path)))
    assert stream
    names = []
    while entry := libc.readdir(stream):
        names.append(os.fsdecode(entry.contents.d_name))
        position = libc.telldir(stream)
        libc.rewinddir(stream)
        libc.readdir(stream)
        libc.seekdir(stream, ctypes.c_long(position))
    libc.closedir(stream)
    return names


def test_goes_on_from_any_position_in_a_large_directory(serve, mount):
    sim = serve(connections=2345, instances=1)
    mounted = mount(sim)
    [directory] = (os.path.join(mounted.path, name)
                   for name in os.listdir(mounted.path) if name != '.dmsfs')
    names = set(os.listdir(directory))
    assert len(names) == 2345
    listed = list_with_seeks(directory)
    assert len(listed) == 2347
    assert set(listed) == names | {'.', '..'}


# A service that takes its time


def _actions(sim):
    return [(entry['action'], bool(entry.get('filters'))) for entry in sim.log()]


def test_goes_on_by_instance_where_each_page_is_slow(serve, mount):
    sim = serve(connections=400, instances=10, latency_ms=25)
    mounted = mount(sim, '--max-records', 20)
    serial = [('DescribeConnections', False)] * 8
    assert _actions(sim) == [*serial, ('DescribeReplicationInstances', False),
                             *[('DescribeConnections', True)] * 20]
    assert read_tree(mounted.path) == {
        path: contract.document(record)
        for path, record in contract.tree(sim.listing())[0].items()}


def test_lists_a_slow_service_page_by_page_without_the_permission(serve, mount):
    sim = serve(connections=400, instances=10, latency_ms=25)
    sim.fault(kind='error', status=400, type='AccessDeniedException',
              action='DescribeReplicationInstances')
    mounted = mount(sim, '--max-records', 20)
    assert sorted(_actions(sim)) == [*[('DescribeConnections', False)] * 20,
                                     ('DescribeReplicationInstances', False)]
    assert len(read_tree(mounted.path)) == 400


# Filters


def test_asks_for_what_the_filters_choose_and_shows_it_alone(serve, mount):
    sim = serve(connections=400, instances=5)
    records = sim.listing()
    chosen = [records[8], records[12]]
    endpoints = [r['EndpointArn'] for r in chosen]
    instances = sorted({r['ReplicationInstanceArn'] for r in chosen})
    options = [word for arn in endpoints for word in ('--endpoint-arn', arn)]
    options += [word for arn in instances
                for word in ('--replication-instance-arn', arn)]
    mounted = mount(sim, *options)
    [request] = sim.log()
    assert request['filters'] == [
        {'Name': 'endpoint-arn', 'Values': endpoints},
        {'Name': 'replication-instance-arn', 'Values': instances}]
    expected = [r for r in records if r['EndpointArn'] in endpoints
                and r['ReplicationInstanceArn'] in instances]
    assert len(read_tree(mounted.path)) == len(expected) == 2


@pytest.mark.parametrize('is_fault', [False, True])
def test_mounts_empty_with_a_warning_where_filters_match_nothing(serve, mount, sh,
                                                                 is_fault):
    sim = serve(connections=30, not_found_fault=is_fault)
    warning = '^dmsfs: warning: no connection matches the filters'
    mounted = mount(sim, '--endpoint-arn', 'arn:aws:dms:us-east-1:1:endpoint:NONE',
                    warnings=warning)
    assert len(mounted.surprises()) == 0
    assert re.search(warning, mounted.stderr(), re.M)
    assert sh('ls', mounted.path) == ''
    assert mounted.summary()['connections'] == '0'
    [request] = sim.log()
    assert request['status'] == (400 if is_fault else 200)


# What it says


def test_says_what_it_mounted_and_how_long_it_took(serve, mount):
    sim = serve(connections=2345, instances=12)
    mounted = mount(sim)
    summary = mounted.summary()
    assert summary.pop('seconds')
    assert summary == {'region': 'us-east-1', 'connections': '2,345',
                       'instances': '12', 'pages': '24'}


def test_counts_one_of_each_in_the_singular(serve, mount):
    sim = serve(connections=1, instances=1)
    mounted = mount(sim)
    assert re.fullmatch(r'dmsfs: us-east-1: 1 connection on 1 replication instance '
                        r'\(1 page, \d+\.\d s\)\n', mounted.stderr())


def test_counts_the_records_it_leaves_out(serve, mount):
    lone = contract.record()
    sim = serve(listing=contract.wire([
        {}, {'Status': 'failed'}, lone,
        contract.record(EndpointArn=None, EndpointIdentifier=None),
        contract.record(ReplicationInstanceArn='',
                        ReplicationInstanceIdentifier=''),
        # An ARN whose last part is empty names nothing.
        contract.record(EndpointArn='arn:aws:dms:', EndpointIdentifier=None),
    ]))
    left_out = '^dmsfs: warning: skipped 5 records with neither '
    mounted = mount(sim, warnings=left_out)
    assert re.search(left_out, mounted.stderr(), re.M)
    assert read_tree(mounted.path) == {(b'inst', b'ep'): contract.document(lone)}
    assert mounted.summary()['connections'] == '1'


def test_says_nothing_when_quiet(serve, mount):
    mounted = mount(serve(connections=14), '-q', is_foreground=False)
    assert mounted.stderr() == ''


def test_shows_progress_on_a_terminal_and_clears_it(serve, mount):
    terminal, ours = pty.openpty()
    with os.fdopen(ours, 'wb', buffering=0) as stderr:
        mount(serve(connections=250, instances=5), is_foreground=False, stderr=stderr)
    # The mount in the background has let go of the terminal, so it ends here.
    steps = [step for step in read_terminal(terminal).split('\r\x1b[K') if step]
    assert steps[:3] == ['dmsfs: us-east-1: 100 connections (1 page)',
                         'dmsfs: us-east-1: 200 connections (2 pages)',
                         'dmsfs: us-east-1: 250 connections (3 pages)']
    assert re.fullmatch(r'dmsfs: us-east-1: 250 connections on 5 replication instances '
                        r'\(3 pages, \d+\.\d s\)\r\n', steps[3])
    assert len(steps) == 4


def read_terminal(terminal):
    """All that is left to read; the end of a terminal is an error, EIO."""
    text = b''
    with os.fdopen(terminal, 'rb', buffering=0) as file:
        try:
            while piece := file.read(65536):
                text += piece
        except OSError as error:
            assert error.errno == errno.EIO
    return text.decode()


def test_shows_the_documented_example_as_the_contract_says(serve, mount, sh):
    sim = serve()
    sim.fault(kind='raw', count=-1, content_type='application/x-amz-json-1.1',
              body=json.dumps(ast.literal_eval(EXAMPLE)))
    root = mount(sim).path
    assert len(sim.log()) == 1
    assert sh('cat', root / 'test' / 'testsrc1') == EXAMPLE_FILE
    assert sh(*find(root, '-type', 'f')) == f'{root}/test/testsrc1\n'
    assert sh('ls', root) == 'test\n'
