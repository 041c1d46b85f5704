"""Stand-ins for all that an AWS client may ask on its way to DMS.

    with AwsServices(directory, sim) as services:
        subprocess.run([...], env={**services.environment(), ...})
        services.asked          # (host, name of the key that signed) of each request

A proxy that answers CONNECT itself speaks TLS as whatever host is asked for, by
certificates of a CA of its own: so clients need no endpoint settings, and what they
choose is seen. Hosts are told apart by their names: STS, SSO, its tokens, sign-in; the
requests for DMS go on to a sim, or get an empty listing without one. EC2 metadata and
containers are served in plain http at `services.url`.

Every source of credentials gives keys with a name of their own, `key(NAME)`; roles are
named after who assumed them, "ROLE by NAME".
"""

import base64
import datetime
import hashlib
import hmac
import html
import http.client
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import urllib.parse

ACCOUNT = '123456789012'
TOKEN_SSO = 'token-of-sso'
TOKEN_WEB = 'token-of-web-identity'
TOKEN_CONTAINER = 'token-of-container'
TOKEN_METADATA = 'token-of-metadata'
TIME = '%Y-%m-%dT%H:%M:%SZ'


def key(name):
    """The keys that a source of that name gives out; always the same."""
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
    return {'access_key': 'ASIA' + digest[:16], 'secret_key': f'secret of {name}'
            .replace(' ', '-'), 'session_token': f'session of {name}'.replace(' ', '-')}


def role_arn(name):
    return f'arn:aws:iam::{ACCOUNT}:role/{name}'


class AwsServices:
    """`lifetime_s` is that of the credentials given out: after it the sim takes them no
    more. `is_numbered`: a role has other keys each time, named "ROLE by NAME #3".
    `quoting`: what the services of these names do from then on, "dms", "sts", "sso",
    "oidc", "signin": refuse each request, and quote all of it. `region`: that of the EC2
    instance. `calls`: host and headers of each call of DMS. `is_lenient`: DMS takes any
    key, unlooked at."""

    def __init__(self, directory, sim=None, lifetime_s=3600, is_numbered=False):
        self.directory = pathlib.Path(directory) / 'aws-services'
        self.sim = sim
        self.lifetime_s = lifetime_s
        self.is_numbered = is_numbered
        self.asked = []
        self.bad = []
        self.quoting = ()
        self.region = 'us-east-1'
        self.calls = []
        self.is_lenient = False
        self._names = {}
        self._lock = threading.Lock()
        self._contexts = {}
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Front)
        self._server.daemon_threads = True
        self._server.services = self
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={'poll_interval': 0.02})

    def __enter__(self):
        self.directory.mkdir()
        self._make_ca()
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self):
        return f'http://127.0.0.1:{self._server.server_address[1]}'

    @property
    def ca(self):
        return self.directory / 'ca.pem'

    def environment(self):
        return {'HTTPS_PROXY': self.url, 'NO_PROXY': '127.0.0.1,localhost',
                'AWS_CA_BUNDLE': str(self.ca)}

    def clear(self):
        with self._lock:
            self.asked = []
            self.bad = []
            self.calls = []

    def hosts(self, prefix=''):
        return [host for host, _ in self.asked if host.startswith(prefix)]

    def give(self, name, is_static=False):
        """The key of a source, which DMS knows from now on."""
        keys = dict(key(name))
        if is_static:
            del keys['session_token']
        with self._lock:
            self._names[keys['access_key']] = name
        if self.sim:
            self.sim.add_credentials({**keys, **(
                {} if is_static else {'expires_in': self.lifetime_s})})
        return keys

    def name_of(self, access_key):
        return self._names.get(access_key, access_key)

    # What the handlers need

    def note(self, host, access_key):
        with self._lock:
            self.asked.append((host, self.name_of(access_key)))

    def expiry(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        return now + datetime.timedelta(seconds=self.lifetime_s)

    def context(self, host):
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._make_context(host)
            return self._contexts[host]

    # Certificates

    def _openssl(self, *arguments):
        subprocess.run(['openssl', *map(str, arguments)], check=True, timeout=60,
                       capture_output=True)

    def _make_ca(self):
        self._openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                      'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
                      '-keyout', self.directory / 'ca.key', '-out', self.ca,
                      '-subj', '/CN=Test CA')

    def _make_context(self, host):
        stem = self.directory / host
        key_file, request, cert, names = (f'{stem}.{kind}'
                                          for kind in ('key', 'csr', 'pem', 'ext'))
        pathlib.Path(names).write_text(f'subjectAltName=DNS:{host}\n')
        self._openssl('req', '-newkey', 'ec', '-pkeyopt',
                      'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key_file,
                      '-out', request, '-subj', '/CN=stand-in')
        self._openssl('x509', '-req', '-in', request, '-CA', self.ca, '-CAkey',
                      self.directory / 'ca.key', '-CAcreateserial', '-days', '2',
                      '-out', cert, '-extfile', names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key_file)
        return context


def _hmac(secret, text):
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


def signature(secret, method, path, query, headers, body, scope, signed):
    """What Signature Version 4 makes of a request, written from its description."""
    lines = ''.join(f'{name}:{" ".join(headers[name].split())}\n' for name in signed)
    request = '\n'.join([method, path, query, lines, ';'.join(signed),
                         hashlib.sha256(body).hexdigest()])
    date, region, service, last = scope.split('/')
    text = '\n'.join(['AWS4-HMAC-SHA256', headers['x-amz-date'], scope,
                      hashlib.sha256(request.encode()).hexdigest()])
    secret = _hmac(f'AWS4{secret}'.encode(), date)
    for part in (region, service, last):
        secret = _hmac(secret, part)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def log_message(self, format, *arguments):
        pass

    @property
    def services(self):
        return self.server.services

    def answer(self, status, content, kind='application/json', headers=()):
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        self.send_response(status)
        for name, value in (('Content-Type', kind), *headers,
                            ('Content-Length', str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, text):
        self.services.bad.append(f'{self.command} {self.path}: {text}')
        self.answer(400, {'message': text})

    def read_body(self):
        return self.rfile.read(int(self.headers.get('Content-Length') or 0))

    def authorization(self):
        """The parts of the Authorization header, or None."""
        text = self.headers.get('Authorization', '')
        if not text.startswith('AWS4-HMAC-SHA256 '):
            return None
        return dict(part.strip().split('=', 1)
                    for part in text.split(' ', 1)[1].split(','))

    def signer(self, body):
        """The access key of a request that is signed as it should be; else None."""
        parts = self.authorization()
        if parts is None:
            return None
        access_key, scope = parts['Credential'].split('/', 1)
        headers = {name.lower(): value for name, value in self.headers.items()}
        address = urllib.parse.urlsplit(self.path)
        name = self.services.name_of(access_key)
        wanted = signature(key(name)['secret_key'], self.command, address.path or '/',
                           address.query, headers, body, scope,
                           parts['SignedHeaders'].split(';'))
        token = headers.get('x-amz-security-token')
        if wanted != parts['Signature'] or token not in (None,
                                                         key(name)['session_token']):
            self.services.bad.append(f'{access_key}: the signature does not match')
            return None
        return access_key


class _Service(_Handler):
    """One of the services, by the name of the host."""

    def do_GET(self):
        self.serve(b'')

    def do_POST(self):
        self.serve(self.read_body())

    def serve(self, body):
        host = self.headers['Host'].split(':')[0]
        service = self.service_of(host)
        if service in self.services.quoting:
            self.services.note(f'quoted {service}', None)
            self.quote(service, body)
        elif service == 'sso':
            self.sso(host)
        else:
            getattr(self, service)(host, body)

    def service_of(self, host):
        if self.headers.get('X-Amz-Target'):
            return 'dms'
        if host.startswith('portal.sso.'):
            return 'sso'
        if host.startswith('oidc.'):
            return 'oidc'
        return 'signin' if 'signin' in host else 'sts'

    def quote(self, service, body):
        """Refuses as AWS does where a signature does not match, in each service's own
        form; and quotes the request outside of that text too."""
        lines = ''.join(f'{name.lower()}:{value}\n'
                        for name, value in self.headers.items())
        request = f'{self.command}\n{self.path}\n{lines}\n{body.decode()}'
        text = ('The request signature we calculated does not match the signature you '
                'provided.\n\nThe Canonical String for this request should have been\n'
                f"'{request}'")
        if service == 'sts':
            self.answer(500, '<ErrorResponse><Error><Type>Sender</Type><Code>'
                        'SignatureDoesNotMatch</Code><Message>'
                        f'{html.escape(text)}</Message></Error><RequestId>r</RequestId>'
                        '</ErrorResponse>', 'text/xml')
        elif service == 'dms':
            self.answer(400, {'__type': 'SignatureDoesNotMatch', 'message': text})
        else:
            self.answer(500, {'message': f'not taken: {request}'})

    def dms(self, host, body):
        self.services.calls.append((host, {name.lower(): value for name, value
                                           in self.headers.items()}))
        access_key = None if self.services.is_lenient else self.signer(body)
        self.services.note(host, access_key)
        if access_key is None and not self.services.is_lenient:
            self.answer(403, {'__type': 'InvalidSignatureException'})
        elif self.services.sim is None:
            self.answer(200, {'Connections': []}, 'application/x-amz-json-1.1')
        else:
            self.forward(body)

    def forward(self, body):
        address = urllib.parse.urlsplit(self.services.sim.url)
        sim = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        sim.putrequest('POST', self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            sim.putheader(name, value)
        sim.endheaders(body)
        answer = sim.getresponse()
        content = answer.read()
        headers = [(name, value) for name, value in answer.getheaders()
                   if name.lower().startswith('x-amzn')]
        sim.close()
        self.answer(answer.status, content, answer.getheader('Content-Type'), headers)

    def sts(self, host, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        action = form.get('Action')
        access_key = self.signer(body)
        self.services.note(host, access_key)
        role = form.get('RoleArn', '').rpartition('/')[2]
        if form.get('Version') != '2011-06-15' or not form.get('RoleSessionName'):
            self.refuse(f'not a call of STS: {form}')
        elif action == 'AssumeRole' and access_key:
            self.give_role(action, f'{role} by {self.services.name_of(access_key)}')
        elif (action == 'AssumeRoleWithWebIdentity' and not self.authorization()
              and form.get('WebIdentityToken') == TOKEN_WEB):
            self.give_role(action, f'{role} by web identity')
        else:
            self.services.bad.append(f'STS: {form}')
            self.answer(403, '<ErrorResponse><Error><Type>Sender</Type><Code>'
                        'AccessDenied</Code><Message>not taken</Message></Error>'
                        '<RequestId>r</RequestId></ErrorResponse>', 'text/xml')

    def give_role(self, action, name):
        if self.services.is_numbered:
            name += f' #{self.services.hosts().count(self.headers["Host"])}'
        keys = self.services.give(name)
        self.answer(200, (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f'<{action}Result><AssumedRoleUser><AssumedRoleId>x</AssumedRoleId>'
            f'<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/r/s</Arn></AssumedRoleUser>'
            f'<Credentials><AccessKeyId>{keys["access_key"]}</AccessKeyId>'
            f'<SecretAccessKey>{keys["secret_key"]}</SecretAccessKey>'
            f'<SessionToken>{keys["session_token"]}</SessionToken>'
            f'<Expiration>{self.services.expiry().strftime(TIME)}</Expiration>'
            f'</Credentials></{action}Result></{action}Response>'), 'text/xml')

    def sso(self, host):
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        self.services.note(host, None)
        if (address.path, query.get('account_id')) != ('/federation/credentials',
                                                      ACCOUNT):
            self.refuse('not the call for the credentials of a role')
        elif self.headers.get('x-amz-sso_bearer_token') != TOKEN_SSO:
            self.answer(401, {'message': 'Session token not found or invalid'})
        else:
            keys = self.services.give(f'sso {query["role_name"]}')
            self.answer(200, {'roleCredentials': {
                'accessKeyId': keys['access_key'],
                'secretAccessKey': keys['secret_key'],
                'sessionToken': keys['session_token'],
                'expiration': int(self.services.expiry().timestamp() * 1000)}})

    def oidc(self, host, body):
        request = json.loads(body)
        self.services.note(host, None)
        if (self.path, request) != ('/token', {
                'clientId': 'client', 'clientSecret': 'secret-of-client',
                'grantType': 'refresh_token', 'refreshToken': 'refresh-1'}):
            self.refuse(f'not the call for a token: {request}')
        else:
            self.answer(200, {'accessToken': TOKEN_SSO, 'tokenType': 'Bearer',
                              'expiresIn': 28800, 'refreshToken': 'refresh-2'})

    def signin(self, host, body):
        request = json.loads(body)
        self.services.note(host, None)
        if (self.path, request) != ('/v1/token', {
                'clientId': 'client', 'grantType': 'refresh_token',
                'refreshToken': 'refresh-1'}) or self.headers['DPoP'].count('.') != 2:
            self.refuse(f'not the call to renew a login: {request}')
        else:
            keys = self.services.give('login')
            self.answer(200, {'accessToken': {
                'accessKeyId': keys['access_key'],
                'secretAccessKey': keys['secret_key'],
                'sessionToken': keys['session_token']},
                'tokenType': 'aws_sigv4', 'expiresIn': 900,
                'refreshToken': 'refresh-2'})


class _Front(_Service):
    """The proxy, and what is asked in plain http."""

    def do_CONNECT(self):
        host = self.path.rpartition(':')[0]
        self.send_response(200)
        self.end_headers()
        try:
            secure = self.services.context(host).wrap_socket(self.connection,
                                                             server_side=True)
        except (OSError, ssl.SSLError):
            self.close_connection = True
            return
        try:
            _Service(secure, self.client_address, self.server)
        except OSError:
            pass
        self.close_connection = True

    def do_PUT(self):
        if (self.path != '/latest/api/token'
                or not self.headers.get('x-aws-ec2-metadata-token-ttl-seconds')):
            self.refuse('not the call for a token')
            return
        self.services.note('metadata', None)
        self.answer(200, TOKEN_METADATA, 'text/plain')

    def do_GET(self):
        roles = '/latest/meta-data/iam/security-credentials/'
        if self.path == '/container':
            self.give_keys('container', self.headers.get('Authorization'),
                           TOKEN_CONTAINER)
        elif self.path == roles:
            self.answer(200, 'instance-role', 'text/plain')
        elif self.path == '/latest/meta-data/placement/region':
            self.services.note('region', None)
            self.answer(200, self.services.region, 'text/plain')
        elif self.path == f'{roles}instance-role':
            self.give_keys('metadata', self.headers.get('x-aws-ec2-metadata-token'),
                           TOKEN_METADATA)
        else:
            self.refuse('nothing is here')

    def give_keys(self, name, token, wanted):
        self.services.note(name, None)
        if token != wanted:
            self.refuse(f'the token for {name} is {token}')
            return
        keys = self.services.give(name)
        self.answer(200, {'Code': 'Success', 'Type': 'AWS-HMAC',
                          'AccessKeyId': keys['access_key'],
                          'SecretAccessKey': keys['secret_key'],
                          'Token': keys['session_token'],
                          'Expiration': self.services.expiry().strftime(TIME)})
