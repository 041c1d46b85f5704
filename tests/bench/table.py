"""The rows of the bench, as text and as JSON."""

import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    """One figure beside what it is measured against.

    ratio: ours in theirs, from the same run; the only thing that an aim is set to
    limit: the greatest ratio that holds; None: shown only
    """
    group: str
    work: str
    ours: str
    theirs: str = ''
    ratio: float = None
    limit: float = None
    note: str = ''

    @property
    def holds(self):
        if self.limit is None:
            return None
        return self.ratio is not None and self.ratio <= self.limit

    def cells(self):
        verdict = {None: '', True: 'yes', False: 'NO'}[self.holds]
        return [f'{self.group}: {self.work}', self.ours, self.theirs,
                '' if self.ratio is None else f'{self.ratio:.3g}',
                '' if self.limit is None else f'<= {self.limit:.3g}', verdict]


HEADINGS = ('work', 'dmsfs', 'beside it', 'ratio', 'aim', 'holds')


def format_rows(rows):
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    text = []
    for number, line in enumerate(lines):
        text.append('  '.join(cell.ljust(width)
                              for cell, width in zip(line, widths)).rstrip())
        if number == 0:
            text.append('  '.join('-' * width for width in widths))
        elif rows[number - 1].note:
            text.append(f'    {rows[number - 1].note}')
    return '\n'.join(text)


def as_data(rows):
    return [{**dataclasses.asdict(row), 'holds': row.holds,
             'middle_half': getattr(row.ratio, 'middle_half', None)} for row in rows]


class Ratio(float):
    """The median of the ratios of all rounds, and between what the middle half lies."""

    middle_half = None


def ratio_of_rounds(ours, theirs):
    """Round by round: what slows a whole round cancels out."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    ratio = Ratio(statistics.median(ratios))
    if len(ratios) > 1:
        low, _, high = statistics.quantiles(ratios, n=4, method='inclusive')
        ratio.middle_half = low, high
    return ratio


def spell_ratio(ratio):
    return f'{ratio:.2f}' if ratio == 0 or ratio >= 0.1 else f'{ratio:.2g}'


def spell_middle_half(ratio):
    """Nothing for a ratio of one round."""
    return ' to '.join(map(spell_ratio, getattr(ratio, 'middle_half', None) or ()))


def seconds(value):
    if value < 1e-3:
        return f'{value * 1e6:.1f} us'
    return f'{value * 1e3:.2f} ms' if value < 1 else f'{value:.2f} s'


def size(value):
    return f'{value / 1e6:.1f} MB'
