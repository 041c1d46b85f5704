"""Counts test cases from meson's testlog.json and prints the closing line.

A meson test is a whole program: one with cmocka or pytest inside counts by the
cases that it reports itself, any other as one case. A program that fails though
none of its cases did (a crash, a time-out, a leak found at its end) adds one
failure. Exits 1 unless something passed and nothing failed.
"""

import argparse
import json
import re
import sys

CMOCKA = {
    "passed": re.compile(r"^\[  PASSED  \] (\d+) test", re.M),
    "failed": re.compile(r"^\[  FAILED  \] (\d+) test", re.M),
    "skipped": re.compile(r"^\[  SKIPPED \] (\d+) test", re.M),
}
PYTEST_SUMMARY = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", re.M)
PYTEST_WORDS = {
    "passed": "passed",
    "xfailed": "passed",
    "failed": "failed",
    "xpassed": "failed",
    "error": "failed",
    "errors": "failed",
    "skipped": "skipped",
}
RESULTS = {
    "OK": "passed",
    "EXPECTEDFAIL": "passed",
    "SKIP": "skipped",
}


def count_cmocka(text):
    """The cases of all groups in a cmocka program's output; None: it is none."""
    if not CMOCKA["passed"].search(text):
        return None
    return {
        kind: sum(int(number) for number in pattern.findall(text))
        for kind, pattern in CMOCKA.items()
    }


def count_pytest(text):
    """The cases in pytest's last line; None: there is no such line."""
    summaries = PYTEST_SUMMARY.findall(text)
    if not summaries:
        return None
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for number, word in re.findall(r"(\d+) ([a-z]+)", summaries[-1]):
        if word in PYTEST_WORDS:
            counts[PYTEST_WORDS[word]] += int(number)
    return counts


def count(test):
    """The cases of one line of testlog.json."""
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    result = RESULTS.get(test["result"], "failed")
    counts = count_cmocka(text) or count_pytest(text)
    if counts is None:
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        counts[result] = 1
    elif result == "failed" and counts["failed"] == 0:
        counts["failed"] = 1
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--status", type=int, default=0, help="meson's own exit status")
    parser.add_argument("results", help="meson-logs/testlog.json")
    arguments = parser.parse_args()

    total = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        with open(arguments.results, encoding="utf-8") as lines:
            for line in lines:
                for kind, number in count(json.loads(line)).items():
                    total[kind] += number
    except FileNotFoundError:
        print(f"{arguments.results}: no test was run", file=sys.stderr)
    if arguments.status != 0 and total["failed"] == 0:
        total["failed"] = 1
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 0 if total["passed"] > 0 and total["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
