#!/usr/bin/env python3
"""The layout of the folders and the dialect of the C files, as far as text shows them.

    tests/house.py [ROOT]    exits 1 after a line for each violation, and prints figures

.github/CONTRIBUTING.md explains the rules.
"""

import collections
import pathlib
import re
import sys

# The folders that each folder may include, or single headers of them. Every folder may
# include src/base and itself; main.c puts everything together.
BELOW_AWS = ["src/http", "src/format"]
BELOW_CREDENTIALS = ["src/aws", *BELOW_AWS]
BELOW_DMS = ["src/credentials", *BELOW_CREDENTIALS]
ARROWS = {
    "src/base": [],
    "src/format": [],
    "src/http": [],
    "src/aws": BELOW_AWS,
    "src/credentials": BELOW_CREDENTIALS,
    "src/dms": BELOW_DMS,
    "src/snapshot": ["src/dms/connection.h", "src/dms/page.h"],
    "src/fetcher": ["src/snapshot", "src/dms", *BELOW_DMS],
    "fs/process": [],
    "fs/content": ["src/dms/connection.h", "src/snapshot", "src/fetcher"],
    "fs/tree": ["fs/content", "src/dms/connection.h"],
    "fs/editor": ["fs/process/hardening.h", "fs/process/mountinfo.h"],
    "fs/cli": ["fs/process/log.h", "fs/content/status.h", "src/fetcher",
               "src/snapshot/names.h", "src/aws/region.h"],
    "fs/fuse": ["fs/tree", "fs/editor/editor.h"],
    "fs/client": ["fs/fuse/dmsfs_ioctl.h"],
    "fs/state": ["fs/process/log.h", "src/snapshot", "src/dms/connection.h",
                 "src/dms/filters.h", "src/dms/page.h"],
    "fs/publish": ["fs/tree", "fs/editor", "fs/content", "fs/process", "fs/state",
                   "src/snapshot", "src/fetcher"],
}

FILES_MAX = 45
COMMENT_COLUMNS = 88
SHORT_LINES = 80

BANNED_CALLS = {"alloca", "atof", "atoi", "atol", "gmtime", "localtime", "sprintf",
                "strcat", "strcpy", "strerror", "strtok", "vsprintf"}
COINED = {
    "answer": "response", "bring": "publish", "doubted": "unconfirmed",
    "errand": "job", "heard": "log_sink", "inquiry": "connection_query",
    "orders": "commands", "plant": "populate", "question": "request",
    "restless": "uncached", "scribbled": "is_dirtied", "scribbles": "dirtied_pages",
    "settle": "reconcile", "spared": "kept_once", "tell": "announce",
    "tie": "link_peer", "warming": "warm_directory", "warmup": "cache_warmer",
}

INCLUDE = re.compile(r'#\s*include "(.*)"')
TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TOKEN = re.compile(rf"{COMMENT.pattern}|{TEXT.pattern}", re.DOTALL)


def folder_of(path):
    return path.rpartition("/")[0]


def is_source(path):
    return path.endswith((".c", ".h"))


def list_files(root):
    return sorted(str(path.relative_to(root)) for top in ("src", "fs", "tests")
                  for path in (root / top).rglob("*")
                  if path.is_file() and "__pycache__" not in path.parts)


def blank(match):
    """Keep the lines, so that numbers of lines hold."""
    return re.sub(r"[^\n]", " ", match.group())


def lines_matching(pattern, text):
    return [(text.count("\n", 0, match.start()) + 1, match)
            for match in re.finditer(pattern, text, re.MULTILINE)]


def check_arrow(path, target):
    source = folder_of(path)
    if source not in ARROWS or not target.startswith(("src/", "fs/")):
        return
    allowed = ["src/base", source, *ARROWS[source]]
    if folder_of(target) not in allowed and target not in allowed:
        yield f"{path}: {source} may not include {target}"


def check_include(path, target, files):
    if ".." in target.split("/"):
        yield f'{path}: "../" in the include of {target}'
    elif target not in files:
        yield f'{path}: "{target}" is not written from the root'
    else:
        yield from check_arrow(path, target)


def check_comments(path, text):
    lines = text.split("\n")
    for match in TOKEN.finditer(text):
        if not match.group().startswith(("/*", "//")):
            continue
        first = text.count("\n", 0, match.start())
        last = text.count("\n", 0, match.end())
        for at in range(first, last + 1):
            if len(lines[at].expandtabs(8)) > COMMENT_COLUMNS:
                yield f"{path}:{at + 1}: over {COMMENT_COLUMNS} columns"
        if re.match(r"/[/*]\s*[-=*#]{3}", match.group()):
            yield f"{path}:{first + 1}: a banner comment"


def check_code(path, text):
    code = TOKEN.sub(blank, text)
    for at, match in lines_matching(r"\b(\w+)\s*\(", code):
        if match[1] in BANNED_CALLS:
            yield f"{path}:{at}: {match[1]}() is not used here"
    for at, match in lines_matching(r"\b__(?:atomic|sync)_\w+", code):
        yield f"{path}:{at}: {match[0]}: <stdatomic.h> has it"
    for at, match in lines_matching(r"^\s*\(void\)\s*(\w+);", code):
        yield f"{path}:{at}: leave out the name of {match[1]}"
    for at, match in lines_matching(r"\b[a-z]\w*", code):
        for word in set(match[0].split("_")) & COINED.keys():
            yield f"{path}:{at}: {match[0]}: say {COINED[word]}"


def check_source(path, text, files):
    for match in re.finditer(INCLUDE, text):
        yield from check_include(path, match[1], files)
    for at, match in lines_matching(r"\b(?:TODO|FIXME)\b", text):
        yield f"{path}:{at}: {match[0]}"
    yield from check_comments(path, text)
    yield from check_code(path, text)


def find_circles(arrows):
    """Sets of files that reach each other; a .c and its .h are one."""
    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for unit in arrows.get(todo.pop(), ()):
                if unit not in seen:
                    seen.add(unit)
                    todo.append(unit)
        return seen

    reach = {unit: reached(unit) for unit in arrows}
    return {frozenset(other for other in reach[unit] if unit in reach.get(other, ()))
            for unit in arrows if unit in reach[unit]}


def check_circles(texts):
    arrows = collections.defaultdict(set)
    for path, text in texts.items():
        for target in INCLUDE.findall(text):
            if path[:-2] != target[:-2]:
                arrows[path[:-2]].add(target[:-2])
    return [f"a circle of includes: {', '.join(sorted(circle))}"
            for circle in sorted(find_circles(arrows), key=min)]


def check_folders(files):
    counts = collections.Counter(map(folder_of, files))
    for folder, count in counts.items():
        if count > FILES_MAX:
            yield f"{folder}: {count} files, more than {FILES_MAX}"
    for folder in sorted({folder_of(path) for path in files if is_source(path)}):
        if folder.startswith(("src", "fs")) and folder != "fs" and folder not in ARROWS:
            yield f"{folder}: not in the table of arrows"


def figures(files, texts, circles):
    product = [path for path in files if path.startswith(("src/", "fs/"))]
    folder, count = collections.Counter(map(folder_of, product)).most_common(1)[0]
    sources = [path for path in product if path.endswith(".c")]
    short = sum(texts[path].count("\n") <= SHORT_LINES for path in sources)
    lines = sum(text.count("\n") for path, text in texts.items() if path in product)
    return (f"circles: {len(circles)}; fullest folder: {folder}, {count} files; "
            f".c files of {SHORT_LINES} lines or fewer: {short} of {len(sources)}, "
            f"{100 * short / max(len(sources), 1):.0f} %; lines: {lines:,}")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                        else pathlib.Path(__file__).parent.parent)
    files = list_files(root)
    texts = {path: (root / path).read_text() for path in files if is_source(path)}
    circles = check_circles(texts)
    found = [*circles, *check_folders(files)]
    for path, text in texts.items():
        found += check_source(path, text, texts)
    for message in found:
        print(message)
    print(figures(files, texts, circles))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
