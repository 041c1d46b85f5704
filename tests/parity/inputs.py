"""What the judges are asked: set-ups of a user, written down or made at random.

A case is a dict: `config` and `credentials`, the texts of the two files, {home} for the
home folder; `printed`, what a credential_process prints from a file; `variables`;
`profile` and `region`, as arguments. A judge's answer to it is a dict: `host`, which
was asked, `region`, which was signed for, `key`, which signed, and `until`, when that
key ends; or `refused` alone, with the reason in its own words.
"""

import json
import random
import re

KEYS = ('aws_access_key_id = {0}ID\n'
        'aws_secret_access_key = {0}secret\n')
IN_ENVIRONMENT = {'AWS_ACCESS_KEY_ID': 'ENVID', 'AWS_SECRET_ACCESS_KEY': 'env-secret'}


def default(text='', keys='F'):
    return f'[default]\nregion = us-east-1\n{KEYS.format(keys)}{text}'


def process(end):
    """A program that prints credentials which end then."""
    return {'config': '[default]\nregion = us-east-1\n'
            'credential_process = cat {home}/printed.json\n',
            'printed': json.dumps({'Version': 1, 'AccessKeyId': 'PID', 'Expiration': end,
                                   'SecretAccessKey': 's', 'SessionToken': 't'})}


def variables(**values):
    return {'config': default(), 'variables': values}


def region(name):
    return {'config': f'[default]\nregion = {name}\n{KEYS.format("F")}'}


def switch(name, value):
    return variables(**{name: value})


# All of botocore 1.43 and the SDK for JavaScript 3.1124; the latter in partitions that
# older ones lack.
REGIONS = (
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 '
    'ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 '
    'ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 '
    'ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 '
    'eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 '
    'sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1 '
    'us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 '
    'us-isob-west-1 ').split()
NEWER_REGIONS = (
    'eu-isoe-west-1 us-isof-east-1 us-isof-south-1 eusc-de-east-1 ').split()

VARIANTS = {'FIPS': {'AWS_USE_FIPS_ENDPOINT': 'true'},
            'dual-stack': {'AWS_USE_DUALSTACK_ENDPOINT': 'true'}}
VARIANTS['both'] = {**VARIANTS['FIPS'], **VARIANTS['dual-stack']}

# Since when botocore knows an input, where an older one is still about.
SINCE = {name: (1, 31) for name in (
    'endpoint of the environment', 'services', 'FIPS beside an endpoint',
    'a region of FIPS beside an endpoint', *NEWER_REGIONS)}
SINCE.update({f'{name}, {variant}': (1, 43)
              for name in (*NEWER_REGIONS, *REGIONS) for variant in VARIANTS
              if name in NEWER_REGIONS or
              (name.startswith('us-iso') and variant != 'FIPS')})

# Each as it is and in its variants.
PLACES = {
    **{name: region(name) for name in (*REGIONS, *NEWER_REGIONS)},
    **{f'{name}, {variant}': {**region(name), 'variables': values}
       for name in (*REGIONS, *NEWER_REGIONS) for variant, values in VARIANTS.items()},
}

CASES = {
    'nothing but keys and a region': {'config': default()},
    'no region': {'config': f'[default]\n{KEYS.format("F")}'},
    'no keys': {'config': '[default]\nregion = us-east-1\n'},

    # Keys of which a half is there
    'a secret key alone': variables(AWS_SECRET_ACCESS_KEY='s'),
    'a secret key beside an empty id': variables(AWS_ACCESS_KEY_ID='',
                                                 AWS_SECRET_ACCESS_KEY='s'),
    'an id alone': variables(AWS_ACCESS_KEY_ID='ENVID'),
    'a token alone': variables(AWS_SESSION_TOKEN='t'),
    'a secret key alone in the credentials file': {
        'config': default(), 'credentials': '[default]\naws_secret_access_key = s\n'},
    'an id alone in the credentials file': {
        'config': default(), 'credentials': '[default]\naws_access_key_id = CID\n'},
    'an empty id in the credentials file': {
        'config': default(),
        'credentials': '[default]\naws_access_key_id =\naws_secret_access_key = s\n'},

    # Regions
    'fips-us-west-2': region('fips-us-west-2'),
    'us-west-2-fips': region('us-west-2-fips'),
    'us-gov-east-1-fips': region('us-gov-east-1-fips'),
    'fips in the middle': region('us-fips-west-2'),
    'FIPS in capitals': region('FIPS-us-west-2'),
    'aws-global': region('aws-global'),
    **{f'fips-{name}': region(f'fips-{name}') for name in (
        'eu-west-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1')},
    'a region that is not known': region('mars-north-1'),
    'a region with a dot': region('us-east-1.example.com'),
    'a region of both files': {
        'config': default(), 'credentials': '[default]\nregion = eu-west-1\n'},
    'a region in capitals': region('EU-WEST-1'),

    # Switches
    **{f'AWS_USE_FIPS_ENDPOINT={value}': switch('AWS_USE_FIPS_ENDPOINT', value)
       for value in ('true', 'True', 'TRUE', '1', 'yes', 'on', 'false', ' true')},
    'AWS_USE_FIPS_ENDPOINT= over a true of the file': {
        'config': default('use_fips_endpoint = true\n'),
        'variables': {'AWS_USE_FIPS_ENDPOINT': ''}},
    'AWS_USE_FIPS_ENDPOINT=false over a true of the file': {
        'config': default('use_fips_endpoint = true\n'),
        'variables': {'AWS_USE_FIPS_ENDPOINT': 'false'}},
    'use_fips_endpoint = 1': {'config': default('use_fips_endpoint = 1\n')},
    'AWS_USE_DUALSTACK_ENDPOINT=True': switch('AWS_USE_DUALSTACK_ENDPOINT', 'True'),
    'FIPS and dual-stack': variables(AWS_USE_FIPS_ENDPOINT='true',
                                     AWS_USE_DUALSTACK_ENDPOINT='true'),
    'FIPS beside an endpoint': {
        **variables(AWS_USE_FIPS_ENDPOINT='true',
                    AWS_ENDPOINT_URL='https://dms.example.com')},
    'a region of FIPS beside an endpoint': {
        **region('us-west-2-fips'),
        'variables': {'AWS_ENDPOINT_URL': 'https://dms.example.com'}},
    'endpoint of the environment': variables(AWS_ENDPOINT_URL='https://dms.example.com'),
    'services': {'config': default('services = corp\n') + (
        '[services corp]\ndatabase_migration_service =\n'
        '  endpoint_url = https://dms.example.com\n')},

    # Times at which a process's credentials end
    **{f'until {end}': process(end) for end in (
        '2099-11-23T14:19:57Z', '2099-11-23T14:19:57UTC', '2099-11-23 14:19:57 UTC',
        '2099-11-23T14:19:57 GMT', '2099-11-23T14:19Z', '2099-11-23T15:19:57+01:00',
        '2099-11-23T15:19:57+0100', '2099-11-23T15:19:57+01',
        'Mon, 23 Nov 2099 14:19:57 GMT', '20991123T141957Z',
        '2099-11-23T14:19:57.123456789Z', '2099-11-23T14:19:57,5Z',
        '2099-11-23T14:19:57', '4101546000', 'soon', '2019-11-23T14:19:57Z')},

    # Names and files
    'a profile with blanks in quotes': {
        'profile': 'My Account', 'config': f'[profile "My Account"]\n{default()[10:]}'},
    'a profile with blanks and no quotes': {
        'profile': 'My Account', 'config': f'[profile My Account]\n{default()[10:]}'},
    'a profile that is nowhere': {'profile': 'nowhere', 'config': default()},
    'AWS_PROFILE that is empty': variables(AWS_PROFILE=''),
    'AWS_CONFIG_FILE that is empty': {
        'config': default(), 'variables': {'AWS_CONFIG_FILE': '',
                                           'AWS_DEFAULT_REGION': 'eu-west-1',
                                           'AWS_REGION': 'eu-west-1', **IN_ENVIRONMENT}},
    'AWS_CONFIG_FILE that names nothing': {
        'variables': {'AWS_CONFIG_FILE': '/nowhere/config', **IN_ENVIRONMENT,
                      'AWS_REGION': 'eu-west-1', 'AWS_DEFAULT_REGION': 'eu-west-1'}},
    'a config file that is a directory': {
        'is_config_a_directory': True,
        'variables': {**IN_ENVIRONMENT, 'AWS_REGION': 'eu-west-1',
                      'AWS_DEFAULT_REGION': 'eu-west-1'}},
    'environment before profile': {'config': default(), 'variables': IN_ENVIRONMENT},
    'an argument before environment': {
        'config': default() + f'[profile p]\nregion = eu-west-2\n{KEYS.format("P")}',
        'profile': 'p', 'variables': IN_ENVIRONMENT},
}

# Differences from botocore that stay, each with its reason. Where another judge differs
# from both, dmsfs follows botocore.
KEPT = {
    'an empty id in the credentials file':
        'botocore signs with an empty id, which the service refuses',
    'AWS_USE_FIPS_ENDPOINT= over a true of the file':
        'an empty variable counts as none everywhere in dmsfs, and FIPS is safer',
    'FIPS beside an endpoint':
        'the endpoint that was asked for may not be one of FIPS; as the rule set says',
    'AWS_PROFILE that is empty':
        'an empty variable counts as none everywhere in dmsfs',
    'until 2099-11-23T14:19:57':
        'botocore fails by a TypeError; dmsfs takes a time without a zone for UTC',
    **{f'{name}, {variant}':
       'botocore has no dual-stack names there yet; as the SDK for JavaScript'
       for name in ('eu-isoe-west-1', 'us-isof-east-1', 'us-isof-south-1')
       for variant in ('dual-stack', 'both')},
}

# The same of what chance makes: a part of dmsfs' refusal, and the reason.
KEPT_REFUSALS = {
    'contains a blank, a newline or another character that no key has':
        'botocore signs with the comment in the key, which the service refuses',
}



FIELDS = ('host', 'region', 'key', 'until')


def is_same(one, other):
    """Two refusals are the same, whatever their words."""
    if 'refused' in one or 'refused' in other:
        return 'refused' in one and 'refused' in other
    return all(one.get(field) == other.get(field) for field in FIELDS)


def reason_for(name, ours, theirs):
    """Why dmsfs may differ; None where no reason is known."""
    for part, reason in KEPT_REFUSALS.items():
        if part in ours.get('refused', '') and not is_same(ours, theirs):
            return reason
    return KEPT.get(name)


def shown(answer):
    if 'refused' in answer:
        # Without the folder, which is another one each time.
        text = re.sub(r'/\S*/dmsfs-parity\.[^/]*/[0-9]+', '~', answer['refused'])
        return f'refused: {text.splitlines()[-1][:70]}'
    parts = [answer['host'], answer['region'], answer['key']]
    return ' '.join(str(part) for part in parts) + (
        f' until {answer["until"]}' if answer['until'] else '')


# What people write, by chance


def _blank(dice):
    return dice.choice(['', ' ', ' ', ' ', '  ', '\t'])


def _line(dice, key, value):
    if dice.random() < 0.08:
        key = dice.choice([key.upper(), key.capitalize()])
    if dice.random() < 0.08:
        value += dice.choice([' ', '\t', '  ', ' # home', ' ; home', '#x'])
    divider = '=' if dice.random() < 0.9 else ':'
    return f'{key}{_blank(dice)}{divider}{_blank(dice)}{value}'


def _section(dice, head, tag):
    lines = [head]
    if dice.random() < 0.9:
        lines.append(_line(dice, 'region', dice.choice(
            ['us-east-1', 'eu-west-3', 'cn-north-1', 'us-gov-west-1', 'us-east-2-fips'])))
    if dice.random() < 0.9:
        lines.append(_line(dice, 'aws_access_key_id', f'{tag}ID'))
        lines.append(_line(dice, 'aws_secret_access_key', f'{tag}/secret+='))
    if dice.random() < 0.3:
        lines.append(_line(dice, 'output', 'json'))
    if dice.random() < 0.2:
        lines += ['s3 =', '  max_concurrent_requests = 20', '  region = nested']
    if dice.random() < 0.2:
        lines.append(_line(dice, 'use_fips_endpoint', dice.choice(['true', 'True', '0'])))
    for comment in ('# a comment', '; another', '', '   ', '\t# indented'):
        if dice.random() < 0.15:
            lines.insert(dice.randrange(1, len(lines) + 1), comment)
    if dice.random() < 0.03:
        lines.append(lines[-1])
    return lines


# The heads that stand for a profile, or look as if.
CONFIG_HEADS = {
    'default': ['[default]', '[profile default]', '[default] # mine', '[Default]'],
    'p': ['[profile p]', '[profile  p]', '[ profile p ]', '[profile "p"]', "[profile 'p']",
          '[profile p] ; mine', '[p]', '[profile P]'],
    'my prof': ['[profile "my prof"]', "[profile 'my prof']", '[profile my\\ prof]',
                '[profile my prof]'],
    'others': ['[preview]', '[plugins]', '[profile q]', '[sso-session p]'],
}
CREDENTIALS_HEADS = {
    'default': ['[default]', '[Default]'],
    'p': ['[p]', '[ p ]', '[p] # mine', '[profile p]', '[P]'],
    'my prof': ['[my prof]', '["my prof"]'],
    'others': ['[q]', '[other]'],
}


def _file(dice, heads, name, tag):
    """One that most likely has the profile, and others beside it."""
    kinds = [kind for kind in heads if kind != name]
    chosen = dice.sample(kinds, dice.randrange(0, 3)) + (
        [name] if dice.random() < 0.9 else [])
    dice.shuffle(chosen)
    lines = []
    for number, kind in enumerate(chosen):
        # Written as it should be more often than not.
        head = heads[kind][0] if dice.random() < 0.5 else dice.choice(heads[kind])
        lines += _section(dice, head, f'{tag}{number}')
    if dice.random() < 0.1 and chosen:
        lines += _section(dice, dice.choice(heads[chosen[0]]), f'{tag}9')
    end = '\r\n' if dice.random() < 0.1 else '\n'
    text = end.join(lines)
    return text if dice.random() < 0.1 else text + end


def random_case(seed):
    """A pair of files, and how a profile of them is chosen."""
    dice = random.Random(seed)
    name = dice.choice(['p', 'my prof', 'default'])
    case = {'config': _file(dice, CONFIG_HEADS, name, 'C'), 'variables': {}}
    if dice.random() < 0.7:
        case['credentials'] = _file(dice, CREDENTIALS_HEADS, name, 'S')
    if name != 'default' or dice.random() < 0.3:
        if dice.random() < 0.5:
            case['profile'] = name
        else:
            case['variables']['AWS_PROFILE'] = name
    if dice.random() < 0.2:
        case['variables'].update(AWS_REGION='ap-south-1', AWS_DEFAULT_REGION='ap-south-1')
    if dice.random() < 0.2:
        case['variables'].update(IN_ENVIRONMENT)
    return case
