"""./test: builds and tests, in steps. The last line is "N passed, N failed, N skipped"."""
import argparse
import os
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True

import changes  # noqa: E402
import steps  # noqa: E402
from build import cpu_seconds  # noqa: E402
from context import LOGS, ROOT, TOOLS, Context, find_program  # noqa: E402
from lanes import ALONE, BUILDS, Lanes, Step, with_dependencies  # noqa: E402
from outcome import Outcome  # noqa: E402
from tidy_step import clang_tidy  # noqa: E402

LINE_WIDTH = 300
SLOW = 4.0  # a sanitized server takes its time
# What crosses shards may race; the rest asks one at a time.
CROSSES_SHARDS = ('promises', 'chaos', 'protocol', 'users')
MOST_NAMED = 10  # of the tests that took long
QUIET_S = 60  # after which a run says what it is at

DEPTHS = ('daily', 'all', 'full')

EVERY = {
    'tools': Step(steps.tools),
    'style': Step(steps.style, after=('tools',)),
    'release': Step(steps.release_build, BUILDS),
    'build-asan': Step(steps.build_all('asan'), BUILDS),
    'build-tsan': Step(steps.build_all('tsan'), BUILDS, 'all'),
    'fuzz': Step(steps.fuzz, BUILDS, needs=('clang++-14',)),
    'clang-tidy': Step(clang_tidy, BUILDS, after=('release', 'build-asan'),
                       needs=('clang-tidy-14', 'clang++-14')),
    'conformance': Step(steps.conformance('release'), after=('tools', 'release')),
    'unit-asan': Step(steps.unit('asan'), after=('build-asan',)),
    'reference': Step(steps.reference, depth='all', after=('tools',)),
    'conformance-asan': Step(steps.conformance('asan', scale=SLOW), depth='all',
                             after=('tools', 'build-asan')),
    'unit-tsan': Step(steps.unit('tsan'), depth='all', after=('build-tsan',)),
    'conformance-tsan': Step(steps.conformance('tsan', CROSSES_SHARDS, SLOW), depth='all',
                             after=('tools', 'build-tsan')),
    'conformance-alone': Step(steps.conformance_alone, ALONE, after=('tools', 'release')),
    'comparison': Step(steps.comparison, ALONE, 'full', after=('release',)),
}


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='./test', description='Builds and tests.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='steps, with the option that adds them:\n' + '\n'.join(
            f'  {name:18} {"" if step.depth == "daily" else "--" + step.depth}'.rstrip()
            for name, step in EVERY.items()))
    parser.add_argument('--all', action='store_true', help='the thread sanitizer, the black-box '
                        'tests under sanitizers, and those that are new against nats-server')
    parser.add_argument('--full', action='store_true', help='all, without a limit: big crowds, '
                        'tests for a quiet machine, every test against nats-server, a minute of '
                        'each fuzzer, the comparison of speed')
    parser.add_argument('--reference', action='store_true',
                        help='only the black-box tests, all of them, against nats-server')
    parser.add_argument('--only', action='append', choices=EVERY, metavar='STEP',
                        help='this step, and those it builds on; may be repeated')
    parser.add_argument('--base', metavar='REV', help='what is new is what changed since this '
                        f'revision (where origin/main was left, or HEAD~{changes.LANDING})')
    arguments = parser.parse_args()
    if arguments.base and not changes.revision(arguments.base):
        parser.error(f'--base: no revision {arguments.base}')
    return arguments


def choose(arguments):
    if arguments.only:
        return with_dependencies(arguments.only, EVERY)
    if arguments.reference:
        return with_dependencies(['reference'], EVERY)
    most = DEPTHS.index(depth_of(arguments))
    return {name: step for name, step in EVERY.items() if DEPTHS.index(step.depth) <= most}


def depth_of(arguments):
    return 'full' if arguments.full else 'all' if arguments.all else 'daily'


class Report:
    """What is printed while the steps run, from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = {}  # step: its log
        self._is_over = threading.Event()
        self._spoke = time.monotonic()
        threading.Thread(target=self._remind, daemon=True).start()

    def say(self, text):
        with self._lock:
            print(text, flush=True)
            self._spoke = time.monotonic()

    def perform(self, context):
        """What Lanes calls for each step."""
        def one_step(name, step):
            missing = [program for program in step.needs if not find_program(program)]
            if missing:
                outcome = Outcome()
                outcome.skip(f'{name}: there is no {missing[0]}')
                return outcome
            log = LOGS / f'{name}.log'
            log.write_bytes(b'')
            self._running[name] = log
            self.say(f'{name} …')
            began = time.monotonic()
            outcome = attempt(name, step, context, log)
            del self._running[name]
            self.say('\n'.join([
                f'{name}: {outcome.line()} ({time.monotonic() - began:.0f} s, '
                f'{cpu_seconds(log):.0f} s of CPU)', *(tail(log, 60) if outcome.failed else [])]))
            return outcome
        return one_step

    def end(self):
        self._is_over.set()

    def _remind(self):
        while not self._is_over.wait(1):
            if time.monotonic() - self._spoke > QUIET_S:
                self.say('still at ' + '; '.join(
                    f'{name}: {"".join(tail(log, 1)).strip()[:70]}'
                    for name, log in list(self._running.items())))


def attempt(name, step, context, log):
    try:
        return step.run(context, log)
    except Exception as error:  # pylint: disable=broad-except; the other steps go on
        with open(log, 'a', encoding='utf-8') as out:
            traceback.print_exc(file=out)
        outcome = Outcome()
        outcome.fail(f'{name}: {error}')
        return outcome


def tail(log, count):
    lines = log.read_text(errors='replace').splitlines()[-count:]
    return [f'    {line[:LINE_WIDTH]}' for line in lines]


def main():
    arguments = parse_arguments()
    LOGS.mkdir(parents=True, exist_ok=True)
    TOOLS.mkdir(parents=True, exist_ok=True)
    context = Context(depth_of(arguments), arguments.base or changes.base_revision(),
                      whole_reference=arguments.full or arguments.reference)
    began, report = time.monotonic(), Report()
    total = Lanes(choose(arguments), report.perform(context)).run()
    report.end()
    own, children = os.times()[:2], os.times()[2:4]
    print(f'\nlogs: {LOGS.relative_to(ROOT)}; {time.monotonic() - began:.0f} s, '
          f'{sum(own) + sum(children):.0f} s of CPU')
    for seconds, name in sorted(total.took, reverse=True)[:MOST_NAMED]:
        print(f'took {seconds:.0f} s: {name}')
    for reason, count in sorted(total.skips.items()):
        print(f'skipped {count}: {reason}')
    for name in total.failures:
        print(f'failed: {name}')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
