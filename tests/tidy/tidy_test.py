#!/usr/bin/env python3
"""Each rule of tidy can fail, and says so with file, line and what to do instead.

Run: python3 tests/tidy/tidy_test.py
"""
import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

import cpp  # noqa: E402
import tidy  # noqa: E402

HEADER = '// What it promises.\n// At what cost.\n#pragma once\n'
BASE = 'gannet_library(base\n  SOURCES a.cc)\n'

# What a file must hold for a rule to fire, at which line, and a file of the same kind that is fine.
RULES = [
    ('source lines', 'src/base/a.cc', 'int a;\n' * 601, 1, 'int a;\n' * 600),
    ('test file lines', 'tests/unit/a_test.cc', 'int a;\n' * 901, 1, 'int a;\n' * 900),
    ('header lines', 'src/base/a.h', HEADER * 84, 1, HEADER * 83),
    ('template header lines', 'src/base/a.h', HEADER * 133 + 'template <class A>\n' * 2, 1,
     HEADER * 133 + 'template <class A>\n'),
    ('function lines', 'src/base/a.cc', 'int f() {\n' + '\n' * 69 + '}\n', 1,
     'int f() {\n' + '\n' * 68 + '}\n'),
    ('function lines', 'tools/a.py', 'def f():\n' + '    f()\n' * 70, 1,
     'def f():\n' + '    f()\n' * 69),
    ('parameters', 'src/base/a.cc', '\nint f(int a, B<C, D> b, int c, int d, int e, int g) {}\n', 2,
     '\nint f(int a, B<C, D> b, int c, int d, int e) {}\n'),
    ('columns', 'src/base/a.cc', '\n// ' + 'a' * 98 + '\n', 2, '\n// ' + 'a' * 97 + '\n'),
    ('includes in header', 'src/base/a.h', HEADER * 9 + '#include <a>\n' * 13, 1,
     HEADER * 9 + '#include <a>\n' * 12),
    ('uncommented % of header', 'src/base/a.h', '#pragma once\n// a\nint b;\nint c;\nint d;\n', 1,
     '#pragma once\n// a\nint b;\nint c;\n'),
    ('trailing blank', 'src/base/a.cc', 'int a;\nint b; \n', 2, 'int a;\n'),
    ('tab', 'docs/a.md', 'a\n\tb\n', 2, 'a\n  b\n'),
    ('to do', 'src/base/a.cc', '// TO' + 'DO: later\n', 1, '// Todos are refused.\n'),
    ('sleep', 'tests/unit/a_test.cc', 'void f() { std::this_thread::sleep_for(1s); }\n', 1,
     '// A test does not sleep(1).\n'),
    ('sleep', 'tests/conformance/test_a.py', 'import time\ntime.sleep(1)\n', 2, 'import time\n'),
    ('clock', 'src/net/a.cc', 'auto t = std::chrono::steady_clock::now();\n', 1,
     'auto t = monoNow();\n'),
    ('rand', 'src/base/a.cc', 'int a = std::rand();\n', 1, 'int a = operand();\n'),
    ('using namespace', 'src/base/a.h', HEADER + 'using namespace std;\n', 4, HEADER),
    ('C string', 'src/base/a.cc', 'void f() { sprintf(a, "b"); }\n', 1,
     'void f() { fmt::print("strcpy(a, b)"); }\n'),
    ('lock', 'src/base/a.cc', 'std::shared_mutex m;\n', 1, '// No std::mutex here.\n'),
    ('throw', 'src/base/a.cc', 'void f() { throw 1; }\n', 1, 'void f() { /* throw */ }\n'),
    ('macro', 'src/base/a.cc', '#define A 1\n', 1, '#define GANNET_ASSERT(a) a\n'),
    ('shared_ptr', 'src/base/a.cc', 'int a;\nstd::shared_ptr<A> b_;\n', 2,
     'int a;\nstd::unique_ptr<A> b_;\n'),
    ('shared_from_this', 'src/base/a.cc', 'auto a = shared_from_this();\n', 1, 'auto a = b();\n'),
    ('commented-out code', 'src/base/a.cc', 'int a;\n// return a + b;\n', 2,
     '// It returns a + b;\n// then the caller (see run()) frees it;\n'),
    ('commented-out code', 'src/base/a.cc', '  // if (a) {\n', 1, '  // if a is set\n'),
    ('commented-out code', 'src/base/a.cc', '// session.close(reason);\n', 1,
     '// session.close(reason) frees it.\n'),
    ('commented-out code', 'src/base/a.cc', '// #include <a>\n', 1, '// #1 is first\n'),
    ('commented-out code', 'tools/a.py', '# print(a)\n', 1, '# prints a\n'),
    ('history in comment', 'src/base/a.cc', '// Was previ' + 'ously slow.\n', 1, '// Fast.\n'),
    ('bare NOLINT', 'src/base/a.cc', 'int a;  // NOLINT\n', 1,
     'int a;  // NOLINT(misc-x): the library calls it so\n'),
    ('NOLINT count', 'src/base/a.cc', '// NOLINT(a): b\n' * 11, 0, '// NOLINT(a): b\n' * 10),
    ('vague name', 'src/base/string_util.cc', 'int a;\n', 1, None),
    ('vague name', 'src/base/connection_manager.h', HEADER, 1, None),
    ('vague name', 'src/common/a.h', HEADER, 1, None),
    ('guard', 'src/base/a.h', '// a\nint a;\n', 1, HEADER),
    ('option without test', 'src/config/option_table.cc', '\n    {"max_payload", 1},\n', 2, None),
    ('option without test', 'src/config/option_table.cc',
     '    row<&Options::a_b>({"port alias", "Doc"}, 1),\n', 1, None),
    ('verb without test', 'src/protocol/control_line.cc', '    {"HPUB", Verb::hpub, 1},\n', 1,
     None),
    ('error without test', 'src/protocol/err_text.h', HEADER + 'auto kStale =\n    "Stale";\n', 4,
     None),
]


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_tidy(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = tidy.main([*arguments, str(self.root)])
        return code, output.getvalue()

    def failures(self):
        """The failing lines of a run, as (path, line, rule)."""
        code, output = self.run_tidy()
        lines = [line.split(':', 3) for line in output.splitlines() if line.count(':') >= 3]
        found = [(path, int(line), rule.strip()) for path, line, rule, _ in lines
                 if line.isdigit()]
        self.assertEqual(code, 1 if found else 0)
        return found

    def test_every_rule_can_fail_and_names_file_and_line(self):
        for rule, path, bad, line, _ in RULES:
            with self.subTest(rule=rule, path=path):
                self.setUp()
                self.write(path, bad)
                found = self.failures()
                self.assertTrue(any(each[0] in (path, '.') and each[1] == line and
                                    each[2].startswith(rule) for each in found), found)

    def test_a_file_within_the_rule_passes(self):
        for rule, path, _, _, good in RULES:
            if good is None:
                continue
            with self.subTest(rule=rule, path=path, good=good[:40]):
                self.setUp()
                self.write(path, good)
                self.assertFalse([each for each in self.failures() if each[2].startswith(rule)])

    def test_a_row_named_by_a_test_passes(self):
        self.write('src/config/option_table.cc', '    {"max_payload", 1},\n')
        self.write('tests/unit/config/a_test.cc', '// max_payload_size is another\n')
        self.assertEqual(len(self.failures()), 1)
        self.write('tests/conformance/config/test_a.py', 'A = "max_payload: 1"\n')
        self.assertEqual(self.failures(), [])

    def test_an_alias_of_an_option_needs_a_test_too(self):
        self.write('src/config/option_table.cc', '    row<&Options::a>({"port p"}, 1),\n')
        self.write('tests/unit/config/a_test.cc', '// port\n')
        self.assertEqual(len(self.failures()), 1)
        self.write('tests/unit/config/a_test.cc', '// port p\n')
        self.assertEqual(self.failures(), [])

    def test_an_error_may_be_named_by_its_text_or_its_constant(self):
        self.write('src/protocol/err_text.h', HEADER + 'auto kStale = "Stale Connection";\n')
        self.assertEqual(len(self.failures()), 1)
        for name in ('kStale', '-ERR \'Stale Connection\''):
            self.write('tests/unit/a_test.cc', f'// {name}\n')
            self.assertEqual(self.failures(), [])

    def test_an_include_against_the_arrows_fails(self):
        self.write('src/base/CMakeLists.txt', BASE)
        self.write('src/net/CMakeLists.txt', 'gannet_library(net\n  SOURCES\n  DEPENDS base)\n')
        self.write('src/server/CMakeLists.txt', 'gannet_library(server DEPENDS net LIBRARIES x)\n')
        self.write('src/server/a.cc', '#include "net/a.h"\n#include "base/a.h"\n')
        self.assertEqual(self.failures(), [])

        self.write('src/base/b.cc', '\n#include "net/a.h"\n')
        self.write('src/net/b.cc', '#include "a.h"\n')
        self.assertEqual(self.failures(),
                         [('src/base/b.cc', 2, 'arrow'), ('src/net/b.cc', 1, 'arrow')])

    def test_an_include_of_a_higher_layer_fails(self):
        self.write('src/server/CMakeLists.txt', 'gannet_library(server LAYERS state turn)\n')
        self.write('src/server/turn/a.cc',
                   '#include "server/state/a.h"\n#include "server/turn/b.h"\n')
        self.assertEqual(self.failures(), [])
        self.write('src/server/state/a.cc', '#include "server/turn/a.h"\n')
        self.write('src/server/more/a.cc', 'int a;\n')
        self.assertEqual(self.failures(),
                         [('src/server/more/a.cc', 1, 'arrow'),
                          ('src/server/state/a.cc', 1, 'arrow')])

    def test_a_circle_of_folders_fails(self):
        self.write('src/a/CMakeLists.txt', 'gannet_library(a DEPENDS b)\n')
        self.write('src/b/CMakeLists.txt', 'gannet_library(b DEPENDS c)\n')
        self.write('src/c/CMakeLists.txt', 'gannet_library(c DEPENDS a)\n')
        self.assertIn(('src/a/CMakeLists.txt', 1, 'circle'), self.failures())

    def test_a_crowded_folder_fails(self):
        for number in range(30):
            self.write(f'src/base/a{number}.cc', 'int a;\n')
        self.assertEqual(self.failures(), [])
        self.write('src/base/b.cc', 'int a;\n')
        self.assertEqual([each[0] for each in self.failures()], ['src/base'])

    def test_many_shared_pointers_fail_even_with_reasons(self):
        self.write('src/base/a.cc', '// a, b\n' * 100 + 'std::shared_ptr<A> b_;  // a and b\n')
        self.assertEqual([each[2] for each in self.failures()],
                         ['shared_ptr per 10 KLoC 99, allowed 5'])

    def test_the_ratchet_excuses_what_was_there_and_nothing_more(self):
        self.write('src/base/a.cc', 'int a;\n' * 700)
        self.assertEqual(self.run_tidy('--update')[0], 0)
        self.assertEqual(self.failures(), [])

        self.write('src/base/a.cc', 'int a;\n' * 701)
        self.assertEqual(self.failures(), [('src/base/a.cc', 1, 'source lines 701, allowed 700')])

        self.write('src/base/a.cc', 'int a;\n' * 700)
        self.write('src/base/b.cc', 'int a;\n' * 601)
        self.assertEqual([each[0] for each in self.failures()], ['src/base/b.cc'])

    def test_an_update_lowers_the_ratchet_and_never_raises_it(self):
        ratchet = self.root / tidy.RATCHET
        self.write('src/base/a.cc', 'int a;\n' * 700)
        self.run_tidy('--update')

        self.write('src/base/a.cc', 'int a;\n' * 650)
        self.assertIn('can be lowered', self.run_tidy()[1])
        self.run_tidy('--update')
        self.assertEqual(json.loads(ratchet.read_text()), {'source lines': {'src/base/a.cc': 650}})

        self.write('src/base/a.cc', 'int a;\n' * 800)
        self.assertEqual(self.run_tidy('--update')[0], 1)
        self.assertEqual(json.loads(ratchet.read_text()), {'source lines': {'src/base/a.cc': 650}})

        self.write('src/base/a.cc', 'int a;\n')
        self.run_tidy('--update')
        self.assertEqual(json.loads(ratchet.read_text()), {})

    def test_the_worst_five_of_each_size_are_printed(self):
        for lines in range(1, 8):
            self.write(f'src/base/a{lines}.cc', 'int a;\n' * lines)
        self.assertIn('source lines (limit 600): 7 src/base/a7.cc, 6 src/base/a6.cc, '
                      '5 src/base/a5.cc, 4 src/base/a4.cc, 3 src/base/a3.cc\n', self.run_tidy()[1])

    def test_what_is_malformed_on_purpose_is_not_read(self):
        self.write('tests/fuzz/corpus/a/b.txt', '\tTO' + 'DO \n')
        self.write('tests/unit/config/testdata/a.txt', '\t\n')
        self.assertEqual(self.failures(), [])


FUNCTIONS = [
    ('int f() { return 1; }', [('f', 1, 0)]),
    ('int f(int a,\n      int b) {\n  if (a) {\n  }\n}', [('f', 5, 2)]),
    ('A::A(int a) : b_{a}, c_(a) {\n}\n', [('A', 2, 1)]),
    ('A::A(int a)\n    : b_(a),\n      c_{{1, 2}} {}\n', [('A', 3, 1)]),
    ('constexpr int kA[] = {1, 2};\nstruct B { int c{0}; };', []),
    ('std::function<void(int)> f_{g};', []),
    ('class A : public B {\n public:\n  A() = default;\n  int f(int) const { return 1; }\n};',
     [('A', 0, 0), ('f', 1, 1)]),
    ('template <class T, class U>\nT f(std::array<T, 3> a, U b = {}) { return a; }', [('f', 2, 2)]),
    ('bool operator==(const A& a, const A& b) { return true; }', [('operator_', 1, 2)]),
    ('void A::operator()() { run(); }', [('operator_', 1, 0)]),
    ('auto f(int a) -> Result<int, E> {\n}', [('f', 2, 1)]),
    ('TEST(Trie, Matches) {\n  auto f = [](int a) { return a; };\n}', [('Trie.Matches', 3, 0)]),
    ('BOOST_DESCRIBE_STRUCT(A, (), (b, c))\nint f() {\n}', [('f', 2, 0)]),
    ('#define A {\nint f() {}', [('f', 1, 0)]),
    ('constexpr auto kF = [](int a) {\n  return a;\n};', [('lambda', 3, 1)]),
    ('struct alignas(64) A { int f(); };', [('f', 0, 0)]),
    ("char f() { return '{'; }\nint g() { return 1'000; }", [('f', 1, 0), ('g', 1, 0)]),
    ('auto f() { return R"(}{)"; }\n// int g() {\nint h() {}', [('f', 1, 0), ('h', 1, 0)]),
]


class CppTest(unittest.TestCase):
    def test_functions_are_found_with_lines_and_parameters(self):
        for text, expected in FUNCTIONS:
            with self.subTest(text=text):
                found = [(each.name, each.lines, each.parameters)
                         for each in cpp.functions(cpp.mask(text))]
                self.assertEqual(found, expected)

    def test_a_mask_keeps_every_offset(self):
        text = 'a = "b // c"; // d "e\n/* f\n g */ h = \'"\';'
        masked = cpp.mask(text)
        self.assertEqual(len(masked), len(text))
        self.assertEqual(masked.split(), ['a', '=', '"', '";', 'h', '=', "'", "';"])


if __name__ == '__main__':
    unittest.main()
