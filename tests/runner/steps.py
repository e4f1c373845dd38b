"""The steps of a test run. Each takes the context and the path of its log; returns an Outcome."""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from build import NICE, build, folder, run
from changes import black_box_tests, changed_since
from context import CLI_MODULE, REFERENCE_MODULE, REFERENCE_VERSION, ROOT, TOOLS, find_program
from outcome import Outcome, from_gtest, from_junit, one
from sanitizers import ENVIRONMENT

# The folders of the black-box tests, those that take longest first: the last files of a run keep
# one worker busy each.
FOLDERS = ('promises', 'chaos', 'protocol', 'config', 'users', 'monitoring', 'clients')
# Which tests run beside others, and which alone: without and with those for --full.
TOGETHER = {False: 'not alone and not quiet and not slow', True: 'not alone and not quiet'}
ALONE = {False: 'alone and not quiet and not slow', True: 'alone or quiet'}
TEST_S = 60  # what a test may take, unless it says itself
NO_TESTS = 5  # pytest's exit code if all were deselected

FUZZ_ROOT = ROOT / 'tests/fuzz'
CONFORMANCE = ROOT / 'tests/conformance'
# The command that README gives for all the programs it names, and what `release` does.
BUILDS_ALL = '\ncmake --preset release && cmake --build --preset release\n'


def style(_context, log):
    """The sizes, arrows and words of the style; the checks' own tests; the layout."""
    outcome = one('tests/tidy/tidy', run(['tests/tidy/tidy'], log))
    own_tests = sorted(path.relative_to(ROOT).as_posix()
                       for path in (ROOT / 'tests').glob('*/*_test.py'))
    outcome.add(pytest(log, [*own_tests, 'tests/unit/bench/compare_test.py'], []))
    if find_program('clang-format-14'):
        outcome.add(one('clang-format', run(
            ['clang-format-14', '--dry-run', '--Werror', *git_files('*.cc', '*.h')], log)))
    else:
        outcome.skip('style: there is no clang-format-14')
    return outcome


def git_files(*patterns):
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', *patterns], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split()
    return [path for path in listed if (ROOT / path).exists()]


def release_build(_context, log):
    if not build('release', log):
        return one('release build', False)
    outcome = one('release build', True)
    outcome.add(one('./run starts at once', starts_at_once(log)))
    outcome.add(one('the programs that README names', are_built('README.md', log)))
    return outcome


def are_built(document, log):
    """Whether the programs of build/release that a document names are there."""
    named = named_programs((ROOT / document).read_text())
    missing = [name for name in named if not os.access(ROOT / name, os.X_OK)]
    with open(log, 'a', encoding='utf-8') as out:
        print(f'{document} names {", ".join(named)}; missing: {missing}', file=out)
    return bool(named) and not missing and BUILDS_ALL in (ROOT / document).read_text()


def named_programs(text):
    return sorted(set(re.findall(r'\bbuild/release/[\w/-]+', text)))


def starts_at_once(log):
    """Whether ./run, with everything built, passes its arguments on and is done in a second."""
    run(['./run', '--version'], log)  # may build what is not there yet
    began = time.monotonic()
    return run(['./run', '--version'], log) and time.monotonic() - began < 1


def build_all(preset):
    """Everything of a preset."""
    def step(_context, log):
        return one(f'{preset} build', build(preset, log))
    return step


def unit(preset):
    """The unit tests of a preset, as many programs at a time as there are cores."""
    def step(_context, log):
        programs = [path for path in sorted(folder(preset).rglob('unit_*'))
                    if path.is_file() and os.access(path, os.X_OK)]
        outcome = Outcome()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for each in pool.map(lambda program: gtest(preset, program, log), programs):
                outcome.add(each)
        return outcome
    return step


def gtest(preset, program, log):
    report = folder(preset) / f'{program.name}.json'
    report.unlink(missing_ok=True)
    is_passed = run([str(program), '--gtest_brief=1', f'--gtest_output=json:{report}'], log,
                    env={**os.environ, **ENVIRONMENT.get(preset, {})}, timeout=300)
    outcome = from_gtest(report) if report.exists() else Outcome()
    if not is_passed and not outcome.failed:
        outcome.fail(f'{program.name} ended badly')
    return outcome


def conformance(preset, folders=FOLDERS, scale=1.0):
    """The black-box tests against the server of a preset, but for those that must be alone."""
    def step(context, log):
        server = folder(preset) / 'nats-server'
        arguments = ['-m', TOGETHER[context.is_full], '--server', str(server),
                     f'--timeout-scale={scale}', f'--timeout={TEST_S * scale}']
        return pytest(log, [str(CONFORMANCE / each) for each in folders], arguments,
                      ENVIRONMENT.get(preset, {}))
    return step


def conformance_alone(context, log):
    """The black-box tests that compare times, one at a time."""
    server = folder('release') / 'nats-server'
    return pytest(log, [str(CONFORMANCE)],
                  ['-n', '0', '-m', ALONE[context.is_full], '--server', str(server)])


def reference(context, log):
    """The black-box tests against nats-server: what it fails is a wrong test. Those that are new,
    or all where that is asked for or not known."""
    outcome = Outcome()
    server = find_reference(log)
    if server is None:
        outcome.skip(f'the reference run: there is no nats-server {REFERENCE_VERSION}, and no Go '
                     'to install it with')
        return outcome
    paths = [str(CONFORMANCE / each) for each in FOLDERS]
    if context.base and not context.whole_reference:
        paths = black_box_tests(changed_since(context.base))
    if not paths:
        outcome.skip(f'the reference run: no black-box test changed since {context.base[:10]}')
        return outcome
    return pytest(log, paths, ['-m', 'not slow', '--server', server])


def find_reference(log):
    """The path of nats-server in the version that the tests are about, installed if need be."""
    found = find_program('nats-server')
    if found and REFERENCE_VERSION in version_of(found):
        return found
    if go_install(f'{REFERENCE_MODULE}@v{REFERENCE_VERSION}', log):
        return str(TOOLS / 'nats-server')
    return None


def version_of(program):
    return subprocess.run([program, '--version'], capture_output=True, text=True, timeout=20,
                          check=False).stdout


def go_install(module, log):
    if not find_program('go'):
        return False
    return run(['go', 'install', module], log, env={**os.environ, 'GOBIN': str(TOOLS)})


def tools(context, log):
    """The clients that are no Debian packages. Tests that need a missing one are skipped."""
    outcome = Outcome()
    if not venv_python().exists():
        run(['/usr/bin/python3', '-m', 'venv', '--system-site-packages', str(TOOLS / 'venv')], log)
        run([str(venv_python()), '-m', 'pip', 'install', '--quiet', 'nats-py==2.16.0'], log)
    if not find_program('nats') and context.depth != 'daily':
        go_install(CLI_MODULE, log)
    for name, is_there in (('nats-py', can_import('nats')), ('nats', find_program('nats'))):
        if is_there:
            outcome.passed += 1
        else:
            outcome.skip(f'{name} is not installed, and neither are the tests that need it')
    return outcome


def venv_python():
    return TOOLS / 'venv/bin/python'


def can_import(module):
    return subprocess.run([str(venv_python()), '-c', f'import {module}'], capture_output=True,
                          check=False).returncode == 0


def pytest(log, paths, arguments, environment=None):
    python = str(venv_python()) if venv_python().exists() else sys.executable
    report = log.with_suffix('.xml')
    report.unlink(missing_ok=True)
    nats = find_program('nats')
    if '--server' in arguments and nats:
        arguments = [*arguments, '--nats', nats]
    is_passed = run([python, '-m', 'pytest', '-n', str(2 * os.cpu_count()), '--dist', 'loadfile',
                     f'--junitxml={report}', *paths, *arguments], log,
                    env={**os.environ, **(environment or {})}, good=(0, NO_TESTS))
    outcome = from_junit(report) if report.exists() else Outcome()
    if not is_passed and not outcome.failed:
        outcome.fail('pytest ended badly')
    return outcome


def fuzz(context, log):
    """Every fuzzer for a while, from its corpus; as many at a time as there are cores."""
    if not build('fuzz', log, ['fuzzers']):
        return one('fuzz build', False)
    outcome = one('fuzz build', True)
    names = [source.stem.removesuffix('_fuzz') for source in sorted(FUZZ_ROOT.glob('*_fuzz.cc'))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda name: fuzz_one(name, context.fuzz_seconds, log), names)
    for name, is_passed in zip(names, results):
        outcome.add(one(f'fuzz {name}', is_passed))
    return outcome


def fuzz_one(name, seconds, log):
    program = folder('fuzz') / f'tests/fuzz/fuzz_{name}'
    found = folder('fuzz') / 'found' / name
    found.mkdir(parents=True, exist_ok=True)
    own_log = log.with_name(f'fuzz-{name}.log')
    own_log.write_bytes(b'')
    is_passed = run([*NICE, str(program), f'-max_total_time={seconds}', '-timeout=5',
                     '-rss_limit_mb=2048', f'-artifact_prefix={found}/', str(found),
                     str(FUZZ_ROOT / 'corpus' / name)], own_log, timeout=seconds + 120)
    if not is_passed:
        with open(log, 'ab') as out:
            out.write(b'\n'.join(own_log.read_bytes().splitlines()[-40:]))
    return is_passed


def comparison(_context, log):
    """Gannet and nats-server on the same load, and the subject engine alone: figures to look at,
    not to assert."""
    outcome = one('bench/subject_bench', run([str(folder('release') / 'bench/subject_bench')], log))
    server = find_reference(log)
    if server is None:
        outcome.skip('bench/compare: there is no nats-server')
    else:
        outcome.add(one('bench/compare', run(
            ['bench/compare', '--quick', '--reference', server], log)))
    print(log.read_text(errors='replace'))
    return outcome
