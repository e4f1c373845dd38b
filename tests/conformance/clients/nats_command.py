"""Runs the nats command as a user would, apart from the user's own contexts and settings."""
import os
import pathlib
import re
import subprocess

CLOCK = re.compile(r"^\d\d:\d\d:\d\d ?", re.MULTILINE)


class Running:
    """A command that goes on by itself. What it prints is in a file: no pipe to fill."""

    def __init__(self, command: list, env: dict, out_path: pathlib.Path, patience: float):
        self.out_path = out_path
        self.patience = patience
        with open(out_path, "wb") as out:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=subprocess.STDOUT)

    def text(self) -> str:
        """What it has printed, without the times of day."""
        return CLOCK.sub("", self.out_path.read_text(errors="replace"))

    def wait(self, code=0) -> str:
        """Waits for the end; returns what was printed."""
        try:
            got = self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end; printed {self.text()!r}") from None
        assert got == code, (got, self.text())
        return self.text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class NatsCommand:
    """`folder` becomes the home of every invocation."""

    def __init__(self, path: str, folder: pathlib.Path, patience: float):
        self.path = path
        self.folder = folder
        self.patience = patience
        self.started = []
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("NATS_", "XDG_"))}
        self.env.update(HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"))

    def _command(self, server, args) -> list:
        url = f"nats://{server.host}:{server.port}"
        return [self.path, "--server", url, *[str(arg) for arg in args]]

    def run(self, server, *args, code=0) -> str:
        """Runs to the end; returns what was printed on both streams, without times of day."""
        done = subprocess.run(self._command(server, args), env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=2 * self.patience, check=False)
        assert done.returncode == code, (done.returncode, done.stdout)
        return CLOCK.sub("", done.stdout)

    def start(self, server, *args) -> Running:
        """Starts without waiting for the end."""
        out_path = self.folder / f"out-{len(self.started)}"
        running = Running(self._command(server, args), self.env, out_path, self.patience)
        self.started.append(running)
        return running

    def stop_all(self) -> None:
        for running in self.started:
            running.stop()
