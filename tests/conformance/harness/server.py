"""A server process, started for a test and ended by it."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from harness.client import Client

CLIENT_LINE = re.compile(r"Listening for client connections on (\S+):(\d+)")
MONITOR_LINE = re.compile(r"Starting https? monitor on (\S+):(\d+)")


class Server:
    """One running server. Its log is a file in `folder`. `wrapper` is a command that becomes the
    command behind it."""

    def __init__(self, command: list, folder: pathlib.Path, env: dict, timeout: float, wrapper=()):
        self.folder = folder
        self.timeout = timeout
        self.config_path = None
        self.command = command
        self.log_path = folder / "server.out"
        self._out = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [*wrapper, *command], cwd=folder, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
            stdout=self._out, stderr=self._out)
        self.pid = self.process.pid
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def is_gannet(self) -> bool:
        return is_gannet(self.command[0])

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_log(self, what, timeout=None) -> "re.Match":
        """Waits for a pattern in the log; a plain string is one too, taken literally."""
        pattern = re.compile(re.escape(what)) if isinstance(what, str) else what
        return self.wait_for(lambda: pattern.search(self.log()), f"log line {pattern.pattern}",
                             timeout)

    def wait_for(self, condition, what: str, timeout=None):
        """Polls until `condition()` is true, and returns its value."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"waited for {what}; log:\n{self.log()[-4000:]}"
            time.sleep(0.01)

    def wait_ready(self) -> "Server":
        def ready():
            code = self.process.poll()
            assert code is None, f"ended with {code}: {self.log()}"
            return "Server is ready" in self.log()

        self.wait_for(ready, "Server is ready")
        found = CLIENT_LINE.search(self.log())
        if found:
            self.host = found[1].strip("[]")
            self.port = int(found[2])
            if self.host in ("0.0.0.0", "::"):
                self.host = "127.0.0.1"
        return self

    @property
    def monitor_port(self) -> int:
        return int(self.wait_log(MONITOR_LINE)[2])

    def get(self, path: str) -> tuple:
        """(status, body) of a monitoring request."""
        url = f"http://127.0.0.1:{self.monitor_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=self.timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def json(self, path: str) -> dict:
        status, body = self.get(path)
        assert status == 200, (status, body)
        return json.loads(body)

    def raw(self) -> Client:
        """A TCP connection of which nothing has been read."""
        return Client.to(self.host, self.port, self.timeout)

    def connect(self, **options) -> Client:
        """A connection that has done CONNECT and a first PING."""
        client = self.raw()
        client.handshake(**options)
        return client

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def write_config(self, text: str) -> None:
        self.config_path.write_text(text)

    def reload(self, config: str) -> None:
        """Writes `config`, sends SIGHUP and waits until it was taken or refused."""
        done = re.compile(r"Reloaded server configuration|Failed to reload server configuration")
        before = len(done.findall(self.log()))
        self.write_config(config)
        self.signal(signal.SIGHUP)
        self.wait_for(lambda: len(done.findall(self.log())) > before, "the reload's end")

    def wait_exit(self, timeout=None) -> int:
        return self.process.wait(timeout or self.timeout)

    def stop(self) -> None:
        """Ends the process in order; kills it if that takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self._out.close()

    def status(self, field: str) -> int:
        """A number of /proc/PID/status, in bytes where it has a unit."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                number, *unit = value.split()
                return int(number) * (1024 if unit else 1)
        raise KeyError(field)


_gannet = {}


def is_gannet(binary: str) -> bool:
    """True unless the binary is the reference: only Gannet knows --shards."""
    if binary not in _gannet:
        shown = subprocess.run([binary, "--help"], capture_output=True, text=True, timeout=20)
        _gannet[binary] = "--shards" in shown.stdout
    return _gannet[binary]
