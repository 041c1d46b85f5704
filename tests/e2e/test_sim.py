"""dms-sim is a fair stand-in for the service: shown by the AWS CLI and botocore.

The other tests trust it, so what is strict at AWS has to be strict here: signatures,
markers, filters, limits. And its faults have to be the faults they are called.
"""

import base64
import http.client
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

boto3 = pytest.importorskip('boto3')

from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from botocore.exceptions import ClientError, WaiterError  # noqa: E402

from sim import ControlError, Sim  # noqa: E402

AWS = '/usr/bin/aws'
TARGET = 'AmazonDMSv20160101.'
ONE_TRY = Config(retries={'total_max_attempts': 1}, proxies={})
SESSION = boto3.Session()  # reads the model of the API once

needs_cli = pytest.mark.skipif(not os.path.exists(AWS), reason=f'{AWS} is missing')


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith('AWS_') or name.lower().endswith('_proxy'):
            monkeypatch.delenv(name)
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('AWS_EC2_METADATA_DISABLED', 'true')


@pytest.fixture
def start():
    """Starts sims that are stopped, and must end well, after the test."""
    sims = []

    def start_one(**options):
        sims.append(Sim(**options))
        return sims[-1].start()

    yield start_one
    for sim in sims:
        sim.stop()


def client(sim, config=ONE_TRY, **changes):
    arguments = {
        'region_name': sim.region,
        'endpoint_url': sim.url,
        'aws_access_key_id': sim.access_key,
        'aws_secret_access_key': sim.secret_key,
        'aws_session_token': sim.session_token,
        **changes,
    }
    return SESSION.client('dms', config=config, **arguments)


def aws(sim, *arguments, **environment):
    """Runs the CLI; its status, what it printed as data, and its complaints."""
    run = subprocess.run(
        [AWS, '--endpoint-url', sim.url, '--output', 'json', 'dms', *arguments],
        env={**sim.environment(), **environment}, capture_output=True, text=True,
        timeout=120, stdin=subprocess.DEVNULL)
    data = json.loads(run.stdout) if run.stdout.strip() else None
    return run.returncode, data, run.stderr


def refusal(call, **parameters):
    """The type and the text of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response['Error']
    assert caught.value.response['ResponseMetadata']['RequestId']
    return error['Code'], error['Message']


def signed(sim, body=b'{}', action='DescribeConnections', **changes):
    """A request as botocore signs it, for tests that spoil it afterwards."""
    request = AWSRequest('POST', sim.url + '/', data=body, headers={
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': TARGET + action,
        'Host': urllib.parse.urlsplit(sim.url).netloc,
    })
    SigV4Auth(Credentials(sim.access_key, sim.secret_key, sim.session_token),
              changes.get('service', 'dms'), sim.region).add_auth(request)
    return dict(request.headers.items())


def send(sim, body=b'{}', headers=None, timeout=120, method='POST', path='/'):
    """Status, headers and body of an answer, as they came over the wire."""
    address = urllib.parse.urlsplit(sim.url)
    connection = http.client.HTTPConnection(address.hostname, address.port,
                                            timeout=timeout)
    try:
        connection.request(method, path, body,
                           signed(sim, body) if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def list_all(dms, **parameters):
    pages = dms.get_paginator('describe_connections').paginate(**parameters)
    return [record for page in pages for record in page['Connections']]


def by_status(records, status):
    return next(r for r in records if r['Status'] == status)


# The CLI


@needs_cli
def test_the_cli_lists_all_pages_in_order(start):
    sim = start(connections=230, instances=7)
    status, data, complaints = aws(sim, 'describe-connections', '--page-size', '50')
    assert (status, complaints) == (0, '')
    assert data['Connections'] == sim.listing()
    log = sim.log()
    assert [r['max_records'] for r in log] == [50] * 5
    assert ['marker' in r for r in log] == [False] + [True] * 4
    assert len({r['marker'] for r in log[1:]}) == 4
    assert {r['connection'] for r in log} == {log[0]['connection']}


@needs_cli
def test_the_cli_filters_by_endpoint_and_instance(start):
    sim = start(connections=400, instances=5)
    records = sim.listing()
    # The endpoints of records 8 and 9 are one, on two instances.
    assert records[8]['EndpointArn'] == records[9]['EndpointArn']
    chosen = [records[8], records[12], records[20]]
    instances = {chosen[0]['ReplicationInstanceArn'],
                 chosen[1]['ReplicationInstanceArn']}
    status, data, complaints = aws(
        sim, 'describe-connections', '--filters',
        'Name=endpoint-arn,Values=' + ','.join(r['EndpointArn'] for r in chosen),
        'Name=replication-instance-arn,Values=' + ','.join(instances))
    assert (status, complaints) == (0, '')
    assert data['Connections'] == [
        r for r in records if r['EndpointArn'] in {c['EndpointArn'] for c in chosen}
        and r['ReplicationInstanceArn'] in instances]
    assert len(data['Connections']) == 2


@needs_cli
def test_the_cli_hears_of_a_page_size_out_of_bounds(start):
    sim = start(connections=1)
    status, data, complaints = aws(sim, 'describe-connections', '--no-paginate',
                                   '--max-records', '101')
    assert (status, data) == (254, None)
    assert 'InvalidParameterValueException' in complaints
    assert 'Must be between 20 and 100' in complaints


@needs_cli
def test_the_cli_tests_and_deletes_a_connection(start):
    sim = start(connections=12, instances=2, failed_percent=100, test_seconds=0.3,
                delete_seconds=0.3)
    pair = sim.listing()[3]
    arns = ['--endpoint-arn', pair['EndpointArn'],
            '--replication-instance-arn', pair['ReplicationInstanceArn']]

    status, data, complaints = aws(sim, 'test-connection', *arns)
    assert (status, complaints) == (0, '')
    assert data['Connection'] == {**pair, 'Status': 'testing'}
    wait_until(lambda: sim.listing()[3]['Status'] == 'successful')

    status, data, complaints = aws(sim, 'delete-connection', *arns)
    assert (status, complaints) == (0, '')
    assert data['Connection'] == {**pair, 'Status': 'deleting'}
    wait_until(lambda: len(sim.listing()) == 11)
    assert pair['EndpointArn'] not in {r['EndpointArn'] for r in sim.listing()}


@needs_cli
def test_the_cli_describes_replication_instances(start):
    sim = start(connections=300, instances=130)
    status, data, complaints = aws(sim, 'describe-replication-instances')
    assert (status, complaints) == (0, '')
    found = {r['ReplicationInstanceIdentifier']: r['ReplicationInstanceArn']
             for r in data['ReplicationInstances']}
    assert len(data['ReplicationInstances']) == 130
    assert found == {r['ReplicationInstanceIdentifier']: r['ReplicationInstanceArn']
                     for r in sim.listing()}


@needs_cli
def test_the_cli_tries_again_after_throttling(start):
    sim = start(connections=3)
    sim.fault(kind='error', type='ThrottlingException', message='Rate exceeded',
              count=1)
    status, data, complaints = aws(sim, 'describe-connections')
    assert (status, complaints, len(data['Connections'])) == (0, '', 3)
    assert [(r['status'], r['error_type']) for r in sim.log()] == [
        (400, 'ThrottlingException'), (200, None)]


@needs_cli
def test_the_cli_trusts_a_certificate_of_its_bundle_alone(start, tmp_path):
    cert, key = make_certificate(tmp_path)
    sim = start(connections=3, cert=cert, key=key)
    assert sim.url.startswith('https://127.0.0.1:')
    status, data, complaints = aws(sim, 'describe-connections')
    assert (status, complaints, len(data['Connections'])) == (0, '', 3)
    elsewhere, _ = make_certificate(tmp_path, name='elsewhere')
    status, _, complaints = aws(sim, 'describe-connections',
                                AWS_CA_BUNDLE=str(elsewhere), AWS_MAX_ATTEMPTS='1')
    assert status != 0
    assert 'certificate verify failed' in complaints


def make_certificate(directory, name='here'):
    cert, key = directory / f'{name}.pem', directory / f'{name}.key'
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', f'/CN={name}',
         '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
        check=True, capture_output=True)
    return cert, key


def wait_until(is_so, timeout=120):
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, 'waited in vain'
        time.sleep(0.02)


# Signatures and credentials


def test_refuses_a_wrong_secret(start):
    sim = start()
    dms = client(sim, aws_secret_access_key='wrong')
    code, text = refusal(dms.describe_connections)
    assert code == 'InvalidSignatureException'
    assert text.startswith('The request signature we calculated does not match')
    assert sim.secret_key not in text
    assert sim.log()[0]['access_key'] == sim.access_key


def test_refuses_an_unknown_access_key(start):
    sim = start()
    code, text = refusal(client(sim, aws_access_key_id='AKIDOTHER')
                         .describe_connections)
    assert (code, text) == ('UnrecognizedClientException',
                            'The security token included in the request is invalid.')


def test_refuses_another_region(start):
    code, text = refusal(client(start(), region_name='eu-west-1').describe_connections)
    assert code == 'InvalidSignatureException'
    assert "scoped to a valid region, not 'eu-west-1'" in text


def test_takes_the_region_it_was_started_for(start):
    sim = start(connections=1, region='eu-central-1')
    [record] = client(sim).describe_connections()['Connections']
    assert record['EndpointArn'].startswith('arn:aws:dms:eu-central-1:123456789012:')


@pytest.mark.parametrize('token', [None, 'other'])
def test_refuses_a_temporary_key_without_its_token(start, token):
    sim = start(session_token='the-token')
    assert client(sim).describe_connections()['Connections'] == []
    code, _ = refusal(client(sim, aws_session_token=token).describe_connections)
    assert code == 'UnrecognizedClientException'


def test_refuses_a_token_with_a_lasting_key(start):
    code, _ = refusal(client(start(), aws_session_token='x').describe_connections)
    assert code == 'UnrecognizedClientException'


def test_refuses_an_expired_token(start):
    sim = start()
    key = {'access_key': 'ASIA1', 'secret_key': 's', 'session_token': 't'}
    dms = client(sim, aws_access_key_id='ASIA1', aws_secret_access_key='s',
                 aws_session_token='t')
    sim.add_credentials({**key, 'expires_in': 3600})
    assert dms.describe_connections()['Connections'] == []
    sim.add_credentials({**key, 'expires_in': -1})
    assert refusal(dms.describe_connections)[0] == 'ExpiredTokenException'
    assert client(sim).describe_connections()['Connections'] == []


def test_replaces_the_credentials_it_takes(start):
    sim = start()
    sim.replace_credentials({'access_key': 'AKIDNEW', 'secret_key': 's'})
    assert refusal(client(sim).describe_connections)[0] == 'UnrecognizedClientException'
    client(sim, aws_access_key_id='AKIDNEW',
           aws_secret_access_key='s').describe_connections()
    assert [r['access_key'] for r in sim.log()] == [sim.access_key, 'AKIDNEW']


def test_denies_what_a_key_may_not_do(start):
    sim = start()
    sim.add_credentials({'access_key': sim.access_key, 'secret_key': sim.secret_key,
                         'deny': ['DescribeConnections']})
    code, text = refusal(client(sim).describe_connections)
    assert code == 'AccessDeniedException'
    assert 'is not authorized to perform: dms:DescribeConnections' in text
    assert client(sim).describe_replication_instances()['ReplicationInstances'] == []


@pytest.mark.parametrize('offset, text', [
    (301 + 5, 'Signature expired: '),
    (-301 - 5, 'Signature not yet current: '),
])
def test_refuses_a_clock_more_than_five_minutes_off(start, offset, text):
    sim = start(clock_offset=offset)
    code, message = refusal(client(sim).describe_connections)
    assert (code, message[:len(text)]) == ('InvalidSignatureException', text)
    sim.settings(clock_offset=offset - 20 if offset > 0 else offset + 20)
    assert client(sim).describe_connections()['Connections'] == []


def test_tells_its_own_time(start):
    sim = start(clock_offset=7200)
    _, headers, _ = send(sim)
    told = time.mktime(time.strptime(headers['Date'], '%a, %d %b %Y %H:%M:%S GMT'))
    assert abs(told - time.mktime(time.gmtime()) - 7200) < 5


def without(name):
    def spoil(headers):
        del headers[name]
    return spoil


def with_header(name, change):
    def spoil(headers):
        headers[name] = change(headers.get(name))
    return spoil


def authorization(old, new):
    def spoil(headers):
        assert old in headers['Authorization']
        headers['Authorization'] = headers['Authorization'].replace(old, new)
    return spoil


@pytest.mark.parametrize('spoil, error', [
    (without('Authorization'), 'MissingAuthenticationTokenException'),
    (without('X-Amz-Date'), 'IncompleteSignatureException'),
    (with_header('Authorization', lambda v: 'Basic abc'),
     'IncompleteSignatureException'),
    (authorization('Signature=', 'Other='), 'IncompleteSignatureException'),
    (authorization('/aws4_request', ''), 'IncompleteSignatureException'),
    (authorization('/aws4_request', '/aws5_request'), 'InvalidSignatureException'),
    (authorization('/dms/', '/sts/'), 'InvalidSignatureException'),
    (authorization('SignedHeaders=content-type;host;', 'SignedHeaders=content-type;'),
     'InvalidSignatureException'),
    (authorization(';x-amz-target', ''), 'InvalidSignatureException'),
    (authorization('content-type;host', 'host;content-type'),
     'InvalidSignatureException'),
    (with_header('X-Amz-Date', lambda v: v[:-1]), 'IncompleteSignatureException'),
    (with_header('X-Amz-Date', lambda v: str(int(v[:4]) - 1) + v[4:]),
     'InvalidSignatureException'),
    (with_header('X-Amz-Target', lambda v: TARGET + 'DescribeReplicationInstances'),
     'InvalidSignatureException'),
    (with_header('X-Amz-New', lambda v: 'unsigned'), 'InvalidSignatureException'),
    (with_header('X-Amz-Target', lambda v: TARGET + 'DropEverything'),
     'UnknownOperationException'),
    (with_header('Content-Type', lambda v: 'application/json'),
     'UnknownOperationException'),
])
def test_refuses_a_request_spoilt_after_signing(start, spoil, error):
    sim = start()
    headers = signed(sim)
    spoil(headers)
    status, answer, body = send(sim, headers=headers)
    assert status in (400, 404)
    assert answer['x-amzn-RequestId']
    assert error in body.decode()
    assert [r['error_type'] for r in sim.log()] == [error]


def test_refuses_another_body_than_the_signed_one(start):
    sim = start()
    status, _, body = send(sim, b'{ }', signed(sim, b'{}'))
    assert status == 400
    assert json.loads(body)['__type'] == 'InvalidSignatureException'
    assert send(sim, b'{ }', signed(sim, b'{ }'))[0] == 200


def test_takes_header_values_with_spaces_as_the_scheme_squeezes_them(start):
    sim = start()
    request = AWSRequest('POST', sim.url + '/', data=b'{}', headers={
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': TARGET + 'DescribeConnections',
        'X-Amz-Note': 'a   b  c',
        'Host': urllib.parse.urlsplit(sim.url).netloc,
    })
    SigV4Auth(Credentials(sim.access_key, sim.secret_key), 'dms',
              sim.region).add_auth(request)
    assert send(sim, headers=dict(request.headers.items()))[0] == 200


# DescribeConnections


def test_answers_as_a_json_service_does(start):
    sim = start(connections=1)
    status, headers, body = send(sim)
    assert status == 200
    assert headers['Content-Type'] == 'application/x-amz-json-1.1'
    assert len(headers['x-amzn-RequestId']) == 36
    assert headers['Content-Length'] == str(len(body))
    assert sim.log()[0]['request_id'] == headers['x-amzn-RequestId']


@pytest.mark.parametrize('size, pages', [(None, 3), (20, 11), (100, 3), (73, 3)])
def test_gives_every_record_once_whatever_the_page_size(start, size, pages):
    sim = start(connections=219, instances=4)
    config = {} if size is None else {'PaginationConfig': {'PageSize': size}}
    assert list_all(client(sim), **config) == sim.listing()
    assert len(sim.log()) == pages


def test_a_full_last_page_has_no_marker(start):
    sim = start(connections=100)
    answer = client(sim).describe_connections()
    assert len(answer['Connections']) == 100
    assert 'Marker' not in answer


@pytest.mark.parametrize('kind, ending', [
    ('absent', b']}'), ('empty', b'],"Marker":""}'), ('null', b'],"Marker":null}')])
def test_ends_a_listing_with_the_marker_asked_for(start, kind, ending):
    sim = start(connections=2, end_marker=kind)
    assert send(sim)[2].endswith(ending)
    assert len(list_all(client(sim))) == 2


@pytest.mark.parametrize('max_records', [-1, 0, 19, 101])
def test_refuses_a_page_size_out_of_bounds(start, max_records):
    code, text = refusal(client(start()).describe_connections, MaxRecords=max_records)
    assert code == 'InvalidParameterValueException'
    assert 'Must be between 20 and 100' in text


def filters(**values):
    return [{'Name': name.replace('_', '-'), 'Values': list(given)}
            for name, given in values.items()]


def test_pages_through_a_filter_in_the_order_of_the_listing(start):
    sim = start(connections=1000, instances=4)
    records = sim.listing()
    instances = {records[1]['ReplicationInstanceArn'],
                 records[2]['ReplicationInstanceArn']}
    found = list_all(client(sim), Filters=filters(replication_instance_arn=instances),
                     PaginationConfig={'PageSize': 30})
    assert found == [r for r in records if r['ReplicationInstanceArn'] in instances]
    assert len(sim.log()) == (len(found) + 29) // 30


def test_counts_a_repeated_filter_value_once(start):
    sim = start(connections=5)
    arn = sim.listing()[2]['EndpointArn']
    assert list_all(client(sim), Filters=filters(endpoint_arn=[arn, arn])) == [
        sim.listing()[2]]


@pytest.mark.parametrize('given', [
    filters(endpoint_id=['x']), filters(endpoint_arn=[]),
    filters(endpoint_arn=['x']) * 2, filters(Endpoint_Arn=['x'])])
def test_refuses_a_filter_that_the_call_does_not_have(start, given):
    code, _ = refusal(client(start()).describe_connections, Filters=given)
    assert code == 'InvalidParameterValueException'


def test_answers_filters_that_match_nothing_as_asked(start):
    sim = start(connections=3)
    nothing = {'Filters': filters(endpoint_arn=['arn:aws:dms:none'])}
    assert client(sim).describe_connections(**nothing)['Connections'] == []
    sim.settings(not_found_fault=True)
    assert refusal(client(sim).describe_connections, **nothing)[0] == (
        'ResourceNotFoundFault')
    assert len(client(sim).describe_connections()['Connections']) == 3


def test_a_marker_holds_for_its_own_filters_alone(start):
    sim = start(connections=250, instances=2)
    dms = client(sim)
    [first, second] = [filters(replication_instance_arn=[r['ReplicationInstanceArn']])
                       for r in sim.listing()[:2]]
    marker = dms.describe_connections(Filters=first)['Marker']
    assert dms.describe_connections(Filters=first, Marker=marker)['Connections']
    for wrong in ({'Filters': second}, {}, {'Filters': first + filters(
            endpoint_arn=['x'])}):
        code, text = refusal(dms.describe_connections, Marker=marker, **wrong)
        assert code == 'InvalidParameterValueException'
        assert marker in text
    assert refusal(dms.describe_replication_instances, Marker=marker)[0] == (
        'InvalidParameterValueException')


def test_refuses_a_marker_that_it_did_not_give(start):
    sim = start(connections=250)
    marker = client(sim).describe_connections()['Marker']
    forged = bytearray(base64.b64decode(marker))
    forged[7] ^= 1
    for wrong in ('x', marker[:-4], marker + 'AAAA', base64.b64encode(forged).decode()):
        assert refusal(client(sim).describe_connections, Marker=wrong)[0] == (
            'InvalidParameterValueException')
    other = start(connections=250)
    assert refusal(client(other).describe_connections, Marker=marker)[0] == (
        'InvalidParameterValueException')


@pytest.mark.parametrize('body, error', [
    (b'', 'SerializationException'),
    (b'{', 'SerializationException'),
    (b'[]', 'SerializationException'),
    (b'{} {}', 'SerializationException'),
    (b'{"MaxRecords":"20"}', 'SerializationException'),
    (b'{"MaxRecords":20.5}', 'SerializationException'),
    (b'{"Marker":7}', 'SerializationException'),
    (b'{"Filters":{}}', 'SerializationException'),
    (b'{"Filters":["endpoint-arn"]}', 'SerializationException'),
    (b'{"Filters":[{"Name":"endpoint-arn","Values":"x"}]}', 'SerializationException'),
    (b'{"Filters":[{"Name":"endpoint-arn","Values":[1]}]}', 'SerializationException'),
    (b'{"Filters":[{"Name":"endpoint-arn"}]}', 'ValidationException'),
    (b'{"Filters":[{"Values":["x"]}]}', 'ValidationException'),
])
def test_refuses_parameters_of_another_form(start, body, error):
    sim = start()
    status, _, answer = send(sim, body)
    assert (status, json.loads(answer)['__type']) == (400, error)


@pytest.mark.parametrize('body', [
    b'{"Filters":null,"Marker":null,"MaxRecords":null}',
    b'{"Filters":[],"Marker":""}',
    b' {"Unheard":["of"]} ',
])
def test_takes_absent_null_and_unknown_parameters(start, body):
    assert send(start(connections=1), body)[0] == 200


def test_gives_hostile_records_out_byte_for_byte(start):
    records = [
        b'{"EndpointArn":"a\\u0000b","Status":"\\ud800","EndpointIdentifier":"\xff\xfe"}',
        b'null',
        b'{"EndpointArn":null,"LastFailureMessage":"quote \\" brace } ] \\\\"}',
        b'[1, 2]',
        b'{ "Status" : "failed" ,\n "Extra" : { "a" : [ 1.50 ] } }',
    ]
    listing = b'{"Connections": [\n' + b' ,\n '.join(records) + b'], "Marker": "x"}'
    for sim in (start(listing=listing), start()):
        sim.replace(listing)
        assert send(sim)[2] == b'{"Connections":[' + b','.join(records) + b']}'


@pytest.mark.parametrize('listing', [
    b'', b'{}', b'{"Connections":{}}', b'[1', b'[1,]', b'["', b'[1] x', b'[1 2]'])
def test_refuses_a_listing_that_is_none(start, listing):
    sim = start(connections=1)
    with pytest.raises(ControlError):
        sim.replace(listing)
    assert len(sim.listing()) == 1
    with pytest.raises(RuntimeError, match='listing'):
        start(listing=listing)


def test_generates_the_same_listing_from_the_same_seed(start):
    sim = start(connections=500, instances=9, seed=4)
    first = sim.listing()
    assert start(connections=500, instances=9, seed=4).listing() == first
    assert start(connections=500, instances=9, seed=5).listing() != first
    pairs = {(r['EndpointArn'], r['ReplicationInstanceArn']) for r in first}
    assert len(pairs) == 500
    assert len({r['ReplicationInstanceArn'] for r in first}) == 9
    assert {r['Status'] for r in first} == {'successful', 'failed', 'testing'}
    assert by_status(first, 'failed')['LastFailureMessage']
    sim.generate(connections=20, testing_percent=0, failed_percent=0)
    assert [r['Status'] for r in sim.listing()] == ['successful'] * 20


# TestConnection and DeleteConnection


def pair_of(record):
    return {name: record[name] for name in ('EndpointArn', 'ReplicationInstanceArn')}


def test_a_test_ends_as_its_rule_says(start):
    sim = start(connections=9, failed_percent=0, testing_percent=0, test_seconds=3600)
    records = sim.listing()
    sim.fail_tests(records[0]['EndpointIdentifier'], 'the host is gone\n"x"')
    sim.fail_tests('arn:*:' + records[1]['EndpointArn'].rsplit(':', 1)[1])
    dms = client(sim)
    dms.test_connection(**pair_of(records[3]))
    assert refusal(dms.test_connection, **pair_of(records[3]))[0] == (
        'InvalidResourceStateFault')
    sim.settings(test_seconds=0.2)
    for record in records[:3]:
        answer = dms.test_connection(**pair_of(record))['Connection']
        assert answer['Status'] == 'testing'
    waiter = dms.get_waiter('test_connection_succeeds')
    quick = {'Delay': 1, 'MaxAttempts': 10}
    with pytest.raises(WaiterError, match='failed'):
        waiter.wait(Filters=filters(endpoint_arn=[records[0]['EndpointArn']]),
                    WaiterConfig=quick)
    waiter.wait(Filters=filters(endpoint_arn=[records[2]['EndpointArn']]),
                WaiterConfig=quick)
    after = sim.listing()
    assert [r['Status'] for r in after[:3]] == ['failed', 'failed', 'successful']
    assert after[0]['LastFailureMessage'] == 'the host is gone\n"x"'
    assert after[1]['LastFailureMessage'].startswith('Test Endpoint failed')


def test_fails_tests_of_endpoints_named_at_the_start(start):
    sim = start(connections=2, fail=['none', '*-0', 'other*'], test_seconds=0)
    for record in sim.listing():
        client(sim).test_connection(**pair_of(record))
    assert [r['Status'] for r in sim.listing()] == ['failed', 'successful']


def test_a_first_test_makes_the_connection(start):
    sim = start(test_seconds=0)
    pair = {'EndpointArn': 'arn:aws:dms:us-east-1:1:endpoint:E',
            'ReplicationInstanceArn': 'arn:aws:dms:us-east-1:1:rep:R'}
    dms = client(sim)
    assert refusal(dms.test_connection, **pair)[0] == 'ResourceNotFoundFault'
    sim.make_known('endpoint', pair['EndpointArn'], 'src')
    sim.make_known('replication-instance', pair['ReplicationInstanceArn'], 'prod')
    dms.test_connection(**pair)
    assert sim.listing() == [{**pair, 'Status': 'successful',
                              'EndpointIdentifier': 'src',
                              'ReplicationInstanceIdentifier': 'prod'}]
    [instance] = dms.describe_replication_instances()['ReplicationInstances']
    assert instance['ReplicationInstanceIdentifier'] == 'prod'


def test_a_deleted_connection_can_be_tested_again(start):
    sim = start(connections=1, delete_seconds=0, test_seconds=0, failed_percent=0)
    [record] = sim.listing()
    dms = client(sim)
    dms.delete_connection(**pair_of(record))
    assert sim.listing() == []
    assert refusal(dms.delete_connection, **pair_of(record))[0] == (
        'ResourceNotFoundFault')
    assert len(dms.describe_replication_instances()['ReplicationInstances']) == 1
    dms.test_connection(**pair_of(record))
    assert [pair_of(r) for r in sim.listing()] == [pair_of(record)]


def test_a_second_test_is_told_that_one_runs(start):
    sim = start(connections=2, failed_percent=0, testing_percent=0, test_seconds=60)
    [record, other] = sim.listing()
    dms = client(sim)
    dms.test_connection(**pair_of(record))
    code, text = refusal(dms.test_connection, **pair_of(record))
    assert code == 'InvalidResourceStateFault'
    assert 'already being tested' in text
    code, text = refusal(dms.delete_connection, **pair_of(record))
    assert code == 'InvalidResourceStateFault'
    assert 'already being tested' not in text
    sim.make_known('replication-instance', other['ReplicationInstanceArn'],
                   other['ReplicationInstanceIdentifier'], status='modifying')
    code, text = refusal(dms.test_connection, **pair_of(other))
    assert (code, 'modifying' in text) == ('InvalidResourceStateFault', True)
    sim.make_known('replication-instance', other['ReplicationInstanceArn'])
    dms.test_connection(**pair_of(other))


def test_finds_endpoints_and_instances_by_their_names(start):
    sim = start(connections=150, instances=30)
    sim.make_known('endpoint', 'arn:aws:dms:us-east-1:1:endpoint:E', 'never-tested-tgt')
    dms = client(sim)
    record = sim.listing()[70]
    [endpoint] = dms.describe_endpoints(Filters=filters(
        endpoint_id=[record['EndpointIdentifier']]))['Endpoints']
    assert endpoint['EndpointArn'] == record['EndpointArn']
    [instance] = dms.describe_replication_instances(Filters=filters(
        replication_instance_id=[record['ReplicationInstanceIdentifier']],
        engine_version=['3.5.3']))['ReplicationInstances']
    assert instance['ReplicationInstanceArn'] == record['ReplicationInstanceArn']
    [endpoint] = dms.describe_endpoints(Filters=filters(
        endpoint_id=['never-tested-tgt'], endpoint_type=['target']))['Endpoints']
    assert endpoint['EndpointArn'].endswith(':E')
    every = [e['EndpointArn'] for page in dms.get_paginator('describe_endpoints')
             .paginate(PaginationConfig={'PageSize': 20}) for e in page['Endpoints']]
    assert len(every) == len(set(every)) == len(
        {r['EndpointArn'] for r in sim.listing()}) + 1
    nothing = {'Filters': filters(endpoint_id=['nobody'])}
    assert dms.describe_endpoints(**nothing)['Endpoints'] == []
    sim.settings(not_found_fault=True)
    assert refusal(dms.describe_endpoints, **nothing)[0] == 'ResourceNotFoundFault'


def strange_members(shape, value, path):
    """The members of an answer that are not in its shape of botocore's model, or have
    another type."""
    if shape.type_name == 'structure':
        return [strange for name, member in value.items()
                for strange in (strange_members(shape.members[name], member,
                                                f'{path}.{name}')
                                if name in shape.members else [f'{path}.{name}'])]
    if shape.type_name == 'list':
        return [strange for item in value
                for strange in strange_members(shape.member, item, path)]
    types = {'string': str, 'integer': int, 'boolean': bool, 'timestamp': float}
    return [] if type(value) is types[shape.type_name] else [path]


def test_answers_as_the_model_says(start):
    sim = start(connections=30, test_seconds=0, delete_seconds=0, failed_percent=50,
                testing_percent=0)
    model = client(sim).meta.service_model
    pair = pair_of(sim.listing()[0])
    for action, parameters in (
            ('DescribeConnections', {'MaxRecords': 20}),
            ('DescribeReplicationInstances', {}), ('DescribeEndpoints', {}),
            ('TestConnection', pair), ('DeleteConnection', pair)):
        body = json.dumps(parameters).encode()
        status, _, answer = send(sim, body, signed(sim, body, action))
        assert status == 200
        answer = json.loads(answer)
        assert answer, action
        shape = model.operation_model(action).output_shape
        assert strange_members(shape, answer, action) == []
    for action in 'TestConnection', 'DeleteConnection':
        faults = {shape.name for shape in model.operation_model(action).error_shapes}
        assert {'InvalidResourceStateFault', 'ResourceNotFoundFault'} <= faults


# Edits


def test_edits_the_records_that_are_chosen(start):
    sim = start(connections=50, instances=3)
    before = sim.listing()
    assert sim.edit({'range': [10, 30], 'set': {'Status': 'new "one"'}},
                    {'range': [0, 2], 'unset': ['Status']}) == 22
    after = sim.listing()
    assert [r.get('Status') for r in after[10:30]] == ['new "one"'] * 20
    assert ['Status' in r for r in after[:3]] == [False, False, True]
    assert after[30:] == before[30:]
    assert sim.set(before[5]['EndpointArn'], EndpointArn='moved') == 1
    assert list_all(client(sim), Filters=filters(endpoint_arn=['moved'])) == [
        {**before[5], 'EndpointArn': 'moved'}]
    assert sim.remove(before[7]['EndpointIdentifier']) == 1
    sim.edit({'add': [{'EndpointArn': 'first'}, None], 'at': 0})
    sim.add({'EndpointArn': 'last'})
    after = sim.listing()
    assert after[:2] == [{'EndpointArn': 'first'}, None]
    assert (after[-1], len(after)) == ({'EndpointArn': 'last'}, 52)


@pytest.mark.parametrize('edit', [
    {'sett': {}}, {'set': []}, {'range': [1]}, {'range': [-1, 2]}, {'where': {'a': 1}},
    {'remove': False}, {'add': {}}, {'unset': [1]}, 'edit'])
def test_refuses_an_edit_that_it_does_not_know_and_does_none(start, edit):
    sim = start(connections=5)
    before = sim.listing()
    with pytest.raises(ControlError):
        sim.edit({'set': {'Status': 'x'}}, edit)
    assert sim.listing() == before


def test_keeps_edits_back_until_the_next_listing(start):
    sim = start(connections=150, failed_percent=0, testing_percent=0)
    dms = client(sim)
    marker = dms.describe_connections()['Marker']
    sim.edit({'set': {'Status': 'failed'}}, when='next-listing')
    rest = dms.describe_connections(Marker=marker)['Connections']
    assert {r['Status'] for r in rest} == {'successful'}
    assert {r['Status'] for r in list_all(dms)} == {'failed'}


# Faults


def test_a_fault_meets_the_requests_that_it_matches(start):
    sim = start(connections=250)
    dms = client(sim)
    arn = sim.listing()[0]['EndpointArn']
    sim.fault(kind='error', type='Third', page=3)
    sim.fault(kind='error', type='Filtered', filters=True, after=1, count=2)
    sim.fault(kind='error', type='Instances', action='DescribeReplicationInstances')
    with pytest.raises(ClientError, match='Third'):
        list_all(dms)
    assert len(list_all(dms)) == 250
    filtered = {'Filters': filters(endpoint_arn=[arn])}
    assert len(list_all(dms, **filtered)) == 1
    for _ in range(2):
        assert refusal(dms.describe_connections, **filtered)[0] == 'Filtered'
    assert len(list_all(dms, **filtered)) == 1
    assert [f['fault']['type'] for f in sim.faults()] == ['Instances']
    sim.clear_faults()
    dms.describe_replication_instances()


@pytest.mark.parametrize('fault', [
    {}, {'kind': 'eror'}, {'kind': 'error', 'typ': 'x'}, {'kind': 'cut', 'bytes': '1'},
    {'kind': 'error', 'headers': []}, {'kind': 'delay', 'filters': 1}])
def test_refuses_a_fault_that_it_does_not_know(start, fault):
    sim = start()
    with pytest.raises(ControlError):
        sim.fault(**fault)
    assert sim.faults() == []


def test_gives_errors_in_all_the_forms_that_services_use(start):
    sim = start()
    sim.fault(kind='error', status=503, type='com.amazon#Busy', message='wait',
              message_key='Message', headers={'x-amz-retry-after': '20'})
    status, headers, body = send(sim)
    assert (status, headers['x-amz-retry-after']) == (503, '20')
    assert json.loads(body) == {'__type': 'com.amazon#Busy', 'Message': 'wait'}
    sim.fault(kind='error', type='Busy:http://x', type_in='header', message='wait')
    status, headers, body = send(sim)
    assert (status, headers['x-amzn-ErrorType']) == (400, 'Busy:http://x')
    assert json.loads(body) == {'message': 'wait'}


def test_gives_raw_answers(start):
    sim = start()
    raw = b'<html>\x00\xff</html>'
    sim.fault(kind='raw', status=502, content_type='text/html',
              body_base64=base64.b64encode(raw).decode(), headers={'Via': 'proxy'})
    status, headers, body = send(sim)
    assert (status, body) == (502, raw)
    assert (headers['Content-Type'], headers['Via']) == ('text/html', 'proxy')
    assert headers['x-amzn-RequestId'] is None


def test_cuts_a_body_short(start):
    sim = start(connections=20)
    whole = send(sim)[2]
    sim.fault(kind='cut', bytes=100)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(sim)
    assert caught.value.partial == whole[:100]
    sim.fault(kind='cut', reset=True)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        send(sim)
    assert send(sim)[2] == whole


def test_ends_the_connection_before_the_answer(start):
    sim = start()
    sim.fault(kind='close')
    with pytest.raises(http.client.RemoteDisconnected):
        send(sim)
    sim.fault(kind='reset')
    with pytest.raises(ConnectionResetError) as caught:
        send(sim)
    assert not isinstance(caught.value, http.client.RemoteDisconnected)
    assert [(r['status'], r['fault']) for r in sim.log()] == [
        (0, 'close'), (0, 'reset')]


def test_claims_a_wrong_length(start):
    sim = start()
    sim.fault(kind='length', delta=-5)
    assert send(sim)[2] == b'{"Connections":[]}'[:-5]
    sim.fault(kind='length', delta=5)
    with pytest.raises(socket.timeout):
        send(sim, timeout=0.3)


def test_answers_late_without_keeping_others_waiting(start):
    sim = start()
    sim.fault(kind='delay', delay_ms=3000)
    begin = time.monotonic()
    late = threading.Thread(target=send, args=(sim,))
    late.start()
    sim.wait_for_requests(1)
    for _ in range(5):
        assert send(sim)[0] == 200
    assert late.is_alive()
    late.join()
    assert time.monotonic() - begin >= 3


def test_adds_the_latency_that_is_set(start):
    sim = start(latency_ms=120)
    begin = time.monotonic()
    send(sim)
    assert time.monotonic() - begin >= 0.12
    assert sim.settings(latency_ms=0)['latency_ms'] == 0
    [request] = sim.wait_for(lambda log: log[0]['answered'])
    assert request['answered'] - request['time'] >= 0.11


def test_drips_a_body(start):
    sim = start()
    sim.fault(kind='drip', bytes_per_second=60)
    begin = time.monotonic()
    assert send(sim)[2] == b'{"Connections":[]}'
    assert time.monotonic() - begin >= 0.25


def test_hangs_until_faults_are_cleared(start):
    sim = start()
    sim.fault(kind='hang', count=-1)
    with pytest.raises(socket.timeout):
        send(sim, timeout=0.2)
    ends = []

    def wait():
        with pytest.raises(http.client.RemoteDisconnected):
            send(sim, timeout=60)
        ends.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    sim.wait_for_requests(2)
    sim.clear_faults()
    waiting.join(timeout=120)
    assert ends == [True]
    assert send(sim)[0] == 200


def test_holds_an_answer_until_faults_are_cleared(start):
    sim = start(listing=[{'EndpointIdentifier': 'a'}])
    sim.fault(kind='hold')
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(send(sim, timeout=120)))
    waiting.start()
    sim.wait_for_requests(1)
    # It was made before this.
    sim.replace([])
    assert sim.log()[0]['answered'] == 0
    sim.clear_faults()
    waiting.join(timeout=120)
    assert answers[0][0] == 200
    assert b'"EndpointIdentifier":"a"' in answers[0][2].replace(b' ', b'')


def test_stops_at_once_while_a_request_hangs():
    sim = Sim(latency_ms=100000).start()
    waiting = threading.Thread(
        target=lambda: pytest.raises(OSError, send, sim, timeout=60))
    waiting.start()
    sim.wait_for_requests(1)
    sim.stop()  # which does not wait for as long as the latency is
    waiting.join(timeout=120)
    assert not waiting.is_alive()


def test_repeats_a_marker(start):
    sim = start(connections=300)
    sim.fault(kind='repeated-marker', count=-1)
    dms = client(sim)
    marker = dms.describe_connections()['Marker']
    again = dms.describe_connections(Marker=marker)
    assert again['Marker'] == marker
    assert again['Connections'] == sim.listing()[100:200]


@pytest.mark.parametrize('is_empty', [False, True])
def test_gives_markers_without_end(start, is_empty):
    sim = start(connections=120)
    sim.fault(kind='endless-markers', count=-1, empty=is_empty)
    dms = client(sim)
    marker, markers, sizes = '', [], []
    for _ in range(7):
        answer = dms.describe_connections(Marker=marker)
        marker = answer['Marker']
        markers.append(marker)
        sizes.append(len(answer['Connections']))
    assert len(set(markers)) == 7
    assert sizes == ([0] * 7 if is_empty else [100, 20] * 3 + [100])


def test_duplicates_records(start):
    sim = start(connections=3)
    sim.fault(kind='duplicate-records', times=3)
    found = client(sim).describe_connections()['Connections']
    assert found == [r for r in sim.listing() for _ in range(3)]


@pytest.mark.parametrize('is_chunked', [False, True])
def test_pads_a_body_to_any_size(start, is_chunked):
    sim = start(connections=3)
    sim.fault(kind='big', bytes=3000000, chunked=is_chunked)
    _, headers, body = send(sim)
    assert len(body) > 3000000
    assert headers['Content-Length'] == (None if is_chunked else str(len(body)))
    data = json.loads(body)
    assert data['Padding'] == 'x' * 3000000
    assert data['Connections'] == sim.listing()


# The log


def test_logs_what_was_asked_and_never_a_secret(start):
    sim = start(connections=1, session_token='the-token')
    arn = sim.listing()[0]['EndpointArn']
    given = filters(endpoint_arn=[arn])
    client(sim).describe_connections(Filters=given, MaxRecords=20)
    refusal(client(sim, aws_secret_access_key='x').describe_connections, Marker='odd')
    [first, second] = sim.wait_for(
        lambda log: all(request['answered'] for request in log))
    assert (first['filters'], first['max_records']) == (given, 20)
    assert (second['marker'], second['status']) == ('odd', 400)
    assert 'Botocore/' in first['user_agent']
    assert json.loads(first['body']) == {'Filters': given, 'MaxRecords': 20}
    assert first['time'] <= first['answered'] <= time.time()
    for secret in (sim.secret_key, sim.session_token):
        assert secret not in json.dumps(sim.log())
    assert sim.log(since=first['sequence']) == [second]
    sim.clear_log()
    assert sim.log() == []
    assert sim.counters()['requests'] == 2


def test_numbers_connections(start):
    sim = start()
    send(sim)
    dms = client(sim)
    for _ in range(3):
        dms.describe_connections()
    connections = [r['connection'] for r in sim.log()]
    assert connections[0] not in connections[1:]
    assert len(set(connections[1:])) == 1


def test_refuses_a_body_beyond_a_megabyte(start):
    sim = start()
    status, _, _ = send(sim, b' ' * (1 << 20) + b'{}')
    assert status == 413


def test_serves_many_clients_at_once(start):
    sim = start(connections=500)
    found = []

    def list_once(dms):
        found.append(len(list_all(dms)))

    threads = [threading.Thread(target=list_once, args=(client(sim),))
               for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [500] * 24
