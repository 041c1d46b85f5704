"""What the tree must show for a listing, written down a second time.

Texts are str in which a byte that is no UTF-8 stands as a surrogate escape (PEP
383), and a lone surrogate of JSON as itself.
"""

import hashlib
import json
import re

FIELDS = ('Status', 'EndpointIdentifier', 'EndpointArn',
          'ReplicationInstanceIdentifier', 'ReplicationInstanceArn',
          'LastFailureMessage')
NAME_BYTES = 255
HASH_DIGITS = 16
KINDS = ('Endpoint', 'ReplicationInstance')

LONE_SURROGATE = re.compile('[\ud800-\udc7f\udd00-\udfff]')
UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069'
                    '\udc80-\udcff]')
ARN = 'arn:aws:dms:us-east-1:123456789012'


def record(instance='inst', endpoint='ep', status='successful', message=None,
           **changes):
    """A connection as the service tells it; a field that is None is left out."""
    fields = {
        'ReplicationInstanceArn': f'{ARN}:rep:R-{instance}',
        'EndpointArn': f'{ARN}:endpoint:E-{endpoint}',
        'Status': status,
        'LastFailureMessage': message,
        'EndpointIdentifier': endpoint,
        'ReplicationInstanceIdentifier': instance,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def wire(records):
    """The JSON of a listing, bytes that are no UTF-8 and lone surrogates included."""
    text = json.dumps({'Connections': records}, ensure_ascii=False)
    text = LONE_SURROGATE.sub(lambda found: f'\\u{ord(found[0]):04x}', text)
    return text.encode('utf-8', 'surrogateescape')


def to_bytes(text):
    return text.encode('utf-8', 'surrogateescape')


def _in_hex(text, form):
    return ''.join(form % byte for byte in to_bytes(text))


def _read(value):
    """A value as JSON readers take it."""
    return LONE_SURROGATE.sub('\ufffd', value or '')


# Text


def text(value):
    """One line of a value."""
    return UNSAFE.sub(lambda c: c[0] if c[0] == '\t' else _in_hex(c[0], '\\x%02X'),
                      value)


def _further_line(line):
    if not line.strip(' \t'):
        return ' .\n'
    return ' \\x2E\n' if line == '.' else f' {text(line)}\n'


def _field(name, value):
    first, *further = value.split('\n')
    return (f'{name}: {text(first)}\n' if first else f'{name}:\n') + ''.join(
        map(_further_line, further))


def document(connection):
    """The bytes of a connection's file."""
    values = {name: _read(connection.get(name)).replace('\r\n', '\n').rstrip('\n')
              for name in FIELDS}
    return to_bytes(''.join(_field(name, value)
                            for name, value in values.items() if value))


# Names


def _cut(units):
    whole = to_bytes(''.join(units))
    if len(whole) <= NAME_BYTES:
        return units
    kept, size = [], 0
    for unit in units:
        size += len(to_bytes(unit))
        if size > NAME_BYTES - 1 - HASH_DIGITS:
            break
        kept.append(unit)
    return [*kept, '~', *hashlib.sha256(whole).hexdigest()[:HASH_DIGITS]]


def _units(value):
    """The characters of a name, each as it is shown."""
    return [_in_hex(c, '%%%02X')
            if c in '/%' or UNSAFE.match(c) or (c == '.' and i == 0) else c
            for i, c in enumerate(_read(value))]


def name(value):
    return to_bytes(''.join(_cut(_units(value))))


def _last_part(arn):
    return _read(arn).rpartition(':')[2]


def _label(connection, kind):
    return (_read(connection.get(f'{kind}Identifier'))
            or _last_part(connection.get(f'{kind}Arn')))


def _arn(connection, kind):
    return to_bytes(_read(connection.get(f'{kind}Arn')))


def _stand_in(connection, kind):
    """The identifier, where there is no ARN to know an instance or endpoint by."""
    if connection.get(f'{kind}Arn'):
        return b''
    return to_bytes(_read(connection.get(f'{kind}Identifier')))


def _rank(connection):
    """Differs for any two connections, and the smallest goes first."""
    return (*(_arn(connection, kind) for kind in KINDS),
            *(_stand_in(connection, kind) for kind in KINDS))


def _hash_of_rank(connection):
    both = b'\n'.join(_arn(connection, kind) or _stand_in(connection, kind)
                      for kind in KINDS)
    return hashlib.sha256(both).hexdigest()[:HASH_DIGITS]


def _wishes(connection):
    """The names that a connection would have, the dearest first."""
    own = _cut(_units(_label(connection, 'Endpoint')))
    part = _last_part(connection.get('EndpointArn'))
    suffixes = [_cut(_units(part))] if part else []
    yield to_bytes(''.join(own))
    for suffix in [*suffixes, list(_hash_of_rank(connection))]:
        yield to_bytes(''.join(_cut([*own, '~', *suffix])))


def _settle(connections):
    """Who gets which name in one directory."""
    given = {}
    left = [(connection, _wishes(connection)) for connection in connections]
    while left:
        wanted = sorted(((next(wishes), _rank(connection), connection, wishes)
                         for connection, wishes in left), key=lambda wish: wish[:2])
        left, taken = [], set(given)
        for wish, _, connection, wishes in wanted:
            if wish in taken or wish in given:
                left.append((connection, wishes))
            else:
                given[wish] = connection
    return given


def tree(records):
    """The files of a listing: {(directory, file): its record}; and how many records
    are left out."""
    named = [connection for connection in records
             if all(_label(connection, kind) for kind in KINDS)]
    # The later record of a connection takes the place of the earlier one.
    connections = {_rank(connection): connection for connection in named}
    directories = {}
    for connection in connections.values():
        directory = name(_label(connection, 'ReplicationInstance'))
        directories.setdefault(directory, []).append(connection)
    files = {(directory, file): connection
             for directory, inhabitants in directories.items()
             for file, connection in _settle(inhabitants).items()}
    return files, len(records) - len(named)
