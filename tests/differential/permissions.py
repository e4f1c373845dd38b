#!/usr/bin/env python3
"""Compares what two servers make of the same permissions: every delivery and every error.

    tests/differential/permissions --server A --reference B           30 random sets and scripts
    tests/differential/permissions --server A --reference B --full    200
    tests/differential/permissions --server A --reference B --only 7  one again, with all it did
    tests/differential/permissions --reference B --self-check         B against itself: nothing
        differs, and an entry that is missing in one of the two is noticed often enough
"""
import argparse
import difflib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True

from cases import make, mutated  # noqa: E402
from play import play  # noqa: E402

SEED = 13
DAILY, FULL = 30, 200
NOTICED_LEAST = 0.33  # of the entries that --self-check takes away: what is left may mean the same
CONTEXT = 3
AT_A_TIME = 2


def differences(ours: list, theirs: list) -> list:
    """Where two transcripts differ, with the steps before; nothing if they are equal."""
    return list(difflib.unified_diff(theirs, ours, "reference", "server", n=CONTEXT, lineterm=""))


def compare(server: str, reference: str, case, other=None) -> list:
    """Plays a case on both servers; `other` is what the first one plays instead."""
    return differences(play(server, other or case), play(reference, case))


def each(numbers, one):
    """(number, what `one` returns for it) in order; an exception becomes a difference."""
    def guarded(number):
        try:
            return number, one(number)
        except (AssertionError, OSError) as error:
            return number, [f"{type(error).__name__}: {error}"]

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield from pool.map(guarded, numbers)


def compare_all(arguments, numbers) -> bool:
    """Whether all sets are alike on both servers."""
    differing = 0
    for number, found in each(numbers, lambda n: compare(
            arguments.server, arguments.reference, make(arguments.seed, n))):
        if found:
            differing += 1
            print(f"set {number}, seed {arguments.seed}, differs:")
            print(make(arguments.seed, number).config(0), *found, sep="\n")
    print(f"{len(numbers)} sets, {differing} differ")
    return not differing


def self_check(arguments, numbers) -> bool:
    """Whether the reference agrees with itself, and disagrees where an entry is missing."""
    arguments.server = arguments.reference
    is_alike = compare_all(arguments, numbers)

    def without_one(number: int) -> list:
        case = make(arguments.seed, number)
        return compare(arguments.server, arguments.reference, case, mutated(case, arguments.seed))

    noticed = [number for number, found in each(numbers, without_one) if found]
    print(f"a missing entry was noticed in {len(noticed)} of {len(numbers)} sets")
    return is_alike and len(noticed) >= NOTICED_LEAST * len(numbers)


def show(arguments) -> None:
    """Prints one set, and all that the reference says to it."""
    case = make(arguments.seed, arguments.only)
    for phase in range(len(case.phases)):
        print(case.config(phase))
    print(*play(arguments.reference, case), sep="\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", help="the server to test")
    parser.add_argument("--reference", required=True, help="nats-server")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--full", action="store_true", help=f"{FULL} sets instead of {DAILY}")
    parser.add_argument("--sets", type=int, help="how many")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="this set")
    parser.add_argument("--self-check", action="store_true", help="needs no --server")
    arguments = parser.parse_args()
    if not arguments.server and not arguments.self_check:
        parser.error("--server is missing")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    count = arguments.sets or (FULL if arguments.full else DAILY)
    numbers = [arguments.only] if arguments.only is not None else list(range(count))
    began = time.monotonic()
    if arguments.only is not None:
        show(arguments)
    is_good = (self_check if arguments.self_check else compare_all)(arguments, numbers)
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
