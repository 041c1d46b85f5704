"""What a connection's file holds, whatever the service sends."""

import subprocess

import pytest

import contract
from contract import record


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
