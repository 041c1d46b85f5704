"""A proxy for tests: forwards all it is asked for to one place, whatever its name."""

import base64
import http.client
import http.server
import select
import socket
import threading
import urllib.parse


class Proxy:
    """Runs while it is entered. `asked` holds (method, target) of each request.

    upstream: URL of where all requests go
    login: "user:password" that is demanded
    """

    def __init__(self, upstream, login=None):
        self.asked = []
        self.login = login
        address = urllib.parse.urlsplit(upstream)
        self.upstream = (address.hostname, address.port)
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        self._server.daemon_threads = True
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={'poll_interval': 0.02})

    @property
    def port(self):
        return self._server.server_address[1]

    def url(self, login=None):
        return f'http://{login + "@" if login else ""}127.0.0.1:{self.port}'

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_CONNECT(self):
        if not self._may_pass():
            return
        with socket.create_connection(self.server.proxy.upstream) as upstream:
            self.send_response(200, 'Connection established')
            self.end_headers()
            self._pump(upstream)
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if not self._may_pass():
            return
        target = urllib.parse.urlsplit(self.path)
        upstream = http.client.HTTPConnection(*self.server.proxy.upstream)
        upstream.putrequest('POST', target.path, skip_host=True,
                            skip_accept_encoding=True)
        for name, value in self.headers.items():
            if not name.lower().startswith('proxy-'):
                upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ('date', 'server', 'connection'):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    def _may_pass(self):
        proxy = self.server.proxy
        proxy.asked.append((self.command, self.path))
        if proxy.login is None:
            return True
        wanted = 'Basic ' + base64.b64encode(proxy.login.encode()).decode()
        if self.headers.get('Proxy-Authorization') == wanted:
            return True
        self.send_response(407)
        self.send_header('Proxy-Authenticate', 'Basic realm="test"')
        self.send_header('Content-Length', '0')
        self.end_headers()
        return False

    def _pump(self, upstream):
        ends = {self.connection: upstream, upstream: self.connection}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                piece = end.recv(65536)
                if not piece:
                    return
                ends[end].sendall(piece)

    def log_message(self, format, *arguments):
        pass
