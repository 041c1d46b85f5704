"""Has botocore answer cases; see judges.Foreign."""

import datetime
import json
import os
import re
import sys
import urllib.parse
import warnings

import botocore.loaders
import botocore.session

# Read once, or most of the time goes into the descriptions of the services.
LOADER = botocore.loaders.create_loader()

warnings.simplefilter('ignore')


class Sent(BaseException):
    """Nothing goes out: what would have is the answer."""


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
    print(json.dumps(answer(one)), flush=True)
