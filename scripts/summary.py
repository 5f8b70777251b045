#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts the cases in the results that scripts/test wrote.

A test of ctest that ran lit or unittest counts as the cases inside it. What was
skipped is named with its reason; the last line is `N passed, N failed`.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

PYTHON_CASE = re.compile(r"^(\w+ \([\w.]+\)).*\.\.\. (ok|FAIL|ERROR|skipped '(.*)')$",
                         re.MULTILINE)


class Results:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def add(self, name, failed=False, skipped=None):
        if skipped is not None:
            self.skipped.append((name, skipped))
        elif failed:
            self.failed.append(name)
        else:
            self.passed += 1


def add_lit(path, results):
    """The cases of a file that lit wrote."""
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}/{case.get('name')}"
        skipped = case.find("skipped")
        results.add(name, case.find("failure") is not None,
                    None if skipped is None else skipped.get("message", ""))


def add_python(case, output, results):
    """The cases of a unittest run, read from its verbose output."""
    found = PYTHON_CASE.findall(output)
    for name, outcome, reason in found:
        results.add(name, outcome in ("FAIL", "ERROR"),
                    reason if outcome.startswith("skipped") else None)
    if not found or (case.get("status") == "fail"
                     and not any(outcome in ("FAIL", "ERROR") for _, outcome, _ in found)):
        results.add(case.get("name"), case.get("status") == "fail")


def add_ctest(directory, results):
    """All tests of ctest, those that hold others replaced by what they hold."""
    for case in ElementTree.parse(directory / "ctest.xml").iter("testcase"):
        name, status = case.get("name"), case.get("status")
        inner = directory / f"{name}.xml"
        if inner.exists():
            add_lit(inner, results)
            continue
        if name.startswith("python."):
            add_python(case, case.findtext("system-out") or "", results)
            continue
        reason = None
        if status in ("notrun", "disabled"):
            skipped = case.find("skipped")
            reason = "not run" if skipped is None else skipped.get("message", "")
        # A program that is missing is a failure, not a choice to skip.
        missing = reason is not None and "executable" in reason.lower()
        results.add(name, status == "fail" or missing,
                    None if missing else reason)


def main():
    results = Results()
    add_ctest(pathlib.Path(sys.argv[1]), results)
    if results.skipped:
        print(f"\n{len(results.skipped)} skipped:")
        for name, reason in results.skipped:
            print(f"  {name}: {reason}")
    for name in results.failed:
        print(f"FAILED: {name}")
    print(f"{results.passed} passed, {len(results.failed)} failed")
    sys.exit(1 if results.failed or not results.passed else 0)


if __name__ == "__main__":
    main()
