"""node_exporter, which shows the metrics of mounts to whoever asks on loopback."""

import os
import re
import shutil
import subprocess
import threading
import urllib.request

import pytest

PROGRAM = next((found for found in map(shutil.which, (
    'prometheus-node-exporter', 'node_exporter')) if found), None)
USER = 65534
LISTENING = re.compile(r'Listening on.* address=(127\.0\.0\.1:\d+)')

needs_exporter = pytest.mark.skipif(
    not PROGRAM or os.getuid() != 0,
    reason='only root can run node_exporter as another user' if PROGRAM
    else 'node_exporter is missing')


class Exporter:
    """One that runs as nobody and collects the *.prom of a directory alone."""

    def __init__(self, place, directory):
        # The checkout may be no place of nobody's.
        program = place / 'node_exporter'
        if not program.exists():
            shutil.copy(PROGRAM, program)
        self._process = subprocess.Popen(
            [program, '--web.listen-address=127.0.0.1:0', '--collector.disable-defaults',
             '--collector.textfile', f'--collector.textfile.directory={directory}'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, user=USER, group=USER, extra_groups=(), cwd='/',
            env={'PATH': os.environ['PATH']})
        self._log = []
        address = self._find_address()
        self._url = f'http://{address}/metrics'
        # A full pipe would stop it.
        self._thread = threading.Thread(target=self._log.extend,
                                        args=(self._process.stderr,))
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        self._process.stderr.close()

    def scrape(self):
        """What Prometheus gets."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self._url, timeout=120) as response:
            return response.read().decode()

    def _find_address(self):
        for line in self._process.stderr:
            self._log.append(line)
            found = LISTENING.search(line)
            if found:
                return found[1]
        raise RuntimeError(f'it does not listen: {self._log}')
