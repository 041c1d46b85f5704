"""Whether a mount shows a listing, whole and fresh."""

from browse import read_tree
from contract import document, tree


def files_of(records):
    """As browse.read_tree() gives them."""
    return {path: document(one) for path, one in tree(records)[0].items()}


def shows(it, records):
    try:
        return (it.status()['State'] == 'fresh'
                and read_tree(it.root) == files_of(records))
    except FileNotFoundError:  # listed, and gone before it was opened
        return False
