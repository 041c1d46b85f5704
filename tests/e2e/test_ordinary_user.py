"""dmsfs for who is not root: mounts through fusermount3, which is set-uid root."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

import mount as mounting
import own_dev
from mount import program
from watch import until

USER = 65534
OTHER = 65533
FUSE_CONF = pathlib.Path('/etc/fuse.conf')


@pytest.fixture(autouse=True)
def dev():
    if not os.path.exists('/etc/mtab'):
        pytest.skip('there is no /etc/mtab, which fusermount3 reads for a user')
    own_dev.enter()


@pytest.fixture
def fuse_conf():
    """Gives /etc/fuse.conf another text."""
    covered = []

    def write(text):
        if not FUSE_CONF.exists():
            pytest.skip(f'there is no {FUSE_CONF} to take the place of')
        own_dev.cover(FUSE_CONF, text)
        covered.append(FUSE_CONF)

    yield write
    for path in covered:
        own_dev.uncover(path)


def acting_as(user):
    return ['setpriv', f'--reuid={user}', f'--regid={user}', '--clear-groups']


def run_as(user, *command):
    return subprocess.run([*acting_as(user), *map(str, command)], text=True,
                          capture_output=True, timeout=60)


@pytest.fixture
def sim(serve):
    return serve(connections=140, instances=4)


@pytest.fixture
def point(place, monkeypatch):
    """A mountpoint in the user's home, and a program that he can reach."""
    os.chown(place, USER, USER)
    directory = place / 'home'
    directory.mkdir()
    os.chown(directory, USER, USER)
    monkeypatch.setenv('DMSFS', str(shutil.copy(program(), place / 'dmsfs')))
    (place / 'dmsfs').chmod(0o755)
    return directory


@pytest.fixture
def mount_as_user(mount, sim, point):
    def start(*options, **settings):
        return mount(sim, path=point, prefix=acting_as(USER),
                     arguments=['--endpoint-url', sim.url, *options, point], **settings)
    return start


@pytest.mark.parametrize('is_foreground', [True, False],
                         ids=['foreground', 'background'])
def test_mounts_browses_and_unmounts(mount_as_user, point, is_foreground):
    mounted = mount_as_user(is_foreground=is_foreground)
    done = run_as(USER, 'grep', '-rc', '--exclude-dir=.dmsfs', '^Status: ', point)
    assert done.stderr == ''
    assert len(done.stdout.splitlines()) == 140
    assert run_as(USER, 'stat', '-c', '%u %g', point).stdout == f'{USER} {USER}\n'
    assert 'Read-only file system' in run_as(USER, 'touch', point / 'x').stderr
    assert 'Permission denied' in run_as(OTHER, 'ls', point).stderr
    said = []

    def is_unmounted():
        done = run_as(USER, 'fusermount3', '-u', point)
        said.append(done.stderr)
        return done.returncode == 0

    # Busy is what it may be while the mount edits itself.
    until(is_unmounted, 60, 'an unmount')
    assert said[-1] == ''
    assert all('busy' in text for text in said[:-1])
    mounted.check_end()


def test_mounts_several_sources(mount, sim, place, point):
    keys = (f'endpoint_url = {sim.url}\naws_access_key_id = {sim.access_key}\n'
            f'aws_secret_access_key = {sim.secret_key}\n')
    (place / 'config').write_text(f'[profile a]\n{keys}[profile b/c]\n{keys}')
    mount(sim, path=point, prefix=acting_as(USER), warnings='^dmsfs: [ab].*@us-east-1: 140 ',
          arguments=['a@us-east-1', 'b/c@us-east-1', point],
          environment={'AWS_CONFIG_FILE': str(place / 'config')})
    # fusermount3 takes the commas as well.
    assert mounting.mount_entry(point).source == 'a@us-east-1,b/c@us-east-1'
    assert run_as(USER, 'ls', point).stdout == 'a@us-east-1\nb%2Fc@us-east-1\n'


def test_a_signal_unmounts_it(mount_as_user):
    mounted = mount_as_user()
    mounted.signal(signal.SIGTERM)
    mounted.check_end()


def test_sees_what_changes(mount_as_user, sim, point):
    mounted = mount_as_user()
    [first, *_] = sim.listing()
    file = (point / first['ReplicationInstanceIdentifier'] /
            first['EndpointIdentifier'])
    sim.set(first['EndpointIdentifier'], Status='changed-now')
    mounted.signal(signal.SIGUSR1)
    sim.wait_for(lambda _: run_as(USER, 'head', '-n', '1', file).stdout
                 == 'Status: changed-now\n')


def keys_of(sim):
    return (f'[default]\nregion = {sim.region}\nendpoint_url = {sim.url}\n'
            f'aws_access_key_id = {sim.access_key}\n'
            f'aws_secret_access_key = {sim.secret_key}\n')


@pytest.fixture
def homes(sim, place, point):
    """The home of the user with a set-up in it, root's, and one of another user's that
    may be entered; of which /etc/passwd knows the first."""
    made = {}
    for name, owner, mode in (('own', USER, 0o700), ('root', 0, 0o700),
                              ('open', OTHER, 0o755)):
        made[name] = place / name
        (made[name] / '.aws').mkdir(parents=True)
        made[name].chmod(mode)
        for path in (made[name], made[name] / '.aws'):
            os.chown(path, owner, owner)
    (made['own'] / '.aws/config').write_text(keys_of(sim))
    os.chown(made['own'] / '.aws/config', USER, USER)
    passwd = pathlib.Path('/etc/passwd')
    others = [line for line in passwd.read_text().splitlines()
              if line.split(':')[2] != str(USER)]
    own_dev.cover(passwd, '\n'.join(
        [*others, f'nobody:x:{USER}:{USER}::{made["own"]}:/bin/sh', '']))
    yield made
    own_dev.uncover(passwd)


def check_at_home(sim, place, home):
    kept = {name: value for name, value in sim.environment(home=place).items()
            if not name.startswith(('AWS_', 'HOME'))}
    return mounting.run(place, ['--check'], {**kept, 'HOME': str(home),
                                             'AWS_EC2_METADATA_DISABLED': 'true'},
                        prefix=acting_as(USER))


def test_reads_the_user_s_own_home_where_home_is_root_s(sim, place, homes):
    done = check_at_home(sim, place, homes['root'])
    assert done.returncode == 0, done.stderr
    assert f'profile default in {homes["own"]}/.aws/config' in done.stdout
    assert (f'dmsfs: warning: HOME is {homes["root"]}, which belongs to another user and '
            f'cannot be entered; reading {homes["own"]}/.aws\n') in done.stderr
    done = check_at_home(sim, place, homes['own'])
    assert done.returncode == 0, done.stderr
    assert 'warning' not in done.stderr


def test_stays_in_a_home_that_may_be_entered(sim, place, homes):
    # Or is not there, as that of a service.
    for home in (homes['open'], place / 'none'):
        done = check_at_home(sim, place, home)
        assert done.returncode == 1
        assert 'no region' in done.stderr
        assert f'{home}/.aws/config' in done.stderr
        assert 'warning' not in done.stderr


@pytest.mark.parametrize('is_ours', [False, True])
def test_mounts_by_fstab_and_the_setting_of_mount_fuse3(sim, place, point, homes, is_ours):
    """It sets HOME=/root where there is none, as after mount(8)."""
    program = shutil.which('mount.fuse3', path='/sbin:/usr/sbin')
    if not program or os.stat('/root').st_mode & 0o007:
        pytest.skip('mount.fuse3 is missing, or /root is open to all')
    variables = {'HOME': str(homes['own'])} if is_ours else {}
    done = subprocess.run(
        [*acting_as(USER), program, 'none', point, '-t', 'fuse.dmsfs', '-o', 'rw,user'],
        env={'PATH': f'{place}:/usr/bin:/bin', 'AWS_EC2_METADATA_DISABLED': 'true',
             **variables}, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert ('HOME is /root' in done.stderr) is not is_ours
    assert run_as(USER, 'head', '-n', '1', point / '.dmsfs/status').stdout == (
        'State: fresh\n')
    [daemon] = [pid for pid, command in mounting.children_of(os.getpid()).items()
                if str(point) in command]
    until(lambda: run_as(USER, 'fusermount3', '-u', point).returncode == 0, 60,
          'an unmount')
    assert os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1]) == 0


@pytest.mark.parametrize('option', ['allow_other', 'allow_root'])
def test_others_are_let_in_only_where_fuse_conf_allows_it(sim, place, point, fuse_conf,
                                                         option):
    fuse_conf('# nothing is allowed\n')
    done = mounting.run(place, ['-o', option, '--endpoint-url', sim.url, point],
                        sim.environment(home=place), prefix=acting_as(USER))
    assert done.returncode == 1
    assert 'user_allow_other' in done.stderr
    assert str(FUSE_CONF) in done.stderr
    assert f'dmsfs: {point}: cannot mount' in done.stderr
    assert mounting.mount_entry(point) is None


def test_others_look_in_where_fuse_conf_allows_it(mount_as_user, point, fuse_conf):
    fuse_conf('user_allow_other\n')
    mount_as_user('--allow-other')
    done = run_as(OTHER, 'grep', '-rc', '--exclude-dir=.dmsfs', '^Status: ', point)
    assert done.stderr == ''
    assert len(done.stdout.splitlines()) == 140


def test_a_dead_mount_is_cleared(mount_as_user, point):
    dead = mount_as_user()
    dead.signal(signal.SIGKILL)
    dead.wait()
    mount_as_user('--clean-stale', is_foreground=False)
    assert run_as(USER, 'head', '-n', '1', point / '.dmsfs/status').stdout == (
        'State: fresh\n')
