"""Growth: memory, start and refresh from 10,000 connections on, over 60 directories and
all in one."""

import math

import process
import refreshing
import stage
from table import Row, seconds, size

GROUP = 'growth'
LAYOUTS = {f'{stage.INSTANCES} directories': stage.INSTANCES, 'one directory': 1}
GROWING = {'start_cpu_s': 'CPU of a start', 'refresh_cpu_s': 'CPU of a refresh',
           'ls_cpu_s': 'CPU of a first ls -lRU', 'grown': 'memory beyond that of 100'}
BESIDE_LIMIT = 200  # bytes a connection beside its strings
# Sorting alone, n log n, makes 1.09 of 10,000 to 1,000,000; caches that it all no
# longer fits make a little more.
EXPONENT_LIMIT = 1.15
EXPONENT_FROM = 10000  # below, what every start takes is most of it


def rows(sizes, select):
    for layout, instances in LAYOUTS.items():
        if not select(f'{GROUP}: {layout}'):
            continue
        base = _resident_of_few(instances)
        points = []
        for connections in sizes:
            points.append(_measure(connections, instances))
            points[-1]['grown'] = points[-1]['resident'] - base
            yield from _rows_of_point(layout, points[-1])
        for field, what in GROWING.items():
            yield _slope_row(layout, what, points, field)


def _resident_of_few(instances):
    with stage.serve(100, instances) as sim, stage.Dmsfs(sim, '--warm', '0') as mount:
        stage.settle(mount)
        return process.memory(mount.pid)['VmRSS']


def _measure(connections, instances):
    point = {'connections': connections}
    with stage.serve(connections, instances) as sim:
        point['strings'], point['strings_by_page'] = string_bytes(sim.listing())
        with stage.Dmsfs(sim, '--warm', '0') as mount:
            point['start_s'] = mount.started_s
            stage.settle(mount)
            point['start_cpu_s'] = stage.cpu_of(mount)
            point['resident'] = process.memory(mount.pid)['VmRSS']
            point['ls_cpu_s'] = _first_look(mount)
            point['refresh_cpu_s'] = refreshing.cpu_of_refresh(sim, mount)
            memory = process.memory(mount.pid)
            point['resident_later'], point['peak'] = memory['VmRSS'], memory['VmHWM']
    return point


def _first_look(mount):
    """CPU seconds of ls, which does not sort here, and of the daemon that it asks."""
    before = stage.cpu_of(mount)
    usage = process.measure(['ls', '-lRU', mount.path])
    return usage.cpu_s + stage.cpu_of(mount) - before


def string_bytes(records):
    """What the values take with their terminators, each text once: in the whole
    listing, and in each page of 100."""
    everywhere, by_page = set(), 0
    for first in range(0, len(records), 100):
        page = {value for record in records[first:first + 100]
                for value in record.values() if value}
        by_page += _bytes(page)
        everywhere |= page
    return _bytes(everywhere), by_page


def _bytes(texts):
    return sum(len(text.encode('utf-8', 'surrogatepass')) + 1 for text in texts)


def _rows_of_point(layout, point):
    count = point['connections']
    beside = (point['resident'] - point['strings']) / count
    is_judged = count >= 1000000
    yield Row(GROUP, f'memory, {count:,} in {layout}', size(point['resident']),
              f'strings {size(point["strings"])}', beside / BESIDE_LIMIT,
              1 if is_judged else None,
              f'{beside:.0f} bytes each beside the strings, '
              f'{(point["resident"] - point["strings_by_page"]) / count:.0f} beside '
              f'strings shared by page; after refreshes '
              f'{size(point["resident_later"])}, peak {size(point["peak"])}')
    yield Row(GROUP, f'start, {count:,} in {layout}', seconds(point['start_s']),
              note=f'CPU {point["start_cpu_s"] / count * 1e6:.2f} us each; refresh '
              f'{point["refresh_cpu_s"] / count * 1e6:.2f} us each; first ls -lRU '
              f'{point["ls_cpu_s"] / count * 1e6:.2f} us each')


def _slope_row(layout, what, points, field):
    """The exponent of growth, by least squares over the logarithms."""
    x = [math.log(point['connections']) for point in points]
    y = [math.log(point[field]) for point in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    exponent = (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
                / sum((a - mean_x) ** 2 for a in x))
    first, last = points[0]['connections'], points[-1]['connections']
    return Row(GROUP, f'{what}, {layout}', f'n^{exponent:.3f}', 'n^1', exponent,
               EXPONENT_LIMIT if first >= EXPONENT_FROM else None,
               f'from {first:,} to {last:,}')
