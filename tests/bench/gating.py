"""A gate: start a test, wait for its end, go on. `dmsfs test` beside `aws dms
test-connection` and `aws dms wait test-connection-succeeds`, each on a pair of its own,
begun in the same moment for tests of the same time."""

import concurrent.futures
import os
import random
import shutil
import statistics
import subprocess
import threading
import time

import stage
from sim import REGION
from table import Ratio, Row, ratio_of_rounds, seconds

GROUP = 'gate'
LATE_LIMIT = 0.5
ONE_LIMIT, THREE_LIMIT = 2.5, 1
LANES = 4  # tests that a mount runs at once
AT_ONCE = 3
COUNT_S = 20
SECONDS = (1, 60)
OPTIONS = ['--allow-test', '--test-interval', '0', '--refresh-active', '5']

# What people write around the AWS CLI.
SCRIPT = """
pair="--replication-instance-arn $INSTANCE --endpoint-arn $ENDPOINT"
"$AWS" --endpoint-url "$URL" dms test-connection $pair >/dev/null &&
"$AWS" --endpoint-url "$URL" dms wait test-connection-succeeds --filters \\
	"Name=endpoint-arn,Values=$ENDPOINT" "Name=replication-instance-arn,Values=$INSTANCE"
"""


class Pairs:
    """Connections of one listing, and who starts and ends tests of them."""

    def __init__(self, sim, mount, cli):
        self.sim = sim
        self.mount = mount
        self.cli = cli
        self.records = sim.listing()
        self._lock = threading.Lock()

    def commands(self, numbers, is_dmsfs):
        """What is run for these pairs, each with its environment."""
        environment = {**self.sim.environment(), 'AWS_DEFAULT_REGION': REGION}
        records = [self.records[number] for number in numbers]
        if is_dmsfs:
            paths = [self.mount.path / record['ReplicationInstanceIdentifier']
                     / record['EndpointIdentifier'] for record in records]
            return [([stage.mounting.program(), 'test', '-q', *paths], environment)]
        return [(['sh', '-c', SCRIPT],
                 {**environment, 'AWS': self.cli, 'URL': self.sim.url,
                  'INSTANCE': record['ReplicationInstanceArn'],
                  'ENDPOINT': record['EndpointArn']}) for record in records]

    def gate(self, kinds, test_s):
        """Runs dmsfs or not for pairs, [(is_dmsfs, numbers)], at once, for tests that
        last so long; for each kind the seconds from the last test's end to the end of
        the last program."""
        with self._lock:
            self.sim.settings(test_seconds=test_s)
            programs = [[subprocess.Popen(command, env=environment)
                         for command, environment in self.commands(numbers, is_dmsfs)]
                        for is_dmsfs, numbers in kinds]
            started = [self._wait_for_starts(numbers) for _, numbers in kinds]
        ends = [None] * len(kinds)
        waiters = [threading.Thread(target=self._note_end, args=(programs, ends, at))
                   for at in range(len(kinds))]
        for waiter in waiters:
            waiter.start()
        for waiter in waiters:
            waiter.join()
        return [end - start - test_s for end, start in zip(ends, started)]

    @staticmethod
    def _note_end(programs, ends, at):
        if any([program.wait() for program in programs[at]]):
            raise RuntimeError('a gate did not open')
        ends[at] = time.time()

    def _wait_for_starts(self, numbers):
        """When the service has answered for the last of these tests."""
        wanted = {self.records[number]['EndpointArn'] for number in numbers}

        def answered():
            return [entry['answered'] for entry in self.sim.log(action='TestConnection')
                    if entry['answered'] and any(arn in entry['body'] for arn in wanted)]

        self.sim.wait_for(lambda _: len(answered()) >= len(wanted), stage.PATIENCE_S)
        return max(answered())


def rows(tests, rounds, select):
    cli = '/usr/bin/aws' if os.path.exists('/usr/bin/aws') else shutil.which('aws')
    if not tests or not select(GROUP):
        return
    if not cli:
        yield Row(GROUP, 'all rows', 'skipped', note='the AWS CLI is not installed')
        return
    yield _late_row(cli, tests)
    yield _request_row(cli, 1, rounds, ONE_LIMIT)
    yield _request_row(cli, AT_ONCE, rounds, THREE_LIMIT)


def _late_row(cli, tests):
    """The times are spread evenly, and shifted by chance within their parts, as polls
    at whole seconds would else fall on the ends."""
    chance = random.Random(1)
    least, most = SECONDS
    times = [least + (most - least) * (part + chance.random()) / tests
             for part in range(tests)]
    with stage.serve(2 * tests, failed_percent=100) as sim, \
            stage.Dmsfs(sim, *OPTIONS) as mount:
        pairs = Pairs(sim, mount, cli)

        def one(number):
            return pairs.gate([(True, [2 * number]), (False, [2 * number + 1])],
                              times[number])

        with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
            late = list(lanes.map(one, range(tests)))
    ours, theirs = (statistics.mean(found) for found in zip(*late))
    ratio = Ratio(ours / theirs)
    ratio.middle_half = ratio_of_rounds(*zip(*late)).middle_half
    return Row(GROUP, f'a test\'s end to the shell, {least} to {most} s', seconds(ours),
               f'AWS CLI {seconds(theirs)}', ratio, LATE_LIMIT,
               f'means of {tests} tests, {LANES} at once; '
               f'{seconds(min(late)[0])} to {seconds(max(late)[0])}')


def _request_row(cli, count, rounds, limit):
    sums = [0, 0]
    with stage.serve(2 * count, failed_percent=100) as sim, \
            stage.Dmsfs(sim, *OPTIONS) as mount:
        pairs = Pairs(sim, mount, cli)
        for _ in range(max(1, rounds // 3)):
            sim.clear_log()
            pairs.gate([(True, range(count)), (False, range(count, 2 * count))], COUNT_S)
            for entry in sim.log():
                sums['dmsfs' not in entry['user_agent']] += 1
    return Row(GROUP, f'requests for {count} at once, {COUNT_S} s', str(sums[0]),
               f'AWS CLI {sums[1]}', sums[0] / sums[1], limit)
