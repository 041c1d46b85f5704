"""A service on this machine that says to each case what exchanges.py has for it."""

import datetime
import email.utils
import http.server
import json
import re
import threading
import time


class Service:
    """Each case has a path of its own; its requests are kept in order."""

    def __init__(self, cases):
        self.cases = list(cases)
        self.requests = [[] for _ in self.cases]
        self._server = _Server(('127.0.0.1', 0), _Handler)
        self._server.service = self
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={'poll_interval': 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, number):
        return f'http://127.0.0.1:{self._server.server_address[1]}/{number}'

    def seen(self, number):
        """What is compared of the requests of a case."""
        requests = self.requests[number]
        agent = requests[-1]['agent'] if requests else ''
        return {'requests': len(requests),
                'markers': [request['marker'] for request in requests[1:]],
                'corrected': bool(requests) and abs(requests[-1]['off_s']) < 1200,
                'agent': [part for part in agent.split() if part.startswith(
                    ('app/', 'exec-env/'))]}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def log_message(self, format, *arguments):
        pass

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        number = int(re.match('/([0-9]+)', self.path)[1])
        requests = self.server.service.requests[number]
        responses = self.server.service.cases[number]['responses']
        response = responses[min(len(requests), len(responses) - 1)]
        off_s = response.get('off_s', 0)
        requests.append({'marker': json.loads(content).get('Marker'),
                         'agent': self.headers.get('User-Agent', ''),
                         'off_s': self.signed_at() - time.time() - off_s})
        if response.get('drop'):
            self.close_connection = True
        else:
            self.respond(response, off_s)

    def signed_at(self):
        return datetime.datetime.strptime(
            self.headers['X-Amz-Date'] + '+0000', '%Y%m%dT%H%M%SZ%z').timestamp()

    def respond(self, response, off_s):
        content = response['body'].encode()
        self.send_response_only(response['status'])
        for name, value in {
                'Date': email.utils.formatdate(time.time() + off_s, usegmt=True),
                'Content-Type': 'application/x-amz-json-1.1',
                'Content-Length': len(content), **response.get('headers', {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
