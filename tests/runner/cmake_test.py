"""What cmake/gannet.cmake does for a build without ./run: small projects that include it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parents[2]
PROJECT = '''cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
include(cmake/gannet.cmake)
gannet_library(base SOURCES one.cc)
message(STATUS "build type ${CMAKE_BUILD_TYPE}")
'''
SOURCE = '''#include <string>
const char* where() { return __FILE__; }
'''


class CMakeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(('CCACHE_', 'CMAKE_'))}
        self.env['CCACHE_DIR'] = str(self.folder / 'cache')

    def project(self, name):
        root = self.folder / name
        (root / 'cmake').mkdir(parents=True)
        (root / 'CMakeLists.txt').write_text(PROJECT)
        (root / 'one.cc').write_text(SOURCE)
        (root / 'cmake/precompiled.h').write_text('#pragma once\n#include <string>\n')
        shutil.copy(ROOT / 'cmake/gannet.cmake', root / 'cmake')
        return root

    def call(self, *command):
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=120,
                              check=False)

    def configure(self, root, *arguments):
        return self.call('cmake', '-G', 'Ninja', '-S', str(root), '-B', str(root / 'build/x'),
                         *arguments)

    def test_without_a_build_type_it_is_a_release(self):
        self.assertIn('build type Release', self.configure(self.project('a')).stdout)

    def test_libraries_that_are_missing_are_named_together(self):
        done = self.configure(self.project('a'), '-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON',
                              '-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON')
        self.assertEqual(done.returncode, 1)
        self.assertIn('missing: OpenSSL, Boost 1.81.', ' '.join(done.stderr.split()))

    @unittest.skipUnless(shutil.which('ccache'), 'ccache is not installed')
    def test_a_clone_in_another_folder_compiles_nothing_again(self):
        for name in ('a', 'elsewhere/b'):
            root = self.project(name)
            done = self.configure(root, '-DCMAKE_BUILD_TYPE=Debug')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.call('ccache', '--zero-stats')
            done = self.call('cmake', '--build', str(root / 'build/x'))
            self.assertEqual(done.returncode, 0, done.stdout)
        stats = dict(line.split('\t') for line in
                     self.call('ccache', '--print-stats').stdout.splitlines())
        self.assertEqual(stats['cache_miss'], '0', stats)
        hits = int(stats['direct_cache_hit']) + int(stats['preprocessed_cache_hit'])
        self.assertEqual(hits, 2, stats)  # the precompiled header and the source


if __name__ == '__main__':
    unittest.main()
