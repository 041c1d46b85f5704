"""The man page: complete, well-formed, and with examples that work as written."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

import pytest

import mount as mounting
import usage
from contract import record
from exporter import Exporter, needs_exporter
from metrics import value_of
from sources import config_of
from watch import until

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'fs/data/dmsfs.1'


def render(*command):
    if not shutil.which(command[0]):
        pytest.skip(f'{command[0]} is not installed')
    return subprocess.run([*command, str(PAGE)], text=True, capture_output=True,
                          timeout=60, env={**os.environ, 'LC_ALL': 'C.UTF-8',
                                           'MANWIDTH': '80', 'MAN_KEEP_FORMATTING': ''})


def section(name, kind='Ss|Sh'):
    return re.search(rf'^\.(?:{kind}) {name}\n(.*?)(?=^\.(?:{kind}) |\Z)',
                     PAGE.read_text(), re.M | re.S)[1]


def displays(text):
    """Literal displays, as they are read."""
    return [display.replace('\\e', '\\')
            for display in re.findall(r'^\.Bd -literal.*?\n(.*?)^\.Ed$', text,
                                      re.M | re.S)]


def test_renders_without_warnings():
    done = render('man', '--warnings=w', '-Tutf8', '-l')
    assert done.returncode == 0
    assert done.stderr == ''
    # Newer ones underline, whoever reads it.
    assert 'DMSFS(1)' in re.sub(r'\x1b\[[\d;]*m', '', done.stdout)


def test_satisfies_mandoc():
    done = render('mandoc', '-Tlint', '-Wstyle')
    # Whether the other pages are installed is no matter of this one.
    said = [line for line in done.stdout.splitlines()
            if 'referenced manual not found' not in line]
    assert said == []


def test_describes_every_option():
    described = set()
    for item in re.findall(r'^\.It (Fl .*)$', section('Options'), re.M):
        for name in re.findall(r'Fl (-?[\w-]+)', item):
            described.add(f'-{name}')
    assert described == usage.words()


def test_tells_which_options_take_a_value():
    text = section('Options')
    for name, (_, has_value) in usage.options().items():
        [item] = re.findall(rf'^\.It (?:.*, )?Fl -{name}\b(?!-)(.*)$', text, re.M)
        assert bool(re.search(r'\bAr \w', item)) == has_value, name


def test_names_every_exit_status():
    assert re.findall(r'^\.It (\d+)$', section('EXIT STATUS'), re.M) == ['0', '1', '2']


def test_names_no_version_that_grows_old():
    assert not re.search(r'\b\d+\.\d+\.\d+\b', PAGE.read_text())


# Several accounts and Regions


def steps(display):
    """(the command, what it prints) of a session."""
    parts = re.split(r'^\$ (.*)\n', display, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2]))


def test_several_sources_go_as_the_session_shows(serve, place):
    [before, after] = [display for display in
                       displays(section('SEVERAL ACCOUNTS AND REGIONS'))
                       if display.startswith('$ ')]
    sims = {'prod': serve(region='eu-west-1', listing=[
                record('orders-prod', 'oracle-src', 'failed', FAILURE),
                record('orders-prod', 'mysql-tgt'), record('warehouse', 'redshift-tgt')]),
            'prod-us': serve(listing=[record('orders-us', 'oracle-src')]),
            'test': serve(region='eu-west-1', listing=[
                record('orders-test', 'oracle-src', 'failed', FAILURE),
                record('orders-test', 'mysql-tgt')])}
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(config_of(sims))
    (place / 'bin').mkdir()
    (place / 'bin/dmsfs').symlink_to(pathlib.Path(mounting.program()).resolve())
    (place / 'dms').mkdir()
    environment = mounting.with_sanitizer_logs(
        {**sims['prod'].environment(home=place), 'LC_ALL': 'C.UTF-8',
         'PATH': f'{place}/bin:{os.environ["PATH"]}'}, place)

    def go_through(session):
        for command, shown in steps(session):
            done = subprocess.run(['sh', '-c', command], cwd=place, env=environment,
                                  text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=mounting.PATIENCE_S)
            duration = re.compile(r'\d+\.\d s')
            assert duration.sub('', done.stdout) == duration.sub('', shown), command

    go_through(before)
    sims['test'].fault(kind='error', status=400, type='ExpiredTokenException',
                       message='the token has expired', count=-1)
    (place / 'dms/.dmsfs/refresh').touch()
    until(lambda: 'State: stale' in (place / 'dms/.dmsfs/status').read_text())
    go_through(after)
    [daemon] = [pid for pid, command in mounting.children_of(os.getpid()).items()
                if command and os.path.basename(command[0]) == 'dmsfs']
    mounting.unmount(place / 'dms')
    assert os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1]) == 0


# Recipes


FAILURE = 'Test Endpoint failed: no route to host'


def recipe(part):
    """The one recipe that has the part."""
    [found] = [display for display in displays(section('Recipes')) if part in display]
    return found


@pytest.fixture
def home(serve, mount, place):
    """A home with ~/dms, and the service behind it."""
    (place / 'bin').mkdir()
    (place / 'bin/dmsfs').symlink_to(mounting.program())
    (place / 'mnt').rename(place / 'dms')
    sim = serve(listing=[
        record('orders-prod', 'oracle-src', 'testing'),
        record('orders-prod', 'mysql-tgt', 'failed', FAILURE),
        record('warehouse', 'redshift-tgt', 'successful', 'an earlier failure'),
        record('warehouse', 'going', 'deleting')])
    mounted = mount(sim, arguments=['--endpoint-url', sim.url, '--refresh', '86400',
                                    '--refresh-active', '86400', '--allow-test',
                                    '--state', place / 'state', place / 'dms'])
    return Home(place, sim, mounted)


class Home:
    def __init__(self, place, sim, mounted):
        self.place = place
        self.sim = sim
        self.mounted = mounted
        self.environment = {'HOME': str(place), 'LC_ALL': 'C.UTF-8',
                            'PATH': f'{place}/bin:{os.environ["PATH"]}'}

    def run(self, script):
        done = subprocess.run(['sh', '-c', script], env=self.environment, text=True,
                              capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, '')
        return done.stdout.replace(f'{self.place}/', '~/')

    def start(self, script):
        return subprocess.Popen(['sh', '-c', script], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                start_new_session=True)

    def change(self, endpoint, status, **fields):
        self.sim.set(endpoint, Status=status, **fields)
        self.mounted.signal(signal.SIGUSR1)

    def provide(self, name, script):
        program = self.place / 'bin' / name
        program.write_text(f'#!/bin/sh\n{script}')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


def end(process):
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_recipe_stops_a_pipeline(home):
    home.sim.settings(test_seconds=0)
    script = recipe('|| exit').replace('oracle-src', 'mysql-tgt')
    assert home.run(f'{script}echo on') == 'orders-prod/mysql-tgt: successful\non\n'
    home.sim.fail_tests('redshift-tgt', FAILURE)
    script = script.replace('orders-prod/mysql-tgt', 'warehouse/redshift-tgt')
    gate = home.start(f'{script}echo on')
    out, _ = gate.communicate(timeout=60)
    assert (gate.returncode, out) == (1, f'warehouse/redshift-tgt: failed: {FAILURE}\n')


def test_recipe_tests_again_what_failed(home):
    home.sim.settings(test_seconds=0)
    script = recipe('dmsfs test --timeout')
    assert home.run(script) == 'orders-prod/mysql-tgt: successful\n'


def test_recipe_finds_what_failed_and_what_is_not_successful(home):
    failed, rest = recipe('grep -rl').splitlines()
    assert home.run(failed).splitlines() == ['~/dms/orders-prod/mysql-tgt']
    assert sorted(home.run(rest).splitlines()) == [
        '~/dms/orders-prod/mysql-tgt', '~/dms/orders-prod/oracle-src',
        '~/dms/warehouse/going']


def test_recipe_tells_why(home):
    text = home.run(recipe('cat ~/dms/.dmsfs/by-status'))
    assert f'LastFailureMessage: {FAILURE}\n' in text
    assert text.count('Status: ') == 1


def test_recipe_counts_by_status(home):
    assert [line.split() for line in home.run(recipe('grep -rh')).splitlines()] == [
        ['1', 'Status:', 'deleting'], ['1', 'Status:', 'failed'],
        ['1', 'Status:', 'successful'], ['1', 'Status:', 'testing']]


def test_recipe_prints_a_table(home):
    if not shutil.which('column'):
        pytest.skip('column is not installed')
    assert [line.split() for line in home.run(recipe('column -t')).splitlines()] == [
        ['orders-prod/mysql-tgt', 'failed'], ['orders-prod/oracle-src', 'testing'],
        ['warehouse/going', 'deleting'], ['warehouse/redshift-tgt', 'successful']]


def test_recipe_waits_for_a_test_to_end(home):
    waiting = home.start(recipe('while grep -q'))
    try:
        home.sim.wait_for(lambda _: any('inotifywait' in command for command
                          in mounting.children_of(waiting.pid).values()))
        home.change('oracle-src', 'failed', LastFailureMessage='ORA-12545')
        text, _ = waiting.communicate(timeout=60)
    finally:
        end(waiting)
    assert text.startswith('Status: failed\n')
    assert text.endswith('LastFailureMessage: ORA-12545\n')


def test_recipe_mails_each_new_failure(home):
    mails = home.place / 'mails'
    home.provide('mail', f'{{ echo "$@"; cat; }} >>{mails}\n')
    script = recipe('mail -s')
    assert 'inotifywait -mq ' in script
    # It says when it watches; -q is for people.
    ready = home.place / 'ready'
    watching = home.start(f'exec 2>{ready}\n' + script.replace('-mq', '-m'))
    try:
        home.sim.wait_for(
            lambda _: ready.exists() and 'established' in ready.read_text())
        home.change('oracle-src', 'failed', LastFailureMessage='ORA-12545')
        home.sim.wait_for(
            lambda _: mails.exists() and 'ORA-12545' in mails.read_text())
    finally:
        end(watching)
    first = mails.read_text().splitlines()[0]
    assert first == '-s DMS: orders-prod:oracle-src failed root'


def test_recipe_follows_all_changes(home):
    following = home.start(recipe('tail -F'))
    try:
        home.change('oracle-src', 'successful')
        line = following.stdout.readline()
    finally:
        end(following)
    assert line.split('\t')[1:] == ['orders-prod/oracle-src', 'testing', 'successful',
                                    '-\n']


def test_recipe_finds_what_failed_since_yesterday(home):
    script = recipe('1 day ago')
    assert home.run(script) == ''
    home.change('oracle-src', 'failed')
    changes = home.place / 'dms/.dmsfs/changes'
    home.sim.wait_for(lambda _: 'failed' in changes.read_text())
    assert 'orders-prod/oracle-src\ttesting\tfailed' in home.run(script)
    assert home.run(script.replace('1 day ago', '1 day')) == ''


def test_recipes_know_what_was_before_a_restart(home):
    changes = home.place / 'dms/.dmsfs/changes'
    home.change('oracle-src', 'failed')
    until(lambda: 'failed' in changes.read_text())
    saved = home.place / 'state/state'
    until(lambda: saved.exists() and b'\tfailed\t-\n' in saved.read_bytes())
    home.mounted.stop()
    link = home.place / 'dms/.dmsfs/by-status/failed/orders-prod:oracle-src'
    home.sim.set('going', Status='failed')
    home.sim.set('oracle-src', LastFailureMessage='again')
    home.mounted.start()
    gap, *lines = home.run(recipe('cut -f').splitlines()[0]).splitlines()
    assert 'not watched since' in gap
    assert [line.split('\t')[1:] for line in lines] == [
        ['orders-prod/oracle-src', 'failed', 'failed', 'again'],
        ['warehouse/going', 'deleting', 'failed', '-']]
    counts = home.run(recipe('cut -f').splitlines()[1]).split()
    assert counts == ['2', 'orders-prod/oracle-src', '1', 'warehouse/going']
    week, oldest = recipe('-mtime').splitlines()
    assert home.run(week) == ''
    assert home.run(week.replace('+7', '-7')).count('failed/') == 3
    lines = home.run(oldest).splitlines()
    assert 'warehouse:going' in lines[-1] and link.name in lines[-2]


def test_recipe_asks_the_view_with_jq(home):
    if not shutil.which('jq'):
        pytest.skip('jq is not installed')
    failed, status, counts = home.run(recipe('jq -r')).split('\n', 2)
    assert failed == f'mysql-tgt: {FAILURE}'
    assert status == 'testing'
    assert json.loads(counts) == {'deleting': 1, 'failed': 1, 'successful': 1,
                                  'testing': 1}


@needs_exporter
def test_recipe_has_node_exporter_collect_two_mounts(place, serve, mount):
    directory = place / 'textfile'
    directory.mkdir()
    for name in 'prod', 'test':
        (place / name).mkdir()
        sim = serve(listing=[record()])
        mount(sim, arguments=['--endpoint-url', sim.url, '--allow-other', place / name])
    script = recipe('metrics.prom').replace('/mnt/', f'{place}/').replace(
        '/var/lib/prometheus/node-exporter', str(directory))
    subprocess.run(['sh', '-c', script], check=True)
    with Exporter(place, directory) as exporter:
        text = exporter.scrape()
    assert value_of(text, 'node_textfile_scrape_error') == 0
    for name in 'prod', 'test':
        assert value_of(text, 'dmsfs_fresh', mount=f'{place}/{name}') == 1


needs_promtool = pytest.mark.skipif(not shutil.which('promtool'),
                                    reason='promtool is missing')


def promtool(place, *arguments):
    return subprocess.run(['promtool', *arguments], cwd=place, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def series(metric, values, **labels):
    inside = ','.join(f'{name}="{value}"' for name, value in labels.items())
    return {'series': f'{metric}{{{inside}}}', 'values': values}


def alerts(name, at, *labels_of):
    return {'alertname': name, 'eval_time': at,
            'exp_alerts': [{'exp_labels': one} for one in labels_of]}


@needs_promtool
def test_recipe_alerts_in_prometheus(place):
    """Two mounts of one account, so that a connection fails in both."""
    (place / 'rules.yml').write_text(recipe('alert: '))
    of = {'source': 'us-east-1', 'region': 'us-east-1', 'replication_instance': 'i',
          'endpoint': 'e'}
    fresh = [{'source': 'us-east-1', 'mount': mount} for mount in ('/a', '/b')]
    test = {'interval': '1m', 'input_series': [
        series('dms_connection_status', values, **of, mount=mount, status=status)
        for mount in ('/a', '/b') for status, values in (
            ('failed', '0x4 1x8 0x9 1x14 0x9'), ('testing', '1x4 0x8 1x9 0x14 1x9'))
    ] + [
        # Stale from 5 to 9, and gone after 30; a day later nobody remembers it.
        series('dmsfs_fresh', '1x4 0x4 1x20', **fresh[0]),
        series('dmsfs_fresh', '1x60', **fresh[1]),
    ], 'alert_rule_test': [
        # From 5 to 13, too short, and from 24 to 38.
        *(alerts('DmsConnectionFailed', f'{at}m') for at in (4, 13, 24, 33, 39)),
        alerts('DmsConnectionFailed', '34m', of),
        alerts('DmsConnectionFailed', '38m', of),
        *(alerts('DmsfsStaleOrGone', f'{at}m') for at in (0, 6, 10, 30)),
        alerts('DmsfsStaleOrGone', '7m', fresh[0]),
        alerts('DmsfsStaleOrGone', '9m', fresh[0]),
        # A series that is not there any more is looked for five minutes back.
        alerts('DmsfsStaleOrGone', '40m', fresh[0]),
        alerts('DmsfsStaleOrGone', '70m', *fresh),
        alerts('DmsfsStaleOrGone', '24h29m', *fresh),
        alerts('DmsfsStaleOrGone', '24h40m', fresh[1]),
        alerts('DmsfsStaleOrGone', '25h10m', {}),
    ]}
    (place / 'test.yml').write_text(json.dumps(
        {'rule_files': ['rules.yml'], 'evaluation_interval': '1m', 'tests': [test]}))
    checked = promtool(place, 'check', 'rules', 'rules.yml')
    assert checked.returncode == 0 and '2 rules found' in checked.stdout, checked.stdout
    tested = promtool(place, 'test', 'rules', 'test.yml')
    assert tested.returncode == 0, tested.stdout


@needs_promtool
def test_recipe_draws_in_grafana(place):
    statuses, failures = recipe('sum by').splitlines()
    of = {'source': 'us-east-1', 'region': 'us-east-1'}
    test = {'interval': '1m', 'input_series': [
        series('dms_connection_status', '1x120', **of, endpoint=endpoint, status=status)
        for endpoint, status in (('a', 'failed'), ('b', 'failed'), ('c', 'testing'))
    ] + [
        # A mount's counter begins again with the mount.
        series('dmsfs_changes_total', values, source='us-east-1', new=new, old=old)
        for old, new, values in (('testing', 'failed', '0x60 1x20 0x9 1x29'),
                                 ('successful', 'failed', '0x119'),
                                 ('failed', 'testing', '0x60 9x59'))
    ], 'promql_expr_test': [
        {'expr': statuses, 'eval_time': '1h', 'exp_samples': [
            {'labels': json_labels(**of, status='failed'), 'value': 2},
            {'labels': json_labels(**of, status='testing'), 'value': 1}]},
        {'expr': failures, 'eval_time': '1h59m', 'exp_samples': [
            {'labels': json_labels(source='us-east-1'), 'value': 2}]}]}
    (place / 'test.yml').write_text(json.dumps({'tests': [test]}))
    tested = promtool(place, 'test', 'rules', 'test.yml')
    assert tested.returncode == 0, tested.stdout


def json_labels(**labels):
    return '{' + ', '.join(f'{name}={json.dumps(value)}'
                           for name, value in labels.items()) + '}'


def test_recipe_refreshes(home):
    before = len(home.sim.log())
    home.run(recipe('touch'))
    home.sim.wait_for_requests(before + 1)


def test_every_recipe_is_tried():
    parts = ['|| exit', 'dmsfs test --timeout', 'grep -rl',
             'cat ~/dms/.dmsfs/by-status', 'grep -rh', 'column -t', 'while grep -q', 'mail -s', 'tail -F',
             '1 day ago', '-mtime', 'cut -f', 'jq -r', 'metrics.prom', 'alert: ', 'sum by',
             'touch']
    assert sorted(map(recipe, parts)) == sorted(displays(section('Recipes')))
