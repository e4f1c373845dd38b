"""What all steps know: the tree, how much is to be tested, the programs that were found."""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / 'build' / 'test-logs'
TOOLS = ROOT / 'build' / 'tools'
REFERENCE_VERSION = '2.15.2'
REFERENCE_MODULE = 'github.com/nats-io/nats-server/v2'
CLI_MODULE = 'github.com/nats-io/natscli/nats@v0.5.1'


@dataclass
class Context:
    depth: str            # daily, all or full
    base: str | None      # what is new is what changed since this revision; None: unknown
    whole_reference: bool = False

    @property
    def is_full(self) -> bool:
        return self.depth == 'full'

    @property
    def fuzz_seconds(self) -> int:
        return {'daily': 5, 'all': 10, 'full': 60}[self.depth]

    @property
    def tidy_seconds(self) -> float:
        """What is new is read in full by a run or two of a developer; CI reads the newest."""
        return {'daily': 120, 'all': 240, 'full': float('inf')}[self.depth]


def find_program(name):
    """The path of a program in build/tools, ~/go/bin or PATH, or None."""
    places = [TOOLS, Path.home() / 'go/bin']
    path = os.pathsep.join([*map(str, places), os.environ.get('PATH', '')])
    return shutil.which(name, path=path)
