"""The tables of inputs, each with how it is asked and compared."""

import dataclasses
import pathlib
import typing

import exchanges
import inputs

BOTOCORE, JAVASCRIPT = exchanges.BOTOCORE, exchanges.JAVASCRIPT
KEPT_ANSWERS = pathlib.Path(__file__).resolve().parent / 'answers.tsv'


@dataclasses.dataclass
class Table:
    name: str
    cases: dict
    ask: typing.Callable  # of a judge and cases: the answers
    is_same: typing.Callable
    reason_for: typing.Callable  # of judge, name, dmsfs' answer and theirs; or None
    shown: typing.Callable

    def answers(self, judge, names=None):
        """By name, of all cases or of those named."""
        cases = {name: self.cases[name] for name in (names or self.cases)}
        return dict(zip(cases, self.ask(judge, list(cases.values()))))

    def known_to(self, version):
        """The names of the cases that botocore of this version knows."""
        numbers = tuple(map(int, version.split('.')[:2]))
        since = {**inputs.SINCE, **exchanges.SINCE}
        first = since.get(self.name, (0, 0))
        return [name for name in self.cases if numbers >= max(
            first, since.get(name, (0, 0)))]


def _of_inputs(name, cases):
    return Table(name, cases, lambda judge, cases: judge.answer(cases), inputs.is_same,
                 lambda _, *rest: inputs.reason_for(*rest), inputs.shown)


def _of_exchanges(name):
    cases, _ = exchanges.TABLES[name]
    return Table(name, cases, lambda judge, cases: judge.converse(cases),
                 lambda one, other: exchanges.is_same(name, one, other),
                 lambda judge, case, *_: exchanges.reason_for(name, judge, case),
                 lambda answer: exchanges.shown(name, answer))


def of_chance(seed, count):
    return _of_inputs('made at random', {
        f'seed {number}': inputs.random_case(number)
        for number in range(seed, seed + count)})


ALL = {table.name: table for table in (
    _of_inputs('set-ups', inputs.CASES), _of_inputs('regions', inputs.PLACES),
    *map(_of_exchanges, exchanges.TABLES))}


def read_kept():
    """The kept answers: {(table, name): [those of dmsfs and the judges, as shown]}."""
    lines = KEPT_ANSWERS.read_text().splitlines()
    rows = [line.split('\t') for line in lines if not line.startswith('#')]
    return {(table, name): [ours, *(ours if other == '=' else other for other in others)]
            for table, name, ours, *others in rows}


def write_kept(versions, rows):
    """@rows as read_kept() has them; @versions are of the judges."""
    lines = [f'# Written by tests/parity/run --write. Table, input, dmsfs, '
             f'{", ".join(versions)}; = where it is the same.']
    for (table, name), (ours, *others) in rows.items():
        lines.append('\t'.join([table, name, ours, *(
            '=' if other == ours else other for other in others)]))
    KEPT_ANSWERS.write_text('\n'.join(lines) + '\n')
