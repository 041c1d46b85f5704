"""dms-sim, the stand-in for the service, as a test holds it.

    with Sim(connections=300) as sim:
        run(dmsfs, '--endpoint-url', sim.url, mountpoint, env=sim.environment())
        sim.fault(kind='error', type='ThrottlingException', message='Rate exceeded')
        sim.edit({'where': {'EndpointIdentifier': 'a'}, 'set': {'Status': 'failed'}})

What its options and control calls mean stands at the top of tests/sim/main.c.
"""

import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ACCESS_KEY = 'AKIDEXAMPLE'
SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
REGION = 'us-east-1'

BESIDE_US = pathlib.Path(__file__).resolve().parents[3] / 'build/tests/sim/dms-sim'


def program():
    return os.environ.get('DMS_SIM') or str(BESIDE_US)


class ControlError(Exception):
    """A control call that the sim refused, with its reason."""


class Sim:
    """One running dms-sim; options are those of its command line, with _ for -.

    True stands for an option without a value, a list for a repeated one, None and
    False for none. `listing` may be the text or the data of one instead of a path.
    """

    def __init__(self, **options):
        self._files = tempfile.TemporaryDirectory(prefix='dms-sim.')
        self.region = options.get('region') or REGION
        self.access_key = options.get('access_key') or ACCESS_KEY
        self.secret_key = options.get('secret_key') or SECRET_KEY
        self.session_token = options.get('session_token')
        self.cert = options.get('cert')
        self._options = options
        self._process = None
        self._stderr = None
        self._opener = None
        self.url = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, traceback):
        if error is None:
            self.stop()
        else:
            self.kill()

    def start(self):
        """Starts the sim and waits until it answers, however long it generates."""
        self._stderr = open(os.path.join(self._files.name, 'stderr'), 'w+b')
        # Its standard input is a pipe of ours: when we die, it ends.
        self._process = subprocess.Popen(
            [program(), '--exit-with-stdin', *self._arguments()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr)
        self.url = self._process.stdout.readline().decode().strip()
        if not self.url:
            self._process.wait()
            complaints = self.stderr()
            self._close()
            raise RuntimeError(f'dms-sim did not start: {complaints}')
        self._opener = self._make_opener()
        return self

    def stop(self):
        """Ends the sim as a user would; raises if it does not end well."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            status = self._process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        complaints = self.stderr()
        self._close()
        if status != 0 or complaints:
            raise RuntimeError(f'dms-sim exited with status {status}: {complaints}')

    def kill(self):
        """Ends the sim without a word; its port then refuses connections."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._close()

    @property
    def pid(self):
        return self._process.pid

    def stderr(self):
        self._stderr.seek(0)
        return self._stderr.read().decode(errors='replace')

    def environment(self, home=None):
        """What an AWS client needs to sign for this sim, and nothing of our own."""
        variables = {name: value for name, value in os.environ.items()
                     if not name.startswith('AWS_')
                     and not name.lower().endswith('_proxy')}
        variables.update(HOME=str(home or self._files.name),
                         AWS_ACCESS_KEY_ID=self.access_key,
                         AWS_SECRET_ACCESS_KEY=self.secret_key,
                         AWS_DEFAULT_REGION=self.region,
                         AWS_REGION=self.region,
                         AWS_EC2_METADATA_DISABLED='true')
        if self.session_token:
            variables['AWS_SESSION_TOKEN'] = self.session_token
        if self.cert:
            variables['AWS_CA_BUNDLE'] = str(self.cert)
        return variables

    # Control calls

    def control(self, method, name, body=None):
        """One control call; a body that is not bytes goes as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f'{self.url}/_sim/{name}', data=body,
                                         method=method)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return json.loads(answer.read().decode(errors='replace'))
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(error.read().decode(errors='replace')) from None

    def state(self):
        return self.control('GET', '')

    def listing(self):
        """The records in use."""
        return self.control('GET', 'listing')['Connections']

    def replace(self, records):
        """Another listing: a list of records, or the JSON text of one as bytes."""
        return self.control('PUT', 'listing', records)

    def generate(self, **sizes):
        return self.control('POST', 'generate', sizes)

    def edit(self, *edits, when='now'):
        """The number of records touched; 0 for when='next-listing'."""
        return self.control('POST', 'edit', {'edits': edits, 'when': when})['touched']

    def set(self, endpoint, **fields):
        """Sets fields of the records of one endpoint, by its identifier or ARN."""
        key = 'EndpointArn' if endpoint.startswith('arn:') else 'EndpointIdentifier'
        return self.edit({'where': {key: endpoint}, 'set': fields})

    def add(self, *records):
        return self.edit({'add': records})

    def remove(self, endpoint):
        key = 'EndpointArn' if endpoint.startswith('arn:') else 'EndpointIdentifier'
        return self.edit({'where': {key: endpoint}, 'remove': True})

    def fault(self, **fault):
        return self.control('POST', 'faults', fault)['ids'][0]

    def faults(self):
        """Those that are not used up yet."""
        return self.control('GET', 'faults')['faults']

    def clear_faults(self):
        self.control('DELETE', 'faults')

    def log(self, since=0, action=None):
        """The requests of the API so far, oldest first."""
        requests = self.control('GET', f'log?since={since}')['requests']
        return [r for r in requests if action is None or r['action'] == action]

    def clear_log(self):
        self.control('DELETE', 'log')

    def counters(self):
        return self.control('GET', 'counters')

    def settings(self, **settings):
        """Changes the settings that are given; all of them."""
        if not settings:
            return self.control('GET', 'settings')
        return self.control('PUT', 'settings', settings)

    def replace_credentials(self, *keys):
        self.control('PUT', 'credentials', list(keys))

    def add_credentials(self, *keys):
        self.control('POST', 'credentials', list(keys))

    def fail_tests(self, endpoint, message=None):
        rule = {'endpoint': endpoint}
        if message is not None:
            rule['message'] = message
        self.control('POST', 'fail', rule)

    def make_known(self, kind, arn, identifier=None, status=None):
        """An endpoint or a replication-instance that may have no connection yet; an
        instance with a status can be used for nothing."""
        self.control('POST', 'inventory', {'kind': kind, 'arn': arn,
                                           'identifier': identifier,
                                           'status': status})

    def wait_for(self, is_so, timeout=120):
        """Waits until is_so(requests) is true of the log; the requests."""
        deadline = time.monotonic() + timeout
        pause_s = 0.005
        while True:
            requests = self.log()
            if is_so(requests):
                return requests
            if time.monotonic() > deadline:
                raise TimeoutError(f'waited {timeout} s; the log: {requests}')
            time.sleep(pause_s)
            pause_s = min(1.2 * pause_s, 0.1)

    def wait_for_requests(self, count, timeout=120):
        """Waits until the log holds that many requests."""
        return self.wait_for(lambda requests: len(requests) >= count, timeout)

    # Own affairs

    def _arguments(self):
        arguments = []
        for name, value in self._options.items():
            option = '--' + name.replace('_', '-')
            if name == 'listing' and not isinstance(value, (str, os.PathLike)):
                value = self._write_listing(value)
            if value is True:
                arguments.append(option)
            elif isinstance(value, (list, tuple)):
                arguments += [part for each in value for part in (option, str(each))]
            elif value is not None and value is not False:
                arguments += [option, str(value)]
        return arguments

    def _write_listing(self, listing):
        path = os.path.join(self._files.name, 'listing.json')
        if not isinstance(listing, bytes):
            listing = json.dumps(listing).encode()
        with open(path, 'wb') as file:
            file.write(listing)
        return path

    def _make_opener(self):
        handlers = [urllib.request.ProxyHandler({})]
        if self.cert:
            handlers.append(urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=str(self.cert))))
        return urllib.request.build_opener(*handlers)

    def _close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._stderr.close()
        self._process = None
        self._files.cleanup()
