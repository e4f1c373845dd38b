"""What ./run and ./test do before there is a server or a test: help, packages, the build. They run
in a copy of the tree in which cmake and the package manager are scripts that note how they were
called."""
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ('bash', 'cat', 'dirname', 'env', 'find', 'grep', 'mkdir', 'mktemp', 'rm', 'tail', 'tee',
          'touch')

SERVER = '#!/usr/bin/env bash\necho "server: $*"\n'
CMAKE = '''#!/usr/bin/env bash
echo "cmake $*" >>"$CALLS"
[[ $1 == --build ]] || exit 0
[[ ! -e $FAILS ]] || { echo '[1/4] x.cc'; echo 'x.cc:1: error: no such thing'; exit 1; }
for step in 1 2 3 4; do echo "[$step/4] Building CXX object $step.o"; done
cp "$SERVER" build/release/gannet
touch build/release/nats-server
'''
NOTES = '#!/usr/bin/env bash\necho "${0##*/} $*" >>"$CALLS"\n'
RUNNER = 'import sys\nprint("runner:", *sys.argv[1:])\n'


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ('run', 'test', 'tools/setup'):
            self.copy(name)
        for name in ('src', 'tools/bench', 'cmake', 'build/release', 'bin', 'tests/runner'):
            (self.root / name).mkdir(parents=True)
        for name in ('CMakeLists.txt', 'CMakePresets.json'):
            (self.root / name).touch()
        (self.root / 'tests/runner/main.py').write_text(RUNNER)
        self.script('server', SERVER)
        for name in (*NEEDED, 'cp'):
            (self.root / 'bin' / name).symlink_to(shutil.which(name))
        self.script('bin/cmake', CMAKE)
        for name in ('ninja', 'c++', 'apt-get'):
            self.script(f'bin/{name}', NOTES)
        self.env = {'PATH': str(self.root / 'bin'), 'CALLS': str(self.root / 'calls'),
                    'FAILS': str(self.root / 'fails'), 'SERVER': str(self.root / 'server')}

    def enterContext(self, context):  # of unittest from Python 3.11 on
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def copy(self, name):
        source, target = ROOT / name, self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)

    def script(self, name, text):
        (self.root / name).write_text(text)
        (self.root / name).chmod(0o755)

    def is_debian(self, installed):
        """dpkg is there, and every package is installed, or none."""
        self.script('bin/dpkg-query', f'{NOTES}{"echo installed" if installed else "exit 1"}\n')

    def call(self, *command):
        return subprocess.run(command, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def calls(self):
        path = self.root / 'calls'
        return path.read_text().splitlines() if path.exists() else []

    def test_help_of_run_says_how_to_build_and_does_not(self):
        self.is_debian(installed=False)
        for flag in ('-h', '--help', '-help'):
            done = self.call('./run', '-p', '4333', flag)
            self.assertEqual((done.returncode, done.stderr, self.calls()), (0, '', []))
            self.assertIn('./run [ARGUMENTS]', done.stdout)
            self.assertIn('To build it', done.stdout)

    def test_help_of_run_shows_the_flags_of_a_server_that_is_built_even_if_it_is_old(self):
        self.is_debian(installed=False)
        shutil.copy(self.root / 'server', self.root / 'build/release/gannet')
        (self.root / 'src/newer.cc').touch()
        done = self.call('./run', '--help')
        self.assertEqual((done.returncode, self.calls()), (0, []))
        self.assertIn('./run [ARGUMENTS]', done.stdout)
        self.assertTrue(done.stdout.endswith('server: --help\n'), done.stdout)

    def test_help_of_test_installs_nothing(self):
        self.is_debian(installed=False)
        for flag in ('-h', '--help'):
            done = self.call('./test', flag)
            self.assertEqual((done.returncode, done.stdout, self.calls()),
                             (0, f'runner: {flag}\n', []))

    def test_run_builds_once_and_passes_its_arguments_on(self):
        self.is_debian(installed=True)
        self.assertEqual(self.call('./run', '-p', '1').stdout, 'server: -p 1\n')
        self.assertIn('cmake --build --preset release --target gannet gannet-bench', self.calls())
        before = self.calls()
        self.assertEqual(self.call('./run', '-p', '2').stdout, 'server: -p 2\n')
        self.assertEqual(self.calls(), before)

    def test_run_says_how_far_the_build_is(self):
        self.is_debian(installed=True)
        told = self.call('./run').stderr.splitlines()
        self.assertIn('run: building: 25 %, 1 of 4, 0:00', told)
        self.assertIn('run: building: 100 %, 4 of 4, 0:00', told)
        log = (self.root / 'build/release.log').read_text()
        self.assertIn('[4/4] Building CXX object 4.o', log)

    def test_run_writes_one_line_again_and_again_on_a_terminal(self):
        self.is_debian(installed=True)
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        done = subprocess.run(['./run'], cwd=self.root, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=True)
        os.close(theirs)
        told = os.read(ours, 1 << 16)
        self.assertEqual(done.stdout, b'server: \n')
        self.assertIn(b'\r\x1b[Krun: building: 25 %, 1 of 4, 0:00\r', told)
        self.assertTrue(told.endswith(b'\r\x1b[K'), told)

    def test_a_build_that_fails_shows_the_error_and_its_log(self):
        self.is_debian(installed=True)
        (self.root / 'fails').touch()
        done = self.call('./run')
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertIn('x.cc:1: error: no such thing', done.stderr)
        self.assertIn('build/release.log', done.stderr)

    def test_without_dpkg_the_scripts_say_what_is_needed_and_go_on(self):
        done = self.call('./run', '-p', '1')
        self.assertEqual((done.returncode, done.stdout), (0, 'server: -p 1\n'))
        self.assertRegex(done.stderr, 'without dpkg .*libssl-dev')
        done = self.call('./test', '--only', 'style')
        self.assertEqual((done.returncode, done.stdout), (0, 'runner: --only style\n'))
        self.assertRegex(done.stderr, 'without dpkg .*clang-tidy-14')

    def test_without_dpkg_and_a_compiler_nothing_goes_on(self):
        (self.root / 'bin/c++').unlink()
        done = self.call('./run')
        self.assertEqual((done.returncode, done.stdout, self.calls()), (1, '', []))
        self.assertIn('there is no c++', done.stderr)

    def test_what_may_not_be_installed_is_named_and_the_build_decides(self):
        self.is_debian(installed=False)
        self.script('bin/sudo', '#!/usr/bin/env bash\nexit 1\n')
        self.script('bin/apt-get', f'{NOTES}exit 1\n')  # for root, who needs no sudo
        done = self.call('./run', '-p', '1')
        self.assertEqual((done.returncode, done.stdout), (0, 'server: -p 1\n'))
        self.assertRegex(done.stderr, '(?s)(may not install|could not install).*libssl-dev')


if __name__ == '__main__':
    unittest.main()
