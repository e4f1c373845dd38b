"""What ./test says at its end, and how it exits, for steps that pass, fail, skip and break."""
import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import main  # noqa: E402 (found through the line above)
import outcome  # noqa: E402


def step(passed=0, failures=(), skips=()):
    """A step with this outcome."""
    def run(_context, log):
        log.write_text('the end of its log\n')
        found = outcome.Outcome(passed=passed)
        for name in failures:
            found.fail(name)
        for reason in skips:
            found.skip(reason)
        return found
    return run


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
        code, lines = self.run_steps({'a': breaks, 'b': step(passed=1)})
        self.assertEqual(code, 1)
        self.assertEqual(lines[-2:], ['failed: a: no such program',
                                      '1 passed, 1 failed, 0 skipped'])

    def test_only_runs_the_steps_that_are_named(self):
        steps = {'a': step(passed=1), 'b': step(passed=10), 'c': step(passed=100)}
        code, lines = self.run_steps(steps, ['--only', 'c', '--only', 'a'])
        self.assertEqual((code, lines[-1]), (0, '101 passed, 0 failed, 0 skipped'))


class ReportTest(unittest.TestCase):
    def read(self, reader, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'report'
            path.write_text(text)
            return reader(path)

    def test_of_pytest(self):
        found = self.read(outcome.from_junit, '''<testsuites><testsuite>
            <testcase classname="t" name="a"/>
            <testcase classname="t" name="b"><failure message="x"/></testcase>
            <testcase classname="t" name="c"><error message="x"/></testcase>
            <testcase classname="t" name="d"><skipped message="no\n  tool"/></testcase>
            </testsuite></testsuites>''')
        self.assertEqual(found.line(), '1 passed, 2 failed, 1 skipped')
        self.assertEqual(found.failures, ['t.b', 't.c'])
        self.assertEqual(found.skips, {'no tool': 1})

    def test_of_googletest(self):
        found = self.read(outcome.from_gtest, '''{"testsuites": [{"name": "S", "testsuite": [
            {"name": "a", "result": "COMPLETED"}, {"name": "b", "result": "SKIPPED"},
            {"name": "c", "result": "COMPLETED", "failures": [{"failure": "x"}]}]}]}''')
        self.assertEqual(found.line(), '1 passed, 1 failed, 1 skipped')
        self.assertEqual(found.failures, ['S.c'])


if __name__ == '__main__':
    unittest.main()
