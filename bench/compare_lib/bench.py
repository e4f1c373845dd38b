"""gannet-bench as this comparison calls it."""
import functools
import json
import os
import subprocess
from dataclasses import dataclass

from compare_lib.certificate import make_certificate
from compare_lib.failure import Failure

# As long as subjects of applications are. What a server pays for each byte of it shows: on a
# one-letter subject nats-server takes half the time for an empty message.
SUBJECT = 'orders.eu.created'
_SPARE_SECONDS = 60


@dataclass(frozen=True)
class Effort:
    """How long each run takes and how large it is."""
    seconds: float
    warmup: float
    connections: int


THOROUGH = Effort(seconds=1.2, warmup=0.3, connections=5000)
THOROUGH_ROUNDS = 5
QUICK = Effort(seconds=0.5, warmup=0.2, connections=2000)
QUICK_ROUNDS = 2


class Bench:
    """`folder` is for the files that a run needs; it goes when the comparison ends."""

    def __init__(self, path, effort, folder):
        if not os.access(path, os.X_OK):
            raise Failure(f'{path} is not there or cannot be run: build the target gannet-bench')
        self.effort = effort
        self._path = path
        self._folder = folder

    @functools.cached_property
    def certificate(self):
        """Of every server that speaks TLS, made when the first one needs it."""
        return make_certificate(self._folder)

    def load(self, server, words, subject=SUBJECT, settling=0):
        """Loads the server for the measured time, after warming it up, `settling` seconds at least.
        """
        warmup = max(self.effort.warmup, settling)
        return self._run(server, [*words, '--seconds', str(self.effort.seconds),
                                  '--warmup', str(warmup), '--subject', subject])

    def connect(self, server):
        """Opens connections with a subscription each and leaves them idle."""
        return self._run(server, ['idle', '--connections', str(self.effort.connections)])

    def _run(self, server, words):
        command = [str(self._path), *words, '--server', f'127.0.0.1:{server.port}',
                   '--pid', str(server.pid), '--json']
        timeout = self.effort.seconds + self.effort.warmup + _SPARE_SECONDS
        try:
            # Its progress bar would cover the one of this program: no terminal for it.
            run = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                                 check=False)
        except subprocess.TimeoutExpired as error:
            raise Failure(f'{server.program.name}: no end after {timeout:.0f} s: '
                          f'{" ".join(words)}') from error
        if run.returncode != 0:
            raise Failure(f'{server.program.name}: {run.stderr.strip()} ({" ".join(words)})')
        return json.loads(run.stdout)
