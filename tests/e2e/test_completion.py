"""The completions, tried in the shells that they are for."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

import usage

FOLDER = pathlib.Path(__file__).resolve().parents[2] / 'fs/data/completions'
BASH_COMPLETION = pathlib.Path('/usr/share/bash-completion/bash_completion')
PATIENCE_S = 120

# What a profile may be called, to the harm of a careless completion.
EVIL = '$(touch pwned)`touch pwned`'
CONFIG = f"""[default]
region = us-east-1
[profile prod]
[profile "two words"]
[ profile  spaced ]
[sso-session ours]
[services local]
[profile {EVIL}]
"""
CREDENTIALS = """[default]
aws_access_key_id = x
[old]
"""
PROFILES = {'default', 'prod', 'two words', 'spaced', EVIL, 'old'}

BASH = r"""
source "$1" && source "$2" || exit
shift 2
COMP_LINE=$*
COMP_POINT=${#COMP_LINE}
# As readline splits a line.
COMP_WORDS=()
rest=$COMP_LINE
while [[ $rest =~ ^(\ *)([^ =@]+|[=@]+)(.*)$ ]]; do
	COMP_WORDS+=("${BASH_REMATCH[2]}")
	rest=${BASH_REMATCH[3]}
done
[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
is_raw=
compopt() { [[ $* != '-o filenames' ]] || is_raw=yes; }
complete -p dmsfs >/dev/null || exit
_dmsfs dmsfs "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
for reply in "${COMPREPLY[@]}"; do
	[[ $is_raw ]] && printf '%s\n' "$reply" || eval "printf '%s\n' $reply"
done
"""

# Tells what would be offered, and stays quiet itself. Options of compadd that only
# ask, and give their answer in an array, go on.
ZSH = r"""
PS1= PS2=
fpath=("$FOLDER" $fpath)
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' menu no
zstyle ':completion:*' list-prompt ''
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	typeset -a hits suffix
	builtin compadd -A hits "$@"
	zparseopts -E -a ignored S:=suffix
	print -rl -- "<"${^hits}"${suffix[2]}>"
	builtin compadd "$@"
}
finish() { print '<''end>' }
complete-word-and-tell() { zle complete-word; finish }
zle -N complete-word-and-tell
bindkey '^I' complete-word-and-tell
print '<''ready>'
"""


class Bash:
    def __init__(self, environment):
        if not shutil.which('bash') or not BASH_COMPLETION.exists():
            pytest.skip('bash-completion is not installed')
        self._environment = environment

    def complete(self, line):
        done = subprocess.run(
            ['bash', '--norc', '-c', BASH, 'bash', str(BASH_COMPLETION),
             str(FOLDER / 'dmsfs.bash'), line], text=True, capture_output=True,
            env=self._environment, timeout=PATIENCE_S, check=True,
            cwd=self._environment['HOME'])
        assert done.stderr == ''
        # Only what follows the last word break is replaced.
        kept = re.search(r'[^ ]*$', line)[0]
        kept = kept[:max(kept.rfind('='), kept.rfind('@')) + 1]
        return {kept + reply for reply in done.stdout.splitlines()}


class Fish:
    def __init__(self, environment):
        if not shutil.which('fish'):
            pytest.skip('fish is not installed')
        if subprocess.run(['fish', '--no-config', '-c', 'complete --escape -C x'],
                          capture_output=True, timeout=PATIENCE_S).returncode != 0:
            pytest.skip('this fish also prints what matches worse than the best')
        self._environment = environment

    def complete(self, line):
        done = subprocess.run(
            ['fish', '--no-config', '-c', f'source {FOLDER}/dmsfs.fish; '
             'complete --escape -C $argv[1]', line], text=True, capture_output=True,
            env=self._environment, timeout=PATIENCE_S, check=True,
            cwd=self._environment['HOME'])
        assert done.stderr == ''
        return {re.sub(r'\\(.)', r'\1', reply.split('\t')[0])
                for reply in done.stdout.splitlines()}


class Zsh:
    def __init__(self, environment):
        if not shutil.which('zsh'):
            pytest.skip('zsh is not installed')
        self._environment = {**environment, 'FOLDER': str(FOLDER), 'TERM': 'dumb'}

    def complete(self, line):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self._environment['HOME'])
            os.execvpe('zsh', ['zsh', '-f', '-i'], self._environment)
        try:
            setup = pathlib.Path(self._environment['HOME'], 'setup.zsh')
            setup.write_text(ZSH)
            os.write(terminal, b'source ./setup.zsh\n')
            self._read_until(terminal, '<ready>')
            os.write(terminal, line.encode() + b'\t')
            text = self._read_until(terminal, '<end>')
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)
        offered = set(re.findall(r'<([^>\r\n]*)>', text)) - {'end'}
        return {re.sub(r'\\(.)', r'\1', word) for word in offered}

    @staticmethod
    def _read_until(terminal, mark):
        text = b''
        deadline = time.monotonic() + PATIENCE_S
        while mark.encode() not in text:
            left = deadline - time.monotonic()
            assert select.select([terminal], [], [], max(left, 0))[0], text
            text += os.read(terminal, 65536)
        return text.decode(errors='replace')


@pytest.fixture(params=[Bash, Zsh, Fish], ids=['bash', 'zsh', 'fish'])
def shell(request, place):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(CONFIG)
    (place / '.aws/credentials').write_text(CREDENTIALS)
    for name in ('mnt dir', 'other'):
        (place / name).mkdir()
    (place / 'file').touch()
    environment = {'PATH': os.environ['PATH'], 'HOME': str(place), 'TERM': 'dumb',
                   'LC_ALL': 'C.UTF-8', 'XDG_CONFIG_HOME': str(place / '.config')}
    yield request.param(environment)
    assert not (place / 'pwned').exists()


def test_knows_every_option_of_the_help(shell):
    offered = shell.complete('dmsfs -') | shell.complete('dmsfs --')
    # Of an option with a value, zsh tells the = too.
    assert {word.rstrip('=') for word in offered} == usage.words()


@pytest.mark.parametrize('command', ['test', 'delete'])
def test_knows_every_option_of_a_command(shell, command):
    offered = shell.complete(f'dmsfs {command} -') | shell.complete(f'dmsfs {command} --')
    assert {word.rstrip('=') for word in offered} == usage.command_words(command)


@pytest.mark.parametrize('command', ['test', 'delete'])
def test_offers_files_to_a_command(shell, command):
    offered = {word.rstrip('/') for word in shell.complete(f'dmsfs {command} -q ')}
    assert offered >= {'mnt dir', 'other', 'file'}
    assert 'eu-west-1' not in offered
    assert shell.complete(f'dmsfs {command} --timeout ') == set()


def test_offers_the_commands_first(shell):
    assert {'test', 'delete'} <= shell.complete('dmsfs ')
    assert not {'test', 'delete'} & shell.complete('dmsfs none ')


def test_knows_every_mount_option(shell):
    offered = {word.rstrip('=') for word in shell.complete('dmsfs -o ')}
    assert offered >= {word.rstrip('=') for word in usage.mount_options()}


def values(words):
    return {re.sub(r'^.*[,=]', '', word) for word in words}


@pytest.mark.parametrize('line', ['dmsfs --region us-', 'dmsfs --region=us-',
                                  'dmsfs -o quiet,region=us-'])
def test_offers_regions(shell, line):
    assert values(shell.complete(line)) == {
        'us-east-1', 'us-east-2', 'us-gov-east-1', 'us-gov-west-1', 'us-west-1',
        'us-west-2'}


@pytest.mark.parametrize('line', ['dmsfs --profile ', 'dmsfs --profile=',
                                  'dmsfs -o quiet,profile='])
def test_offers_the_profiles_of_both_files(shell, line):
    assert values(shell.complete(line)) == PROFILES


def test_takes_the_files_that_the_environment_names(shell, place):
    (place / 'else').write_text('[profile elsewhere]\n')
    shell._environment.update(AWS_CONFIG_FILE='~/else',
                              AWS_SHARED_CREDENTIALS_FILE=f'{place}/missing')
    assert shell.complete('dmsfs --profile ') == {'elsewhere'}


def test_offers_sources_and_directories_first(shell):
    offered = {word.rstrip('/') for word in shell.complete('dmsfs ')}
    assert offered >= {'none', 'eu-west-1', 'prod@', 'mnt dir', 'other'}
    assert 'file' not in offered


def test_offers_the_regions_of_a_profile(shell):
    offered = shell.complete('dmsfs prod@us-east-')
    assert {word.removeprefix('prod@') for word in offered} == {'us-east-1',
                                                               'us-east-2'}


@pytest.mark.parametrize('line', ['dmsfs prod@us-east-1 ol', 'dmsfs prod@us-east-1,ol',
                                  'dmsfs -f prod@us-east-1 eu-west-1 ol',
                                  'dmsfs prod@us-east-1,eu-west-1,ol'])
def test_offers_the_profiles_of_further_sources(shell, line):
    assert values(shell.complete(line)) == {'old@'}


@pytest.mark.parametrize('line', ['dmsfs a@us-east-1 old@us-east-',
                                  'dmsfs a@us-east-1,old@us-east-',
                                  'dmsfs a@us-east-1,us-east-'])
def test_offers_the_regions_of_further_sources(shell, line):
    offered = values(shell.complete(line))
    assert {word.removeprefix('old@') for word in offered} == {'us-east-1', 'us-east-2'}


def test_offers_no_default_among_several(shell):
    assert not {'none'} & values(shell.complete('dmsfs prod@us-east-1,'))


def test_offers_directories_for_the_mountpoint(shell):
    assert {word.rstrip('/') for word in shell.complete('dmsfs none ot')} == {'other'}


def test_offers_no_words_for_a_number(shell):
    assert shell.complete('dmsfs --max-records ') == set()


def test_names_the_same_regions_in_each_shell():
    region = re.compile(r'\b[a-z]{2,4}(?:-[a-z]+){1,2}-\d\b')
    [one, *others] = [set(region.findall((FOLDER / name).read_text()))
                      for name in ('dmsfs.bash', '_dmsfs', 'dmsfs.fish')]
    assert len(one) > 35
    assert others == [one, one]
