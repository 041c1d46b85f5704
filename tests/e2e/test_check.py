"""--check, which does all but mount; and --wait, for a service that is not there yet."""

import errno
import fcntl
import os
import pty
import re
import struct
import termios
import time

import pytest

import mount as mounting
from contract import record
from sources import write_profiles

ACCOUNT = '123456789012'
RECORDS = [record('inst', 'a'), record('inst', 'b', 'failed'), record('other', 'c', 'x')]


@pytest.fixture
def check(place):
    """Runs --check with these arguments; what it ended with."""
    def start(sim, *arguments, **settings):
        return mounting.run(place, ['--check', '--endpoint-url', sim.url, *arguments],
                            {**sim.environment(home=place), 'AWS_MAX_ATTEMPTS': '1'},
                            **settings)

    return start


def fields_of(text):
    return dict(line.split(': ', 1) for line in text.splitlines())


def test_check_tells_what_the_set_up_comes_to_and_mounts_nothing(
        serve, check, place, mountpoint):
    sim = serve(listing=RECORDS)
    done = check(sim, mountpoint)
    assert done.returncode == 0, done.stderr
    shown = fields_of(done.stdout)
    wanted = {'State': 'fresh', 'Region': sim.region, 'Endpoint': f'{sim.url}/',
              'Account': ACCOUNT, 'ReplicationInstances': '2', 'Connections': '3',
              'Successful': '1', 'Failed': '1', 'Other': '1'}
    assert {name: shown.get(name) for name in wanted} == wanted
    assert shown['Credentials'].startswith('environment, ****')
    assert sim.secret_key not in done.stdout + done.stderr
    assert shown['Commands'] == 'none'
    # It is over, and nothing will come next.
    assert 'NextRefresh' not in shown
    assert mounting.mounts_below(place) == []
    assert len(sim.log()) == 1


@pytest.mark.parametrize('options, commands', [
    (['--allow-test'], 'test'), (['--allow-delete'], 'delete'),
    (['-o', 'allow_test,allow_delete'], 'test, delete'),
    (['--allow-test', '-o', 'ro'], 'none')])
def test_check_tells_what_is_allowed(serve, check, options, commands):
    done = check(serve(listing=RECORDS), *options)
    assert done.returncode == 0
    assert fields_of(done.stdout)['Commands'] == commands


def test_check_needs_no_mountpoint_and_no_connection(serve, check):
    done = check(serve(listing=[]))
    assert done.returncode == 0
    shown = fields_of(done.stdout)
    assert shown['Connections'] == '0'
    assert 'Account' not in shown
    assert 'there are no connections' in done.stderr


def test_check_takes_the_profile_of_a_source_with_a_slash(serve, check, place):
    sim = serve(listing=RECORDS)
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(
        '[profile prod/ReadOnly]\nregion = eu-west-3\n'
        f'aws_access_key_id = {sim.access_key}\naws_secret_access_key = {sim.secret_key}\n')
    done = check(sim, f'prod/ReadOnly@{sim.region}')
    assert done.returncode == 0, done.stderr
    assert 'profile prod/ReadOnly in ' in fields_of(done.stdout)['Credentials']
    done = check(sim, f'prod/Admin@{sim.region}')
    assert done.returncode == 1
    assert "the profile 'prod/Admin'" in done.stderr


def test_check_finds_the_account_where_there_is_one(serve, check):
    odd = [record('inst', 'a', EndpointArn='nonsense', ReplicationInstanceArn='a:b'),
           record('inst', 'b', EndpointArn='arn:aws:dms:eu-west-1:000011112222:endpoint:X',
                  ReplicationInstanceArn='arn:aws:dms:eu-west-1::rep:X')]
    done = check(serve(listing=odd))
    assert fields_of(done.stdout)['Account'] == '000011112222'


def test_check_says_why_it_would_not_mount(serve, check):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=400, type='AccessDeniedException', message='not you')
    done = check(sim)
    assert (done.returncode, done.stdout) == (1, '')
    assert re.fullmatch(r'dmsfs: .*AccessDeniedException.*not you.*\n', done.stderr)


def test_check_fails_where_nobody_can_read_it(serve, check):
    done = check(serve(listing=RECORDS),
                 prefix=['sh', '-c', 'exec "$@" >/dev/full', 'sh'])
    assert done.returncode == 1


# Several sources


@pytest.fixture
def check_several(place):
    """Runs --check where each sim is the account of a profile, a, b and so on."""
    def start(sims, *arguments, **settings):
        return mounting.run(place, ['--check', *arguments],
                            {**sims[0].environment(home=place), 'AWS_MAX_ATTEMPTS': '1',
                             **write_profiles(place, dict(zip('abcdef', sims)))},
                            **settings)

    return start


def paragraphs_of(text):
    return [fields_of(part) for part in text.split('\n\n')]


@pytest.mark.parametrize('words', [
    ['a@us-east-1', 'b@eu-west-1'], ['a@us-east-1,b@eu-west-1'],
    ['a@us-east-1', 'b@eu-west-1', '/mnt']])
def test_check_has_a_paragraph_for_each_source(serve, check_several, words):
    sims = [serve(listing=RECORDS), serve(listing=RECORDS[:1], region='eu-west-1')]
    done = check_several(sims, '--allow-test', *words)
    assert done.returncode == 0, done.stderr
    shown = paragraphs_of(done.stdout)
    assert [(one['Source'], one['State'], one['Region'], one['Endpoint'],
             one['Connections'], one['Commands']) for one in shown] == [
        ('a@us-east-1', 'fresh', 'us-east-1', f'{sims[0].url}/', '3', 'test'),
        ('b@eu-west-1', 'fresh', 'eu-west-1', f'{sims[1].url}/', '1', 'test')]
    assert done.stdout.startswith('Source: a@us-east-1\nState: ')
    assert [re.sub(r' \(.*', '', line) for line in done.stderr.splitlines()] == [
        'dmsfs: a@us-east-1: 3 connections on 2 replication instances',
        'dmsfs: b@eu-west-1: 1 connection on 1 replication instance']
    assert [len(sim.log()) for sim in sims] == [1, 1]


def test_check_names_every_source_that_fails(serve, check_several):
    sims = [serve(listing=RECORDS) for _ in range(3)]
    sims[0].fault(kind='error', status=400, type='AccessDeniedException',
                  message='not you')
    sims[2].kill()
    done = check_several(sims, 'a@us-east-1', 'b@us-east-1', 'c@us-east-1',
                         'd@us-east-1')
    assert done.returncode == 1
    refused, listed, lost, unknown = paragraphs_of(done.stdout)
    assert (listed['State'], listed['Connections']) == ('fresh', '3')
    for one, name, reason in [(refused, 'a', 'AccessDeniedException: not you'),
                              (lost, 'c', 'refused'), (unknown, 'd', "the profile 'd'")]:
        assert (one['Source'], one['State']) == (f'{name}@us-east-1', 'unlisted')
        assert reason in one['LastError']
        # The same on the terminal.
        [line] = [line for line in done.stderr.splitlines()
                  if line.startswith(f'dmsfs: {name}@us-east-1: ')]
        assert one['LastError'] in line
    assert (refused['Endpoint'], lost['Endpoint']) == (f'{sims[0].url}/',
                                                       f'{sims[2].url}/')
    for one, name in (refused, 'a'), (lost, 'c'):
        assert one['Credentials'].startswith(f'profile {name} in ')


def test_check_of_several_fails_where_some_may_be_missing_from_a_mount(serve,
                                                                       check_several):
    sims = [serve(listing=RECORDS) for _ in range(2)]
    sims[1].kill()
    done = check_several(sims, '--partial', 'a@us-east-1,b@us-east-1')
    assert done.returncode == 1
    assert '--partial' not in done.stderr


def test_waits_for_the_source_that_is_not_there_yet_alone(serve, check_several):
    sims = [serve(listing=RECORDS) for _ in range(2)]
    sims[1].fault(kind='error', status=503, type='ServiceUnavailable', message='soon',
                  count=2)
    done = check_several(sims, '--wait', '600', 'a@us-east-1,b@us-east-1')
    assert done.returncode == 0, done.stderr
    [again, *_] = done.stderr.splitlines()
    assert re.fullmatch(r'dmsfs: b@us-east-1: ServiceUnavailable: soon.*; retrying for '
                        r'up to [0-9]+ s', again)
    assert [len(sim.log()) for sim in sims] == [1, 3]


def test_the_trace_tells_whose_lines_they_are(serve, check_several):
    done = check_several([serve(listing=RECORDS) for _ in range(2)], '-d',
                         'a@us-east-1,b@us-east-1')
    assert done.returncode == 0
    for name in 'ab':
        assert re.search(rf'^dmsfs: {name}@us-east-1: credentials of profile {name}: ',
                         done.stderr, re.M)


def test_check_of_several_fails_where_nobody_can_read_it(serve, check_several):
    done = check_several([serve(listing=RECORDS) for _ in range(2)],
                         'a@us-east-1,b@us-east-1',
                         prefix=['sh', '-c', 'exec "$@" >/dev/full', 'sh'])
    assert done.returncode == 1


# On a terminal


class Screen:
    """The lines that a terminal would show, which knows what dmsfs writes: \\r, \\n, to
    clear the rest of a line, and to go up."""

    def __init__(self, columns):
        self.lines, self.row, self.columns = [''], 0, columns
        self.seen = set()

    def feed(self, text):
        for piece in re.findall(r'\x1b\[[A-Za-z]|[\r\n]|[^\x1b\r\n]+', text):
            if piece == '\x1b[A':
                assert self.row > 0
                self.row -= 1
            elif piece == '\n':
                self.row += 1
                self.lines += [''] * (self.row + 1 - len(self.lines))
            elif piece == '\x1b[K':
                self.lines[self.row] = ''
            elif piece != '\r':
                assert self.lines[self.row] == '', 'written over what stood there'
                self.lines[self.row] = piece
                self.seen.add(piece)


def on_a_terminal(check_several, sims, *words, rows, columns, kind='xterm'):
    """What --check showed on a terminal of that size, line by line."""
    terminal, ours = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    with os.fdopen(ours, 'wb', buffering=0) as stderr:
        done = check_several(sims, *words, stderr=stderr,
                             prefix=['env', f'TERM={kind}', 'NO_COLOR=1'])
    screen = Screen(columns)
    with os.fdopen(terminal, 'rb', buffering=0) as file:
        text = b''
        try:
            while piece := file.read(65536):
                text += piece
        except OSError as error:
            assert error.errno == errno.EIO
    screen.feed(text.decode())
    return done, screen


def summaries(*names, count=250):
    return [rf'dmsfs: {name}@us-east-1: {count} connections on 5 replication instances '
            r'\(3 pages, \d+\.\d s\)' for name in names]


def check_lines(screen, patterns):
    """No line of the progress is left."""
    assert screen.lines.pop() == ''
    assert len(screen.lines) == len(patterns), screen.lines
    for line, pattern in zip(screen.lines, patterns):
        assert re.fullmatch(pattern, line), (line, pattern)


def test_shows_a_line_of_progress_for_each_source(serve, check_several):
    sims = [serve(connections=250, instances=5) for _ in range(3)]
    done, screen = on_a_terminal(check_several, sims, 'a@us-east-1,b@us-east-1',
                                 'c@us-east-1', rows=24, columns=80)
    assert done.returncode == 0
    for name in 'abc':
        assert {f'dmsfs: {name}@us-east-1: 100 connections (1 page)',
                f'dmsfs: {name}@us-east-1: 250 connections (3 pages)',
                f'dmsfs: {name}@us-east-1: 250 connections (3 pages), done'
                } <= screen.seen
    check_lines(screen, summaries(*'abc'))


def test_keeps_the_progress_apart_from_messages(serve, check_several):
    sims = [serve(connections=250, instances=5) for _ in range(3)]
    sims[1].fault(kind='error', status=503, type='ServiceUnavailable', message='soon')
    sims[2].fault(kind='error', status=400, type='AccessDeniedException', message='no')
    done, screen = on_a_terminal(check_several, sims, '--wait', '600', 'a@us-east-1',
                                 'b@us-east-1', 'c@us-east-1', rows=24, columns=80)
    assert done.returncode == 1
    check_lines(screen, [
        r'dmsfs: b@us-east-1: ServiceUnavailable: soon.*; retrying for up to \d+ s',
        *summaries(*'ab'), 'dmsfs: c@us-east-1: AccessDeniedException: no.*'])


def test_cuts_the_progress_to_a_narrow_terminal(serve, check_several):
    sims = [serve(connections=250, instances=5) for _ in range(2)]
    done, screen = on_a_terminal(check_several, sims, 'a@us-east-1', 'b@us-east-1',
                                 rows=24, columns=30)
    assert done.returncode == 0
    assert {len(line) for line in screen.seen if ' on 5 ' not in line} == {29}
    check_lines(screen, summaries(*'ab'))


def test_sums_the_progress_up_on_a_low_terminal(serve, check_several):
    sims = [serve(connections=250, instances=5) for _ in range(3)]
    done, screen = on_a_terminal(check_several, sims, 'a@us-east-1', 'b@us-east-1',
                                 'c@us-east-1', rows=3, columns=80)
    assert done.returncode == 0
    assert 'dmsfs: 3 of 3 sources: 750 connections (9 pages)' in screen.seen
    check_lines(screen, summaries(*'abc'))


def test_shows_no_progress_on_a_dumb_terminal(serve, check_several):
    sims = [serve(connections=250, instances=5) for _ in range(2)]
    done, screen = on_a_terminal(check_several, sims, 'a@us-east-1', 'b@us-east-1',
                                 rows=24, columns=80, kind='dumb')
    assert done.returncode == 0
    assert screen.seen == set(screen.lines) - {''}
    check_lines(screen, summaries(*'ab'))


# Waiting


def test_a_first_listing_that_may_pass_is_tried_again(serve, mount):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=503, type='ServiceUnavailable', message='soon',
              count=2)
    mounted = mount(sim, '--wait', '60', environment={'AWS_MAX_ATTEMPTS': '1'},
                    warnings='ServiceUnavailable.*retrying for up to [0-9]+ s')
    assert (mounted.path / 'inst/a').exists()
    # Once, however often it is tried.
    assert mounted.stderr().count('retrying') == 1
    assert len(sim.log()) == 3


def test_a_first_listing_that_does_not_pass_in_time_is_the_end(
        serve, place, mountpoint):
    sim = serve(listing=RECORDS)
    sim.fault(kind='reset', count=-1)
    begun = time.monotonic()
    done = mounting.run(place, ['--endpoint-url', sim.url, '--wait', '3', mountpoint],
                        {**sim.environment(home=place), 'AWS_MAX_ATTEMPTS': '1'})
    assert time.monotonic() - begun >= 3
    assert done.returncode == 1
    again, last = done.stderr.splitlines()
    assert 'retrying for up to 3 s' in again
    assert last.startswith('dmsfs: ') and 'was lost' in last
    assert len(sim.log()) >= 2
    assert mounting.mounts_below(place) == []


def test_a_refusal_is_not_waited_for(serve, refuse):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=400, type='AccessDeniedException', message='not you',
              count=-1)
    begun = time.monotonic()
    assert 'not you' in refuse(sim, '--wait', '60')
    assert time.monotonic() - begun < 30
    assert len(sim.log()) == 1
