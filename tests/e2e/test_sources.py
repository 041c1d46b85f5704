"""Several sources under one mount: each is a tree as ever, none has to do with another,
and the sum never says that all is well while it is not."""

import contextlib
import datetime
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

import contract
import mount as mounting
from browse import read_tree
from conftest import SELDOM
from contract import record
from exporter import Exporter, needs_exporter
from live import editors_of, marked
from metrics import of_dms, series_of, value_of
from shims import needs_shims, preload
from sources import arguments_of, of_account, several, word, write_profiles
from tracing import halted
from watch import Watch, until

HERE = {'prod': 'eu-west-1:1', 'test': 'us-east-1:1', 'old': 'eu-west-1:2'}
OTHERS = ['test', 'old']
# The promise for changes that cannot be made, which one try of several has to keep.
TOLD_S = 10
TRIES = 5
ALLOWED = ['--allow-test', '--allow-delete', '--test-interval', '0']
CAUSES = {
    'refused': {'kind': 'error', 'type': 'AccessDeniedException', 'message': 'not you'},
    'expired': {'kind': 'error', 'type': 'ExpiredTokenException', 'message': 'too old'},
    'throttled': {'kind': 'error', 'type': 'ThrottlingException', 'message': 'slower'},
    'no JSON': {'kind': 'raw', 'body': '<html>\x1b[2J</html>'},
    'cut': {'kind': 'cut', 'bytes': 30},
    'closed': {'kind': 'close'},
    'silent': {'kind': 'hang'},
    'endless': {'kind': 'endless-markers'},
}


def listing_of(name):
    """The same names in each, and some of its own."""
    return of_account(marked(record('inst', 'a'), record('inst', 'b', 'failed', 'down'),
                             record(f'of-{name}', 'c', 'testing')), HERE[name])


@pytest.fixture
def sims(serve):
    return {name: serve(region=account.partition(':')[0], listing=listing_of(name))
            for name, account in HERE.items()}


@pytest.fixture
def three(place, mountpoint, sims):
    """Mounts the three: three(OPTION...)."""
    with contextlib.ExitStack() as mounts:
        def start(*options, **settings):
            return mounts.enter_context(several(
                place, sims, *SELDOM, '--read-timeout', '2', *options,
                mountpoint=mountpoint, **settings))

        yield start


def refuse(place, mountpoint, sims, *options):
    """What a start says that must fail."""
    variables = {**next(iter(sims.values())).environment(home=place),
                 **write_profiles(place, sims), 'AWS_MAX_ATTEMPTS': '1'}
    done = mounting.run(place, arguments_of(sims, [*SELDOM, *options], mountpoint),
                        variables)
    assert done.returncode == 1, done.stderr
    assert mounting.mounts_below(place) == []
    return done.stderr


def await_state(it, state, profile=None):
    until(lambda: it.status(profile)['State'] == state, what=f'{profile}: {state}')


def spoil(it, profile, cause='refused'):
    """From now on all listings of a source fail."""
    it.sims[profile].fault(count=-1, **CAUSES[cause])
    it.refresh(profile)
    await_state(it, 'stale', profile)


def heal(it, profile):
    it.sims[profile].clear_faults()
    it.refresh(profile)
    await_state(it, 'fresh', profile)


def shown(it, profile):
    """All that a source shows but its times."""
    files = dict(read_tree(it.path(profile)))
    for path in sorted(it.path(profile, '.dmsfs/by-status').glob('*/*')):
        files[path] = os.readlink(path)
    return files, it.lines('changes', profile), {
        name: value for name, value in it.status(profile).items()
        if name not in ('LastRefresh', 'NextRefresh', 'RefreshSeconds')}


# The tree


def test_each_source_is_the_tree_of_a_mount_of_its_own(three, sims):
    it = three()
    assert sorted(os.listdir(it.root)) == sorted(['.dmsfs', *it.words.values()])
    for name, sim in sims.items():
        files, skipped = contract.tree(sim.listing())
        assert skipped == 0
        assert read_tree(it.path(name)) == {
            path: contract.document(one) for path, one in files.items()}
        assert it.status(name)['Region'] == sim.region
        assert it.status(name)['Endpoint'] == f'{sim.url}/'
        [link] = it.path(name, '.dmsfs/by-status/failed').iterdir()
        assert os.readlink(link) == '../../../inst/b'
        assert link.read_bytes().startswith(b'Status: failed\n')


def test_the_sum_has_a_link_to_each_connection(three):
    it = three()
    expected = {f'{status}/{it.words[name]}:{path.replace("/", ":")}':
                f'../../../{it.words[name]}/{path}'
                for name in HERE for status, path in (
                    ('successful', 'inst/a'), ('failed', 'inst/b'),
                    ('successful', 'mark/er'), ('testing', f'of-{name}/c'))}
    directory = it.path(name='.dmsfs/by-status')
    assert {str(link.relative_to(directory)): os.readlink(link)
            for link in directory.glob('*/*')} == expected
    assert all(link.read_bytes().startswith(b'Status: ')
               for link in directory.glob('*/*'))
    assert {path.name for path in directory.iterdir()} == {
        'successful', 'testing', 'failed', 'deleting'}


def test_the_status_of_the_sum_sums_up(three):
    it = three()
    status = it.status()
    counts = 'ReplicationInstances', 'Connections', 'Successful', 'Testing', 'Failed'
    assert status['State'] == 'fresh'
    assert {name: int(status[name]) for name in counts} == {
        name: sum(int(it.status(one)[name]) for one in HERE) for name in counts}
    assert not {'Region', 'Endpoint', 'Stale', 'LastError'} & status.keys()
    assert status['LastRefresh'] == min(it.status(one)['LastRefresh'] for one in HERE)


def test_the_device_is_what_was_given(three):
    it = three()
    entry = mounting.mount_entry(it.root)
    assert entry.type == 'fuse.dmsfs'
    assert entry.source == ','.join(it.words.values())


def test_what_reads_a_mount_reads_all_sources(three, sh):
    it = three()
    found = sh('grep', '-rl', '--exclude-dir=.dmsfs', '^Status: failed', it.root)
    assert sorted(found.splitlines()) == sorted(
        str(it.path(name, 'inst/b')) for name in HERE)
    assert sh('find', it.root, '-name', 'c', '-type', 'f').count('\n') == 3


# Staleness


def test_the_sum_names_who_is_stale(three):
    it = three()
    spoil(it, 'test')
    until(lambda: it.status()['State'] == 'stale', what='a stale sum')
    assert it.status()['Stale'] == it.words['test']
    assert it.status()['LastError'].startswith(
        f'{it.words["test"]}: AccessDeniedException: not you')
    assert [it.status(name)['State'] for name in HERE] == ['fresh', 'stale', 'fresh']
    spoil(it, 'old', 'expired')
    until(lambda: ', ' in it.status()['Stale'], what='both')
    assert set(it.status()['Stale'].split(', ')) == {it.words[name] for name in OTHERS}
    heal(it, 'test')
    until(lambda: it.status()['Stale'] == it.words['old'], what='the one left')
    assert it.status()['LastError'].startswith(f'{it.words["old"]}: ')
    heal(it, 'old')
    await_state(it, 'fresh')
    assert not {'Stale', 'LastError'} & it.status().keys()


def test_the_sum_is_as_old_as_its_oldest(three):
    it = three()
    spoil(it, 'old')
    before = it.status('old')['LastRefresh']
    until(lambda: it.refresh('prod') or it.status('prod')['LastRefresh'] > before,
          what='a later second')
    assert it.status()['LastRefresh'] == before


@needs_shims
def test_the_sum_is_stale_by_age_whatever_hangs(three, sims, place):
    """A fetcher in open(2), of a file whose server does not respond."""
    config = place / 'profiles'
    it = three('--refresh', '1', '--connect-timeout', '1', '--read-timeout', '1',
               environment=preload('hang_open', OPEN_HANGS=str(config),
                                   OPEN_HANGS_TIMES='1'))
    hangs = config.with_name('profiles.hangs')
    hangs.touch()
    with Watch(it.path(name='.dmsfs'), recursive=False) as watch:
        config.write_text(config.read_text() + '#\n')
        watch.until('MODIFY status')
        status = it.status()
        metrics = it.path(name='.dmsfs/metrics.prom').read_text()
    [name] = [name for name in HERE if it.status(name)['State'] == 'stale']
    assert (status['State'], status['Stale']) == ('stale', it.words[name])
    assert status['LastError'].startswith(
        f'{it.words[name]}: no listing has ended since 2')
    assert {one: value_of(metrics, 'dmsfs_fresh', source=it.words[one])
            for one in HERE} == {one: one != name for one in HERE}
    hangs.unlink()
    await_state(it, 'fresh', name)
    await_state(it, 'fresh')
    assert value_of(it.path(name='.dmsfs/metrics.prom').read_text(), 'dmsfs_fresh',
                    source=it.words[name]) == 1


def test_the_sum_is_stale_by_age_while_no_thread_does_anything(three):
    it = three('--refresh', '1', '--connect-timeout', '1', '--read-timeout', '1')
    await_state(it, 'fresh')
    with halted(it.mount.pid):
        await_state(it, 'stale')
        status = it.status()
        assert status['Stale'] in it.words.values()
        assert status['LastError'].startswith(
            f'{status["Stale"]}: no listing has ended since 2')
        until(lambda: all(it.status(name)['State'] == 'stale' for name in HERE),
              what='all of them')
        for path in it.path(), *map(it.path, HERE):
            text = (path / '.dmsfs/metrics.prom').read_text()
            assert {one.value for one in series_of(text)
                    if one.name == 'dmsfs_fresh'} == {0}
    await_state(it, 'fresh')


@pytest.mark.parametrize('cause', CAUSES)
def test_nothing_of_one_source_touches_the_others(three, sims, cause):
    it = three()
    before = {name: shown(it, name) for name in HERE}
    with Watch(*(it.path(name) for name in OTHERS), root=it.root) as watch:
        spoil(it, 'prod', cause)
        assert {name: shown(it, name) for name in OTHERS} == {
            name: before[name] for name in OTHERS}
        # All that was shown stays; and the others go on meanwhile.
        assert shown(it, 'prod')[:2] == before['prod'][:2]
        assert watch.events() == []
        for name in OTHERS:
            sims[name].set('a', LastFailureMessage='changed meanwhile')
            it.refresh(name)
            watch.until(f'CLOSE_WRITE {it.words[name]}/inst/a')
    assert it.status('prod')['State'] == 'stale'
    assert [len(sim.log()) for name, sim in sims.items() if name != 'prod'] == [2, 2]


def test_a_request_without_an_answer_delays_nobody(three, sims):
    it = three('--read-timeout', '3600')
    sims['prod'].fault(kind='hang', count=-1)
    numbers = itertools.count()
    with Watch(it.root) as watch:
        it.refresh()
        sims['prod'].wait_for_requests(2)
        for _ in range(3):
            for name in OTHERS:
                sims[name].set('a', LastFailureMessage=f'change {next(numbers)}')
                it.refresh(name)
                watch.until(f'CLOSE_WRITE {it.words[name]}/inst/a')
    assert len(sims['prod'].log()) == 2


def test_a_flood_in_one_source_is_none_in_the_others(three, sims):
    it = three()
    more = of_account([record('flood', f'e{number}', 'failed', 'down')
                       for number in range(5000)], HERE['prod'])
    with Watch(*(it.path(name) for name in OTHERS), root=it.root) as watch:
        sims['prod'].add(*more)
        it.refresh('prod')
        until(it.path('prod', 'flood').exists, what='the flood')
        sims['test'].set('a', Status='failed')
        it.refresh('test')
        name = it.words['test']
        events = watch.until(f'CREATE {name}/.dmsfs/by-status/failed/inst:a')
        assert [event for event in events if not event.endswith('/refresh')][:2] == [
            f'MODIFY {name}/inst/a', f'CLOSE_WRITE {name}/inst/a']
        until(lambda: len(os.listdir(it.path('prod', 'flood'))) == len(more),
              what='all of it')
        assert not [event for event in watch.events() if it.words['old'] in event]
    until(lambda: len(it.lines('changes')) == len(more) + 1, what='its lines')


# Events


def test_a_change_is_told_below_its_source_and_by_the_sum(three):
    it = three()
    name = it.words['test']
    with Watch(it.root) as watch:
        it.sims['test'].set('a', Status='failed', LastFailureMessage='no route')
        it.mount.signal(signal.SIGUSR1)
        events = watch.until('CLOSE_WRITE .dmsfs/changes')
    told = [event for event in events if not event.endswith('/connections.json')]
    own = [event.replace(f'{name}/', '') for event in told if f' {name}/' in event]
    assert own[:4] == ['MODIFY inst/a', 'CLOSE_WRITE inst/a',
                       'DELETE .dmsfs/by-status/successful/inst:a',
                       'CREATE .dmsfs/by-status/failed/inst:a']
    of_sum = [event for event in told if f' {name}/' not in event]
    assert of_sum == [f'DELETE .dmsfs/by-status/successful/{name}:inst:a',
                      f'CREATE .dmsfs/by-status/failed/{name}:inst:a',
                      'MODIFY .dmsfs/changes', 'CLOSE_WRITE .dmsfs/changes']
    # What the sum tells of can be read by then.
    line = ['inst/a', 'successful', 'failed', 'no route']
    assert it.lines('changes', 'test') == [line]
    assert it.lines('changes') == [[f'{name}/{line[0]}', *line[1:]]]
    assert it.lines('changes', 'prod') == []


def test_the_sum_tells_of_staleness_by_an_event(three):
    it = three()
    with Watch(it.path(name='.dmsfs'), recursive=False) as watch:
        spoil(it, 'test')
        watch.until('MODIFY status')
        heal(it, 'test')
        watch.until('MODIFY status')


# Refreshes


def test_the_sum_refreshes_all_and_a_source_itself(three, sims):
    it = three()
    it.refresh()
    for sim in sims.values():
        sim.wait_for_requests(2)
    it.refresh('test')
    sims['test'].wait_for_requests(3)
    assert [len(sim.log()) for sim in sims.values()] == [2, 3, 2]


# Views for machines


def test_the_sum_has_the_connections_of_all(three, sims):
    it = three()
    whole = json.loads(it.path(name='.dmsfs/connections.json').read_bytes())
    parts = [json.loads(it.path(name, '.dmsfs/connections.json').read_bytes())
             for name in HERE]
    assert whole.keys() == {'Connections'}

    def in_order(records):
        return sorted(records, key=lambda one: json.dumps(one, sort_keys=True))

    assert in_order(whole['Connections']) == in_order(
        one for part in parts for one in part['Connections'])
    assert in_order(parts[0]['Connections']) == in_order(sims['prod'].listing())


def test_the_sum_has_the_series_of_all(three):
    it = three()
    spoil(it, 'old')
    await_state(it, 'stale')
    text = it.path(name='.dmsfs/metrics.prom').read_text()
    series = series_of(text)
    assert len({(one.name, *sorted(one.labels.items())) for one in series}
               ) == len(series)
    for name in HERE:
        own = [one for one in series_of(
            it.path(name, '.dmsfs/metrics.prom').read_text())
            if one.name == 'dms_connection_status']
        assert {one.labels['source'] for one in own} == {it.words[name]}
        assert own == [one for one in series if one.name == 'dms_connection_status' and
                       one.labels['source'] == it.words[name]]
        assert value_of(text, 'dmsfs_fresh', source=it.words[name]) == (name != 'old')


@needs_exporter
def test_node_exporter_takes_the_sum_as_it_is(three, place):
    it = three('-o', 'allow_other')
    spoil(it, 'old')
    await_state(it, 'stale')
    directory = place / 'textfile'
    directory.mkdir()
    (directory / 'dms.prom').symlink_to(it.path(name='.dmsfs/metrics.prom'))
    with Exporter(place, directory) as exporter:
        text = exporter.scrape()
        assert value_of(text, 'node_textfile_scrape_error') == 0
        assert {name: value_of(text, 'dmsfs_fresh', source=it.words[name])
                for name in HERE} == {'prod': 1, 'test': 1, 'old': 0}
        assert of_dms(text) == of_dms(it.path(name='.dmsfs/metrics.prom').read_text())
        # Those of the sources have the same series once more.
        for name in HERE:
            (directory / f'{name}.prom').symlink_to(
                it.path(name, '.dmsfs/metrics.prom'))
        again = exporter.scrape()
        assert value_of(again, 'node_textfile_scrape_error') == 0
        assert of_dms(again) == of_dms(text)


# Commands


def client(*words):
    return subprocess.run([mounting.program(), *map(str, words)], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=mounting.PATIENCE_S, check=False)


@pytest.fixture
def gate(three, sims):
    """All is tested at once, and what is tested is polled often."""
    for sim in sims.values():
        sim.edit({'set': {'Status': 'successful'}})
    return three(*ALLOWED, '--refresh-active', '1')


def test_tests_one_connection_of_one_source(gate, sims):
    done = client('test', gate.path('test', 'inst/a'))
    assert (done.returncode, done.stdout) == (
        0, f'{gate.words["test"]}/inst/a: successful\n'), done.stderr
    assert {name: len(sim.log(action='TestConnection')) for name, sim in sims.items()
            } == {'prod': 0, 'test': 1, 'old': 0}
    [line] = until(lambda: gate.lines('commands'), what='its line')
    assert line[2:4] == [f'test {gate.words["test"]}/inst/a', 'ok']
    [line] = gate.lines('commands', 'test')
    assert line[2:4] == ['test inst/a', 'ok']


@pytest.mark.parametrize('where, count', [('source', 4), ('root', 12), ('links', 3)])
def test_a_directory_stands_for_all_in_it(gate, sims, where, count):
    if where == 'links':
        for sim in sims.values():
            sim.set('b', Status='failed')
        gate.refresh()
        until(lambda: gate.status()['Failed'] == '3', what='failures')
    path = {'source': gate.path('test'), 'root': gate.root,
            'links': gate.path(name='.dmsfs/by-status/failed')}[where]
    done = client('test', path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(': successful\n') == count
    asked = {name: len(sim.log(action='TestConnection')) for name, sim in sims.items()}
    assert asked == ({'prod': 0, 'test': 4, 'old': 0} if where == 'source' else
                     dict.fromkeys(HERE, count // 3))


@pytest.mark.parametrize('instance', ['inst', 'new'])
def test_tests_a_pair_of_a_source_for_the_first_time(gate, sims, instance):
    account = HERE['old']
    sims['old'].make_known('endpoint', f'arn:aws:dms:{account}:endpoint:NEW', 'new-ep')
    sims['old'].make_known('replication-instance', f'arn:aws:dms:{account}:rep:NEW',
                           'new')
    done = client('test', gate.path('old', f'{instance}/new-ep'))
    assert (done.returncode, done.stdout) == (
        0, f'{gate.words["old"]}/{instance}/new-ep: successful\n'), done.stderr
    assert gate.path('old', f'{instance}/new-ep').exists()


@pytest.mark.parametrize('path', ['none@eu-west-1/inst/a', 'prod@eu-west-1/a',
                                  'prod@eu-west-1/none/a', 'prod@eu-west-1/inst/none'])
def test_says_what_is_not_there(gate, sims, path):
    done = client('test', gate.root / path)
    assert done.returncode == 3
    assert done.stdout == ''
    assert done.stderr.count('\n') == 1
    assert all(sim.log(action='TestConnection') == [] for sim in sims.values())


def test_a_source_that_is_stale_is_told_and_another_is_not(gate, sims):
    sims['prod'].fault(action='DescribeConnections', count=-1, **CAUSES['refused'])
    gate.refresh('prod')
    await_state(gate, 'stale')
    done = client('test', gate.path('test', 'inst/a'))
    assert (done.returncode, done.stderr) == (0, '')
    # A test begins, and its end cannot be seen.
    with subprocess.Popen([mounting.program(), 'test', gate.path('prod', 'inst/a')],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as waiting:
        assert waiting.stderr.readline().startswith(
            'dmsfs: the mount is stale, so results may be late: '
            f'{gate.words["prod"]}: AccessDeniedException: not you')
        heal(gate, 'prod')
        assert waiting.wait(timeout=mounting.PATIENCE_S) == 0


def test_a_hanging_source_holds_no_command_of_another_up(gate, sims):
    sims['prod'].fault(kind='hang', action='TestConnection', count=-1)
    with subprocess.Popen([mounting.program(), 'test', gate.path('prod')],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as held:
        until(lambda: len(sims['prod'].log(action='TestConnection')) == 4,
              what='its tests')
        assert client('test', gate.path('old')).returncode == 0
        sims['prod'].clear_faults()
        held.wait(timeout=mounting.PATIENCE_S)


# A source that cannot be listed


def test_names_who_cannot_be_listed_and_does_not_start(place, mountpoint, sims):
    sims['test'].fault(count=-1, **CAUSES['refused'])
    said = refuse(place, mountpoint, sims)
    assert re.search(rf'^dmsfs: {word("test", sims["test"])}: AccessDeniedException: '
                     'not you', said, re.M)


def test_does_not_start_with_none(place, mountpoint, sims):
    for sim in sims.values():
        sim.fault(count=-1, **CAUSES['refused'])
    said = refuse(place, mountpoint, sims, '--partial')
    assert said.count('AccessDeniedException') == 3


WARNED = 'not you|--partial'


def test_comes_with_events_when_it_is_listed_at_last(three, sims):
    sims['test'].fault(count=-1, **CAUSES['refused'])
    it = three('--partial', warnings=WARNED)
    name = it.words['test']
    assert os.listdir(it.path('test')) == ['.dmsfs']
    assert os.listdir(it.path('test', '.dmsfs')) == ['status']
    status = it.status('test')
    assert status['State'] == 'unlisted'
    assert 'AccessDeniedException: not you' in status['LastError']
    assert it.status()['State'] == 'stale'
    assert it.status()['Stale'] == name
    assert it.status()['LastError'].startswith(f'{name}: ')
    assert it.status()['Connections'] == '8'
    with Watch(it.root) as watch:
        sims['test'].clear_faults()
        it.refresh()
        watch.until(f'CREATE .dmsfs/by-status/failed/{name}:inst:b')
        await_state(it, 'fresh', 'test')
        await_state(it, 'fresh')
        assert it.lines('changes') == it.lines('changes', 'test') == []
        # From here on it is as all others are.
        sims['test'].set('a', Status='failed')
        it.refresh()
        events = watch.until(f'CREATE .dmsfs/by-status/failed/{name}:inst:a')
    assert not any('.dmsfs/changes' in event for event in events
                   if event.startswith('MODIFY') and 'inst:b' in event)
    assert it.status()['Connections'] == '12'
    files, _ = contract.tree(sims['test'].listing())
    assert read_tree(it.path('test')) == {
        path: contract.document(one) for path, one in files.items()}
    assert it.lines('changes') == [[f'{name}/inst/a', 'successful', 'failed', '-']]


def test_what_came_late_is_told_to_who_watches_the_source(three, sims):
    sims['test'].fault(count=-1, **CAUSES['refused'])
    it = three('--partial', warnings=WARNED)
    with Watch(it.path('test'), recursive=False) as watch:
        sims['test'].clear_faults()
        it.refresh()
        events = [event for name in ('inst', 'mark', 'of-test')
                  for event in watch.until(f'CREATE,ISDIR {name}')]
    assert events == [f'CREATE,ISDIR {name}' for name in ('inst', 'mark', 'of-test')]


def test_takes_no_command_before_it_is_listed(three, sims):
    sims['test'].fault(action='DescribeConnections', count=-1, **CAUSES['refused'])
    it = three('--partial', *ALLOWED, warnings=WARNED)
    done = client('test', it.path('test', 'inst/a'))
    assert done.returncode == 3
    assert 'not listed yet: ' in done.stderr
    until(lambda: it.lines('commands'), what='a line of the sum')
    assert os.listdir(it.path('test')) == ['.dmsfs']
    assert os.listdir(it.path('test', '.dmsfs')) == ['status']
    [line] = it.lines('commands')
    assert line[2:4] == [f'test {it.words["test"]}/inst/a', 'EACCES']
    sims['test'].clear_faults()
    it.refresh()
    await_state(it, 'fresh', 'test')
    assert [line[2] for line in it.lines('commands', 'test')] == ['test inst/a']


def test_a_directory_with_a_source_that_is_not_listed_does_not_pass(three, sims):
    for sim in sims.values():
        sim.edit({'set': {'Status': 'successful'}})
    sims['test'].fault(action='DescribeConnections', count=-1, **CAUSES['refused'])
    it = three('--partial', *ALLOWED, '--refresh-active', '1', warnings=WARNED)
    for path, count in (it.root, 8), (it.path('test'), 0):
        done = client('test', path)
        assert done.returncode == 3
        assert done.stdout.count(': successful\n') == count
        assert f'{it.words["test"]}: not listed yet' in done.stderr


# The state


def await_saved(it, state):
    """A mount that ends before its publishers have begun saves nothing."""
    for word_of_one in it.words.values():
        until((state / word_of_one / 'state').exists, what=f'a state of {word_of_one}')


def test_each_source_has_a_state_of_its_own(three, sims, place):
    state = place / 'state'
    it = three('--state', state)
    sims['test'].set('a', Status='failed')
    it.refresh()
    until(lambda: it.lines('changes', 'test'), what='a change')
    until(lambda: it.lines('changes'), what='a change of the sum')
    await_saved(it, state)
    it.mount.stop()
    assert set(os.listdir(state)) == set(it.words.values())
    sims['old'].set('a', Status='failed', LastFailureMessage='meanwhile')
    again = three('--state', state)
    assert again.lines('changes', 'test')[0] == ['inst/a', 'successful', 'failed', '-']
    until(lambda: ['inst/a', 'successful', 'failed', 'meanwhile'] in
          again.lines('changes', 'old'), what='what happened meanwhile')
    assert len([line for line in again.lines('changes', 'prod') if line[0] != '.']) == 0
    of_sum = [line[0] for line in again.lines('changes')]
    assert f'{it.words["test"]}/inst/a' in of_sum
    assert f'{it.words["old"]}/inst/a' in of_sum


def test_shows_a_source_as_it_was_where_it_cannot_be_listed(three, sims, place):
    state = place / 'state'
    it = three('--state', state)
    files = read_tree(it.path('test'))
    await_saved(it, state)
    it.mount.stop()
    sims['test'].fault(count=-1, **CAUSES['throttled'])
    sims['test'].set('a', Status='failed')
    again = three('--state', state, '--start-stale', warnings='slower')
    assert [again.status(name)['State'] for name in HERE] == ['fresh', 'stale', 'fresh']
    assert read_tree(again.path('test')) == files
    assert again.status()['Stale'] == again.words['test']
    heal(again, 'test')
    line = ['inst/a', 'successful', 'failed', '-']
    until(lambda: line in again.lines('changes', 'test'), what='the difference')
    until(lambda: [f'{again.words["test"]}/{line[0]}', *line[1:]] in
          again.lines('changes'), what='the difference in the sum')


def test_a_state_that_is_damaged_is_that_of_one_source(three, place):
    state = place / 'state'
    it = three('--state', state)
    await_saved(it, state)
    it.mount.stop()
    (state / it.words['old'] / 'state').write_bytes(b'none of ours')
    again = three('--state', state, warnings='its state is damaged')
    assert {again.status(name)['State'] for name in HERE} == {'fresh'}
    # The others tell of the time in which nobody looked.
    assert [[line[0] for line in again.lines('changes', name)] for name in HERE] == [
        ['.'], ['.'], []]


def test_a_late_listing_is_as_old_as_the_state_has_it(three, sims, place):
    state = place / 'state'
    it = three('--state', state)
    links = '.dmsfs/by-status/failed'
    old = [it.path('test', 'inst/b'), it.path('test', f'{links}/inst:b'),
           it.path(name=f'{links}/{it.words["test"]}:inst:b')]
    new = [it.path('test', 'inst/a'), it.path('test', f'{links}/inst:a'),
           it.path(name=f'{links}/{it.words["test"]}:inst:a')]
    before = [os.lstat(path).st_mtime_ns for path in old]
    await_saved(it, state)
    it.mount.stop()
    sims['test'].set('a', Status='failed')
    sims['test'].fault(count=-1, **CAUSES['refused'])
    it = three('--state', state, '--partial', warnings=WARNED)
    sims['test'].clear_faults()
    it.refresh()
    await_state(it, 'fresh', 'test')
    assert [os.lstat(path).st_mtime_ns for path in old] == before
    assert all(os.lstat(path).st_mtime_ns > max(before) for path in new)


def await_line(it, profile, line):
    """Of a source, and so of the sum."""
    until(lambda: line in it.lines('changes', profile), what=f'{profile}: {line}')
    of_sum = [f'{it.words[profile]}/{line[0]}', *line[1:]]
    until(lambda: of_sum in it.lines('changes'), what=f'the sum: {of_sum}')


def test_the_lines_of_the_sum_are_in_order_of_time_though_a_source_is_late(
        three, sims, place):
    state = place / 'state'
    first = three('--state', state)
    for number, name in enumerate(['test', 'prod']):
        sims[name].set('a', Status='failed', LastFailureMessage=f'before {number}')
        first.refresh(name)
        await_line(first, name, ['inst/a', 'successful', 'failed', f'before {number}'])
    await_saved(first, state)
    first.mount.stop()
    sims['test'].set('a', Status='successful')
    sims['test'].fault(count=-1, **CAUSES['refused'])
    it = three('--state', state, '--partial', warnings=WARNED)
    sims['prod'].set('a', Status='successful')
    it.refresh('prod')
    await_line(it, 'prod', ['inst/a', 'failed', 'successful', 'before 1'])
    kept = it.path(name='.dmsfs/changes').read_text()
    assert 'before 0' in kept
    sims['test'].clear_faults()
    it.refresh()
    await_state(it, 'fresh', 'test')
    await_line(it, 'test', ['inst/a', 'failed', 'successful', 'before 0'])
    text = it.path(name='.dmsfs/changes').read_text()
    # What was read is as it was, and there is no line twice.
    assert text.startswith(kept)
    times = [line.split('\t')[0] for line in text.splitlines()]
    assert times == sorted(times)
    parts = [it.path(name, '.dmsfs/changes').read_text().splitlines() for name in HERE]
    assert len(times) == sum(map(len, parts))
    assert sorted(line.split('\t', 2)[1:] for line in text.splitlines()) == sorted(
        [f'{it.words[name]}/{path}', rest] for name, part in zip(HERE, parts)
        for _, path, rest in (line.split('\t', 2) for line in part))


def test_what_happened_before_a_late_listing_is_told_if_the_next_fails(
        three, sims, place):
    state = place / 'state'
    first = three('--state', state)
    await_saved(first, state)
    first.mount.stop()
    sims['test'].set('a', Status='failed', LastFailureMessage='meanwhile')
    sims['test'].fault(count=-1, **CAUSES['refused'])
    it = three('--state', state, '--partial', warnings=WARNED + '|is mounted over')
    assert it.status('test')['State'] == 'unlisted'
    # Nothing can be shown before both listings have ended.
    subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', it.root], check=True)
    try:
        for end in sims['test'].clear_faults, lambda: sims['test'].fault(
                count=-1, **CAUSES['refused']):
            end()
            before = len(sims['test'].log())
            it.mount.signal(signal.SIGUSR1)
            sims['test'].wait_for(lambda log, before=before: any(
                one['answered'] > 0 for one in log[before:]))
    finally:
        subprocess.run(['umount', it.root], check=True)
    await_state(it, 'stale', 'test')
    until(lambda: ['inst/a', 'successful', 'failed', 'meanwhile'] in
          it.lines('changes', 'test'), what='what happened meanwhile')
    assert it.lines('changes', 'test')[0][0] == '.'


# The service


def seconds_between(status):
    times = [datetime.datetime.fromisoformat(status[name].replace('Z', '+00:00'))
             for name in ('LastRefresh', 'NextRefresh')]
    return (times[1] - times[0]).total_seconds()


def test_sources_of_one_account_and_region_share_a_budget(place, mountpoint, serve):
    """Two of three, of 60 pages each, which are half a minute's share of one."""
    sims = {name: serve(connections=1200, instances=12, testing_percent=0)
            for name in ('one', 'other')}
    sims['alone'] = serve(region='eu-west-1', listing=of_account(
        sims['one'].listing(), 'eu-west-1:2'))
    with several(place, sims, '--max-records', '20', '--refresh', '20',
                 '--refresh-active', '20', mountpoint=mountpoint) as it:
        for name, least in ('one', 60), ('other', 60), ('alone', 30):
            # Rounded to seconds, and with jitter, that only lengthens.
            until(lambda: least - 1 <= seconds_between(it.status(name)) <= 1.1 * least
                  + 1, what=f'so many seconds of {name}')
        assert it.status()['State'] == 'fresh'


# One process for all


def test_an_editor_that_is_killed_costs_no_source_a_change(three, sims):
    it = three()
    with Watch(it.root) as watch:
        os.kill(it.live('prod').editor(), signal.SIGKILL)
        for sim in sims.values():
            sim.set('a', Status='failed')
        it.refresh()
        for name in HERE:
            until(lambda: it.lines('changes', name), what='its change')
        until(lambda: len(it.lines('changes')) == len(HERE), what='all changes')
        await_state(it, 'fresh')
        events = watch.events()
    for name in HERE:
        assert f'MODIFY {it.words[name]}/inst/a' in events
        assert f'CREATE .dmsfs/by-status/failed/{it.words[name]}:inst:a' in events


@contextlib.contextmanager
def editors_that_hang(pid):
    """The one that is there, and each new one soon after it was started."""
    is_over = threading.Event()

    def halt(signum=signal.SIGSTOP):
        for editor in editors_of(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(editor, signum)

    def halt_all():
        while not is_over.wait(0.002):
            halt()

    halt()
    halting = threading.Thread(target=halt_all)
    halting.start()
    try:
        yield
    finally:
        is_over.set()
        halting.join()
        halt(signal.SIGCONT)


def test_each_source_tells_soon_of_editors_that_hang(three, sims):
    it = three()
    numbers = itertools.count()

    def has_told(name, text):
        return (it.status(name)['State'] == 'stale' or
                text in it.path(name, 'inst/a').read_text())

    def is_told_in_time():
        text = f'change {next(numbers)}'
        with editors_that_hang(it.mount.pid):
            for sim in sims.values():
                sim.set('a', LastFailureMessage=text)
            it.mount.signal(signal.SIGUSR1)
            begun = time.monotonic()
            until(lambda: all(has_told(name, text) for name in HERE), what='all of them')
            took_s = time.monotonic() - begun
        for name in HERE:
            until(lambda name=name: text in it.path(name, 'inst/a').read_text())
            await_state(it, 'fresh', name)
        await_state(it, 'fresh')
        return took_s < TOLD_S

    assert any(is_told_in_time() for _ in range(TRIES))


def test_ends_at_once_whatever_hangs(three, sims):
    it = three('--read-timeout', '3600')
    for name in OTHERS:
        sims[name].fault(kind='hang', count=-1)
        it.refresh(name)
        sims[name].wait_for_requests(2)
    it.mount.signal(signal.SIGTERM)
    it.mount.check_end()


# Rotation


def test_the_changes_of_the_sum_rotate(three, sims):
    it = three()
    for half in range(2):
        for name, sim in sims.items():
            sim.add(*of_account([
                record('more', f'f{half}{number}', 'failed', 'x' * 60000)
                for number in range(4)], HERE[name]))
        it.refresh()
        for name in HERE:
            until(it.path(name, f'more/f{half}3').exists, what='a listing')
    until(it.path(name='.dmsfs/changes.1').exists, what='a rotation')
    until(lambda: len(it.lines('changes.1')) + len(it.lines('changes')) == 24,
          what='all lines')
    told = it.lines('changes.1') + it.lines('changes')
    assert sorted(line[0] for line in told) == sorted(
        f'{it.words[name]}/more/f{half}{number}'
        for name in HERE for half in range(2) for number in range(4))
    # None of theirs is so long.
    assert not any(it.path(name, '.dmsfs/changes.1').exists() for name in HERE)
