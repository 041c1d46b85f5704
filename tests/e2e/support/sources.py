"""Several sources under one mount, each a sim that is the account of a profile.

    with several(place, {'prod': sim, 'test': other}, *options, mountpoint) as it:
        it.status('prod')
"""

import os
from contextlib import contextmanager

from contract import record
from live import Live, marked
from mount import Mount
from watch import fields

ACCOUNT = 'us-east-1:123456789012'
TESTED = 'tested'  # the profile of the one among three


def word(profile, sim):
    """A SOURCE, which is the name of its directory as well."""
    return f'{profile}@{sim.region}'


def of_account(records, account):
    """The same records in another REGION:ACCOUNT."""
    return [{name: value.replace(ACCOUNT, account) if name.endswith('Arn') else value
             for name, value in one.items()} for one in records]


def config_of(sims):
    """A config file in which each sim is the account of a profile."""
    return ''.join(
        f'[profile {name}]\nendpoint_url = {sim.url}\n'
        f'aws_access_key_id = {sim.access_key}\n'
        f'aws_secret_access_key = {sim.secret_key}\n' for name, sim in sims.items())


def write_profiles(place, sims):
    """Makes each sim a profile's; what the environment needs for that."""
    config = place / 'profiles'
    config.write_text(config_of(sims))
    return {'AWS_CONFIG_FILE': str(config)}


def ask_for_refresh(directory):
    """Once: to truncate the file asks as well."""
    refresh = os.open(directory / '.dmsfs/refresh', os.O_WRONLY)
    try:
        os.write(refresh, b'1')
    finally:
        os.close(refresh)


class Several:
    """A mount of some sims, by the names of their profiles."""

    def __init__(self, sims, mount):
        self.sims = sims
        self.mount = mount
        self.root = mount.point
        self.words = {name: word(name, sim) for name, sim in sims.items()}

    def path(self, profile=None, name=''):
        """Below a source, or of the sum."""
        return (self.root / self.words[profile] if profile else self.root) / name

    def status(self, profile=None):
        return fields(self.path(profile, '.dmsfs/status'))

    def lines(self, name, profile=None):
        """The lines of .dmsfs/NAME by their fields, without their times."""
        return [line.split('\t')[1:] for line in
                self.path(profile, f'.dmsfs/{name}').read_text().splitlines()]

    def live(self, profile):
        """The source as a mount of its own would be."""
        it = Live(self.sims[profile], self.mount)
        it.root = self.path(profile)
        return it

    def refresh(self, profile=None):
        ask_for_refresh(self.path(profile))


def arguments_of(sims, options, mountpoint):
    return [*options, *(word(name, sim) for name, sim in sims.items()), mountpoint]


@contextmanager
def several(place, sims, *options, mountpoint, environment=None, **settings):
    """Mounts them; it has to end well."""
    variables = {**next(iter(sims.values())).environment(home=place),
                 **write_profiles(place, sims), 'AWS_MAX_ATTEMPTS': '1',
                 **(environment or {})}
    with Mount(place, arguments_of(sims, options, mountpoint), variables,
               **settings) as mount:
        yield Several(sims, mount)


def neighbours(serve):
    """Two more sources, for a mount in which a third is tested."""
    listing = marked(record('inst', 'a'), record('other', 'b', 'failed', 'no route'))
    return {'failing': serve(region='eu-west-1',
                             listing=of_account(listing, 'eu-west-1:2')),
            'hanging': serve(region='eu-west-2',
                             listing=of_account(listing, 'eu-west-2:2'))}


def heal_neighbours(sims):
    for sim in sims.values():
        sim.clear_faults()
        sim.clear_log()


def break_neighbours(sims, root):
    """Once they are mounted, one fails and the other hangs, for as long as the test
    takes."""
    sims['failing'].fault(kind='error', type='AccessDeniedException', message='not you',
                          count=-1)
    sims['hanging'].fault(kind='hang', count=-1)
    for name in 'failing', 'hanging':
        ask_for_refresh(root / word(name, sims[name]))
        sims[name].wait_for_requests(2)
