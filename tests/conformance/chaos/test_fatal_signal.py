"""What a server that dies of a bug leaves behind. Here the signal is sent."""
import ctypes
import os
import pathlib
import re
import signal
import subprocess

import pytest

pytestmark = pytest.mark.gannet_only("has a report of its own form")

TGKILL = 234 if os.uname().machine == "x86_64" else 131  # system call numbers of Linux
FRAME = re.compile(r"^  #\d+ 0x[0-9a-f]+ (\S+)\+(0x[0-9a-f]+)( \S+)?$", re.M)


def signal_main_thread(pid: int, number: int) -> None:
    """A signal for the process may be taken by any of its threads; the stack of main is wanted."""
    sent = ctypes.CDLL(None, use_errno=True).syscall(TGKILL, pid, pid, number)
    assert sent == 0, os.strerror(ctypes.get_errno())


@pytest.fixture
def dying(start, pytestconfig):
    """Starts a server, ends it with a signal once its log says that it is ready, and returns it."""
    if pytestconfig.getoption("--timeout-scale") != 1.0:
        pytest.skip("sanitizers have reports of their own")

    def ended(number, log_path=None):
        server = start(f'log_file: "{log_path}"\n' if log_path else "debug: false\n", wait=False)
        path = log_path or server.log_path
        server.wait_for(lambda: path.exists() and "Server is ready" in path.read_text(), "a start")
        signal_main_thread(server.pid, number)
        assert server.wait_exit() == -number
        return server

    return ended


def report_in(text: str, number: signal.Signals) -> str:
    head = re.compile(
        rf"^Gannet \d+\.\d+\.\d+.*: fatal signal {number.name} \({number}, code -6\)"
        rf" from process {os.getpid()}, thread \S+, process \d+$", re.M)
    found = head.search(text)
    assert found, text
    return text[found.start():]


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE,
                                    signal.SIGABRT])
def test_the_version_the_signal_and_the_stack_are_printed(dying, number):
    report = report_in(dying(number).log(), number)
    names = [name for _, _, name in FRAME.findall(report)]
    assert " main" in names, report
    assert any("gannet" in name for name in names), report


def test_they_stand_in_the_log_file_too(dying, tmp_path):
    path = tmp_path / "gannet.log"
    server = dying(signal.SIGSEGV, path)
    report = report_in(path.read_text(), signal.SIGSEGV)
    assert report == report_in(server.log(), signal.SIGSEGV)


def test_the_build_and_the_places_are_those_of_the_file(dying, server_path):
    report = report_in(dying(signal.SIGSEGV).log(), signal.SIGSEGV)
    build = re.search(r"^  build ([0-9a-f]+)$", report, re.M)
    assert build, report
    own = pathlib.Path(server_path).name
    place = next(place for module, place, name in FRAME.findall(report)
                 if module == own and name == " main")
    notes = subprocess.run(["readelf", "-n", server_path], capture_output=True, text=True,
                           check=True).stdout
    assert build[1] in notes
    where = subprocess.run(["addr2line", "-f", "-e", server_path, place], capture_output=True,
                           text=True, check=True).stdout
    assert where.startswith("main\n"), where
