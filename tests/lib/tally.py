#!/usr/bin/env python3
"""Adds up what CTest's JUnit files say: tally.py FILE... prints "passed failed".

A Criterion program counts as its single tests, anything else as one. A program that CTest calls failed counts as at
least one failure, and so does one whose output holds a sanitizer's report: Criterion passes a test that leaked.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

SYNTHESIS = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
SANITIZER = re.compile(r"ERROR: (Address|Leak|UndefinedBehavior)Sanitizer|runtime error: ")


def tally(case):
    """(passed, failed) of one CTest test."""
    output = "".join(case.itertext())
    skipped = case.get("status") in ("disabled", "notrun") and case.find("failure") is None
    if skipped:
        return 0, 0
    passed, failed = 0, 0
    for found in SYNTHESIS.finditer(output):
        passed += int(found.group(2))
        failed += int(found.group(3)) + int(found.group(4))
    bad = case.get("status") == "fail" or case.find("failure") is not None
    if passed + failed == 0 and not bad:
        passed = 1
    if bad and failed == 0:
        failed = 1
    if SANITIZER.search(output) and failed == 0:
        print(f"{case.get('name')}: a sanitizer reported (see the log)", file=sys.stderr)
        failed = 1
    return passed, failed


def main():
    passed, failed = 0, 0
    for name in sys.argv[1:]:
        for case in ElementTree.parse(name).getroot().iter("testcase"):
            ok, bad = tally(case)
            passed, failed = passed + ok, failed + bad
    print(passed, failed)


main()
