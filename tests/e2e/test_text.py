"""How identifiers become names of files, and what a connection's file holds, whatever
the service sends."""

import hashlib
import os
import random
import subprocess

import pytest

import contract
from browse import read_tree
from contract import record


# Names


@pytest.fixture
def names_of(serve, mount):
    """Mounts records; {(directory, file): bytes} after a check of every content."""

    def start(*records, warnings=None):
        sim = serve(listing=contract.wire(records))
        return read_tree(mount(sim, warnings=warnings).path)

    return start


def digits(name):
    return hashlib.sha256(name).hexdigest()[:16].encode()


# An identifier, and the name of its file.
ESCAPED = {
    'plain': ('orders-prod', b'orders-prod'),
    'spaces_and_quotes': (' a "b" \'c\' *?$ ', b' a "b" \'c\' *?$ '),
    'a_slash': ('a/b', b'a%2Fb'),
    'a_path_out_of_here': ('../../etc/passwd', b'%2E.%2F..%2Fetc%2Fpasswd'),
    'dot': ('.', b'%2E'),
    'dot_dot': ('..', b'%2E.'),
    'a_hidden_name': ('.dmsfs', b'%2Edmsfs'),
    'a_dot_that_does_not_lead': ('a.b.', b'a.b.'),
    'a_percent': ('50%', b'50%25'),
    'what_looks_escaped': ('a%2Fb', b'a%252Fb'),
    'a_newline_and_a_tab': ('a\nb\tc', b'a%0Ab%09c'),
    'a_carriage_return': ('a\r\nb', b'a%0D%0Ab'),
    'an_escape_sequence': ('\x1b[31mred', b'%1B[31mred'),
    'a_nul': ('a\0b', b'a%00b'),
    'delete': ('a\x7fb', b'a%7Fb'),
    'c1_controls': ('a\x80\x9bb', b'a%C2%80%C2%9Bb'),
    'bidirectional_controls':
        ('a\u202eb\u2066c\u2069', b'a%E2%80%AEb%E2%81%A6c%E2%81%A9'),
    'neighbours_of_bidirectional_controls':
        ('\u2029\u202f\u2065\u206a', '\u2029\u202f\u2065\u206a'.encode()),
    'letters_of_others': ('größe-数据-😀', 'größe-数据-😀'.encode()),
    'bytes_that_are_not_utf8': ('a\udcff\udcfeb', b'a%FF%FEb'),
    'a_cut_utf8_sequence': ('a\udce2\udc82b', b'a%E2%82b'),
    'an_overlong_slash': ('a\udcc0\udcafb', b'a%C0%AFb'),
    'a_lone_surrogate': ('a\ud800b', 'a\ufffdb'.encode()),
}


@pytest.mark.parametrize('case', ESCAPED)
def test_writes_a_hostile_identifier_as_a_safe_name(names_of, case):
    identifier, name = ESCAPED[case]
    hostile = record(identifier, identifier)
    assert names_of(hostile) == {(name, name): contract.document(hostile)}


def test_opens_each_hostile_name_by_itself(serve, mount):
    records = [record(identifier, identifier) for identifier, _ in ESCAPED.values()]
    root = os.fsencode(mount(serve(listing=contract.wire(records))).path)
    for identifier, name in ESCAPED.values():
        with open(os.path.join(root, name, name), 'rb') as file:
            assert file.read() == contract.document(record(identifier, identifier))
    assert len(set(os.listdir(root)) - {b'.dmsfs'}) == len(ESCAPED)


# Long names

PIECES = {
    'ascii': ('x', b'x'),
    'escapes': ('/', b'%2F'),
    'two_bytes': ('é', 'é'.encode()),
    'three_bytes': ('数', '数'.encode()),
    'four_bytes': ('😀', '😀'.encode()),
    'escaped_characters': ('\u202e', b'%E2%80%AE'),
}


@pytest.mark.parametrize('piece', PIECES)
def test_keeps_a_name_of_255_bytes_and_cuts_a_longer_one(names_of, piece):
    raw, shown = PIECES[piece]
    fitting = 255 // len(shown)
    pad = 'p' * (255 - fitting * len(shown))
    whole = record('inst', pad + raw * fitting)
    longer = record('inst', pad + raw * (fitting + 1), EndpointArn='arn:of:other')
    cut_name = pad.encode() + shown * (fitting + 1)
    # Units that are never cut: a character, or one %XX of it.
    unit = 3 if shown.startswith(b'%') else len(shown)
    kept = len(pad) + (238 - len(pad)) // unit * unit
    files = names_of(whole, longer)
    assert files == {
        (b'inst', pad.encode() + shown * fitting): contract.document(whole),
        (b'inst', cut_name[:kept] + b'~' + digits(cut_name)): contract.document(longer),
    }


def test_cuts_long_names_of_directories_too(names_of):
    long = record('d' * 300, 'e' * 4000)
    assert names_of(long) == {
        (b'd' * 238 + b'~' + digits(b'd' * 300),
         b'e' * 238 + b'~' + digits(b'e' * 4000)): contract.document(long)}


def test_tells_long_names_apart_that_differ_behind_the_cut(names_of):
    files = names_of(record(endpoint='x' * 300 + 'a'), record(endpoint='x' * 300 + 'b'))
    assert {name for _, name in files} == {
        b'x' * 238 + b'~' + digits(b'x' * 300 + end) for end in (b'a', b'b')}


# Absent identifiers


@pytest.mark.parametrize('nothing', [None, ''])
def test_takes_the_last_part_of_an_arn_for_an_absent_identifier(names_of, nothing):
    nameless = record(EndpointIdentifier=nothing, ReplicationInstanceIdentifier=nothing,
                      EndpointArn='arn:aws:dms:us-east-1:1:endpoint:EEE',
                      ReplicationInstanceArn='arn:aws:dms:us-east-1:1:rep:RRR')
    assert names_of(nameless) == {(b'RRR', b'EEE'): contract.document(nameless)}


def test_takes_an_arn_without_colons_whole_and_escapes_it(names_of):
    odd = record(EndpointIdentifier=None, EndpointArn='no/arn at all')
    assert names_of(odd) == {(b'inst', b'no%2Farn at all'): contract.document(odd)}


def test_takes_identifiers_where_all_arns_are_absent(names_of):
    bare = record(EndpointArn=None, ReplicationInstanceArn=None)
    assert names_of(bare) == {(b'inst', b'ep'): contract.document(bare)}


def test_takes_null_for_absent(serve, mount):
    listing = (b'{"Connections":[{"ReplicationInstanceIdentifier":null,'
               b'"ReplicationInstanceArn":"a:r","EndpointIdentifier":null,'
               b'"EndpointArn":"a:e","Status":null,"LastFailureMessage":null,'
               b'"SomethingNew":{"deep":[1]}}]}')
    assert read_tree(mount(serve(listing=listing)).path) == {
        (b'r', b'e'): b'EndpointArn: a:e\nReplicationInstanceArn: a:r\n'}


# Shared names


def test_shares_the_directory_of_instances_of_one_name(names_of):
    first = record('inst', 'a', ReplicationInstanceArn='arn:rep:ONE')
    second = record('inst', 'b', ReplicationInstanceArn='arn:rep:TWO')
    assert names_of(first, second) == {
        (b'inst', b'a'): contract.document(first),
        (b'inst', b'b'): contract.document(second)}


def test_gives_a_shared_name_to_the_smaller_arn_and_marks_the_other(names_of):
    larger = record(EndpointArn='arn:x:endpoint:BBB')
    smaller = record(EndpointArn='arn:x:endpoint:AAA')
    expected = {(b'inst', b'ep'): contract.document(smaller),
                (b'inst', b'ep~BBB'): contract.document(larger)}
    assert names_of(larger, smaller) == expected


def test_compares_arns_by_bytes(names_of):
    upper, lower = record(EndpointArn='x:Z'), record(EndpointArn='x:a')
    assert set(names_of(lower, upper)) == {(b'inst', b'ep'), (b'inst', b'ep~a')}


def test_marks_with_an_escaped_part_of_the_arn(names_of):
    files = names_of(record(EndpointArn='x:A'), record(EndpointArn='x:b/c%\n'))
    assert set(files) == {(b'inst', b'ep'), (b'inst', b'ep~b%2Fc%25%0A')}


def test_goes_on_to_a_hash_of_both_arns_when_the_mark_is_taken(names_of):
    holder = record(EndpointArn='x:A')
    literal = record(endpoint='ep~B', EndpointArn='x:C')
    marked = record(EndpointArn='x:B')
    both = digits(b'x:B\n' + marked['ReplicationInstanceArn'].encode())
    files = names_of(marked, literal, holder)
    assert files == {
        (b'inst', b'ep'): contract.document(holder),
        (b'inst', b'ep~B'): contract.document(literal),
        (b'inst', b'ep~' + both): contract.document(marked)}


def test_tells_one_endpoint_on_two_instances_of_one_name_apart(names_of):
    first = record(ReplicationInstanceArn='arn:rep:ONE')
    second = record(ReplicationInstanceArn='arn:rep:TWO')
    third = record(ReplicationInstanceArn='arn:rep:SIX')
    files = names_of(second, first, third)
    part = b'ep~' + first['EndpointArn'].rpartition(':')[2].encode()
    last = b'ep~' + digits(first['EndpointArn'].encode() + b'\narn:rep:TWO')
    assert files == {(b'inst', b'ep'): contract.document(first),
                     (b'inst', part): contract.document(third),
                     (b'inst', last): contract.document(second)}


def test_an_escaped_name_shares_no_name_with_what_it_looks_like(names_of):
    assert {name for _, name in names_of(record(endpoint='a/b'),
                                         record(endpoint='a%2Fb'))} == {
        b'a%2Fb', b'a%252Fb'}


def test_cuts_a_long_name_that_is_marked(names_of):
    records = [record(endpoint='x' * 300, EndpointArn=f'arn:e:{i}') for i in range(5)]
    files = names_of(*records)
    assert len(files) == 5
    assert files[b'inst', b'x' * 238 + b'~' + digits(b'x' * 300)] == (
        contract.document(records[0]))
    assert all(len(name) == 255 and name[:238] == b'x' * 238 and name[238:239] == b'~'
               for _, name in files)


# All together

LETTERS = ['a', 'b', '.', '/', '%', '~', '\n', '\x1b', '\x7f', 'é', '\u202e', '😀',
           '\udce2\udc82', '\ud800', '%41', 'x' * 120]
# For texts alone: nobody says how these are sorted and hashed.
WORSE = [*LETTERS, '\udcff', '\0']


def hostile_listing(seed):
    """Records that get in each other's way as often as they can."""
    choose = random.Random(seed)

    def word(longest, letters=LETTERS):
        return ''.join(choose.choices(letters, k=choose.randint(0, longest)))

    def any_of(*choices):
        return choose.choice(choices)

    return [record(
        EndpointIdentifier=any_of(None, word(1), word(2), word(5)),
        ReplicationInstanceIdentifier=any_of(None, word(1), word(1)),
        EndpointArn=any_of(None, word(1), 'a:b:' + word(2), word(2) + ':' + word(4)),
        ReplicationInstanceArn=any_of(None, 'r:' + word(1), 'r:x'),
        Status=word(2, WORSE), LastFailureMessage=word(30, WORSE)) for _ in range(600)]


@pytest.mark.parametrize('seed', range(4))
def test_names_a_hostile_listing_by_the_rules_in_any_order(names_of, seed):
    records = hostile_listing(seed)
    expected, skipped = contract.tree(records)
    assert skipped > 10
    files = names_of(*records, warnings=f'^dmsfs: warning: skipped {skipped} records')
    assert files == {path: contract.document(r) for path, r in expected.items()}


def test_names_do_not_depend_on_the_order_of_the_listing(serve, mount, place):
    # Repeated records apart, where the later one counts.
    records = list(contract.tree(hostile_listing(7))[0].values())
    random.Random(1).shuffle(records)
    sim = serve(listing=contract.wire(records))
    before = read_tree(mount(sim).path)
    sim.replace(contract.wire(records[::-1]))
    (place / 'again').mkdir()
    again = mount(sim, arguments=['--endpoint-url', sim.url, place / 'again'])
    assert read_tree(again.path) == before
    assert len(before) == len(records)


# Texts


@pytest.fixture
def content(serve, mount):
    """Mounts one record; its file."""

    def start(one):
        root = mount(serve(listing=contract.wire([one]))).path
        return (root / 'inst' / 'ep').read_bytes()

    return start


HEAD = (b'EndpointIdentifier: ep\n'
        b'EndpointArn: arn:aws:dms:us-east-1:123456789012:endpoint:E-ep\n'
        b'ReplicationInstanceIdentifier: inst\n'
        b'ReplicationInstanceArn: arn:aws:dms:us-east-1:123456789012:rep:R-inst\n')


def test_shows_all_fields_in_the_order_of_the_contract(content):
    assert content(record(status='failed', message='first\nsecond\n\nlast')) == (
        b'Status: failed\n' + HEAD +
        b'LastFailureMessage: first\n second\n .\n last\n')


@pytest.mark.parametrize('nothing', [None, '', '\n', '\r\n\n\r\n'])
def test_leaves_out_a_field_that_is_absent_or_empty(content, nothing):
    assert content(record(status=nothing, message=nothing)) == HEAD


def test_passes_a_status_through_that_it_does_not_know(content):
    assert content(record(status='half-open')).startswith(b'Status: half-open\n')


def test_keeps_the_text_of_an_earlier_failure(content):
    assert content(record(message='was down')) == (
        b'Status: successful\n' + HEAD + b'LastFailureMessage: was down\n')


def test_ignores_fields_that_the_contract_does_not_name(content):
    assert content(record(Secret='x', status=None)) == HEAD


# A message, and the lines of its field behind the colon.
MESSAGES = {
    'one_line': ('down', b' down\n'),
    'leading_and_trailing_blanks': ('  down  ', b'   down  \n'),
    'crlf': ('a\r\nb\r\n\r\nc', b' a\n b\n .\n c\n'),
    'a_lone_carriage_return': ('a\rb', b' a\\x0Db\n'),
    'a_carriage_return_before_crlf': ('a\r\r\nb', b' a\\x0D\n b\n'),
    'a_carriage_return_at_the_end': ('a\r', b' a\\x0D\n'),
    'newlines_at_the_end': ('a\n\n\n', b' a\n'),
    'crlf_at_the_end': ('a\r\n\r\n', b' a\n'),
    'newline_first': ('\na', b'\n a\n'),
    'several_empty_lines': ('a\n\n\nb', b' a\n .\n .\n b\n'),
    # A reader of deb822 would end the paragraph, or read an empty line.
    'a_line_of_blanks': ('a\n \t\nb', b' a\n .\n b\n'),
    'a_line_that_is_a_dot': ('a\n.\nb', b' a\n \\x2E\n b\n'),
    'a_forged_field': ('down\nStatus: successful', b' down\n Status: successful\n'),
    'a_forged_field_by_carriage_return':
        ('down\rStatus: successful', b' down\\x0DStatus: successful\n'),
    'a_forged_field_by_other_line_ends':
        ('a\x0bStatus: x\x0cStatus: y\x85Status: z',
         b' a\\x0BStatus: x\\x0CStatus: y\\xC2\\x85Status: z\n'),
    'a_forged_paragraph': ('a\n\nStatus: successful\n\nb',
                           b' a\n .\n Status: successful\n .\n b\n'),
    'an_escape_sequence':
        ('\x1b]0;owned\x07\x1b[2J', b' \\x1B]0;owned\\x07\\x1B[2J\n'),
    'a_c1_control_sequence': ('\x9b31m', b' \\xC2\\x9B31m\n'),
    'delete_and_backspace': ('a\x08\x7fb', b' a\\x08\\x7Fb\n'),
    'a_nul': ('a\0b', b' a\\x00b\n'),
    'a_nul_alone': ('\0', b' \\x00\n'),
    'a_tab': ('a\tb\n\tc', b' a\tb\n \tc\n'),
    'bidirectional_controls': ('\u202aa\u202e\u2066b\u2069',
                               b' \\xE2\\x80\\xAAa\\xE2\\x80\\xAE\\xE2\\x81\\xA6b'
                               b'\\xE2\\x81\\xA9\n'),
    'neighbours_of_controls': ('\x20\x7e\xa0\u2029\u202f\u2065\u206a',
                               b' ' + '\x20\x7e\xa0\u2029\u202f\u2065\u206a'.encode()
                               + b'\n'),
    'letters_of_others': ('größe 数据 😀', ' größe 数据 😀\n'.encode()),
    'backslashes': ('C:\\x41 \\n', b' C:\\x41 \\n\n'),
    'bytes_that_are_not_utf8': ('a\udcff\udc80b', b' a\\xFF\\x80b\n'),
    # What stands for these inside the program must not be mistaken for them.
    'bytes_ff_01_and_ff_ff': ('\udcff\x01\udcff\udcff', b' \\xFF\\x01\\xFF\\xFF\n'),
    'a_cut_utf8_sequence': ('a\udce2\udc82b\udcf0\udc9f\udc98',
                            b' a\\xE2\\x82b\\xF0\\x9F\\x98\n'),
    'overlong_utf8':
        ('\udcc0\udc8a\udce0\udc80\udcaf', b' \\xC0\\x8A\\xE0\\x80\\xAF\n'),
    'a_surrogate_in_utf8': ('\udced\udca0\udc80', b' \\xED\\xA0\\x80\n'),
    'beyond_unicode': ('\udcf4\udc90\udc80\udc80', b' \\xF4\\x90\\x80\\x80\n'),
    'a_lone_high_surrogate': ('a\ud83db', ' a\ufffdb\n'.encode()),
    'a_lone_low_surrogate': ('a\ude00b', ' a\ufffdb\n'.encode()),
    'surrogates_the_wrong_way_round': ('\ude00\ud83d', ' \ufffd\ufffd\n'.encode()),
}


@pytest.mark.parametrize('case', MESSAGES)
def test_writes_a_hostile_message_by_the_text_rule(content, case):
    message, lines = MESSAGES[case]
    assert content(record(status=None, message=message)) == (
        HEAD + b'LastFailureMessage:' + lines)


@pytest.mark.parametrize('case', MESSAGES)
def test_agrees_with_the_rules_as_the_tests_hold_them(case):
    message, lines = MESSAGES[case]
    assert contract.document({'LastFailureMessage': message}) == (
        b'LastFailureMessage:' + lines)


FORGED = 'x\nEndpointArn: arn:forged\r\n\x1b[A\n\nStatus: successful'
FORGED_LINES = b' x\n EndpointArn: arn:forged\n \\x1B[A\n .\n Status: successful\n'


@pytest.mark.parametrize('field', contract.FIELDS)
def test_writes_every_value_by_the_text_rule(serve, mount, field):
    one = record(status='failed', message='down', **{field: FORGED})
    root = mount(serve(listing=contract.wire([one]))).path
    [file] = [path for path in root.glob('*/*') if '.dmsfs' not in str(path)]
    whole = file.read_bytes()
    assert field.encode() + b':' + FORGED_LINES in whole
    assert whole == contract.document(one)
    lines = whole.split(b'\n')
    assert [line.partition(b':')[0].decode() for line in lines
            if line and not line.startswith(b' ')] == list(contract.FIELDS)


def test_a_forged_status_is_not_found_by_grep(serve, mount):
    sim = serve(listing=contract.wire([
        record(endpoint='ep', message='was: \nStatus: failed\rStatus: failed'),
        record(endpoint='real', status='failed')]))
    root = mount(sim).path
    found = subprocess.run(['grep', '-rl', '--exclude-dir=.dmsfs', '^Status: failed',
                            root], capture_output=True, text=True, check=True)
    assert found.stdout == f'{root}/inst/real\n'


def test_decodes_every_escape_of_json_once(serve, mount):
    listing = (b'{"Connections":[{"ReplicationInstanceIdentifier":"inst",'
               b'"EndpointIdentifier":"\\u0065p","LastFailureMessage":'
               b'"\\"\\\\\\/\\u00e9\\ud83d\\ude00\\t\\u0009|\\\\u0041\\n\\u000ab"}]}')
    root = mount(serve(listing=listing)).path
    assert (root / 'inst' / 'ep').read_bytes() == (
        b'EndpointIdentifier: ep\nReplicationInstanceIdentifier: inst\n'
        b'LastFailureMessage: "\\/' + 'é😀'.encode() + b'\t\t|\\u0041\n .\n b\n')


def test_takes_a_message_of_many_lines(content):
    one = record(status='failed', message='Ära \x1b\n' * 20_000)
    assert content(one) == contract.document(one)
    assert len(contract.document(one)) > 200_000
