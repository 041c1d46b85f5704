"""dmsfs and botocore make the same of what people write and of what the service says:
the same host is asked, the same Region signed for, by the same key, as often; or both
refuse. Each difference has a reason, and what the other judges answered is kept in
answers.tsv, which tests/parity/run writes.

Both answers are printed for each input; `pytest -s`, or tests/parity/run, shows them.
"""

import functools
import os

import pytest

import exchanges
import inputs
import judges
import tables

RANDOM_CASES = 120
# One that was seen to tell apart what differs comes again; DMSFS_SEED has others tried.
SEED = int(os.environ.get('DMSFS_SEED', '0'))


@functools.cache
def ours(name):
    """All answers of dmsfs to a table."""
    return tables.ALL[name].answers(judges.Dmsfs(os.environ['DMSFS']))


@functools.cache
def theirs(name):
    """Those of the botocore at hand that it can know."""
    judge = judges.find_botocore()
    if not judge:
        pytest.skip('no Python here has botocore')
    names = tables.ALL[name].known_to(judge.version)
    return tables.ALL[name].answers(judge, names) if names else {}


def find_unexplained(table, one, other):
    """The names of those that differ, with both answers, and no reason is known for."""
    wrong = []
    for name, answer in other.items():
        print(f'{name}\n  dmsfs      {table.shown(one[name])}\n'
              f'  botocore   {table.shown(answer)}')
        if not table.is_same(one[name], answer) and not table.reason_for(
                tables.BOTOCORE, name, one[name], answer):
            wrong.append((name, one[name], answer))
    return wrong


@pytest.mark.parametrize('name', tables.ALL)
def test_answers_as_botocore_does(name):
    assert find_unexplained(tables.ALL[name], ours(name), theirs(name)) == []


@pytest.mark.parametrize('name', tables.ALL)
def test_answers_as_when_all_judges_were_asked(name):
    table = tables.ALL[name]
    kept = {case: answers[0] for (of, case), answers in tables.read_kept().items()
            if of == name}
    assert kept == {case: table.shown(answer) for case, answer in ours(name).items()}, \
        'if it is right, tests/parity/run --write keeps the new answers'


def test_answers_as_botocore_does_what_chance_makes():
    judge = judges.find_botocore()
    if not judge:
        pytest.skip('no Python here has botocore')
    table = tables.of_chance(SEED, RANDOM_CASES)
    one, other = (table.answers(judges.Dmsfs(os.environ['DMSFS'])), table.answers(judge))
    # Or all would agree that an input is broken.
    assert sum('refused' not in answer for answer in one.values()) > 0.4 * len(one)
    wrong = find_unexplained(table, one, other)
    assert wrong == [], '\n'.join(
        f'{name}: {table.cases[name]}' for name, *_ in wrong)


def test_a_set_up_with_a_reason_differs_still():
    same = [name for table in ('set-ups', 'regions') for name in inputs.KEPT
            if name in theirs(table)
            and inputs.is_same(ours(table)[name], theirs(table)[name])]
    assert same == [], 'these need no reason any more'


def test_an_exchange_with_a_reason_differs_still():
    rows = tables.read_kept()
    needless = [entry for entry in exchanges.KEPT if not any(
        exchanges.matches(entry, table, judge, name) and ours_shown != shown
        for (table, name), (ours_shown, *others) in rows.items()
        for judge, shown in zip((tables.BOTOCORE, tables.JAVASCRIPT), others))]
    assert needless == [], 'these need no reason any more'
