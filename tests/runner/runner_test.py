"""What ./test says at its end, and how it exits, for steps that pass, fail, skip and break; in
which order steps run; what it takes for new."""
import contextlib
import io
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import build  # noqa: E402 (found through the line above)
import changes  # noqa: E402
import lanes  # noqa: E402
import main  # noqa: E402
import outcome  # noqa: E402
import steps  # noqa: E402
import tidy_step  # noqa: E402
from lanes import Step  # noqa: E402


def step(passed=0, failures=(), skips=(), **how):
    """A step with this outcome."""
    def run(_context, log):
        log.write_text('the end of its log\n')
        found = outcome.Outcome(passed=passed)
        for name in failures:
            found.fail(name)
        for reason in skips:
            found.skip(reason)
        return found
    return Step(run, **how)


def breaks(_context, _log):
    raise OSError('no such program')


class RunTest(unittest.TestCase):
    def run_steps(self, steps, arguments=('--all',)):
        """(exit code, lines) of a run with these steps in place of the real ones."""
        text = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(text), \
                mock.patch.object(sys, 'argv', ['test', *arguments]), \
                mock.patch.multiple(main, EVERY=steps, ROOT=Path(folder),
                                    LOGS=Path(folder) / 'logs', TOOLS=Path(folder) / 'tools'):
            code = main.main()
        return code, text.getvalue().splitlines()

    def test_the_last_line_is_the_sum(self):
        code, lines = self.run_steps({'a': step(passed=3), 'b': step(passed=4, skips=['no x'] * 2)})
        self.assertEqual(code, 0)
        self.assertEqual(lines[-1], '7 passed, 0 failed, 2 skipped')
        self.assertIn('skipped 2: no x', lines)

    def test_a_failure_is_named_and_fails_the_run(self):
        code, lines = self.run_steps({'a': step(passed=1, failures=['suite.name']), 'b': step(1)})
        self.assertEqual(code, 1)
        self.assertEqual(lines[-2:], ['failed: suite.name', '2 passed, 1 failed, 0 skipped'])
        self.assertIn('    the end of its log', lines)

    def test_a_step_that_breaks_is_a_failure_and_the_others_run(self):
        code, lines = self.run_steps({'a': Step(breaks), 'b': step(passed=1)})
        self.assertEqual(code, 1)
        self.assertEqual(lines[-2:], ['failed: a: no such program',
                                      '1 passed, 1 failed, 0 skipped'])

    def test_only_runs_the_steps_that_are_named(self):
        steps = {'a': step(passed=1), 'b': step(passed=10), 'c': step(passed=100)}
        code, lines = self.run_steps(steps, ['--only', 'c', '--only', 'a'])
        self.assertEqual((code, lines[-1]), (0, '101 passed, 0 failed, 0 skipped'))

    def test_only_runs_what_the_named_step_builds_on_too(self):
        steps = {'a': step(passed=1), 'b': step(passed=10, after=('a',)), 'c': step(passed=100)}
        code, lines = self.run_steps(steps, ['--only', 'b'])
        self.assertEqual((code, lines[-1]), (0, '11 passed, 0 failed, 0 skipped'))

    def test_what_builds_on_a_failure_is_skipped_and_says_why(self):
        steps = {'a': step(failures=['x']), 'b': step(1, after=('a',)), 'c': step(1, after=('b',)),
                 'd': step(passed=1)}
        code, lines = self.run_steps(steps)
        self.assertEqual((code, lines[-1]), (1, '1 passed, 1 failed, 2 skipped'))
        self.assertIn('skipped 1: b: a did not pass', lines)

    def test_a_step_without_its_program_is_skipped(self):
        code, lines = self.run_steps({'a': step(1, needs=('no-such-program',)), 'b': step(1)})
        self.assertEqual((code, lines[-1]), (0, '1 passed, 0 failed, 1 skipped'))
        self.assertIn('skipped 1: a: there is no no-such-program', lines)

    def test_each_option_adds_to_the_steps(self):
        steps = {'a': step(1), 'b': step(10, depth='all'), 'c': step(100, depth='full')}
        for arguments, passed in ((), 1), (('--all',), 11), (('--full',), 111):
            _, lines = self.run_steps(steps, arguments)
            self.assertEqual(lines[-1], f'{passed} passed, 0 failed, 0 skipped')


class LanesTest(unittest.TestCase):
    def test_a_suite_runs_beside_a_build_and_what_measures_alone_at_the_end(self):
        both = threading.Barrier(2, timeout=20)
        seen = []

        def meets(_context, _log):
            both.wait()
            return outcome.Outcome(passed=1)

        def perform(name, each):
            found = each.run(None, None)
            seen.append(name)
            return found

        found = lanes.Lanes({'alone': Step(lambda *_: outcome.Outcome(passed=1), lanes.ALONE),
                             'build': Step(meets, lanes.BUILDS), 'suite': Step(meets)},
                            perform).run()
        self.assertEqual((found.passed, seen[-1]), (3, 'alone'))

    def test_the_first_suite_that_can_begin_does(self):
        is_done = threading.Event()

        def wait(_context, _log):
            self.assertTrue(is_done.wait(20))
            return outcome.Outcome()

        def free(_context, _log):
            is_done.set()
            return outcome.Outcome(passed=1)

        found = lanes.Lanes({'build': Step(wait, lanes.BUILDS),
                             'tests': Step(lambda *_: outcome.Outcome(passed=1), after=('build',)),
                             'free': Step(free)}, lambda _, each: each.run(None, None)).run()
        self.assertEqual(found.passed, 2)


class ProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / 'log'

    def test_processor_time_is_counted_for_each_log(self):
        burn = 'import time\nwhile time.process_time() < 0.3: pass'
        self.assertTrue(build.run([sys.executable, '-c', burn], self.log))
        self.assertFalse(build.run([sys.executable, '-c', f'{burn}\nexit(3)'], self.log))
        self.assertGreaterEqual(build.cpu_seconds(self.log), 0.6)
        self.assertEqual(build.cpu_seconds(self.log.with_name('other')), 0)

    def test_what_takes_too_long_is_killed_and_a_failure(self):
        self.assertFalse(build.run(['sleep', '60'], self.log, timeout=0.1))


class ChangesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for module in (changes, tidy_step):
            patched = mock.patch.object(module, 'ROOT', self.root)
            patched.start()
            self.addCleanup(patched.stop)

    def git(self, *arguments):
        found = changes.git('-c', 'user.name=x', '-c', 'user.email=x', *arguments)
        self.assertIsNotNone(found, arguments)
        return found

    def commit(self, *paths):
        for path in paths:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            with open(self.root / path, 'a', encoding='utf-8') as out:
                out.write('x')
        self.git('add', '-A')
        self.git('commit', '-qm', 'x')
        return changes.revision('HEAD')

    def test_new_is_what_a_branch_changed_since_it_left_main(self):
        self.git('init', '-q', '-b', 'work')
        begin = self.commit('old')
        self.git('update-ref', 'refs/remotes/origin/main', begin)
        self.commit('first')
        self.commit('second')
        (self.root / 'untracked').touch()
        self.assertEqual(changes.base_revision(), begin)
        self.assertEqual(changes.changed_since(begin), ['untracked', 'second', 'first'])

    def test_on_main_itself_new_is_what_the_last_commits_changed(self):
        self.git('init', '-q', '-b', 'main')
        first = self.commit('a')
        self.commit('b')
        self.git('update-ref', 'refs/remotes/origin/main', changes.revision('HEAD'))
        self.assertIsNone(changes.base_revision())
        with mock.patch.object(changes, 'LANDING', 1):
            self.assertEqual(changes.base_revision(), first)

    def test_black_box_tests_are_new_with_what_they_share(self):
        where = 'tests/conformance'
        (self.root / where / 'config').mkdir(parents=True)
        for name in ('test_a.py', 'test_b.py'):
            (self.root / where / 'config' / name).touch()
        self.assertEqual(changes.black_box_tests(['src/a.cc', 'README.md']), [])
        self.assertEqual(
            changes.black_box_tests([f'{where}/config/test_a.py', f'{where}/config/test_gone.py']),
            [f'{where}/config/test_a.py'])
        self.assertEqual(
            changes.black_box_tests([f'{where}/config/test_a.py', f'{where}/config/conftest.py',
                                     f'{where}/clients/client.c']),
            [f'{where}/clients', f'{where}/config'])
        for shared in ('conftest.py', 'harness/server.py', 'pytest.ini'):
            self.assertEqual(changes.black_box_tests([f'{where}/{shared}']), [where])

    def test_sources_are_new_with_the_headers_they_include(self):
        reads = {'src/a/plan.cc': ['src/a/plan.cc', 'src/a/plan.h'],
                 'src/a/early.cc': ['src/a/early.cc', 'src/a/plan.h', 'src/b.h'],
                 'src/a/other.cc': ['src/a/other.cc']}
        self.assertEqual(changes.sources_to_read(['src/a/plan.h'], reads, reads),
                         ['src/a/plan.cc', 'src/a/early.cc'])
        self.assertEqual(changes.sources_to_read(['src/b.h', 'src/a/other.cc'], reads, reads),
                         ['src/a/other.cc', 'src/a/early.cc'])

    def test_what_a_source_reads_is_taken_from_ninja(self):
        listed = f'''x/a.cc.o: #deps 3, deps mtime 1 (VALID)
    ../../src/a.cc
    /usr/include/string
    x/cmake_pch.hxx
    {self.root}/src/a.h

x/b.cc.o: #deps 1, deps mtime 1 (STALE)
    ../../src/b.cc
'''
        self.assertEqual(changes.read_dependencies(listed, 'build/asan'),
                         {'src/a.cc': ['src/a.cc', 'src/a.h'], 'src/b.cc': ['src/b.cc']})

    def reading(self, text):
        (self.root / '.clang-tidy').touch()
        (self.root / 'a.cc').write_text(text)
        return tidy_step.Reading('a.cc', 'c++ a.cc', ['a.cc'])

    def test_a_source_that_was_clean_is_not_read_again_until_it_changes(self):
        runs = []

        def run(command, _log):
            runs.append(command[-1])
            return True

        with mock.patch.object(tidy_step, 'run', run), \
                mock.patch.object(tidy_step, 'folder', lambda _: self.root):
            for text, count in ('one', 1), ('one', 1), ('two', 2):
                found = tidy_step.read_all([self.reading(text)], 60, None)
                self.assertEqual((found.passed, found.failed, len(runs)), (1, 0, count))

    def test_what_there_was_no_time_for_is_said(self):
        with mock.patch.object(tidy_step, 'folder', lambda _: self.root):
            found = tidy_step.read_all([self.reading('one')], 0, None)
        self.assertIn('1 of 1 sources', next(iter(found.skips)))
        self.assertEqual(found.skipped, 1)


class ReportTest(unittest.TestCase):
    def read(self, reader, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'report'
            path.write_text(text)
            return reader(path)

    def test_of_pytest(self):
        found = self.read(outcome.from_junit, '''<testsuites><testsuite>
            <testcase classname="t" name="a" time="11.5"/>
            <testcase classname="t" name="b"><failure message="x"/></testcase>
            <testcase classname="t" name="c"><error message="x"/></testcase>
            <testcase classname="t" name="d"><skipped message="no\n  tool"/></testcase>
            </testsuite></testsuites>''')
        self.assertEqual(found.line(), '1 passed, 2 failed, 1 skipped')
        self.assertEqual(found.failures, ['t.b', 't.c'])
        self.assertEqual(found.skips, {'no tool': 1})
        self.assertEqual(found.took, [(11.5, 'report: t.a')])

    def test_of_googletest(self):
        found = self.read(outcome.from_gtest, '''{"testsuites": [{"name": "S", "testsuite": [
            {"name": "a", "result": "COMPLETED"}, {"name": "b", "result": "SKIPPED"},
            {"name": "c", "result": "COMPLETED", "failures": [{"failure": "x"}]}]}]}''')
        self.assertEqual(found.line(), '1 passed, 1 failed, 1 skipped')
        self.assertEqual(found.failures, ['S.c'])

    def test_of_the_programs_that_a_document_names(self):
        self.assertEqual(steps.named_programs('`build/release/b/c X`, build/release/a.\nbuild/x'),
                         ['build/release/a', 'build/release/b/c'])


if __name__ == '__main__':
    unittest.main()
