"""A user's AWS set-up, put together of sources of credentials.

    home = AwsHome(directory, services)
    home.add('credentials file', 'process')     # for profile p
    subprocess.run([...], env=home.environment())

Each source gives keys that are named after it: see aws_services.key().
"""

import datetime
import hashlib
import json
import os
import stat
import sys

from aws_services import (ACCOUNT, TIME, TOKEN_CONTAINER, TOKEN_SSO, TOKEN_WEB, key,
                          role_arn)

PROFILE = 'p'
START_URL = 'https://corp.awsapps.com/start'
LOGIN_SESSION = f'arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me'
DISABLED = {'AWS_EC2_METADATA_DISABLED': 'true'}


class AwsHome:
    def __init__(self, directory, services, region='us-east-1'):
        self.directory = directory / 'home'
        self.services = services
        self.variables = {'AWS_DEFAULT_REGION': region, 'AWS_REGION': region,
                          **DISABLED}
        self.sections = {'config': {}, 'credentials': {}}
        (self.directory / '.aws').mkdir(parents=True)

    def environment(self):
        """The environment of one who has nothing else set."""
        self._write()
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith('AWS_') and not name.lower().endswith('_proxy')}
        return {**kept, 'HOME': str(self.directory), **self.services.environment(),
                **self.variables}

    def add(self, *sources, profile=PROFILE):
        for source in sources:
            getattr(self, '_add_' + source.replace(' ', '_').replace('-', '_'))(profile)
        return self

    def set(self, profile=PROFILE, file='config', **keys):
        section = self._section(file, profile)
        section.update(keys)
        return self

    def set_section(self, name, **keys):
        self.sections['config'].setdefault(name, {}).update(keys)
        return self

    # The sources

    def _add_environment(self, profile):
        keys = self.services.give('environment')
        self.variables.update(AWS_ACCESS_KEY_ID=keys['access_key'],
                              AWS_SECRET_ACCESS_KEY=keys['secret_key'],
                              AWS_SESSION_TOKEN=keys['session_token'])

    def _add_credentials_file(self, profile):
        self._add_keys('credentials', profile, 'credentials file')

    def _add_config_file(self, profile):
        self._add_keys('config', profile, 'config file')

    def _add_keys(self, file, profile, name):
        keys = self.services.give(name, is_static=True)
        self.set(profile, file, aws_access_key_id=keys['access_key'],
                 aws_secret_access_key=keys['secret_key'])

    def _add_role(self, profile):
        """By the keys of another profile, base."""
        self._add_keys('config', 'base', 'base')
        self.set(profile, role_arn=role_arn('reader'), source_profile='base')

    def _add_role_of_environment(self, profile):
        self.set(profile, role_arn=role_arn('reader'), credential_source='Environment')

    def _add_role_of_container(self, profile):
        self.set(profile, role_arn=role_arn('reader'), credential_source='EcsContainer')

    def _add_role_of_metadata(self, profile):
        self.set(profile, role_arn=role_arn('reader'),
                 credential_source='Ec2InstanceMetadata')

    def _add_web_identity(self, profile):
        """By the variables."""
        self.variables.update(AWS_ROLE_ARN=role_arn('pod'),
                              AWS_WEB_IDENTITY_TOKEN_FILE=self._token_file('web'))

    def _add_web_identity_of_profile(self, profile):
        self.set(profile, role_arn=role_arn('of-profile'),
                 web_identity_token_file=self._token_file('web'))

    def _add_sso(self, profile):
        self.set(profile, sso_session='corp', sso_account_id=ACCOUNT,
                 sso_role_name='session')
        self.set_section('sso-session corp', sso_region='us-east-1',
                         sso_start_url=START_URL)
        self._write_sso_token('corp', hours=4)

    def _add_expiring_sso(self, profile):
        self._add_sso(profile)
        self._write_sso_token('corp', hours=0.1, access='old-token')

    def _add_expired_sso(self, profile):
        self._add_sso(profile)
        self._write_sso_token('corp', hours=-1, access='old-token')

    def _add_legacy_sso(self, profile):
        self.set(profile, sso_account_id=ACCOUNT, sso_role_name='legacy',
                 sso_region='us-east-1', sso_start_url=START_URL)
        self._write_sso_token(START_URL, hours=4)

    def _add_process(self, profile):
        keys = self.services.give('process')
        program = self.directory / 'give keys'
        program.write_text(f'#!{sys.executable}\nimport json, sys\nprint(json.dumps(dict('
                           f'Version=int(sys.argv[1]), AccessKeyId='
                           f'{keys["access_key"]!r}, SecretAccessKey='
                           f'{keys["secret_key"]!r}, SessionToken='
                           f'{keys["session_token"]!r})))\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.set(profile, credential_process=f'"{program}" 1')

    def _add_container(self, profile):
        self.variables.update(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f'{self.services.url}/container',
            AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN_CONTAINER)

    def _add_metadata(self, profile):
        self.variables.pop('AWS_EC2_METADATA_DISABLED')
        self.variables['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = f'{self.services.url}/'

    def _add_secret_key_alone(self, profile):
        """Left over in the environment."""
        self.variables['AWS_SECRET_ACCESS_KEY'] = 'left-over'

    def _add_login_made_elsewhere(self, profile):
        self._add_login(profile, signInRegion='us-east-2')

    def _add_login(self, profile, **members):
        """One that has to be renewed."""
        self.set(profile, login_session=LOGIN_SESSION)
        keys = key('an old login')
        dpop = self.services.directory / 'ca.key'
        self._write_json('login', hashlib.sha256(LOGIN_SESSION.encode()), {
            'accessToken': {'accessKeyId': keys['access_key'],
                            'secretAccessKey': keys['secret_key'],
                            'sessionToken': keys['session_token'],
                            'accountId': ACCOUNT,
                            'expiresAt': self._time(hours=0.05)},
            'tokenType': 'aws_sigv4', 'refreshToken': 'refresh-1',
            'clientId': 'client', 'dpopKey': dpop.read_text(), **members})

    # Files

    def cache(self, kind):
        [path] = (self.directory / '.aws' / kind / 'cache').iterdir()
        return path

    def _token_file(self, name):
        path = self.directory / f'{name}.token'
        path.write_text(TOKEN_WEB)
        return str(path)

    @staticmethod
    def _time(hours):
        return (datetime.datetime.now(datetime.timezone.utc)
                + datetime.timedelta(hours=hours)).strftime(TIME)

    def _write_sso_token(self, name, hours, access=TOKEN_SSO):
        self._write_json('sso', hashlib.sha1(name.encode()), {
            'startUrl': START_URL, 'region': 'us-east-1', 'accessToken': access,
            'expiresAt': self._time(hours), 'clientId': 'client',
            'clientSecret': 'secret-of-client', 'refreshToken': 'refresh-1',
            'registrationExpiresAt': self._time(1000)})

    def _write_json(self, kind, name, content):
        folder = self.directory / '.aws' / kind / 'cache'
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f'{name.hexdigest()}.json').write_text(json.dumps(content))

    def _section(self, file, profile):
        is_bare = file == 'credentials' or profile == 'default'
        name = profile if is_bare else f'profile {profile}'
        return self.sections[file].setdefault(name, {})

    def _write(self):
        for file, sections in self.sections.items():
            text = ''.join(
                f'[{name}]\n' + ''.join(f'{key} = {value}\n'
                                        for key, value in keys.items())
                for name, keys in sections.items())
            if text:
                (self.directory / '.aws' / file).write_text(text)
