"""Has botocore answer cases; see judges.Foreign."""

import datetime
import json
import os
import re
import sys
import time
import urllib.parse
import warnings

import botocore.exceptions
import botocore.loaders
import botocore.session

# Read once, or most of the time goes into the descriptions of the services.
LOADER = botocore.loaders.create_loader()

warnings.simplefilter('ignore')


# Between attempts; how long that may be is none of what is compared.
time.sleep = lambda seconds: None


class Sent(BaseException):
    """Nothing goes out: what would have is the answer."""


def converse(case):
    """What comes of listing all connections."""
    os.environ.clear()
    os.environ.update(case['environment'])
    try:
        session = botocore.session.Session()
        session.register_component('data_loader', LOADER)
        client = session.create_client('dms', endpoint_url=case['endpoint'])
        pages = client.get_paginator('describe_connections').paginate()
        # As the AWS CLI, which passes over a page without its list.
        return {'connections': sum(len(page.get('Connections') or [])
                                   for page in pages)}
    except botocore.exceptions.ClientError as error:
        parts = error.response.get('Error', {})
        return {'code': parts.get('Code', ''), 'text': parts.get('Message') or ''}
    except Exception as error:  # whatever it is, it is the answer
        # Without the URL, whose port differs each time.
        return {'code': '', 'text': f'{type(error).__name__}: '
                + re.sub('http://[0-9.:/]+', 'URL', str(error))}


def answer(case):
    os.environ.clear()
    os.environ.update(case['environment'])
    seen = {}

    def take(request, **_):
        authorization = request.headers['Authorization']
        if isinstance(authorization, bytes):
            authorization = authorization.decode()
        found = re.search('Credential=([^/]*)/[^/]*/([^/]*)/', authorization)
        seen.update(host=urllib.parse.urlsplit(request.url).hostname, key=found[1],
                    region=found[2])
        raise Sent

    try:
        session = botocore.session.Session(profile=case['profile'])
        session.register_component('data_loader', LOADER)
        client = session.create_client('dms', region_name=case['region'])
        client.meta.events.register('before-send', take)
        try:
            client.describe_connections()
        except Sent:
            pass
        end = getattr(session.get_credentials(), '_expiry_time', None)
        seen['until'] = end and end.astimezone(datetime.timezone.utc).strftime(
            '%Y-%m-%dT%H:%M:%SZ')
        return seen
    except Exception as error:  # whatever it is, it is the answer
        return {'refused': f'{type(error).__name__}: {error}'}


for one in json.load(sys.stdin):
    print(json.dumps(converse(one) if 'endpoint' in one else answer(one)), flush=True)
