"""What a step of the test run found, and how it is read from what test programs write."""
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

LONG_S = 10  # a test that takes longer is to be named


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)  # names of failed tests
    skips: dict = field(default_factory=dict)     # reason: how many
    took: list = field(default_factory=list)      # (seconds, name) of tests that took long

    def add(self, other: 'Outcome') -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.took += other.took
        for reason, count in other.skips.items():
            self.skips[reason] = self.skips.get(reason, 0) + count

    def skip(self, reason: str) -> None:
        self.skipped += 1
        self.skips[reason] = self.skips.get(reason, 0) + 1

    def fail(self, name: str) -> None:
        self.failed += 1
        self.failures.append(name)

    def line(self) -> str:
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def one(name: str, is_passed: bool) -> Outcome:
    """A check that is one test."""
    outcome = Outcome()
    if is_passed:
        outcome.passed = 1
    else:
        outcome.fail(name)
    return outcome


def from_gtest(path) -> Outcome:
    """Of the report of --gtest_output=json."""
    outcome = Outcome()
    for suite in json.loads(path.read_text())['testsuites']:
        for test in suite['testsuite']:
            name = f"{suite['name']}.{test['name']}"
            if test['result'] == 'SKIPPED':
                outcome.skip('a unit test skips itself')
            elif test.get('failures'):
                outcome.fail(name)
            else:
                outcome.passed += 1
    return outcome


def from_junit(path) -> Outcome:
    """Of the report of pytest --junitxml."""
    outcome = Outcome()
    for case in ElementTree.parse(path).iter('testcase'):
        skip = case.find('skipped')
        if skip is not None:
            outcome.skip(re.sub(r'\s+', ' ', skip.get('message', 'no reason')))
        elif case.find('failure') is not None or case.find('error') is not None:
            outcome.fail(f"{case.get('classname')}.{case.get('name')}")
        else:
            outcome.passed += 1
        seconds = float(case.get('time', 0))
        if seconds > LONG_S:
            name = f"{path.stem}: {case.get('classname')}.{case.get('name')}"
            outcome.took.append((seconds, name))
    return outcome
