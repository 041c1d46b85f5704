"""The requests of a whole listing, signed and written down, for exchange.c to send.

Markers are the service's own, so the listing is first gone through here. Signature
Version 4 is written a second time, from its documentation, in the standard library.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse

TARGET = 'AmazonDMSv20160101.DescribeConnections'
CONTENT_TYPE = 'application/x-amz-json-1.1'
SIGNED = 'content-type;host;x-amz-date;x-amz-target'


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sign(sim, host, body, now):
    """The values of x-amz-date and Authorization."""
    date = now.strftime('%Y%m%dT%H%M%SZ')
    scope = f'{date[:8]}/{sim.region}/dms/aws4_request'
    canonical = '\n'.join([
        'POST', '/', '', f'content-type:{CONTENT_TYPE}', f'host:{host}',
        f'x-amz-date:{date}', f'x-amz-target:{TARGET}', '', SIGNED,
        hashlib.sha256(body.encode()).hexdigest()])
    key = f'AWS4{sim.secret_key}'.encode()
    for part in scope.split('/'):
        key = _mac(key, part)
    text = '\n'.join(['AWS4-HMAC-SHA256', date, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    return date, (f'AWS4-HMAC-SHA256 Credential={sim.access_key}/{scope}, '
                  f'SignedHeaders={SIGNED}, Signature={_mac(key, text).hex()}')


def bodies(sim):
    """The bodies of the requests of a whole listing, in their order."""
    host = urllib.parse.urlsplit(sim.url).netloc
    link = http.client.HTTPConnection(host, timeout=60)
    marker = None
    try:
        while True:
            body = json.dumps({'MaxRecords': 100} if marker is None
                              else {'MaxRecords': 100, 'Marker': marker})
            yield body
            marker = _ask(sim, link, host, body).get('Marker')
            if not marker:
                return
    finally:
        link.close()


def _ask(sim, link, host, body):
    date, authorization = sign(sim, host, body, _now())
    link.request('POST', '/', body, {
        'Content-Type': CONTENT_TYPE, 'X-Amz-Target': TARGET, 'X-Amz-Date': date,
        'Authorization': authorization})
    answer = link.getresponse()
    text = answer.read().decode(errors='surrogateescape')
    if answer.status != 200:
        raise RuntimeError(f'dms-sim answered {answer.status}: {text}')
    return json.loads(text)


def write(sim, all_bodies, path):
    """Signed now; good for five minutes."""
    host = urllib.parse.urlsplit(sim.url).netloc
    now = _now()
    with open(path, 'w', encoding='ascii') as file:
        for body in all_bodies:
            date, authorization = sign(sim, host, body, now)
            file.write(f'{date}\n{authorization}\n{body}\n')
