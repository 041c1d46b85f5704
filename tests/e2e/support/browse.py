"""What tests look at in a mounted tree, the files of the mount's own left out."""

import os


def find(path, *tests):
    """A find command below a mount."""
    return ['find', str(path), '-path', '*/.dmsfs', '-prune', '-o', *tests, '-print']


def read_tree(path):
    """All files of a mount, as contract.tree() names them: {(dir, file): bytes}."""
    root = os.fsencode(path)
    return {(directory, file): _read(os.path.join(root, directory, file))
            for directory in os.listdir(root) if directory != b'.dmsfs'
            for file in os.listdir(os.path.join(root, directory))}


def _read(path):
    with open(path, 'rb') as file:
        return file.read()
