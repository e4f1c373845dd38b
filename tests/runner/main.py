"""./test: builds and tests, in steps. The last line is "N passed, N failed, N skipped"."""
import argparse
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import steps  # noqa: E402
from context import LOGS, ROOT, TOOLS, Context  # noqa: E402
from outcome import Outcome  # noqa: E402

LINE_WIDTH = 300
SLOW = 4.0  # a sanitized server takes its time
CROSSES_SHARDS = ('protocol', 'chaos', 'promises')

DAILY = {
    'tools': steps.tools,
    'style': steps.style,
    'release': steps.release_build,
    'conformance': steps.conformance('release'),
    'unit': steps.unit('debug'),
    'clang-tidy': steps.clang_tidy,
    'fuzz': steps.fuzz,
}
THOROUGH = {
    'unit-asan': steps.unit('asan'),
    'conformance-asan': steps.conformance('asan', scale=SLOW),
    'unit-tsan': steps.unit('tsan'),
    'conformance-tsan': steps.conformance('tsan', CROSSES_SHARDS, SLOW),
    'reference': steps.reference,
    'comparison': steps.comparison,
}
EVERY = {**DAILY, **THOROUGH}


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='./test', description='Builds and tests.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='steps:\n' + '\n'.join(f'  {name}' for name in EVERY))
    parser.add_argument('--all', action='store_true', help='sanitizers, the reference run and the '
                        'comparison too')
    parser.add_argument('--reference', action='store_true',
                        help='only the black-box tests, against nats-server')
    parser.add_argument('--only', action='append', choices=EVERY, help='this step; may be repeated')
    parser.add_argument('--tidy-base', default='HEAD~1', metavar='REV',
                        help='clang-tidy reads what changed since this revision (HEAD~1)')
    return parser.parse_args()


def choose(arguments):
    if arguments.only:
        return {name: EVERY[name] for name in EVERY if name in arguments.only}
    if arguments.reference:
        return {name: EVERY[name] for name in ('tools', 'reference')}
    return EVERY if arguments.all else DAILY


def run_step(name, step, context):
    log = LOGS / f'{name}.log'
    log.write_bytes(b'')
    began = time.monotonic()
    print(f'{name} …', flush=True)
    try:
        outcome = step(context, log)
    except (OSError, subprocess.SubprocessError) as error:
        outcome = Outcome()
        outcome.fail(f'{name}: {error}')
    print(f'{name}: {outcome.line()} ({time.monotonic() - began:.0f} s)', flush=True)
    if outcome.failed:
        tail = log.read_text(errors='replace').splitlines()[-60:]
        print('\n'.join(f'    {line[:LINE_WIDTH]}' for line in tail))
    return outcome


def main():
    arguments = parse_arguments()
    LOGS.mkdir(parents=True, exist_ok=True)
    TOOLS.mkdir(parents=True, exist_ok=True)
    context = Context(is_thorough=arguments.all, tidy_base=arguments.tidy_base)
    total = Outcome()
    for name, step in choose(arguments).items():
        total.add(run_step(name, step, context))
    print(f'\nlogs: {LOGS.relative_to(ROOT)}')
    for reason, count in sorted(total.skips.items()):
        print(f'skipped {count}: {reason}')
    for name in total.failures:
        print(f'failed: {name}')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
