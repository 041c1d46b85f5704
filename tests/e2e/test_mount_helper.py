"""dmsfs as mount(8) and fstab(5) start it: by either type, with a bare environment."""

import os
import pathlib
import pwd
import shutil
import subprocess

import pytest

import mount as mounting
import namespace

NOBODY = pwd.getpwnam('nobody')

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='mount(8) is for root')


def find_mount_fuse():
    program = shutil.which('mount.fuse3', path='/sbin:/usr/sbin')
    if not program:
        pytest.skip('mount.fuse3 is not installed')
    return program


@pytest.fixture
def bin_directory(place):
    """A directory with dmsfs, and with mount.dmsfs as it is installed."""
    directory = place / 'bin'
    directory.mkdir()
    program = pathlib.Path(mounting.program()).resolve()
    (directory / 'dmsfs').symlink_to(program)
    (directory / 'mount.dmsfs').symlink_to('dmsfs')
    return directory


@pytest.fixture
def config(serve, place):
    """A sim, and the configuration file that leads to it: no variable is needed."""
    sim = serve(connections=30, instances=2)
    path = place / 'config'
    path.write_text(f"""[profile prod]
region = us-east-1
endpoint_url = {sim.url}
aws_access_key_id = {sim.access_key}
aws_secret_access_key = {sim.secret_key}

[profile test/ReadOnly]
aws_access_key_id = {sim.access_key}
aws_secret_access_key = {sim.secret_key}
endpoint_url = {sim.url}
""")
    return path


@pytest.fixture
def helper(place, config, bin_directory):
    """Runs a mount helper with nothing in its environment but the way to the
    configuration, and a PATH: no HOME, as at boot."""
    def run(program, *arguments, **variables):
        environment = mounting.with_sanitizer_logs(
            {'AWS_CONFIG_FILE': str(config), 'PATH': f'{bin_directory}:/usr/bin:/bin',
             'AWS_EC2_METADATA_DISABLED': 'true', **variables}, place)
        return subprocess.run([str(word) for word in (program, *arguments)],
                              env=environment, text=True, capture_output=True,
                              cwd='/', timeout=mounting.PATIENCE_S)

    yield run
    mounting.sweep(place)


def check_mounted(done, mountpoint, source='prod@us-east-1'):
    assert done.returncode == 0, done.stderr
    entry = mounting.mount_entry(mountpoint)
    assert (entry.type, entry.source) == ('fuse.dmsfs', source)
    assert {'nosuid', 'nodev', 'noexec', 'rw'} <= entry.options
    assert (mountpoint / '.dmsfs/status').read_text().startswith('State: fresh\n')


def end(mountpoint):
    """Unmounts; the daemon has to end well, and there has to be only one."""
    [daemon] = [pid for pid, command in mounting.children_of(os.getpid()).items()
                if str(mountpoint) in command]
    mounting.unmount(mountpoint)
    assert os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1]) == 0
    return daemon


# mount -t fuse.dmsfs


FSTAB = 'rw,_netdev,nofail,x-systemd.automount,user,noauto,max_records=50'


def test_mounts_through_mount_fuse3(helper, mountpoint):
    done = helper(find_mount_fuse(), 'prod@us-east-1', mountpoint, '-o', FSTAB, '-t',
                  'fuse.dmsfs')
    check_mounted(done, mountpoint)
    end(mountpoint)


def test_takes_a_name_that_a_shell_would_split(helper, place):
    point = place / "it's $(a) mount"
    point.mkdir()
    check_mounted(helper(find_mount_fuse(), 'prod@us-east-1', point, '-t', 'dmsfs'),
                  point)
    end(point)


def test_says_through_mount_fuse3_why_it_cannot_mount(helper, mountpoint):
    done = helper(find_mount_fuse(), 'none', mountpoint, '-t', 'fuse.dmsfs')
    assert done.returncode == 1
    assert done.stderr.startswith('dmsfs: ')
    assert 'region' in done.stderr.lower()


# mount -t dmsfs


def test_mounts_as_mount_dmsfs(helper, mountpoint, bin_directory):
    done = helper(bin_directory / 'mount.dmsfs', 'prod@us-east-1', mountpoint, '-v',
                  '-n', '-o', FSTAB)
    check_mounted(done, mountpoint)
    end(mountpoint)


def test_ignores_unknown_options_when_sloppy(helper, mountpoint, bin_directory):
    program = bin_directory / 'mount.dmsfs'
    options = ('prod@us-east-1', mountpoint, '-o', 'rw,frobnicate')
    done = helper(program, *options)
    assert done.returncode == 2
    assert 'frobnicate' in done.stderr
    assert mounting.mount_entry(mountpoint) is None
    check_mounted(helper(program, *options, '-s'), mountpoint)
    end(mountpoint)


# By mount(8) itself, which looks for helpers in /sbin alone


@pytest.fixture
def private_mounts(bin_directory, place):
    """A script's own view of the file system, with the helpers where mount(8) looks for
    them and a /dev/fuse for all. Its output, when it and what it mounted have ended
    well."""
    def run(script, config):
        setup = f"""
        set -e
        mkdir {place}/sbin
        mount -t tmpfs tmpfs {place}/sbin
        cp -a /usr/sbin/mount.fuse* /usr/sbin/fusermount* {place}/sbin 2>/dev/null || :
        cp -P {bin_directory}/dmsfs {place}/sbin/dmsfs
        ln -s dmsfs {place}/sbin/mount.dmsfs
        mount --bind {place}/sbin /usr/sbin
        cp -a /dev/fuse {place}/sbin/fuse
        chmod 666 {place}/sbin/fuse
        mount --bind {place}/sbin/fuse /dev/fuse
        """
        environment = mounting.with_sanitizer_logs(
            {'AWS_CONFIG_FILE': str(config), 'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'},
            place)
        done = subprocess.run([*namespace.PREFIX, 'sh', '-c', setup + script],
                              env=environment, text=True, capture_output=True,
                              cwd='/', timeout=mounting.PATIENCE_S)
        assert done.returncode == 0, done.stderr
        for pid, command in mounting.children_of(os.getpid()).items():
            if any(str(place) in word for word in command):
                assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        return done.stdout

    if not os.path.samefile('/sbin', '/usr/sbin'):
        pytest.skip('/sbin is not /usr/sbin')
    return run


@pytest.mark.parametrize('kind', ['fuse.dmsfs', 'dmsfs'])
def test_mounts_and_unmounts_by_mount_8(private_mounts, mountpoint, config, kind):
    if kind == 'fuse.dmsfs':
        find_mount_fuse()
    said = private_mounts(f"""
        mount -t {kind} us-east-1 {mountpoint} -o profile=prod,allow_other,_netdev
        grep ' {mountpoint} ' /proc/self/mounts
        head -n 1 {mountpoint}/.dmsfs/status
        umount {mountpoint}
        ! grep ' {mountpoint} ' /proc/self/mounts
        """, config)
    entry, state = said.splitlines()
    assert entry.startswith(f'us-east-1 {mountpoint} fuse.dmsfs ')
    assert 'allow_other' in entry
    assert state == 'State: fresh'


def test_mounts_what_fstab_says(private_mounts, mountpoint, config, place):
    find_mount_fuse()
    (place / 'fstab').write_text(
        f'prod@us-east-1 {mountpoint} fuse.dmsfs '
        '_netdev,nofail,allow_other,x-systemd.automount 0 0\n')
    said = private_mounts(f"""
        mount -T {place}/fstab {mountpoint}
        head -n 1 {mountpoint}/.dmsfs/status
        umount {mountpoint}
        """, config)
    assert said == 'State: fresh\n'


@pytest.mark.parametrize('kind', ['fuse.dmsfs', 'dmsfs'])
def test_mounts_where_a_file_has_the_name_of_the_source(private_mounts, mountpoint,
                                                        config, place, kind):
    if kind == 'fuse.dmsfs':
        find_mount_fuse()
    (place / 'fstab').write_text(f'prod@us-east-1 {mountpoint} {kind} iversion,mand,'
                                 'nosymfollow,allow_other 0 0\n')
    said = private_mounts(f"""
        cd {place}
        mkdir prod@us-east-1
        mount -a -T {place}/fstab
        grep ' {mountpoint} ' /proc/self/mounts
        head -n 1 {mountpoint}/.dmsfs/status
        umount {mountpoint}
        """, config)
    entry, state = said.splitlines()
    assert entry.startswith(f'prod@us-east-1 {mountpoint} fuse.dmsfs ')
    assert state == 'State: fresh'


@pytest.mark.parametrize('kind', ['fuse.dmsfs', 'dmsfs'])
def test_takes_several_sources_with_commas(private_mounts, mountpoint, config, place,
                                           kind):
    """Also where mount(8) makes them a path, as they lead to a file."""
    if kind == 'fuse.dmsfs':
        find_mount_fuse()
    sources = 'prod@us-east-1,test/ReadOnly@us-east-1'
    (place / 'fstab').write_text(f'{sources} {mountpoint} {kind} check,partial 0 0\n')
    said = private_mounts(f"""
        cd {place}
        mount -T {place}/fstab {mountpoint} | grep -e Source -e State
        mkdir -p {sources}
        mount -T {place}/fstab {mountpoint} | grep -e Source -e State
        ! mount -t {kind} {sources},prod@us-east-1 {mountpoint} 2>&1
        """, config)
    checked = ('Source: prod@us-east-1\nState: fresh\n'
               'Source: test/ReadOnly@us-east-1\nState: fresh\n')
    assert said.startswith(2 * checked)
    assert "SOURCE 'prod@us-east-1' is given twice" in said


def test_mounts_several_sources_of_fstab(private_mounts, mountpoint, config, place):
    find_mount_fuse()
    (place / 'fstab').write_text(f'prod@us-east-1,test/ReadOnly@us-east-1 {mountpoint} '
                                 'fuse.dmsfs _netdev,nofail,partial 0 0\n')
    said = private_mounts(f"""
        mount -T {place}/fstab {mountpoint}
        grep ' {mountpoint} ' /proc/self/mounts
        ls {mountpoint}
        head -n 1 {mountpoint}/.dmsfs/status
        umount {mountpoint}
        """, config)
    entry, *names, state = said.splitlines()
    assert entry.startswith(
        f'prod@us-east-1,test/ReadOnly@us-east-1 {mountpoint} fuse.dmsfs ')
    assert names == ['prod@us-east-1', 'test%2FReadOnly@us-east-1']
    assert state == 'State: fresh'


def test_says_that_a_remount_changes_nothing(private_mounts, mountpoint, config):
    said = private_mounts(f"""
        mount -t dmsfs us-east-1 {mountpoint} -o profile=prod
        mount -o remount,ro {mountpoint} 2>&1 && exit 1
        head -n 1 {mountpoint}/.dmsfs/status
        umount {mountpoint}
        """, config)
    assert '-o remount: a mount of dmsfs keeps its options' in said
    assert said.endswith('State: fresh\n')


def test_mounts_as_the_user_of_setuid(private_mounts, mountpoint, config):
    find_mount_fuse()
    directories = pathlib.Path(mounting.program()).resolve().parents
    if not all(directory.stat().st_mode & 0o001 for directory in directories):
        pytest.skip('the build lies where other users cannot reach it')
    config.chmod(0o644)
    os.chown(mountpoint, NOBODY.pw_uid, NOBODY.pw_gid)
    options = f'setuid=nobody,uid={NOBODY.pw_uid},gid={NOBODY.pw_gid}'
    said = private_mounts(f"""
        mount -t fuse.dmsfs prod@us-east-1 {mountpoint} -o {options}
        grep ' {mountpoint} ' /proc/self/mounts
        ! ls {mountpoint} 2>&1
        setpriv --reuid=nobody --regid={NOBODY.pw_gid} --clear-groups ls {mountpoint}
        umount {mountpoint}
        """, config)
    entry, refused, *names = said.splitlines()
    assert f'user_id={NOBODY.pw_uid},' in entry
    assert 'Permission denied' in refused  # root was not let in
    assert len(names) == 2
