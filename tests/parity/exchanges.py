"""What the service says to a judge that lists all connections, and what comes of it.

A case is a dict: `responses`, in the order of the requests, the last one again and
again; `variables` of the environment; `config`, the text of the file. A response is a
dict: `status`, `headers`, `body`; `off_s`, by how much the service's clock is ahead; or
`drop`, which ends the connection before a response. A judge's answer is a dict: `said`,
the end of the listing: its count of connections, or the code and text of the error; and
of the requests what the case's kind compares.
"""

import itertools
import json
import re

# A record that comes again within a listing counts once for dmsfs.
ARNS = map('arn:aws:dms:us-east-1:1:endpoint:E{}'.format, itertools.count())


def ok(count=0, **members):
    return {'status': 200, 'body': json.dumps(
        {'Connections': [{'Status': 'successful', 'EndpointArn': next(ARNS),
                          'ReplicationInstanceArn': 'arn:aws:dms:us-east-1:1:rep:I'}
                         for _ in range(count)], **members})}


def error(code, status=400, text='why', **more):
    return {'status': status, 'body': json.dumps({'__type': code, 'message': text}),
            **more}


def body(text, status=400, **headers):
    return {'status': status, 'body': text, 'headers': {
        name.replace('_', '-'): value for name, value in headers.items()}}


def modes(name, response):
    """What fails for ever, in the modes that are told apart."""
    return {f'{name}, {mode}': {'responses': [response],
                                'variables': {'AWS_RETRY_MODE': mode}}
            for mode in ('standard', 'adaptive', 'legacy')}


def merge(*tables):
    return {name: case for table in tables for name, case in table.items()}


# The codes that a list of one of the judges has, with a status that some require.
CODES = (
    *((code, 400) for code in (
        'Throttling', 'ThrottlingException', 'ThrottledException',
        'RequestThrottledException', 'TooManyRequestsException',
        'ProvisionedThroughputExceededException', 'TransactionInProgressException',
        'LimitExceededException', 'SlowDown', 'PriorRequestNotComplete',
        'RequestTimeout', 'RequestTimeoutException', 'IDPCommunicationError',
        'BadDigest', 'AccessDeniedException', 'ResourceNotFoundFault',
        'ExpiredTokenException', 'UnrecognizedClientException', 'InternalFailure')),
    ('RequestLimitExceeded', 503), ('EC2ThrottledException', 503),
    ('BandwidthLimitExceeded', 509), ('RequestThrottled', 403),
)
STATUSES = (400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 501, 502, 503, 504, 505, 507,
            508, 509, 511, 520, 529)

RETRIES = merge(
    *(modes(f'{code} {status}', error(code, status)) for code, status in CODES),
    *(modes(f'status {status}', body('', status)) for status in STATUSES),
    modes('HTML with 503', body('<html>busy</html>', 503, Content_Type='text/html')),
    modes('a connection that is closed', {'drop': True}),
    {'no mode is set': {'responses': [body('', 500)]},
     'legacy in capitals': {'responses': [body('', 500)],
                            'variables': {'AWS_RETRY_MODE': 'LEGACY'}},
     'a mode of the file': {'responses': [body('', 500)],
                            'config': '[default]\nretry_mode = legacy\n'},
     **{f'{count} attempts, {mode}': {
         'responses': [body('', 500)],
         'variables': {'AWS_RETRY_MODE': mode, 'AWS_MAX_ATTEMPTS': str(count)}}
        for count in (1, 2, 4) for mode in ('standard', 'legacy')},
     'attempts of the file': {'responses': [body('', 500)],
                              'config': '[default]\nmax_attempts = 2\n',
                              'variables': {'AWS_RETRY_MODE': 'standard'}},
     'no attempt': {'responses': [body('', 500)],
                    'variables': {'AWS_RETRY_MODE': 'standard',
                                  'AWS_MAX_ATTEMPTS': '0'}},
     'it passes': {'responses': [error('ThrottlingException'), body('', 503), ok(3)],
                   'variables': {'AWS_RETRY_MODE': 'standard'}}})

CLOCKS = {
    f'{code} {status}, {off_s} s': {
        'responses': [error(code, status, off_s=off_s), {**ok(2), 'off_s': off_s}],
        'variables': {'AWS_RETRY_MODE': 'standard'}}
    for code, status in (
        ('InvalidSignatureException', 403), ('InvalidSignatureException', 400),
        ('SignatureDoesNotMatch', 403), ('RequestTimeTooSkewed', 403),
        ('RequestExpired', 400),
        ('RequestInTheFuture', 400), ('InvalidSignature', 400),
        ('AuthFailure', 401), ('AccessDeniedException', 403),
        ('UnrecognizedClientException', 403))
    for off_s in (3600, -3600, 0)}

SHAPES = {name: {'responses': [response], 'variables': {'AWS_RETRY_MODE': 'standard',
                                                        'AWS_MAX_ATTEMPTS': '1'}}
          for name, response in {
    '__type': body('{"__type":"AFault","message":"why"}'),
    '__type behind #': body('{"__type":"com.amazonaws.dms#AFault","message":"why"}'),
    '__type before a URL': body('{"__type":"AFault:http://internal/","message":"why"}'),
    '__type behind # and before a URL': body(
        '{"__type":"com.amazonaws.dms#AFault:http://internal/","message":"why"}'),
    'Message': body('{"__type":"AFault","Message":"why"}'),
    'message and Message': body('{"__type":"AFault","message":"why","Message":"not"}'),
    'errorMessage': body('{"__type":"AFault","errorMessage":"why"}'),
    'no message': body('{"__type":"AFault"}'),
    'a null message': body('{"__type":"AFault","message":null}'),
    'an empty message': body('{"__type":"AFault","message":""}'),
    'a header': body('{"message":"why"}', x_amzn_ErrorType='AFault'),
    'a header before a URL': body('{"message":"why"}',
                                  x_amzn_ErrorType='AFault:http://internal/'),
    'a header with a namespace': body('{"message":"why"}',
                                      x_amzn_ErrorType='com.amazonaws.dms#AFault'),
    'a header beside a __type': body('{"__type":"AFault","message":"why"}',
                                     x_amzn_ErrorType='Other'),
    'code': body('{"code":"AFault","message":"why"}'),
    'Code': body('{"Code":"AFault","Message":"why"}'),
    'an Error within': body('{"Error":{"Code":"AFault","Message":"why"}}'),
    'no type': body('{"message":"Forbidden"}', 403),
    'a type that is a number': body('{"__type":7,"message":"why"}'),
    'a null type': body('{"__type":null,"message":"why"}'),
    'an empty object': body('{}', 404),
    'an array': body('[]'),
    'a string': body('"why"'),
    'no body': body('', 403),
    'no body, with a header': body('', 403, x_amzn_ErrorType='AFault'),
    'blanks': body('  \n', 403),
    'HTML': body('<html><body>Bad Gateway</body></html>', 502, Content_Type='text/html'),
    'HTML with 403': body('<html><body>blocked</body></html>', 403,
                          Content_Type='text/html'),
    'plain text': body('blocked by policy', 403, Content_Type='text/plain'),
    'XML': body('<ErrorResponse><Error><Code>AFault</Code><Message>why</Message></Error>'
                '</ErrorResponse>', 403, Content_Type='text/xml'),
    'half of it': body('{"__type":"AFault","mess'),
    'a BOM': body('\ufeff{"__type":"AFault","message":"why"}'),
    'a text beyond ASCII': body('{"__type":"AFault","message":"gr\u00fc\u00dfe"}'),
    'an escaped text': body('{"__type":"AFault","message":"gr\\u00fc\\u00dfe"}'),
    'success with HTML': body('<html></html>', 200, Content_Type='text/html'),
    'success without a body': body('', 200),
    'success with an array': body('[]', 200),
    'success with a null list': body('{"Connections":null}', 200),
    'success without a list': body('{}', 200),
    'success with blanks behind it': body('{"Connections":[]}\n\n', 200),
    'success with text behind it': body('{"Connections":[]}x', 200),
    'success with an unknown member': body('{"Connections":[],"New":{"a":[1]}}', 200),
    'an unknown member of a connection': body(
        '{"Connections":[{"EndpointArn":"arn:a","ReplicationInstanceArn":"arn:i",'
        '"New":1}]}', 200),
    'a null member': body(
        '{"Connections":[{"EndpointArn":"arn:a","ReplicationInstanceArn":"arn:i",'
        '"Status":null}]}', 200),
    '201': {**ok(1), 'status': 201},
    'a redirect': body('', 307, Location='http://127.0.0.1:9/'),
    'a redirect without a place': body('', 301),
}.items()}

MARKERS = {name: {'responses': responses, 'variables': {'AWS_RETRY_MODE': 'standard'}}
           for name, responses in {
    'one page': [ok(2)],
    'an empty marker': [ok(2, Marker='')],
    'a null marker': [ok(2, Marker=None)],
    'two pages': [ok(2, Marker='next'), ok(1)],
    'two pages, an empty marker at the end': [ok(2, Marker='next'), ok(1, Marker='')],
    'an empty page between': [ok(1, Marker='a'), ok(0, Marker='b'), ok(1)],
    'a page without a list between': [ok(1, Marker='a'), {
        'status': 200, 'body': '{"Marker":"b"}'}, ok(1)],
    'a marker that comes again': [ok(1, Marker='a'), ok(1, Marker='a'), ok(1)],
    'a marker that comes again later': [ok(1, Marker='a'), ok(1, Marker='b'),
                                        ok(1, Marker='a'), ok(1)],
    'a marker of blanks': [ok(1, Marker=' '), ok(1)],
    'a marker with quotes and newlines': [ok(1, Marker='a"\\\n\u00e9\u2028'), ok(1)],
    'a long marker': [ok(1, Marker='m' * 9000), ok(1)],
    'a marker that is a number': [{'status': 200, 'body':
                                   '{"Connections":[],"Marker":7}'}, ok(1)],
    'a marker that is false': [{'status': 200, 'body':
                                '{"Connections":[],"Marker":false}'}, ok(1)],
    'NextToken in its place': [ok(1, NextToken='a'), ok(1)],
    'marker in small letters': [ok(1, marker='a'), ok(1)],
    'a second page that fails': [ok(1, Marker='a'), error('AFault')],
}.items()}

AGENTS = {name: {'responses': [ok()], **case} for name, case in {
    'nothing set': {},
    'an app id': {'variables': {'AWS_SDK_UA_APP_ID': 'nightly-report'}},
    'an app id of the file': {'config': '[default]\nsdk_ua_app_id = nightly\n'},
    'an app id of both': {'config': '[default]\nsdk_ua_app_id = nightly\n',
                          'variables': {'AWS_SDK_UA_APP_ID': 'own'}},
    'an app id with blanks': {'variables': {'AWS_SDK_UA_APP_ID': 'my report'}},
    'an app id with signs': {'variables': {'AWS_SDK_UA_APP_ID': "a!$%&'*+-.^_`|~,z"}},
    'an app id with brackets': {'variables': {'AWS_SDK_UA_APP_ID': 'a(b)[c]{d}'}},
    'an app id with a slash': {'variables': {'AWS_SDK_UA_APP_ID': 'team/report'}},
    'an app id with a hash': {'variables': {'AWS_SDK_UA_APP_ID': 'team#report'}},
    'an app id with a colon': {'variables': {'AWS_SDK_UA_APP_ID': 'team:report'}},
    'an app id beyond ASCII': {'variables': {'AWS_SDK_UA_APP_ID': 'gr\u00fc\u00dfe'}},
    'an empty app id': {'variables': {'AWS_SDK_UA_APP_ID': ''}},
    'an app id of 51': {'variables': {'AWS_SDK_UA_APP_ID': 'a' * 51}},
    'where it runs': {'variables': {'AWS_EXECUTION_ENV': 'AWS_ECS_FARGATE'}},
    'where it runs, with a blank': {'variables': {'AWS_EXECUTION_ENV': 'my cluster'}},
    'where it runs is empty': {'variables': {'AWS_EXECUTION_ENV': ''}},
    'both': {'variables': {'AWS_EXECUTION_ENV': 'CloudShell',
                           'AWS_SDK_UA_APP_ID': 'own'}},
}.items()}

# The tables, and the fields of an answer that are compared in each.
TABLES = {
    'retries': (RETRIES, ('requests',)),
    'clocks': (CLOCKS, ('said', 'requests', 'corrected')),
    'error shapes': (SHAPES, ('said',)),
    'markers': (MARKERS, ('said', 'markers')),
    'user agents': (AGENTS, ('agent',)),
}

# A version of botocore that surely knows what older ones do not.
SINCE = {'user agents': (1, 43), '__type before a URL': (1, 43),
         '__type behind # and before a URL': (1, 43)}

BOTOCORE, JAVASCRIPT = 'botocore', 'AWS SDK for JavaScript'

# Differences that stay: table, judge, names by a pattern that matches at their heads, and
# the reason. None for the judge means all.
KEPT = (
    ('retries', None, 'IDPCommunicationError',
     'a code of STS alone; dmsfs has one list for all services'),
    ('retries', JAVASCRIPT, '.*, legacy|legacy in|a mode of the file',
     'it has no mode of that name and takes it for standard'),
    ('retries', BOTOCORE, '[A-Za-z]+ 40[03], legacy',
     'its legacy mode heeds this code from some services; dmsfs has one list for all'),
    ('retries', BOTOCORE, 'status 429, (standard|adaptive)',
     'it knows these by their codes alone; as the SDK for JavaScript'),
    ('retries', BOTOCORE, 'status 509, legacy',
     'the newer modes of all judges do not ask again'),
    ('retries', BOTOCORE, 'no mode is set',
     'its default was legacy until version 1.44; standard since, and in dmsfs'),
    ('retries', BOTOCORE, 'legacy in capitals', 'dmsfs reads modes in any case'),
    ('retries', JAVASCRIPT, 'no attempt', 'dmsfs refuses what cannot be, as botocore'),
    ('clocks', BOTOCORE, '.* -?3600 s',
     'it does not correct its clock; as the SDK for JavaScript'),
    ('clocks', JAVASCRIPT, '(AuthFailure|AccessDenied|Unrecognized).* -?3600 s',
     'it asks again whatever the code; these do not come from the clock'),
    ('error shapes', BOTOCORE, '(a header|no body, with a header|code$|Code$)',
     'it takes the code from __type alone; as the SDK for JavaScript'),
    ('error shapes', None, 'a type that is a number|a null type|an array|a string',
     'the judge fails; dmsfs tells the status'),
    ('error shapes', None, 'HTML|plain text|XML|half of it|blanks',
     'the judge shows the body or fails; dmsfs says why it cannot be read'),
    ('error shapes', None, 'a BOM', 'dmsfs passes over it'),
    ('error shapes', None, 'success with(out| HTML| an array| a null list| text)',
     'an empty listing would empty the mount, so that it must be one'),
    ('error shapes', None, 'a redirect',
     'no judge follows it; dmsfs tells the place and that the URL may be wrong'),
    ('markers', None, 'a page without a list between',
     'as with the first page: what is missing would vanish from the mount'),
    ('markers', None, 'a marker that comes again',
     'the listing would not end; botocore refuses the one that comes at once'),
    ('markers', None, 'a marker that is',
     'the model has a string; a listing that ends early would empty the mount'),
    ('user agents', JAVASCRIPT, 'an app id with signs',
     'it has no comma among the characters; as botocore'),
)


def matches(kept, table, judge, name):
    """Whether an entry of KEPT is about this answer."""
    of, whom, pattern, _ = kept
    return of == table and whom in (None, judge) and bool(re.match(pattern, name))


def reason_for(table, judge, name):
    """Why the judge may differ from dmsfs; None where no reason is known."""
    return next((kept[-1] for kept in KEPT if matches(kept, table, judge, name)), None)


def is_same_end(one, other):
    """Whether both say the same of the listing; an error without a code is one of the
    judge's own words, and a text may be missing."""
    if 'connections' in one or 'connections' in other:
        return one == other
    return one['code'] == other['code'] and (
        not one['code'] or not one['text'] or not other['text'] or
        one['text'] == other['text'])


def is_same(table, one, other):
    fields = TABLES[table][1]
    return all(one[field] == other[field] for field in fields if field != 'said') and (
        'said' not in fields or is_same_end(one['said'], other['said']))


def shown(table, answer):
    """The answer in a few words."""
    said = answer['said']
    words = []
    for field in TABLES[table][1]:
        if field == 'said' and 'connections' in said:
            words.append(f'{said["connections"]} connections')
        elif field == 'said':
            words.append(f'{said["code"] or "-"}: {said["text"].strip()[:80]!r}')
        elif field == 'corrected':
            words.append('by its clock' if answer[field] else 'by ours')
        elif field == 'requests':
            words.append(f'{answer[field]} requests')
        else:
            words += [json.dumps(part)[:40] for part in answer[field]] or ['none']
    return ', '.join(words)
