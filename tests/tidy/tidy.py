#!/usr/bin/env python3
"""Holds the tree to the style that a machine can check.

    tests/tidy/tidy [ROOT]            fails with file, line and what to do instead
    tests/tidy/tidy --update [ROOT]   lowers the ratchet to what is left

What was over a limit when the check came stands in ratchet.json at the size it then had: it may
shrink, never grow, and nothing may join it.
"""
import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True  # a check leaves no trace in the tree it reads

import arrows  # noqa: E402
import rows  # noqa: E402
import sizes  # noqa: E402
import words  # noqa: E402
from tree import Tree  # noqa: E402

RATCHET = 'tests/tidy/ratchet.json'
WORST = 5


def limitOf(rule):
    return sizes.LIMITS[rule][0] if rule in sizes.LIMITS else 0


def gather(tree):
    """All findings by (rule, key)."""
    found = defaultdict(list)
    for part in (sizes.measure, words.check, arrows.check, rows.check):
        for finding in part(tree):
            found[finding.rule, finding.key].append(finding)
    return found


def offenders(found):
    """What is over its limit, as {rule: {key: value}}."""
    over = defaultdict(dict)
    for (rule, key), findings in sorted(found.items()):
        value = sum(finding.value for finding in findings)
        if value > limitOf(rule):
            over[rule][key] = value
    return over


def failures(found, baseline):
    """One line for each finding that the ratchet does not excuse."""
    lines = []
    for rule, keys in offenders(found).items():
        for key, value in keys.items():
            allowed = baseline.get(rule, {}).get(key, limitOf(rule))
            if value <= allowed:
                continue
            size = f' {value}, allowed {allowed}' if rule in sizes.LIMITS else ''
            for finding in found[rule, key]:
                lines.append(f'{finding.path}:{finding.line}: {rule}{size}: {finding.advice}')
    return lines


def lowered(baseline, over):
    """`baseline` without what is gone, and with the smaller of both sizes. Never raises."""
    result = {}
    for rule, keys in sorted(baseline.items()):
        left = {key: min(value, over[rule][key]) for key, value in sorted(keys.items())
                if key in over.get(rule, {})}
        if left:
            result[rule] = left
    return result


def printWorst(found):
    for rule, (limit, _) in sizes.LIMITS.items():
        values = [(findings[0].value, key) for (each, key), findings in found.items()
                  if each == rule]
        values.sort(key=lambda each: (-each[0], each[1]))
        worst = ', '.join(f'{value} {key}' for value, key in values[:WORST])
        print(f'{rule} (limit {limit}): {worst or "none"}')


def printTotals(tree):
    tests = sum(len(file.lines) for file in tree.files
                if file.is_test and (file.is_cpp or file.is_python))
    code = sum(len(file.lines) for file in tree.cpp('src/'))
    if code:
        print(f'test lines : code lines (aim 1.5, at least 1.0): {tests / code:.2f}')


def main(arguments=None):
    parser = argparse.ArgumentParser(description='Checks the tree against the style.')
    parser.add_argument('root', nargs='?', default=Path(__file__).resolve().parents[2], type=Path)
    parser.add_argument('--update', action='store_true', help='lower the ratchet')
    options = parser.parse_args(arguments)

    tree = Tree(options.root)
    ratchet = options.root / RATCHET
    found = gather(tree)
    over = offenders(found)
    if not ratchet.exists() and options.update:  # the day the check comes to a tree
        baseline = {rule: dict(keys) for rule, keys in over.items()}
    else:
        baseline = json.loads(ratchet.read_text()) if ratchet.exists() else {}
    tightened = lowered(baseline, over)
    if options.update:
        ratchet.parent.mkdir(parents=True, exist_ok=True)
        ratchet.write_text(json.dumps(tightened, indent=2, sort_keys=True) + '\n')
        baseline = tightened

    printWorst(found)
    printTotals(tree)
    if tightened != baseline:
        print('the ratchet can be lowered: tests/tidy/tidy --update')
    lines = failures(found, baseline)
    for line in lines:
        print(line)
    excused = sum(len(keys) for keys in tightened.values())
    print(f'tidy: {len(lines)} to mend, {excused} excused by the ratchet')
    return 1 if lines else 0


if __name__ == '__main__':
    sys.exit(main())
