"""What nobody gets to know, and what dmsfs gives up once it has mounted."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from aws_home import PROFILE, AwsHome
from aws_services import TOKEN_SSO, TOKEN_WEB, AwsServices, key
from contract import record
from live import Live, editor_of, marked
from mount import Mount, mount_entry, program, run
from watch import until

NOBODY = 65534
STRANGER = 54321
TOKEN = 'FwoGZXIvYXdzEXAMPLEsessionTOKEN'
IS_ROOT = os.getuid() == 0
# As linux/capability.h counts them.
DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SYS_ADMIN = 1, 2, 3, 5, 21
FILES = {DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER}
FAULTS = [
    {'kind': 'error', 'type': 'AccessDeniedException', 'message': 'not you'},
    {'kind': 'reset'},
    {'kind': 'raw', 'body': '<html>no</html>'},
]

needs_root = pytest.mark.skipif(not IS_ROOT, reason='needs root to be another user')


def run_as(uid, gid, *command):
    return subprocess.run(
        ['setpriv', f'--reuid={uid}', f'--regid={gid}', '--clear-groups',
         *map(str, command)], capture_output=True, text=True, timeout=60)


def process_fields(pid):
    """Those of /proc/PID/status."""
    lines = pathlib.Path(f'/proc/{pid}/status').read_text().splitlines()
    return {name: value.strip() for name, value in
            (line.split(':', 1) for line in lines)}


def capabilities(pid, kind='CapEff'):
    bits = int(process_fields(pid)[kind], 16)
    return {number for number in range(64) if bits >> number & 1}


@pytest.fixture
def sim(serve):
    return serve(listing=marked(record('inst', 'a')), session_token=TOKEN)


# Secrets


@pytest.mark.parametrize('options', [(), ('-d',)])
def test_no_secret_is_written_anywhere(sim, mount, options):
    it = Live(sim, mount(sim, *options, warnings='.*'))
    pages = []
    for fault in FAULTS:
        sim.fault(count=-1, **fault)
        it.refresh()
        until(lambda: it.status()['State'] == 'stale')
        pages.append(it.path('.dmsfs/status').read_text())
        sim.clear_faults()
        it.refresh()
        until(lambda: it.status()['State'] == 'fresh')
        pages.append(it.path('.dmsfs/status').read_text())
    pages.append(it.path('.dmsfs/changes').read_text())
    for pid in it.mount.pid, it.editor():
        pages.append(pathlib.Path(f'/proc/{pid}/cmdline').read_text())
    pages.append(pathlib.Path('/proc/self/mountinfo').read_text())
    pages.append(it.mount.stderr())
    for page in pages:
        assert sim.secret_key not in page
        assert TOKEN not in page
        assert 'AWS4-HMAC' not in page


def test_no_process_of_it_leaves_a_core_or_can_be_traced(sim, mount):
    pid = mount(sim).pid
    for process in pid, editor_of(pid):
        [limit] = [line for line
                   in pathlib.Path(f'/proc/{process}/limits').read_text().splitlines()
                   if line.startswith('Max core file size')]
        assert limit.split()[4:6] == ['0', '0']
        # What is not dumpable belongs to root, whoever runs it.
        assert pathlib.Path(f'/proc/{process}/environ').stat().st_uid == 0


@needs_root
def test_its_memory_is_closed_to_others_of_its_user(sim, place):
    # A copy, since the build may lie where only we can reach it.
    copy = shutil.copy(program(), place / 'dmsfs')
    copy.chmod(0o755)
    sim.fault(kind='hang')
    process = subprocess.Popen(
        ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', copy,
         '--check', '--endpoint-url', sim.url], env=sim.environment(home=place),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        sim.wait_for_requests(1)
        assert process_fields(process.pid)['Uid'].split() == [str(NOBODY)] * 4
        for name in 'environ', 'mem', 'maps', 'fd/0':
            done = run_as(NOBODY, NOBODY, 'cat', f'/proc/{process.pid}/{name}')
            assert done.returncode != 0
            assert 'Permission denied' in done.stderr
    finally:
        process.kill()
        process.wait()


# Other users


def test_the_mount_takes_neither_programs_nor_devices(sim, mount):
    entry = mount_entry(mount(sim).path)
    assert {'noexec', 'nosuid', 'nodev'} <= entry.options


@needs_root
@pytest.mark.parametrize('umask, may', [
    ('022', {'owner', 'group', 'others'}),
    ('027', {'owner', 'group'}),
    ('077', {'owner'}),
])
def test_the_kernel_holds_others_to_umask_uid_and_gid(sim, mount, umask, may):
    root = mount(sim, '-o', f'allow_other,umask={umask},uid={NOBODY},'
                 f'gid={STRANGER}').path
    users = {'owner': (NOBODY, NOBODY), 'group': (STRANGER + 1, STRANGER),
             'others': (STRANGER + 1, STRANGER + 1)}
    for user, ids in users.items():
        for command in ('ls', root), ('cat', root / 'inst/a'), (
                'cat', root / '.dmsfs/status'):
            done = run_as(*ids, *command)
            assert (done.returncode == 0) == (user in may), (user, command, done.stderr)
            assert user in may or 'Permission denied' in done.stderr


@needs_root
def test_another_user_learns_nothing_of_the_mount(sim, mount):
    root = mount(sim).path
    for path in root, root / 'inst', root / 'inst/a', root / '.dmsfs/status':
        for command in 'stat', 'ls', 'cat':
            done = run_as(NOBODY, NOBODY, command, path)
            assert done.returncode != 0
            assert 'Permission denied' in done.stderr
            assert done.stdout == ''


# Least power


@needs_root
def test_root_s_daemon_keeps_what_it_needs_in_the_end(sim, mount):
    pid = mount(sim).pid
    for thread in os.listdir(f'/proc/{pid}/task'):
        for kind in 'CapEff', 'CapPrm':
            assert capabilities(f'{pid}/task/{thread}', kind) <= {
                *FILES, KILL, SYS_ADMIN}
    assert SYS_ADMIN in capabilities(pid)


def test_the_editor_can_only_edit(sim, mount):
    it = Live(sim, mount(sim))

    def check():
        editor = it.editor()
        # Its name comes first, what it gives up after that.
        until(lambda: process_fields(editor)['NoNewPrivs'] == '1')
        for kind in 'CapEff', 'CapPrm':
            assert until(lambda: capabilities(editor, kind) <= FILES)
        return editor

    editor = check()
    os.kill(editor, 9)
    assert it.observe(lambda: sim.set('a', Status='failed'))[0] == 'MODIFY inst/a'
    assert check() != editor


def test_the_editor_makes_no_other_system_call(sim, mount):
    editor = editor_of(mount(sim).pid)
    if not os.environ.get('DMSFS_SECCOMP'):
        pytest.skip('built without libseccomp')
    until(lambda: process_fields(editor)['Seccomp'] == '2')


@needs_root
def test_a_credential_process_has_all_the_power_of_its_user(serve, mount, place):
    sim = serve(listing=marked(record('inst', 'a')))
    seen = place / 'seen'
    answer = json.dumps({'Version': 1, 'AccessKeyId': sim.access_key,
                         'SecretAccessKey': sim.secret_key,
                         'Expiration': 'SOON'})
    script = place / 'process'
    script.write_text(f'''#!/bin/sh
grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status >>{seen}
echo '{answer}' | sed "s/SOON/$(date -u -d '+2 sec' +%Y-%m-%dT%H:%M:%SZ)/"
''')
    script.chmod(0o755)
    config = place / 'config'
    config.write_text(f'[default]\ncredential_process = {script}\n')
    environment = {'AWS_CONFIG_FILE': str(config), 'AWS_ACCESS_KEY_ID': '',
                   'AWS_SECRET_ACCESS_KEY': ''}
    it = Live(sim, mount(sim, environment=environment))
    before = len(seen.read_text().splitlines())

    def is_run_again():
        it.refresh_and_wait()
        return len(seen.read_text().splitlines()) > before

    # Once they have expired, it is run by the daemon, which has given up its own.
    until(is_run_again)
    lines = seen.read_text().splitlines()
    assert lines[before:before + 3] == lines[:3]
    assert int(lines[0].split()[1], 16) == int(
        process_fields('self')['CapEff'], 16)


# A service that quotes in a refusal the request that it refused


# The source of credentials, the service that quotes, and secrets that it was sent.
KINDS = {
    'DMS': ('environment', 'dms', [key('environment')['session_token']]),
    'STS AssumeRole': ('role of environment', 'sts',
                       [key('environment')['session_token']]),
    'STS AssumeRoleWithWebIdentity': ('web identity of profile', 'sts', [TOKEN_WEB]),
    'SSO GetRoleCredentials': ('sso', 'sso', [TOKEN_SSO]),
    'OIDC token': ('expired sso', 'oidc', ['refresh-1', 'secret-of-client']),
    'sign-in token': ('login', 'signin', ['refresh-1']),
}
SECRETS = [TOKEN_SSO, TOKEN_WEB, 'refresh-1', 'refresh-2', 'secret-of-client',
           'AWS4-HMAC', *(key(name)[part] for name in ('environment', 'login')
                          for part in ('session_token', 'secret_key'))]


@pytest.fixture
def quoted_sim(serve):
    return serve(connections=3, instances=1)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request):
    return request.param


def set_up(place, services, source):
    home = AwsHome(place, services)
    if source == 'role of environment':
        home.add('environment')
        home.set_section('profile p', region='us-east-1')
    home.add(source)
    # With -d, that a profile was given leaves out the variables, but not for a role.
    home.set(region='us-east-1')
    if source != 'environment':
        home.variables['AWS_PROFILE'] = PROFILE
    return home


def arguments(source):
    return ['--profile', PROFILE] if source == 'role of environment' else []


def assert_hidden(text, sent):
    for secret in [*SECRETS, *sent]:
        assert secret not in text, text


@pytest.mark.parametrize('options', [(), ('-d',)], ids=['plain', '-d'])
def test_check_prints_no_secret(place, quoted_sim, kind, options):
    source, service, sent = kind
    with AwsServices(place, quoted_sim) as services:
        home = set_up(place, services, source)
        services.quoting = (service,)
        done = run(place, ['--check', *arguments(source), *options],
                            {**home.environment(), 'AWS_MAX_ATTEMPTS': '1'})
        assert f'quoted {service}' in services.hosts()
    assert done.returncode == 1
    assert done.stderr
    assert_hidden(done.stdout + done.stderr, sent)


def test_log_and_status_show_no_secret(place, mountpoint, quoted_sim, kind):
    source, service, sent = kind
    with AwsServices(place, quoted_sim) as services:
        home = set_up(place, services, source)
        with Mount(place, ['-d', '--refresh', '86400', '--refresh-active', '86400',
                           *arguments(source), mountpoint],
                   {**home.environment(), 'AWS_MAX_ATTEMPTS': '1'}) as mounted:
            it = Live(quoted_sim, mounted)
            until(lambda: it.status()['State'] == 'fresh')
            # What has been renewed meanwhile has to be so again.
            if source in ('expired sso', 'login'):
                home.add(source)
            services.quoting = ('dms', service)
            it.refresh()
            until(lambda: it.status()['State'] == 'stale')
            status = pathlib.Path(it.path('.dmsfs/status')).read_text()
            changes = pathlib.Path(it.path('.dmsfs/changes')).read_text()
        assert f'quoted {service}' in services.hosts()
    assert 'LastError' in status
    assert_hidden(status + changes + mounted.stderr(), sent)
