"""dmsfs and botocore make the same of what people write: the same host is asked, the
same Region signed for, by the same key; or both refuse. Each difference has a reason.

Both answers are printed for each input; `pytest -s`, or tests/parity/run, shows them.
"""

import os

import pytest

import inputs
import judges

RANDOM_CASES = 120
# One that was seen to tell apart what differs comes again; DMSFS_SEED has others tried.
SEED = int(os.environ.get('DMSFS_SEED', '0'))


@pytest.fixture(scope='module')
def dmsfs():
    return judges.Dmsfs(os.environ['DMSFS'])


@pytest.fixture(scope='module')
def botocore():
    found = judges.find_botocore()
    if not found:
        pytest.skip('no Python here has botocore')
    return found


def knows(judge, name):
    since = inputs.SINCE.get(name, (0, 0))
    return tuple(map(int, judge.version.split('.')[:2])) >= since


def compare(dmsfs, judge, cases):
    """The names of those that differ, with both answers, and no reason is known for."""
    ours = dmsfs.answer(cases.values())
    theirs = judge.answer(cases.values())
    # Or all would agree that an input is broken.
    assert sum('refused' not in answer for answer in ours) > 0.4 * len(ours)
    wrong = []
    for name, one, other in zip(cases, ours, theirs):
        reason = judges.reason_for(name, one, other)
        print(f'{name}\n  dmsfs      {judges.shown(one)}\n'
              f'  {judge.name:10} {judges.shown(other)}')
        if not judges.is_same(one, other) and not reason:
            wrong.append((name, one, other))
    return wrong


def test_answers_as_botocore_does(dmsfs, botocore):
    cases = {name: case for name, case in inputs.CASES.items() if knows(botocore, name)}
    assert compare(dmsfs, botocore, cases) == []


def test_answers_as_botocore_does_what_chance_makes(dmsfs, botocore):
    cases = {f'seed {SEED + number}': inputs.random_case(SEED + number)
             for number in range(RANDOM_CASES)}
    wrong = compare(dmsfs, botocore, cases)
    assert wrong == [], '\n'.join(
        f'{name}: {cases[name]}' for name, *_ in wrong)


def test_a_difference_with_a_reason_is_one_still(dmsfs, botocore):
    kept = {name: inputs.CASES[name] for name in inputs.KEPT}
    ours = dmsfs.answer(kept.values())
    theirs = botocore.answer(kept.values())
    same = [name for name, one, other in zip(kept, ours, theirs)
            if knows(botocore, name) and judges.is_same(one, other)]
    assert same == [], 'these need no reason any more'
