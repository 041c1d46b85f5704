"""A gate before a server, for faults below those that the sim can make: connections
are refused where a test wants it, and an answer with the header X-Wrong-Length: N says
that its body is so many bytes longer than it is.

    with Gate(port) as gate:
        client(gate.url)
        gate.refuse(after=2)  # two more connections pass
        gate.open()
"""

import re
import socket
import threading


class Gate:
    def __init__(self, port):
        self._server = ('127.0.0.1', port)
        self._listener = None
        self._port = 0
        self._relays = []
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._close(self._listener)

    @property
    def url(self):
        return f'http://127.0.0.1:{self._port}'

    def open(self):
        """Lets all pass."""
        self._listen(None)

    def refuse(self, after=0):
        """Lets so many connections pass, and refuses all others."""
        self._listen(after)

    def drain(self):
        """Lets none pass, and waits for the end of those that have."""
        self._close(self._listener)
        for relay in self._relays:
            relay.join()
        self._relays.clear()

    def _listen(self, count):
        self._close(self._listener)
        if count == 0:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('127.0.0.1', self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener, count),
                         daemon=True).start()

    def _close(self, listener):
        self._listener = None
        if listener is None:
            return
        try:
            listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        except OSError:
            pass  # it was closed after its count
        listener.close()

    def _accept(self, listener, count):
        while count is None or count > 0:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if count is not None:
                count -= 1
                if count == 0:
                    # Before the last one is answered, and the next one comes.
                    listener.close()
            server = socket.create_connection(self._server)
            for ends in (client, server), (server, client):
                relay = threading.Thread(target=_relay, args=ends, daemon=True)
                relay.start()
                self._relays.append(relay)


def _change_length(data):
    wrong = re.search(rb'X-Wrong-Length: (-?\d+)', data)
    if wrong is None:
        return data
    return re.sub(rb'(?<=Content-Length: )\d+',
                  lambda length: b'%d' % (int(length[0]) + int(wrong[1])), data)


def _relay(source, target):
    """One direction; the end of it too."""
    try:
        while True:
            data = source.recv(1 << 16)
            if not data:
                break
            target.sendall(_change_length(data))
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side went; the other direction sees it too
