"""A server under test: started on a port of its own choice, and ended without a trace."""
import os
import re
import socket
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from compare_lib.failure import Failure

_LISTENING = re.compile(r'Listening for client connections on .*:(\d+)\s*$')
_START_SECONDS = 10
_STOP_SECONDS = 10
_LINES_KEPT = 20
_HELLO = b'CONNECT {"verbose":false,"lang":"python","version":"1","protocol":1}\r\nPING\r\n'


@dataclass(frozen=True)
class Program:
    """A server program with the arguments that it gets besides its address."""
    name: str
    path: Path
    arguments: tuple = ()

    def __post_init__(self):
        if not os.access(self.path, os.X_OK):
            raise Failure(f'{self.name}: {self.path} is not there or cannot be run')

    def with_arguments(self, *more):
        return Program(self.name, self.path, self.arguments + more)

    def version(self):
        """What --version prints, in one line."""
        try:
            run = subprocess.run([self.path, '--version'], capture_output=True, text=True,
                                 timeout=_START_SECONDS, check=True)
        except (subprocess.SubprocessError, OSError) as error:
            raise Failure(f'{self.path} --version: {error}') from error
        return ' '.join(run.stdout.replace(':', ' ').split())

    def command(self, port):
        return [str(self.path), '-a', '127.0.0.1', '-p', str(port), *self.arguments]


class Server:
    """A running server, for a with statement. `port` and `pid` are known inside it."""

    def __init__(self, program):
        self.program = program
        self.port = None
        self._process = None
        self._log = deque(maxlen=_LINES_KEPT)
        self._listening = threading.Event()
        self._reader = None

    @property
    def pid(self):
        return self._process.pid

    def __enter__(self):
        self._process = subprocess.Popen(
            self.program.command(-1), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors='replace')
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._listening.wait(_START_SECONDS)
        if self.port is None:
            self._stop()
            said = '\n  '.join(self._log)
            raise Failure(f'{self.program.name} did not say where it listens:\n  {said}')
        return self

    def __exit__(self, *error):
        self._stop()

    def _read_log(self):
        for line in self._process.stderr:
            self._log.append(line.rstrip())
            found = _LISTENING.search(line)
            if found and self.port is None:
                self.port = int(found[1])
                self._listening.set()
        self._listening.set()

    def _stop(self):
        stop_process(self._process)
        self._reader.join()
        self._process.stderr.close()

    def ping(self):
        """Returns once the server has answered a client."""
        try:
            _ping(('127.0.0.1', self.port), _START_SECONDS)
        except OSError as error:
            raise Failure(f'{self.program.name} does not answer: {error}') from error

    def resident_bytes(self):
        """What the process has in memory now (VmRSS)."""
        for line in Path(f'/proc/{self.pid}/status').read_text().splitlines():
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
        raise Failure(f'{self.program.name} is gone')


def stop_process(process):
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ping(address, timeout):
    with socket.create_connection(address, timeout) as client:
        client.settimeout(timeout)
        client.sendall(_HELLO)
        received = b''
        while b'PONG\r\n' not in received:  # an INFO may follow it
            part = client.recv(65536)
            if not part:
                raise Failure(f'the server closed the connection after {received!r}')
            received += part


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def seconds_until_ready(program):
    """From exec to the first PONG. Tries to connect all the time: no log line is waited for."""
    port = _free_port()
    deadline = time.monotonic() + _START_SECONDS
    begin = time.perf_counter()
    # Without close_fds Python spawns instead of forking, which takes a fraction of the time.
    process = subprocess.Popen(program.command(port), stdin=subprocess.DEVNULL, close_fds=False,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                _ping(('127.0.0.1', port), _START_SECONDS)
                return time.perf_counter() - begin
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failure(f'{program.name} did not start') from None
                time.sleep(0.0002)
    finally:
        stop_process(process)
