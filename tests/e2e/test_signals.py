"""How a mount ends: unmounted, with exit status 0, by whatever means it is asked to."""

import os
import pathlib
import signal
import subprocess

import pytest

import mount as mounting
from mount import children_of, mount_entry, mounts_below
from watch import until

MODES = pytest.mark.parametrize('is_foreground', [True, False],
                                ids=['foreground', 'background'])


@pytest.fixture
def sim(serve):
    return serve(connections=140, instances=4)


@MODES
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
                         ids=lambda number: number.name)
def test_a_signal_unmounts_it(sim, mount, number, is_foreground):
    mounted = mount(sim, is_foreground=is_foreground)
    assert sum(1 for _ in mounted.path.iterdir()) >= 4
    mounted.signal(number)
    mounted.check_end()
    assert list(mounted.path.iterdir()) == []


@MODES
def test_fusermount_ends_it(sim, mount, is_foreground):
    mounted = mount(sim, is_foreground=is_foreground)
    mounted.stop()
    assert mount_entry(mounted.path) is None


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM],
                         ids=lambda number: number.name)
def test_a_signal_unmounts_it_though_somebody_is_in_it(sim, mount, number):
    mounted = mount(sim)
    directory = next(p for p in mounted.path.iterdir() if p.name != '.dmsfs')
    [file, *_] = directory.iterdir()
    with open(file, 'rb'), subprocess.Popen(['cat'], cwd=directory,
                                            stdin=subprocess.PIPE) as visitor:
        mounted.signal(number)
        mounted.check_end()
        visitor.stdin.close()


def test_a_signal_that_comes_twice_ends_it_as_well(sim, mount):
    mounted = mount(sim)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        os.kill(mounted.pid, number)
    mounted.check_end()


def test_it_ends_while_it_is_being_read(serve, mount):
    mounted = mount(serve(connections=2000, instances=4))
    with subprocess.Popen(['sh', '-c', 'while grep -r x .; do :; done'],
                          cwd=mounted.path, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as reader:
        assert reader.stdout.read(10)
        mounted.signal(signal.SIGTERM)
        mounted.check_end()
        reader.kill()


@MODES
def test_nothing_is_left_when_it_is_stopped_while_it_lists(sim, place, mountpoint,
                                                           is_foreground):
    sim.fault(kind='hang', count=-1)
    arguments = [mounting.program(), *(['-f'] if is_foreground else []),
                 '--endpoint-url', sim.url, str(mountpoint)]
    with subprocess.Popen(arguments, env=sim.environment(home=place),
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          start_new_session=True) as starting:
        sim.wait_for_requests(1)
        # As Ctrl-C does it: to all of the foreground.
        os.killpg(starting.pid, signal.SIGINT)
        # The end of stderr is the end of all that held it, but for a moment.
        starting.stderr.read()
        assert starting.wait() != 0
    until(lambda: not any(str(mountpoint) in command
                          for command in children_of(os.getpid()).values()))
    assert mounts_below(place) == []
    sim.clear_faults()


def test_nothing_is_left_when_the_starting_process_alone_is_stopped(sim, place,
                                                                    mountpoint):
    sim.fault(kind='hang', count=-1)
    with subprocess.Popen([mounting.program(), '--endpoint-url', sim.url,
                           str(mountpoint)], env=sim.environment(home=place),
                          stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as starting:
        sim.wait_for_requests(1)
        starting.terminate()
        starting.stderr.read()
        assert starting.wait() != 0
    assert mounts_below(place) == []
    sim.clear_faults()


def test_clean_stale_takes_the_place_of_a_mount_that_was_killed(sim, mount, mountpoint):
    dead = mount(sim)
    # What the kernel has cached it goes on to show.
    assert sum(1 for _ in mountpoint.iterdir()) >= 4
    dead.signal(signal.SIGKILL)
    assert dead.wait() == -signal.SIGKILL
    mounted = mount(sim, '--clean-stale', is_foreground=False)
    assert sum(1 for _ in mounted.path.iterdir()) >= 4


# The background


def test_it_answers_when_it_returns(sim, mount):
    for _ in range(5):
        mounted = mount(sim, is_foreground=False)
        assert mount_entry(mounted.path).type == 'fuse.dmsfs'
        assert sum(1 for _ in mounted.path.iterdir()) >= 4
        mounted.stop()


def test_the_daemon_lets_go_of_its_caller(sim, mount):
    mounted = mount(sim, is_foreground=False)
    process = pathlib.Path('/proc') / str(mounted.pid)
    assert os.readlink(process / 'cwd') == '/'
    for descriptor in (0, 1, 2):
        assert os.readlink(process / 'fd' / str(descriptor)) == '/dev/null'
    # The leader of a session of its own, which a hang-up does not reach.
    assert os.getsid(mounted.pid) == mounted.pid


def test_it_mounts_where_a_relative_path_leads(sim, mount, place):
    mounted = mount(sim, is_foreground=False, cwd=place, path=place / 'mnt',
                    arguments=['--endpoint-url', sim.url, 'mnt'])
    assert sum(1 for _ in mounted.path.iterdir()) >= 4


def test_it_mounts_where_a_link_leads(sim, mount, place, mountpoint):
    (place / 'link').symlink_to('mnt')
    mount(sim, is_foreground=False, path=mountpoint,
          arguments=['--endpoint-url', sim.url, place / 'link'])
    assert sum(1 for _ in (place / 'link').iterdir()) >= 4


def test_it_mounts_again_where_it_was_unmounted(sim, mount):
    for _ in range(3):
        mount(sim).stop()


def test_two_mounts_stand_side_by_side(sim, mount, place):
    first = mount(sim)
    (place / 'second').mkdir()
    second = mount(sim, arguments=['--endpoint-url', sim.url, place / 'second'])
    assert sorted(os.listdir(first.path)) == sorted(os.listdir(second.path))
    first.stop()
    assert len(os.listdir(second.path)) >= 4
