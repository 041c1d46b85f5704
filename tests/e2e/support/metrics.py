"""The text format of Prometheus, as a test reads it."""

import collections
import re

SERIES = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?')
ESCAPED = {'\\\\': '\\', '\\"': '"', '\\n': '\n'}

Series = collections.namedtuple('Series', 'name labels value')


def series_of(text):
    """All series of a text, in its order."""
    found = []
    for line in text.split('\n'):
        if line and not line.startswith('#'):
            name, labels, value = SERIES.fullmatch(line).groups()
            found.append(Series(name, {
                label: re.sub(r'\\.', lambda pair: ESCAPED[pair[0]], written)
                for label, written in LABEL.findall(labels or '')}, float(value)))
    return found


def value_of(text, metric, **labels):
    """The value of the one series that has the name and these labels; None if there is
    no such series."""
    found = [one.value for one in series_of(text) if one.name == metric
             and labels.items() <= one.labels.items()]
    assert len(found) <= 1, found
    return found[0] if found else None


def of_dms(text):
    """The series that come of mounts, sorted; a stale one goes on asking."""
    found = [(one.name, tuple(sorted(one.labels.items())), one.value)
             for one in series_of(text)
             if one.name.startswith('dms') and one.name != 'dmsfs_requests_total']
    assert found
    return sorted(found)
